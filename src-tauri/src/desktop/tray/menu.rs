//! The content of the tray menu, as a value that is compared to see whether the menu has to be rebuilt. Pure.

use bellwire_engine::{
    AccountId, AccountView, CallId, CallView, EngineView, HistoryEntry, LinkState, MediaKind, Person,
    PersonId, Subject,
};

use crate::dial_targets::{self, active_call, waiting_in_room};
use crate::i18n::{TrayStrings, cut, isolated};
use crate::ring::do_not_disturb::expiry::DndDuration;
use crate::storage::settings::Favourite;

/// People shown of the call log.
pub(super) const RECENT_PEOPLE: usize = 5;
/// Favourites shown; the window has all.
const MAX_FAVOURITES: usize = 10;
/// Characters of a name.
const MAX_NAME_CHARS: usize = 40;

/// The action of a menu item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum MenuAction {
    Open,
    Quit,
    Missed,
    /// Do-not-disturb for so long; `None`: its end.
    Quiet(Option<DndDuration>),
    Microphone(bool),
    Answer(CallId),
    EndAndAnswer(CallId),
    Decline(CallId),
    HangUp(CallId),
    Call {
        account: AccountId,
        person: Person,
        kind: MediaKind,
        subject: Option<Subject>,
    },
}

impl MenuAction {
    /// The id of its menu item: stable across rebuilds, so that a click on an old menu still
    /// means the same, or nothing.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Open => "open".into(),
            Self::Quit => "quit".into(),
            Self::Missed => "missed".into(),
            Self::Quiet(None) => "quiet end".into(),
            Self::Quiet(Some(DndDuration::Hour)) => "quiet hour".into(),
            Self::Quiet(Some(DndDuration::Tomorrow)) => "quiet tomorrow".into(),
            Self::Quiet(Some(DndDuration::Open)) => "quiet open".into(),
            Self::Microphone(on) => format!("microphone {on}"),
            Self::Answer(call) => format!("answer {}", call.0),
            Self::EndAndAnswer(call) => format!("end and answer {}", call.0),
            Self::Decline(call) => format!("decline {}", call.0),
            Self::HangUp(call) => format!("hang up {}", call.0),
            Self::Call { account, person, kind: MediaKind::Voice, .. } => {
                format!("voice {} {}", account.0, person.id.0)
            }
            Self::Call { account, person, kind: MediaKind::Video, .. } => {
                format!("video {} {}", account.0, person.id.0)
            }
        }
    }
}

/// A menu item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Separator,
    Heading(String),
    Item { act: MenuAction, text: String },
    Check { act: MenuAction, text: String, on: bool, enabled: bool },
    Group { text: String, enabled: bool, entries: Vec<Entry> },
}

/// The icon's state; the most urgent one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IconState {
    Idle,
    Missed,
    InCall,
    Muted,
    /// A person waits in a room.
    Waiting,
    Offline,
    /// Do-not-disturb, whyever.
    Quiet,
}

/// Everything a tray shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TrayContent {
    pub(super) icon_state: IconState,
    pub(super) tooltip: String,
    pub(super) entries: Vec<Entry>,
}

/// What it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct MenuInput<'a> {
    pub(super) view: &'a EngineView,
    /// Newest first.
    pub(super) history: &'a [HistoryEntry],
    pub(super) favourites: &'a [Favourite],
    pub(super) missed: u32,
    /// Kept accounts are on their way back: their people are shown, and can be called once they are.
    pub(super) restoring: bool,
    pub(super) do_not_disturb: bool,
    /// The user's own or any other do-not-disturb.
    pub(super) quiet: bool,
    pub(super) quiet_locked: bool,
    pub(super) strings: &'a TrayStrings,
}

pub(super) fn show(from: MenuInput<'_>) -> TrayContent {
    let (strings, view) = (from.strings, from.view);
    let mut entries = Vec::new();
    calls(view, strings, &mut entries);
    if from.missed > 0 {
        separator(&mut entries);
        entries.push(Entry::Item { act: MenuAction::Missed, text: (strings.missed)(from.missed) });
    }
    people(strings.favourites, favourites(&from), strings, &mut entries);
    people(strings.recent, recent(&from), strings, &mut entries);
    separator(&mut entries);
    entries.push(quiet(&from));
    separator(&mut entries);
    entries.push(Entry::Item { act: MenuAction::Open, text: strings.open.into() });
    entries.push(Entry::Item { act: MenuAction::Quit, text: strings.quit.into() });
    let icon_state = icon_state(&from);
    TrayContent { icon_state, tooltip: tooltip(&from, icon_state), entries }
}

/// Its end where it is on, else for how long.
fn quiet(from: &MenuInput<'_>) -> Entry {
    let (strings, text) = (from.strings, from.strings.do_not_disturb.into());
    if from.do_not_disturb {
        return Entry::Check { act: MenuAction::Quiet(None), text, on: true, enabled: !from.quiet_locked };
    }
    let item = |length, text: &str| Entry::Item { act: MenuAction::Quiet(Some(length)), text: text.into() };
    let entries = vec![
        item(DndDuration::Hour, strings.quiet_hour),
        item(DndDuration::Tomorrow, strings.quiet_tomorrow),
        item(DndDuration::Open, strings.quiet_open),
    ];
    Entry::Group { text, enabled: !from.quiet_locked, entries }
}

/// Calls first: a user who opens the menu while it rings wants to answer.
fn calls(view: &EngineView, strings: &TrayStrings, entries: &mut Vec<Entry>) {
    let talking = active_call(view);
    for call in &view.phone.calls {
        if call.state.is_ringing() {
            let text = (strings.answer)(&name(&call.peer.name));
            let act = if talking.is_some() {
                MenuAction::EndAndAnswer(call.id)
            } else {
                MenuAction::Answer(call.id)
            };
            entries.push(Entry::Item { act, text });
            entries.push(Entry::Item { act: MenuAction::Decline(call.id), text: strings.decline.into() });
        }
    }
    for who in waiting_in_room(view) {
        entries.push(Entry::Heading((strings.waits)(&name(who))));
    }
    if let Some(call) = talking {
        separator(entries);
        entries.push(Entry::Heading((strings.in_call)(&name(&other(call).name))));
        let muted = !view.phone.microphone;
        let act = MenuAction::Microphone(muted);
        entries.push(Entry::Check { act, text: strings.muted.into(), on: muted, enabled: true });
        entries.push(Entry::Item { act: MenuAction::HangUp(call.id), text: strings.hang_up.into() });
    }
}

/// Whom one talks to where it is one person: in a call of several the one who is left.
fn other(call: &CallView) -> &Person {
    match call.members.as_slice() {
        [only] => &only.person,
        _ => &call.peer,
    }
}

struct Callee<'a> {
    /// `None`: the account is not signed in.
    account: Option<&'a AccountView>,
    person: Person,
    name: String,
}

fn people(heading: &str, of: Vec<Callee<'_>>, strings: &TrayStrings, entries: &mut Vec<Entry>) {
    if of.is_empty() {
        return;
    }
    separator(entries);
    entries.push(Entry::Heading(heading.into()));
    for one in of {
        let Some(account) = one.account else {
            entries.push(Entry::Group { text: name(&one.name), enabled: false, entries: Vec::new() });
            continue;
        };
        let target = dial_targets::for_person(account, &one.person);
        let call = |kind, text: &str| Entry::Item {
            act: MenuAction::Call {
                account: account.id,
                person: target.person.clone(),
                kind,
                subject: target.subject.clone(),
            },
            text: text.into(),
        };
        let mut ways = Vec::new();
        if target.voice {
            ways.push(call(MediaKind::Voice, strings.voice_call));
        }
        if target.video {
            ways.push(call(MediaKind::Video, strings.video_call));
        }
        entries.push(Entry::Group { text: name(&one.name), enabled: !ways.is_empty(), entries: ways });
    }
}

fn favourites<'a>(from: &MenuInput<'a>) -> Vec<Callee<'a>> {
    let of = |favourite: &Favourite| {
        let account = from.view.accounts.iter().find(|account| {
            account.dialect == favourite.dialect
                && account.server == favourite.server
                && account.link != LinkState::SignedOut
        })?;
        let id = PersonId(favourite.person.clone());
        let person = Person { id, name: favourite.name.clone(), avatar: None };
        let name = dial_targets::for_person(account, &person).person.name;
        Some(Callee { account: Some(account), person, name })
    };
    from.favourites.iter().filter_map(of).take(MAX_FAVOURITES).collect()
}

fn recent<'a>(from: &MenuInput<'a>) -> Vec<Callee<'a>> {
    let mut all: Vec<Callee<'a>> = Vec::new();
    for entry in from.history {
        let account = from.view.accounts.iter().find(|one| Some(one.id) == entry.account);
        let known = all.iter().any(|one| {
            one.account.map(|account| account.id) == account.map(|account| account.id)
                && one.person.id == entry.peer.id
        });
        if !known && (account.is_some() || from.restoring) {
            all.push(Callee { account, person: entry.peer.clone(), name: entry.peer.name.clone() });
        }
        if all.len() == RECENT_PEOPLE {
            break;
        }
    }
    all
}

fn icon_state(from: &MenuInput<'_>) -> IconState {
    let (view, missed) = (from.view, from.missed > 0);
    let online = view.accounts.iter().any(|account| account.link == LinkState::Online);
    match active_call(view) {
        Some(_) if !view.phone.microphone => IconState::Muted,
        Some(_) => IconState::InCall,
        None if waiting_in_room(view).next().is_some() => IconState::Waiting,
        // Calls are missed all the time then; the menu counts them.
        None if from.quiet && online => IconState::Quiet,
        None if missed => IconState::Missed,
        None if !online => IconState::Offline,
        None => IconState::Idle,
    }
}

fn tooltip(from: &MenuInput<'_>, icon_state: IconState) -> String {
    let strings = from.strings;
    if let Some(call) = dial_targets::ringing_call(from.view) {
        return (strings.ringing)(&name(&call.peer.name));
    }
    let with = active_call(from.view).map(|call| name(&other(call).name)).unwrap_or_default();
    match icon_state {
        IconState::InCall => (strings.in_call)(&with),
        IconState::Muted => (strings.in_call_muted)(&with),
        IconState::Waiting => (strings.waits)(&name(waiting_in_room(from.view).next().unwrap_or_default())),
        IconState::Missed => (strings.missed)(from.missed),
        IconState::Offline => strings.offline.into(),
        IconState::Quiet => strings.quiet.into(),
        IconState::Idle => strings.idle.into(),
    }
}

/// Cut to what a menu bears, with a direction of its own.
fn name(of: &str) -> String {
    isolated(&cut(of, MAX_NAME_CHARS))
}

/// Never two in a row, and none at the top.
fn separator(entries: &mut Vec<Entry>) {
    if !entries.is_empty() && entries.last() != Some(&Entry::Separator) {
        entries.push(Entry::Separator);
    }
}

#[cfg(test)]
mod tests;
