//! The rules of ringing in all combinations of calls, do-not-disturb and settings.

use bellwire_engine::{
    AccountId, AccountView, Capabilities, Contact, Direction, EndReason, LinkState, MediaKind, Person,
    PersonId, RemoteCallId,
};

use super::*;
use crate::ring::missed::MissedCalls;

pub(crate) fn call(id: u64, state: CallState) -> CallView {
    CallView {
        id: CallId(id),
        account: AccountId(1),
        remote_id: Some(RemoteCallId(format!("remote-{id}"))),
        direction: Direction::Incoming,
        kind: MediaKind::Video,
        peer: Person { id: PersonId(format!("p{id}")), name: "Ada".into(), avatar: None },
        people: Vec::new(),
        members: Vec::new(),
        subject: None,
        state,
        waiting: false,
        connected_ms: None,
        remote_audio: true,
        remote_video: true,
        remote_sharing: false,
        remote_has_microphone: true,
        remote_has_camera: true,
        signaling_lost: false,
    }
}

/// An account online on server `s{id}`.
pub(crate) fn account(id: u32) -> AccountView {
    AccountView {
        id: AccountId(id),
        dialect: "storefront".into(),
        label: "Storefront".into(),
        server: format!("s{id}"),
        me: Person { id: PersonId("me".into()), name: "Me".into(), avatar: None },
        role: String::new(),
        link: LinkState::Online,
        contacts: Vec::new(),
        contacts_loaded: true,
        left_out: 0,
        list_error: None,
        paused_until: None,
        link_problem: None,
        can_call: true,
        capabilities: Capabilities {
            voice: true,
            video: true,
            ring_timeout_s: Some(45),
            ..Capabilities::default()
        },
    }
}

/// A line of a list with nothing but a person.
pub(crate) fn line(person: &str) -> Contact {
    Contact {
        id: format!("line {person}"),
        person: Person { id: PersonId(person.into()), name: format!("Name {person}"), avatar: None },
        detail: String::new(),
        online: true,
        subjects: Vec::new(),
        total_orders: 0,
        total_spent: String::new(),
        subject: None,
        thread: None,
        unread: 0,
        last_message: None,
        slot: None,
        voice: true,
        video: true,
    }
}

const RINGING: CallState = CallState::Ringing { silenced: false };
const SILENCED: CallState = CallState::Ringing { silenced: true };

fn states() -> Vec<CallState> {
    let ended = |reason| CallState::Ended { reason };
    vec![
        RINGING,
        SILENCED,
        CallState::Calling { ringing: true },
        CallState::Connecting,
        CallState::Connected,
        CallState::Reconnecting,
        ended(EndReason::AnsweredElsewhere),
        ended(EndReason::DeclinedElsewhere),
        ended(EndReason::RemoteCancelled),
        ended(EndReason::Missed),
    ]
}

const QUIETS: [Quiet; 4] = [Quiet::Off, Quiet::Own, Quiet::Hours, Quiet::System];

#[test]
fn the_rules_hold_for_every_two_calls() {
    for first in states() {
        for second in states() {
            let calls = [call(1, first.clone()), call(2, second.clone())];
            let ring = |state: &CallState| matches!(state, CallState::Ringing { .. });
            let over = |state: &CallState| matches!(state, CallState::Ended { .. });
            let rings = [&first, &second].into_iter().filter(|state| ring(state)).count();
            let talks = [&first, &second].into_iter().any(|state| !ring(state) && !over(state));
            for quiet in QUIETS {
                for notify in [true, false] {
                    let seen = ringing(&calls, |_| ring_level(quiet, false, false), notify, false);
                    let wanted = quiet == Quiet::Off;
                    let told = format!("{first:?} {second:?} {quiet:?} {notify}");
                    assert_eq!(seen.window, wanted && rings > 0 && !talks, "{told}");
                    assert_eq!(seen.notifications.len(), if wanted && notify { rings } else { 0 }, "{told}");
                    assert!(seen.notifications.iter().all(|note| note.ends_another == talks), "{told}");
                }
            }
        }
    }
}

#[test]
fn silence_is_no_decline() {
    let seen = ringing(&[call(1, SILENCED)], |_| RingLevel::Full, true, false);
    assert!(seen.window);
    assert_eq!(
        seen.notifications,
        [RingNotification { call: CallId(1), ends_another: false, silenced: true, silent: false }]
    );
}

#[test]
fn exceptions_ring_in_full_and_waiting_callers_silently() {
    for quiet in [Quiet::Own, Quiet::Hours, Quiet::System] {
        assert_eq!(ring_level(quiet, true, false), RingLevel::Full);
        assert_eq!(ring_level(quiet, true, true), RingLevel::Full);
        assert_eq!(ring_level(quiet, false, true), RingLevel::Silent);
        assert_eq!(ring_level(quiet, false, false), RingLevel::Suppressed);
    }
    assert_eq!(ring_level(Quiet::Off, false, false), RingLevel::Full);
    let both = [call(1, RINGING), call(2, RINGING)];
    let waits =
        |call: &CallView| if call.id == CallId(1) { RingLevel::Silent } else { RingLevel::Suppressed };
    let seen = ringing(&both, waits, false, false);
    assert!(!seen.window && !seen.audible);
    assert_eq!(
        seen.notifications.iter().map(|note| (note.call, note.silent)).collect::<Vec<_>>(),
        [(CallId(1), true)]
    );
    let through =
        |call: &CallView| if call.id == CallId(1) { RingLevel::Full } else { RingLevel::Suppressed };
    let seen = ringing(&both, through, true, false);
    assert!(seen.window && seen.audible);
    assert_eq!(seen.notifications.len(), 1);
}

#[test]
fn in_the_main_window_a_ring_has_its_card_alone_and_is_heard() {
    let both = [call(1, RINGING), call(2, CallState::Connected)];
    for calls in [&both[..1], &both] {
        for way in [RingLevel::Full, RingLevel::Silent] {
            let seen = ringing(calls, |_| way, true, true);
            assert!(!seen.window && seen.notifications.is_empty(), "{seen:?}");
            assert_eq!(seen.audible, way == RingLevel::Full);
        }
    }
}

#[test]
fn one_notification_for_each_person() {
    let mut missed = MissedCalls::default();
    let over = || CallState::Ended { reason: EndReason::Missed };
    missed.add(call(1, over()), Quiet::Off);
    missed.add(call(2, over()), Quiet::Off);
    missed.add(CallView { id: CallId(9), ..call(1, over()) }, Quiet::Off);
    let shown: Vec<_> = missed.shown().map(|m| (m.call.id, m.count)).collect();
    assert_eq!(shown, [(CallId(2), 1), (CallId(9), 2)]);

    missed.dismiss(AccountId(1), &PersonId("p1".into()));
    assert!(missed.of(AccountId(1), &PersonId("p1".into())).is_none());
    missed.clear();
    assert_eq!(missed.shown().count(), 0);
}

#[test]
fn in_do_not_disturb_they_wait_until_it_is_over() {
    let mut missed = MissedCalls::default();
    let over = || CallState::Ended { reason: EndReason::RemoteCancelled };
    missed.add(call(1, over()), Quiet::Off);
    missed.quiet(Quiet::Own);
    missed.add(call(2, over()), Quiet::Own);
    assert_eq!(missed.shown().count(), 1, "what is shown stays");
    missed.add(call(1, over()), Quiet::Own);
    assert_eq!(missed.shown().count(), 0, "a new one of that person would pop up");
    missed.quiet(Quiet::Off);
    assert_eq!(missed.shown().map(|m| m.count).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_storm_of_missed_calls_is_bounded() {
    let mut missed = MissedCalls::default();
    for id in 0..100 {
        missed.add(call(id, CallState::Ended { reason: EndReason::Missed }), Quiet::Off);
    }
    assert_eq!(missed.shown().map(|m| m.call.id.0).collect::<Vec<_>>(), [96, 97, 98, 99]);
}
