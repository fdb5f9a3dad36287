//! One of everything the interface is sent, as it is serialised, kept in `ui/src/generated/sample.json`.
//! The interface's tests hold its hand-written bindings against that file, so a field that changes on
//! one side only fails a test on the other. `BELLWIRE_BLESS=1` writes the file anew.

mod devices;
mod settings;

use std::path::PathBuf;

use bellwire_engine::{
    AccountId, AccountView, Analytics, CallId, CallState, CallStats, CallView, Capabilities, ChatView,
    ContactView, Direction, EndReason, EngineView, HistoryEntry, HistoryPage, LastMessage, Levels, LinkState,
    ListKind, MediaKind, Message, OfferedInfo, Person, PersonId, Phase, PhoneView, RemoteCallId, SignIn,
    Slot, Subject, SubjectView, ThreadCall, ThreadOutcome,
};
use clap::Parser;
use serde_json::{Value, json};

use crate::commands::StartInfo;
use crate::commands::accounts::Discovered;
use crate::controller::UiNotice;
use crate::options::Options;
use crate::shell_state::{
    DesktopView, KeyAction, KeyProblem, KeyTrouble, PendingCall, Quiet, Restoring, SecretPlace, SecretProblem,
};
use crate::web_view::video::FramesAddress;

fn file() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
        .join("../ui/src/generated/sample.json")
}

/// Makes the compiler ask for a new variant here; the list beside it is checked to hold each once.
fn place_of_reason(reason: &EndReason) -> usize {
    match reason {
        EndReason::HungUp => 0,
        EndReason::RemoteHungUp => 1,
        EndReason::Cancelled => 2,
        EndReason::RemoteCancelled => 3,
        EndReason::Declined => 4,
        EndReason::RemoteDeclined => 5,
        EndReason::RemoteBusy => 6,
        EndReason::Missed => 7,
        EndReason::RemoteOffline => 8,
        EndReason::AnsweredElsewhere => 9,
        EndReason::DeclinedElsewhere => 10,
        EndReason::Merged => 11,
        EndReason::ConnectionLost => 12,
        EndReason::ConnectFailed => 13,
        EndReason::Refused { .. } => 14,
        EndReason::Failed { .. } => 15,
    }
}

fn reasons() -> Vec<EndReason> {
    vec![
        EndReason::HungUp,
        EndReason::RemoteHungUp,
        EndReason::Cancelled,
        EndReason::RemoteCancelled,
        EndReason::Declined,
        EndReason::RemoteDeclined,
        EndReason::RemoteBusy,
        EndReason::Missed,
        EndReason::RemoteOffline,
        EndReason::AnsweredElsewhere,
        EndReason::DeclinedElsewhere,
        EndReason::Merged,
        EndReason::ConnectionLost,
        EndReason::ConnectFailed,
        EndReason::Refused { message: "not eligible".into() },
        EndReason::Failed { message: "no encoder".into() },
    ]
}

fn place_of_state(state: &CallState) -> usize {
    match state {
        CallState::Calling { .. } => 0,
        CallState::Ringing { .. } => 1,
        CallState::Connecting => 2,
        CallState::Connected => 3,
        CallState::Reconnecting => 4,
        CallState::Ended { .. } => 5,
    }
}

fn states() -> Vec<CallState> {
    vec![
        CallState::Calling { ringing: true },
        CallState::Ringing { silenced: false },
        CallState::Connecting,
        CallState::Connected,
        CallState::Reconnecting,
        CallState::Ended { reason: EndReason::Missed },
    ]
}

fn place_of_link(link: LinkState) -> usize {
    match link {
        LinkState::Connecting => 0,
        LinkState::Online => 1,
        LinkState::Offline => 2,
        LinkState::SignedOut => 3,
    }
}

fn links() -> Vec<LinkState> {
    vec![LinkState::Connecting, LinkState::Online, LinkState::Offline, LinkState::SignedOut]
}

fn person() -> Person {
    Person { id: PersonId("p1".into()), name: "Ada".into(), avatar: Some("https://example.com/a.png".into()) }
}

fn subject() -> Subject {
    Subject { id: "o1".into(), label: "Order #1042".into() }
}

fn call(state: CallState) -> CallView {
    CallView {
        id: CallId(7),
        account: AccountId(1),
        remote_id: Some(RemoteCallId("r7".into())),
        direction: Direction::Incoming,
        kind: MediaKind::Video,
        peer: person(),
        subject: Some(subject()),
        state,
        waiting: false,
        connected_ms: Some(1500),
        remote_audio: true,
        remote_video: true,
        remote_sharing: false,
        remote_has_microphone: true,
        remote_has_camera: true,
        signaling_lost: false,
    }
}

fn account(link: LinkState) -> AccountView {
    let orders = SubjectView {
        subject: subject(),
        status: "Processing".into(),
        created_at: "2026-01-02T03:04:05Z".into(),
        amount: "29.00".into(),
    };
    AccountView {
        id: AccountId(1),
        dialect: "storefront".into(),
        label: "Storefront".into(),
        server: "calls.example.com".into(),
        me: person(),
        role: "seller".into(),
        link,
        contacts: vec![ContactView {
            person: person(),
            detail: "ada@example.com".into(),
            online: true,
            subjects: vec![orders],
            total_orders: 1,
            total_spent: "29.00".into(),
            id: "room-1".into(),
            subject: Some(subject()),
            thread: Some("room-1".into()),
            unread: 2,
            last_message: Some(LastMessage {
                text: "See you".into(),
                at: "2026-01-02T03:04:05Z".into(),
                from_me: false,
            }),
            slot: Some(Slot {
                starts_at: "2026-01-02T03:04:05Z".into(),
                minutes: 30,
                phase: Phase::Waiting,
                they_wait: true,
                label: "Remote".into(),
            }),
            voice: true,
            video: true,
        }],
        contacts_loaded: true,
        left_out: 0,
        list_error: None,
        paused_until: None,
        link_problem: None,
        can_call: true,
        capabilities: Capabilities { ring_timeout_s: Some(45), ..Capabilities::default() },
    }
}

fn start_info() -> StartInfo {
    let arguments =
        ["bellwire", "--server", "calls.example.com", "--role", "seller", "--email", "ada@example.com"];
    let mut info =
        StartInfo::new("main", &Options::parse_from(arguments), vec!["No camera was found.".into()]);
    info.language = "en-GB".into();
    info
}

fn desktop() -> DesktopView {
    DesktopView {
        pending_call: Some(PendingCall {
            accounts: vec![AccountId(1)],
            person: person(),
            kind: MediaKind::Video,
        }),
        restoring: vec![Restoring {
            label: "Storefront".into(),
            server: "calls.example.com".into(),
            name: "Ada".into(),
            failed: None,
        }],
        key_problems: vec![KeyProblem { action: KeyAction::Mute, problem: KeyTrouble::Taken }],
        ..DesktopView::default()
    }
}

/// What the interface sends to sign in.
fn sign_in() -> Value {
    json!({
        "server": "calls.example.com",
        "dialect": null,
        "role": "seller",
        "email": "ada@example.com",
        "password": "secret",
        "rest_base": null,
        "socket_base": null,
        "login_path": null,
        "extra_ca": null,
        "proxy": null,
    })
}

fn sample() -> Value {
    let view = EngineView {
        accounts: links().into_iter().map(account).collect(),
        phone: PhoneView {
            calls: states().into_iter().map(call).collect(),
            microphone: true,
            camera: true,
            sharing: false,
            has_microphone: true,
            has_camera: true,
        },
        chats: vec![ChatView {
            left_out: 0,
            account: AccountId(1),
            thread: "room-1".into(),
            messages: vec![Message {
                id: "m1".into(),
                thread: "room-1".into(),
                from_me: false,
                sender: "Ada".into(),
                text: "See you".into(),
                at: "2026-01-02T03:04:05Z".into(),
                read: false,
                call: Some(ThreadCall {
                    kind: MediaKind::Voice,
                    outcome: ThreadOutcome::Missed,
                    duration_s: 0,
                }),
            }],
            loaded: true,
            typing: Some("Ada".into()),
            failed: Some("not sent".into()),
        }],
    };
    let history = HistoryPage {
        left_out: 0,
        entries: vec![HistoryEntry {
            id: 3,
            account: Some(AccountId(1)),
            call: "r7".into(),
            peer: person(),
            outgoing: true,
            status: "completed".into(),
            started_at: "2026-01-02T03:04:05Z".into(),
            duration_s: 61,
            subject: Some(subject()),
            kind: Some(MediaKind::Video),
            account_label: "Storefront".into(),
            dialect: "storefront".into(),
        }],
        page: 1,
        pages: 3,
    };
    let stats = CallStats {
        answer_to_video_ms: Some(120.0),
        answer_to_audio_ms: Some(90.0),
        path: "direct".into(),
        ..CallStats::default()
    };
    let frames =
        FramesAddress { url: "ws://127.0.0.1:40123".into(), token: "0123456789abcdef".into(), gpu: false };
    let notice = UiNotice {
        kind: "ended",
        text: String::new(),
        call: Some(call(CallState::Connected)),
        device: None,
        code: None,
    };
    json!({
        "view": view,
        "end_reasons": reasons(),
        "directions": [Direction::Incoming, Direction::Outgoing],
        "lists": [
            ListKind::People,
            ListKind::Rooms,
            ListKind::Conversations,
            ListKind::Sessions,
            ListKind::Appointments,
        ],
        "phases": [
            Phase::Unconfirmed,
            Phase::Upcoming,
            Phase::Waiting,
            Phase::InProgress,
            Phase::Ended,
            Phase::Cancelled,
        ],
        "kinds": [MediaKind::Voice, MediaKind::Video],
        "notice": notice,
        "stats": stats,
        "levels": Levels { microphone_db: -20.0, ..Levels::default() },
        "history": history,
        "analytics": analytics(),
        "history_filter": {
            "account": 1,
            "dialect": null,
            "person": null,
            "missed": false,
            "search": "ada",
            "from": "",
            "until": "",
        },
        "dialects": bellwire_engine::dialects(),
        "discovered": Discovered {
            offered: vec![OfferedInfo { dialect: "storefront", label: "Storefront" }],
        },
        "frames": frames,
        "start_info": start_info(),
        "desktop": desktop(),
        "quiets": [Quiet::Off, Quiet::Own, Quiet::Hours, Quiet::System],
        "secret_stores": [SecretPlace::Keyring, SecretPlace::File, SecretPlace::Session],
        "secret_problems": [
            SecretProblem::None,
            SecretProblem::Locked,
            SecretProblem::Missing,
            SecretProblem::WrongPassphrase,
            SecretProblem::Damaged,
            SecretProblem::Failed,
        ],
        "key_actions": [KeyAction::Mute, KeyAction::PushToTalk, KeyAction::Answer, KeyAction::HangUp],
        "key_troubles": [KeyTrouble::Taken, KeyTrouble::Invalid, KeyTrouble::Unsupported],
        "sign_in": sign_in(),
        "devices": devices::sample(),
        "settings": settings::sample(),
    })
}

fn analytics() -> Analytics {
    Analytics {
        total: 5,
        accepted: 3,
        declined: 1,
        ended: 2,
        average_duration_s: 61.5,
        acceptance_rate: "60.00".into(),
        completion_rate: "40.00".into(),
        by_type: [("sales".to_owned(), 5)].into(),
        by_status: [("ended".to_owned(), 2)].into(),
    }
}

#[test]
fn every_variant_is_in_the_sample() {
    let paths: Vec<_> = reasons().iter().map(place_of_reason).collect();
    assert_eq!(paths, Vec::from_iter(0..16));
    let paths: Vec<_> = states().iter().map(place_of_state).collect();
    assert_eq!(paths, Vec::from_iter(0..6));
    let paths: Vec<_> = links().into_iter().map(place_of_link).collect();
    assert_eq!(paths, Vec::from_iter(0..4));
}

#[test]
fn the_file_is_what_is_serialised() {
    let text = format!("{:#}\n", sample());
    if std::env::var_os("BELLWIRE_BLESS").is_some() {
        std::fs::write(file(), &text).unwrap();
    }
    let kept = std::fs::read_to_string(file()).unwrap();
    assert_eq!(
        kept.replace("\r\n", "\n"),
        text,
        "what the interface is sent has changed: look at ui/src/generated/bindings.ts, then run with BELLWIRE_BLESS=1"
    );
}

#[test]
fn the_request_to_sign_in_is_understood() {
    let request: SignIn = serde_json::from_value(sign_in()).unwrap();
    assert_eq!((request.server.as_str(), request.role.as_str()), ("calls.example.com", "seller"));
    assert_eq!((request.email.as_str(), request.password.as_str()), ("ada@example.com", "secret"));
}
