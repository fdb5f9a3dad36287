//! Who is online on how many devices, in which rooms their sockets are, and who may know of it: only
//! people who share a room.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bellwire_dialects::dealerdesk::wire::Room;

use crate::dealerdesk::state::Party;
use crate::switchboard::SocketKey;

/// Rooms one socket is in; the one entered first is left for the one too many.
const MOST_ROOMS: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Presence {
    sockets: BTreeMap<SocketKey, Device>,
    people: BTreeMap<Party, Person>,
}

#[derive(Debug)]
struct Device {
    whose: Party,
    /// The one entered last at the end.
    rooms: VecDeque<Room>,
}

#[derive(Debug, Default)]
struct Person {
    sockets: BTreeSet<SocketKey>,
    related: BTreeSet<Party>,
}

/// What the leaving of a socket means to others.
#[derive(Debug, Default)]
pub(super) struct Departure {
    pub(super) whose: Option<Party>,
    /// Rooms in which none of their other sockets is.
    pub(super) rooms: Vec<Room>,
    /// Who is to know that they are offline now.
    pub(super) related: Vec<Party>,
}

impl Presence {
    pub(super) fn party(&self, socket: SocketKey) -> Option<&Party> {
        self.sockets.get(&socket).map(|device| &device.whose)
    }

    /// All devices of somebody.
    pub(super) fn sockets(&self, whose: &Party) -> impl Iterator<Item = SocketKey> {
        self.people.get(whose).into_iter().flat_map(|person| person.sockets.iter().copied())
    }

    /// Devices of somebody in a room.
    pub(super) fn in_room(&self, whose: &Party, room: &Room) -> impl Iterator<Item = SocketKey> {
        self.sockets(whose).filter(|socket| self.is_in(*socket, room))
    }

    pub(super) fn is_in(&self, socket: SocketKey, room: &Room) -> bool {
        self.sockets.get(&socket).is_some_and(|device| device.rooms.contains(room))
    }

    /// The room a socket entered last.
    pub(super) fn last_room(&self, socket: SocketKey) -> Option<&Room> {
        self.sockets.get(&socket)?.rooms.back()
    }

    pub(super) fn is_online(&self, whose: &Party) -> bool {
        self.people.contains_key(whose)
    }

    /// Those online that somebody may know of.
    pub(super) fn related_online(&self, whose: &Party) -> Vec<Party> {
        let related = self.people.get(whose).map(|person| &person.related);
        related.into_iter().flatten().filter(|other| self.is_online(other)).cloned().collect()
    }

    pub(super) fn relate(&mut self, one: &Party, other: &Party) {
        for (whose, with) in [(one, other), (other, one)] {
            if let Some(person) = self.people.get_mut(whose) {
                person.related.insert(with.clone());
            }
        }
    }

    /// True if it is this person's first device.
    pub(super) fn arrive(&mut self, socket: SocketKey, whose: Party, related: Vec<Party>) -> bool {
        let person = self.people.entry(whose.clone()).or_default();
        let first = person.sockets.is_empty();
        person.sockets.insert(socket);
        person.related.extend(related.iter().cloned());
        for other in &related {
            if let Some(other) = self.people.get_mut(other) {
                other.related.insert(whose.clone());
            }
        }
        self.sockets.entry(socket).or_insert_with(|| Device { whose, rooms: VecDeque::new() });
        first
    }

    pub(super) fn depart(&mut self, socket: SocketKey) -> Departure {
        let Some(Device { whose, rooms }) = self.sockets.remove(&socket) else { return Departure::default() };
        let mut departure = Departure { whose: Some(whose.clone()), ..Departure::default() };
        if let Some(person) = self.people.get_mut(&whose) {
            person.sockets.remove(&socket);
            if person.sockets.is_empty() {
                departure.related = std::mem::take(&mut person.related).into_iter().collect();
                self.people.remove(&whose);
            }
        }
        departure.rooms =
            rooms.into_iter().filter(|room| self.in_room(&whose, room).next().is_none()).collect();
        departure
    }

    pub(super) fn join(&mut self, socket: SocketKey, room: &Room) {
        let Some(device) = self.sockets.get_mut(&socket) else { return };
        device.rooms.retain(|known| known != room);
        if device.rooms.len() >= MOST_ROOMS {
            device.rooms.pop_front();
        }
        device.rooms.push_back(room.clone());
    }
}
