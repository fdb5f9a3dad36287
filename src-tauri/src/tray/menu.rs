//! What the tray's menu holds, as a value: compared to know whether it has to be made anew. Pure.

use bellwire_engine::{
    AccountId, AccountView, CallId, CallState, EngineView, HistoryEntry, LinkState, MediaKind, Person,
    PersonId, Subject,
};

use crate::people::{self, going_on, reach};
use crate::settings::Favourite;
use crate::words::{TrayWords, cut, isolated};

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
    Quiet(bool),
    Microphone(bool),
    Answer(CallId),
    EndAndAnswer(CallId),
    Decline(CallId),
    HangUp(CallId),
    Call { account: AccountId, person: Person, kind: MediaKind, subject: Option<Subject> },
}

impl Act {
    /// What the menu knows it by: the same in a menu made anew, so that a click on the old one still
    /// means the same, or nothing.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Open => "open".into(),
            Self::Quit => "quit".into(),
            Self::Missed => "missed".into(),
            Self::Quiet(on) => format!("quiet {on}"),
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
    Offline,
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
    pub(super) do_not_disturb: bool,
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
    entries.push(Entry::Check {
        act: Act::Quiet(!from.do_not_disturb),
        text: words.do_not_disturb.into(),
        on: from.do_not_disturb,
        enabled: !from.quiet_locked,
    });
    rule(&mut entries);
    entries.push(Entry::Item { act: Act::Open, text: words.open.into() });
    entries.push(Entry::Item { act: Act::Quit, text: words.quit.into() });
    let sign = sign(view, from.missed);
    Shown { sign, tooltip: tooltip(&from, sign), entries }
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
    account: &'a AccountView,
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
        let reach = reach(one.account, &one.person);
        let call = |kind, text: &str| Entry::Item {
            act: Act::Call {
                account: one.account.id,
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
        let name = people::reach(account, &person).person.name;
        Some(Somebody { account, person, name })
    };
    from.favourites.iter().filter_map(of).take(FAVOURITES).collect()
}

fn recent<'a>(from: &Source<'a>) -> Vec<Somebody<'a>> {
    let mut all: Vec<Somebody<'a>> = Vec::new();
    for entry in from.history {
        let known =
            all.iter().any(|one| Some(one.account.id) == entry.account && one.person.id == entry.peer.id);
        let account = from.view.accounts.iter().find(|one| Some(one.id) == entry.account);
        if let Some(account) = account.filter(|_| !known) {
            all.push(Somebody { account, person: entry.peer.clone(), name: entry.peer.name.clone() });
        }
        if all.len() == RECENT {
            break;
        }
    }
    all
}

fn sign(view: &EngineView, missed: u32) -> Sign {
    match going_on(view) {
        Some(_) if !view.phone.microphone => Sign::Muted,
        Some(_) => Sign::InCall,
        None if missed > 0 => Sign::Missed,
        None if !view.accounts.iter().any(|account| account.link == LinkState::Online) => Sign::Offline,
        None => Sign::Idle,
    }
}

fn tooltip(from: &Source<'_>, sign: Sign) -> String {
    let words = from.words;
    if let Some(call) = people::ringing(from.view) {
        return (words.ringing)(&name(&call.peer.name));
    }
    let with = going_on(from.view).map(|call| name(&call.peer.name)).unwrap_or_default();
    match sign {
        Sign::InCall => (words.in_call)(&with),
        Sign::Muted => (words.in_call_muted)(&with),
        Sign::Missed => (words.missed)(from.missed),
        Sign::Offline => words.offline.into(),
        Sign::Idle if from.do_not_disturb => words.quiet.into(),
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
