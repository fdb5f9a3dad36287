//! Dial targets: the people an account can call, and the active calls of a snapshot. Pure.

use bellwire_engine::{
    AccountView, CallView, Contact, EngineView, LinkState, ListKind, MediaKind, Person, Subject,
};

/// A person that an account can call, with the parameters of the call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DialTarget {
    pub(crate) person: Person,
    /// What the call is about unless something else is chosen.
    pub(crate) subject: Option<Subject>,
    pub(crate) voice: bool,
    pub(crate) video: bool,
}

impl DialTarget {
    /// The nearest to `kind` that can be placed.
    pub(crate) fn kind(&self, kind: MediaKind) -> Option<MediaKind> {
        match (kind, self.voice, self.video) {
            (MediaKind::Video, _, true) | (MediaKind::Voice, false, true) => Some(MediaKind::Video),
            (MediaKind::Voice | MediaKind::Video, true, _) => Some(MediaKind::Voice),
            (MediaKind::Voice | MediaKind::Video, false, false) => None,
        }
    }
}

/// The target of a contact of `account`.
pub(crate) fn from_contact(account: &AccountView, contact: &Contact) -> DialTarget {
    let online = account.link == LinkState::Online;
    DialTarget {
        person: contact.person.clone(),
        subject: contact.subject.clone(),
        voice: online && contact.voice,
        video: online && contact.video,
    }
}

/// The target of a person who may not be among the contacts of `account`.
pub(crate) fn for_person(account: &AccountView, person: &Person) -> DialTarget {
    if let Some(contact) = account.contacts.iter().find(|contact| contact.person.id == person.id) {
        return from_contact(account, contact);
    }
    let can = &account.capabilities;
    // Sessions and appointments are entered from their own line only.
    let any_person = match can.list {
        ListKind::People | ListKind::Rooms | ListKind::Conversations => account.can_call,
        ListKind::Sessions | ListKind::Appointments => false,
    };
    let can_dial = any_person && account.link == LinkState::Online;
    DialTarget {
        person: person.clone(),
        subject: None,
        voice: can_dial && can.voice,
        video: can_dial && can.video,
    }
}

/// The call that is dialling, connecting or connected; not one that only rings here.
pub(crate) fn active_call(view: &EngineView) -> Option<&CallView> {
    view.phone.calls.iter().find(|call| call.state.is_active())
}

/// The names of people who wait in a room for this user.
pub(crate) fn waiting_in_room(view: &EngineView) -> impl Iterator<Item = &str> {
    let lines = view.accounts.iter().flat_map(|account| &account.contacts);
    let waits = |line: &&Contact| line.slot.as_ref().is_some_and(|slot| slot.they_wait);
    lines.filter(waits).map(|line| line.person.name.as_str())
}

/// The first call that rings here.
pub(crate) fn ringing_call(view: &EngineView) -> Option<&CallView> {
    view.phone.calls.iter().find(|call| call.state.is_ringing())
}
