//! A dealerdesk account, and the people whom its events tell of; shared by its dialect and its lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::wire::{MessageRow, Room, UserType};
use crate::{Identity, Message, limits};

/// People whose name a message told us.
const MAX_NAMES: usize = 256;

/// One account, shared by its dialect and its lists.
#[derive(Debug)]
pub(super) struct Account {
    /// E-mail address.
    pub(super) me: String,
    pub(super) role: UserType,
    people: Mutex<People>,
}

#[derive(Debug, Default)]
struct People {
    names: BTreeMap<String, String>,
    online: BTreeSet<String>,
}

impl Account {
    /// An unknown role is a technician, as deployed.
    pub(super) fn new(identity: &Identity) -> Self {
        Self {
            me: identity.person.id.0.clone(),
            role: UserType::parse(&identity.role).unwrap_or(UserType::Technician),
            people: Mutex::default(),
        }
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_me(&self, email: &str) -> bool {
        self.me.eq_ignore_ascii_case(email)
    }

    /// The room of us and that person in which nothing in particular is talked about.
    pub(super) fn base_room(&self, other: &str) -> Room {
        match self.role {
            UserType::Dealer => Room::base(&self.me, other),
            UserType::Technician => Room::base(other, &self.me),
        }
    }

    /// A room's name, if it is a plausible one and we may be in it; and who the other one is.
    pub(super) fn our_room(&self, name: &str) -> Option<(Room, String)> {
        if name.len() > limits::MAX_ROOM_NAME_BYTES {
            return None;
        }
        let room = Room::parse(name)?;
        let other = match self.role {
            UserType::Dealer if self.is_me(&room.dealer) => room.technician.clone(),
            UserType::Technician if self.is_me(&room.technician) => room.dealer.clone(),
            UserType::Dealer | UserType::Technician => return None,
        };
        (!self.is_me(&other)).then_some((room, other))
    }

    /// How a person is shown: as this row names them, else as a message did, else by their address.
    pub(super) fn name_of(&self, email: &str, named: Option<&str>) -> String {
        let named = named.map(limits::shown).filter(|name| !name.is_empty());
        named.or_else(|| self.people().names.get(email).cloned()).unwrap_or_else(|| limits::shown(email))
    }

    pub(super) fn learn_name(&self, email: &str, name: Option<&str>) {
        let mut people = self.people();
        let name = name.map(limits::shown).filter(|name| !name.is_empty());
        if let Some(name) = name
            && (people.names.len() < MAX_NAMES || people.names.contains_key(email))
        {
            people.names.insert(email.to_owned(), name);
        }
    }

    /// True if that changes what is known.
    pub(super) fn note_presence(&self, person: &str, online: bool) -> bool {
        let mut people = self.people();
        if online {
            people.online.len() < limits::MAX_PEOPLE_ONLINE && people.online.insert(person.to_owned())
        } else {
            people.online.remove(person)
        }
    }

    pub(super) fn is_online(&self, person: &str) -> bool {
        self.people().online.contains(person)
    }

    /// A row as a person is shown it.
    pub(super) fn shown_message(&self, room: &str, row: MessageRow) -> Message {
        Message {
            id: row.id.to_string(),
            thread: room.to_owned(),
            from_me: self.is_me(&row.sender_email),
            sender: self.name_of(&row.sender_email, row.sender_name.as_deref()),
            text: limits::message(&row.message),
            at: row.created_at.as_deref().map(limits::shown).unwrap_or_default(),
            read: row.is_read,
            call: None,
        }
    }
}
