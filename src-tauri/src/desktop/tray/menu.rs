//! What the tray's menu holds, as a value: compared to know whether it has to be made anew. Pure.

use bellwire_engine::{
    AccountId, AccountView, CallId, CallState, EngineView, HistoryEntry, LinkState, MediaKind, Person,
    PersonId, Subject,
};

use crate::dial_targets::{self, going_on, reach, waiting};
use crate::i18n::{TrayWords, cut, isolated};
use crate::ring::do_not_disturb::expiry::Length;
use crate::storage::settings::Favourite;

/// People shown of the call log.
pub(super) const RECENT: usize = 5;
/// Favourites shown; the window has all.
const FAVOURITES: usize = 10;
/// Characters of a name.
const NAME: usize = 40;

/// What a line does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Open,
    Quit,
    Missed,
    /// Do-not-disturb for so long; `None`: its end.
    Quiet(Option<Length>),
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

impl Act {
    /// What the menu knows it by: the same in a menu made anew, so that a click on the old one still
    /// means the same, or nothing.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Open => "open".into(),
            Self::Quit => "quit".into(),
            Self::Missed => "missed".into(),
            Self::Quiet(None) => "quiet end".into(),
            Self::Quiet(Some(Length::Hour)) => "quiet hour".into(),
            Self::Quiet(Some(Length::Tomorrow)) => "quiet tomorrow".into(),
            Self::Quiet(Some(Length::Open)) => "quiet open".into(),
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

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Rule,
    Heading(String),
    Item { act: Act, text: String },
    Check { act: Act, text: String, on: bool, enabled: bool },
    Group { text: String, enabled: bool, entries: Vec<Entry> },
}

/// The icon's state; the most urgent one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Idle,
    Missed,
    InCall,
    Muted,
    /// Somebody waits in a room.
    Waiting,
    Offline,
    /// Do-not-disturb, whyever.
    Quiet,
}

/// Everything a tray shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) sign: Sign,
    pub(super) tooltip: String,
    pub(super) entries: Vec<Entry>,
}

/// What it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
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
    pub(super) words: &'a TrayWords,
}

pub(super) fn show(from: Source<'_>) -> Shown {
    let (words, view) = (from.words, from.view);
    let mut entries = Vec::new();
    calls(view, words, &mut entries);
    if from.missed > 0 {
        rule(&mut entries);
        entries.push(Entry::Item { act: Act::Missed, text: (words.missed)(from.missed) });
    }
    people(words.favourites, favourites(&from), words, &mut entries);
    people(words.recent, recent(&from), words, &mut entries);
    rule(&mut entries);
    entries.push(quiet(&from));
    rule(&mut entries);
    entries.push(Entry::Item { act: Act::Open, text: words.open.into() });
    entries.push(Entry::Item { act: Act::Quit, text: words.quit.into() });
    let sign = sign(&from);
    Shown { sign, tooltip: tooltip(&from, sign), entries }
}

/// Its end where it is on, else for how long.
fn quiet(from: &Source<'_>) -> Entry {
    let (words, text) = (from.words, from.words.do_not_disturb.into());
    if from.do_not_disturb {
        return Entry::Check { act: Act::Quiet(None), text, on: true, enabled: !from.quiet_locked };
    }
    let item = |length, text: &str| Entry::Item { act: Act::Quiet(Some(length)), text: text.into() };
    let entries = vec![
        item(Length::Hour, words.quiet_hour),
        item(Length::Tomorrow, words.quiet_tomorrow),
        item(Length::Open, words.quiet_open),
    ];
    Entry::Group { text, enabled: !from.quiet_locked, entries }
}

/// Calls first: whoever opens the menu while it rings wants to answer.
fn calls(view: &EngineView, words: &TrayWords, entries: &mut Vec<Entry>) {
    let talking = going_on(view);
    for call in &view.phone.calls {
        if matches!(call.state, CallState::Ringing { .. }) {
            let text = (words.answer)(&name(&call.peer.name));
            let act = if talking.is_some() { Act::EndAndAnswer(call.id) } else { Act::Answer(call.id) };
            entries.push(Entry::Item { act, text });
            entries.push(Entry::Item { act: Act::Decline(call.id), text: words.decline.into() });
        }
    }
    for who in waiting(view) {
        entries.push(Entry::Heading((words.waits)(&name(who))));
    }
    if let Some(call) = talking {
        rule(entries);
        entries.push(Entry::Heading((words.in_call)(&name(&call.peer.name))));
        let muted = !view.phone.microphone;
        let act = Act::Microphone(muted);
        entries.push(Entry::Check { act, text: words.muted.into(), on: muted, enabled: true });
        entries.push(Entry::Item { act: Act::HangUp(call.id), text: words.hang_up.into() });
    }
}

struct Somebody<'a> {
    /// `None`: nobody is signed in to it.
    account: Option<&'a AccountView>,
    person: Person,
    name: String,
}

fn people(heading: &str, of: Vec<Somebody<'_>>, words: &TrayWords, entries: &mut Vec<Entry>) {
    if of.is_empty() {
        return;
    }
    rule(entries);
    entries.push(Entry::Heading(heading.into()));
    for one in of {
        let Some(account) = one.account else {
            entries.push(Entry::Group { text: name(&one.name), enabled: false, entries: Vec::new() });
            continue;
        };
        let reach = reach(account, &one.person);
        let call = |kind, text: &str| Entry::Item {
            act: Act::Call {
                account: account.id,
                person: reach.person.clone(),
                kind,
                subject: reach.subject.clone(),
            },
            text: text.into(),
        };
        let mut ways = Vec::new();
        if reach.voice {
            ways.push(call(MediaKind::Voice, words.voice_call));
        }
        if reach.video {
            ways.push(call(MediaKind::Video, words.video_call));
        }
        entries.push(Entry::Group { text: name(&one.name), enabled: !ways.is_empty(), entries: ways });
    }
}

fn favourites<'a>(from: &Source<'a>) -> Vec<Somebody<'a>> {
    let of = |favourite: &Favourite| {
        let account = from.view.accounts.iter().find(|account| {
            account.dialect == favourite.dialect
                && account.server == favourite.server
                && account.link != LinkState::SignedOut
        })?;
        let id = PersonId(favourite.person.clone());
        let person = Person { id, name: favourite.name.clone(), avatar: None };
        let name = dial_targets::reach(account, &person).person.name;
        Some(Somebody { account: Some(account), person, name })
    };
    from.favourites.iter().filter_map(of).take(FAVOURITES).collect()
}

fn recent<'a>(from: &Source<'a>) -> Vec<Somebody<'a>> {
    let mut all: Vec<Somebody<'a>> = Vec::new();
    for entry in from.history {
        let account = from.view.accounts.iter().find(|one| Some(one.id) == entry.account);
        let known = all.iter().any(|one| {
            one.account.map(|account| account.id) == account.map(|account| account.id)
                && one.person.id == entry.peer.id
        });
        if !known && (account.is_some() || from.restoring) {
            all.push(Somebody { account, person: entry.peer.clone(), name: entry.peer.name.clone() });
        }
        if all.len() == RECENT {
            break;
        }
    }
    all
}

fn sign(from: &Source<'_>) -> Sign {
    let (view, missed) = (from.view, from.missed > 0);
    let online = view.accounts.iter().any(|account| account.link == LinkState::Online);
    match going_on(view) {
        Some(_) if !view.phone.microphone => Sign::Muted,
        Some(_) => Sign::InCall,
        None if waiting(view).next().is_some() => Sign::Waiting,
        // Calls are missed all the time then; the menu counts them.
        None if from.quiet && online => Sign::Quiet,
        None if missed => Sign::Missed,
        None if !online => Sign::Offline,
        None => Sign::Idle,
    }
}

fn tooltip(from: &Source<'_>, sign: Sign) -> String {
    let words = from.words;
    if let Some(call) = dial_targets::ringing(from.view) {
        return (words.ringing)(&name(&call.peer.name));
    }
    let with = going_on(from.view).map(|call| name(&call.peer.name)).unwrap_or_default();
    match sign {
        Sign::InCall => (words.in_call)(&with),
        Sign::Muted => (words.in_call_muted)(&with),
        Sign::Waiting => (words.waits)(&name(waiting(from.view).next().unwrap_or_default())),
        Sign::Missed => (words.missed)(from.missed),
        Sign::Offline => words.offline.into(),
        Sign::Quiet => words.quiet.into(),
        Sign::Idle => words.idle.into(),
    }
}

/// Cut to what a menu bears, with a direction of its own.
fn name(of: &str) -> String {
    isolated(&cut(of, NAME))
}

/// Never two in a row, and none at the top.
fn rule(entries: &mut Vec<Entry>) {
    if !entries.is_empty() && entries.last() != Some(&Entry::Rule) {
        entries.push(Entry::Rule);
    }
}

#[cfg(test)]
mod tests;
