use bellwire_engine::{CallState, CallView, MemberId, MemberState, MemberView, Phase, PhoneView, Slot};

use super::*;
use crate::i18n::Strings;
use crate::ring::ringing::tests::{self, account, line};

fn person(id: &str) -> Person {
    Person { id: PersonId(id.into()), name: format!("Name {id}"), avatar: None }
}

fn call(id: u64, state: CallState) -> CallView {
    CallView { kind: MediaKind::Voice, peer: person("ada"), ..tests::call(id, state) }
}

fn entry(account: Option<u32>, peer: &str) -> HistoryEntry {
    HistoryEntry {
        id: 1,
        account: account.map(AccountId),
        call: String::new(),
        peer: person(peer),
        members: Vec::new(),
        outgoing: true,
        status: "completed".into(),
        started_at: String::new(),
        duration_s: 1,
        subject: None,
        kind: None,
        account_label: String::new(),
        dialect: String::new(),
    }
}

fn view(accounts: Vec<AccountView>, calls: Vec<CallView>, microphone: bool) -> EngineView {
    let phone =
        PhoneView { calls, microphone, camera: true, sharing: false, has_microphone: true, has_camera: true };
    EngineView { accounts, phone, chats: Vec::new() }
}

fn source<'a>(view: &'a EngineView, history: &'a [HistoryEntry]) -> MenuInput<'a> {
    MenuInput {
        view,
        history,
        favourites: &[],
        missed: 0,
        restoring: false,
        do_not_disturb: false,
        quiet: false,
        quiet_locked: false,
        strings: &Strings::of("en").tray,
    }
}

fn texts(entries: &[Entry]) -> Vec<String> {
    let text = |entry: &Entry| match entry {
        Entry::Separator => "-".to_owned(),
        Entry::Heading(text) | Entry::Item { text, .. } | Entry::Check { text, .. } => text.clone(),
        Entry::Group { text, enabled, entries } => format!("{text}{enabled}{}", entries.len()),
    };
    entries.iter().map(|entry| text(entry).replace(['\u{2068}', '\u{2069}'], "")).collect()
}

#[test]
fn at_rest_it_is_short() {
    let view = view(vec![account(1)], Vec::new(), true);
    let shown = show(source(&view, &[]));
    assert_eq!(texts(&shown.entries), ["Do not disturbtrue3", "-", "Open Bellwire", "Quit"]);
    assert_eq!((shown.icon_state, shown.tooltip.as_str()), (IconState::Idle, "Bellwire"));
}

#[test]
fn recent_people_come_once_and_at_most_five() {
    let view = view(vec![account(1), account(2)], Vec::new(), true);
    let of = ["a", "b", "a", "c", "d", "e", "f"];
    let mut history: Vec<_> = of.into_iter().map(|peer| entry(Some(1), peer)).collect();
    history.insert(1, entry(None, "gone"));
    history.insert(2, entry(Some(2), "a"));
    let shown = show(source(&view, &history));
    let names: Vec<_> = texts(&shown.entries).into_iter().filter(|text| text.starts_with("Name")).collect();
    assert_eq!(names, ["Name atrue2", "Name atrue2", "Name btrue2", "Name ctrue2", "Name dtrue2"]);
}

#[test]
fn people_are_there_while_their_account_comes_back() {
    let history = [entry(None, "a"), entry(None, "a"), entry(None, "b")];
    let view = view(Vec::new(), Vec::new(), true);
    let shown = show(MenuInput { restoring: true, ..source(&view, &history) });
    assert_eq!(texts(&shown.entries)[..4], ["Recent", "Name afalse0", "Name bfalse0", "-"]);
    let shown = show(source(&view, &history));
    assert_eq!(texts(&shown.entries)[0], "Do not disturbtrue3", "an account that was left has nobody");
}

#[test]
fn people_are_called_as_their_account_can() {
    let mut one = account(1);
    one.capabilities.video = false;
    let history = [entry(Some(1), "a")];
    let shown = show(source(&view(vec![one.clone()], Vec::new(), true), &history));
    assert_eq!(texts(&shown.entries)[1], "Name atrue1");
    one.link = LinkState::Offline;
    let shown = show(source(&view(vec![one], Vec::new(), true), &history));
    assert_eq!(texts(&shown.entries)[1], "Name afalse0", "nobody is called while offline");
    assert_eq!(shown.icon_state, IconState::Offline);
}

#[test]
fn favourites_need_their_account() {
    let favourite = |server: &str| Favourite {
        dialect: "storefront".into(),
        server: server.into(),
        person: "ada".into(),
        name: "Ada".into(),
    };
    let favourites = [favourite("s1"), favourite("elsewhere")];
    let view = view(vec![account(1)], Vec::new(), true);
    let shown = show(MenuInput { favourites: &favourites, ..source(&view, &[]) });
    assert_eq!(texts(&shown.entries)[..3], ["Favourites", "Adatrue2", "-"]);
}

#[test]
fn a_call_is_answered_muted_and_ended_here() {
    let ringing = call(2, CallState::Ringing { silenced: false });
    let shown = show(source(&view(vec![account(1)], vec![ringing.clone()], true), &[]));
    assert_eq!(texts(&shown.entries)[..2], ["Answer Name ada", "Decline"]);
    assert_eq!(shown.tooltip.replace(['\u{2068}', '\u{2069}'], ""), "Name ada is calling");

    let talking = call(1, CallState::Connected);
    let both = view(vec![account(1)], vec![talking.clone(), ringing], true);
    let Entry::Item { act, .. } = &show(source(&both, &[])).entries[0] else { panic!("an answer first") };
    assert_eq!(*act, MenuAction::EndAndAnswer(CallId(2)));

    let muted = show(MenuInput { missed: 3, ..source(&view(vec![account(1)], vec![talking], false), &[]) });
    assert_eq!(muted.icon_state, IconState::Muted, "what goes on counts more than what was missed");
    assert_eq!(texts(&muted.entries)[..3], ["In a call with Name ada", "Microphone muted", "Hang up"]);
    assert!(texts(&muted.entries).contains(&"3 missed calls".to_owned()));
}

#[test]
fn the_sign_is_that_of_the_most_urgent() {
    let idle = view(vec![account(1)], Vec::new(), true);
    assert_eq!(show(MenuInput { missed: 1, ..source(&idle, &[]) }).icon_state, IconState::Missed);
    assert_eq!(show(source(&view(Vec::new(), Vec::new(), true), &[])).icon_state, IconState::Offline);
    let talking = view(vec![account(1)], vec![call(1, CallState::Connected)], true);
    assert_eq!(show(source(&talking, &[])).icon_state, IconState::InCall);
}

#[test]
fn do_not_disturb_has_a_length_and_a_sign() {
    let idle = view(vec![account(1)], Vec::new(), true);
    let shown = show(MenuInput { do_not_disturb: true, quiet: true, missed: 2, ..source(&idle, &[]) });
    let check =
        Entry::Check { act: MenuAction::Quiet(None), text: "Do not disturb".into(), on: true, enabled: true };
    assert!(shown.entries.contains(&check));
    assert_eq!((shown.icon_state, shown.tooltip.as_str()), (IconState::Quiet, "Bellwire – do not disturb"));
    let muted = view(vec![account(1)], vec![call(1, CallState::Connected)], false);
    assert_eq!(
        show(MenuInput { quiet: true, ..source(&muted, &[]) }).icon_state,
        IconState::Muted,
        "they differ"
    );
    let hours = show(MenuInput { quiet: true, quiet_locked: true, ..source(&idle, &[]) });
    assert_eq!(hours.icon_state, IconState::Quiet);
    assert_eq!(texts(&hours.entries)[0], "Do not disturbfalse3");
}

#[test]
fn a_waiting_caller_shows_in_any_quiet() {
    let mut clinic = account(1);
    let mut patient = line("ada");
    patient.slot = Some(Slot {
        starts_at: String::new(),
        minutes: 0,
        phase: Phase::Waiting,
        they_wait: true,
        label: String::new(),
        meeting: None,
    });
    clinic.contacts = vec![patient];
    let view = view(vec![clinic], Vec::new(), true);
    let shown = show(MenuInput { quiet: true, missed: 1, ..source(&view, &[]) });
    assert_eq!(shown.icon_state, IconState::Waiting);
    assert_eq!(texts(&shown.entries)[0], "Name ada is waiting");
    assert_eq!(shown.tooltip, "\u{2068}Name ada\u{2069} is waiting");
}

#[test]
fn hostile_names_stay_names() {
    let view = view(vec![account(1)], Vec::new(), true);
    let mut history = [entry(Some(1), "a")];
    history[0].peer.name = format!("\u{202e}_&{}\n", "x".repeat(500));
    let shown = show(source(&view, &history));
    let Entry::Group { text, .. } = &shown.entries[1] else { panic!("a person second") };
    assert!(text.chars().count() <= MAX_NAME_CHARS + 2 && !text.contains(['\n', '\u{202e}']), "{text:?}");
}

#[test]
fn menu_ids_are_distinct() {
    let call =
        |kind, id: &str| MenuAction::Call { account: AccountId(1), person: person(id), kind, subject: None };
    let actions_by_id = [
        MenuAction::Open,
        MenuAction::Quit,
        MenuAction::Missed,
        MenuAction::Quiet(None),
        MenuAction::Quiet(Some(DndDuration::Hour)),
        MenuAction::Quiet(Some(DndDuration::Tomorrow)),
        MenuAction::Quiet(Some(DndDuration::Open)),
        MenuAction::Microphone(true),
        MenuAction::Answer(CallId(1)),
        MenuAction::EndAndAnswer(CallId(1)),
        MenuAction::Decline(CallId(1)),
        MenuAction::HangUp(CallId(1)),
        call(MediaKind::Voice, "a"),
        call(MediaKind::Video, "a"),
        call(MediaKind::Voice, "b"),
    ];
    let ids: std::collections::HashSet<_> = actions_by_id.iter().map(MenuAction::id).collect();
    assert_eq!(ids.len(), actions_by_id.len());
}

#[test]
fn of_a_call_of_several_that_one_is_left_of_it_names_that_one() {
    let left = MemberView {
        id: MemberId(2),
        person: person("ben"),
        state: MemberState::Connected,
        audio: true,
        video: false,
        sharing: false,
        has_microphone: true,
        has_camera: false,
    };
    let call = CallView { members: vec![left], ..call(1, CallState::Connected) };
    let view = view(vec![account(1)], vec![call], true);
    let shown = show(source(&view, &[]));
    let tooltip = shown.tooltip.replace(['\u{2068}', '\u{2069}'], "");
    assert_eq!(tooltip, "In a call with Name ben");
    assert!(texts(&shown.entries).contains(&tooltip));
}
