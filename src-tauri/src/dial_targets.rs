//! Whom an account can call, and what is going on: questions several parts of the shell ask of a
//! snapshot. Pure.

use bellwire_engine::{
    AccountView, CallState, CallView, ContactView, EngineView, LinkState, ListKind, MediaKind, Person,
    Subject,
};

/// Somebody an account can call, as a call to them is placed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reach {
    pub(crate) person: Person,
    /// What the call is about unless something else is chosen.
    pub(crate) subject: Option<Subject>,
    pub(crate) voice: bool,
    pub(crate) video: bool,
}

impl Reach {
    /// The nearest to `kind` that can be placed.
    pub(crate) fn kind(&self, kind: MediaKind) -> Option<MediaKind> {
        match (kind, self.voice, self.video) {
            (MediaKind::Video, _, true) | (MediaKind::Voice, false, true) => Some(MediaKind::Video),
            (MediaKind::Voice | MediaKind::Video, true, _) => Some(MediaKind::Voice),
            (MediaKind::Voice | MediaKind::Video, false, false) => None,
        }
    }
}

/// How `account` reaches a person of its list.
pub(crate) fn listed(account: &AccountView, contact: &ContactView) -> Reach {
    let online = account.link == LinkState::Online;
    Reach {
        person: contact.person.clone(),
        subject: contact.subject.clone(),
        voice: online && contact.voice,
        video: online && contact.video,
    }
}

/// How `account` reaches a person who may be on no list of it.
pub(crate) fn reach(account: &AccountView, person: &Person) -> Reach {
    if let Some(contact) = account.contacts.iter().find(|contact| contact.person.id == person.id) {
        return listed(account, contact);
    }
    let can = &account.capabilities;
    // Sessions and appointments are entered from their own line only.
    let anybody = match can.list {
        ListKind::People | ListKind::Rooms | ListKind::Conversations => account.can_call,
        ListKind::Sessions | ListKind::Appointments => false,
    };
    let able = anybody && account.link == LinkState::Online;
    Reach { person: person.clone(), subject: None, voice: able && can.voice, video: able && can.video }
}

/// The call that somebody talks in or is about to; not one that only rings here.
pub(crate) fn going_on(view: &EngineView) -> Option<&CallView> {
    view.phone.calls.iter().find(|call| match call.state {
        CallState::Calling { .. }
        | CallState::Connecting
        | CallState::Connected
        | CallState::Reconnecting => true,
        CallState::Ringing { .. } | CallState::Ended { .. } => false,
    })
}

/// Who waits in a room of ours for somebody to come, by their names.
pub(crate) fn waiting(view: &EngineView) -> impl Iterator<Item = &str> {
    let lines = view.accounts.iter().flat_map(|account| &account.contacts);
    let waits = |line: &&ContactView| line.slot.as_ref().is_some_and(|slot| slot.they_wait);
    lines.filter(waits).map(|line| line.person.name.as_str())
}

/// The first call that rings here.
pub(crate) fn ringing(view: &EngineView) -> Option<&CallView> {
    view.phone.calls.iter().find(|call| matches!(call.state, CallState::Ringing { .. }))
}
