//! Presence in dealerdesk: the rooms each socket is in, announced to users who share a room.

use std::collections::{BTreeMap, VecDeque};

use bellwire_dialects::dealerdesk::wire::Room;

use crate::dealerdesk::party::Party;
use crate::hub_actor::SocketKey;
use crate::presence;

/// Rooms one socket is in; the one entered first is left for the one too many.
const MAX_ROOMS: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Presence {
    /// The room entered last at the end.
    rooms: BTreeMap<SocketKey, VecDeque<Room>>,
    online: presence::Presence<Party>,
}

/// What the disconnecting of a socket means to others.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) party: Party,
    /// Rooms in which none of their other sockets is.
    pub(super) rooms: Vec<Room>,
    /// The users who are to know that they are offline now.
    pub(super) related: Vec<Party>,
}

impl Presence {
    pub(super) fn party(&self, socket: SocketKey) -> Option<&Party> {
        self.online.user(socket)
    }

    /// All devices of a user.
    pub(super) fn sockets(&self, party: &Party) -> impl Iterator<Item = SocketKey> {
        self.online.sockets(party)
    }

    /// Devices of a user in a room.
    pub(super) fn in_room(&self, party: &Party, room: &Room) -> impl Iterator<Item = SocketKey> {
        self.sockets(party).filter(|socket| self.is_in(*socket, room))
    }

    pub(super) fn is_in(&self, socket: SocketKey, room: &Room) -> bool {
        self.rooms.get(&socket).is_some_and(|rooms| rooms.contains(room))
    }

    /// The room a socket entered last.
    pub(super) fn last_room(&self, socket: SocketKey) -> Option<&Room> {
        self.rooms.get(&socket)?.back()
    }

    pub(super) fn is_online(&self, party: &Party) -> bool {
        self.online.is_online(party)
    }

    /// Those online that a user may know of.
    pub(super) fn related_online(&self, party: &Party) -> Vec<Party> {
        self.online.related(party).filter(|other| self.is_online(other)).cloned().collect()
    }

    pub(super) fn relate(&mut self, one: &Party, other: &Party) {
        self.online.relate(one, other);
    }

    /// True if it is this user's first device.
    pub(super) fn arrive(&mut self, socket: SocketKey, party: &Party, related: &[Party]) -> bool {
        let first = self.online.arrive(socket, party.clone(), related.iter().cloned());
        for other in related {
            self.online.relate(party, other);
        }
        self.rooms.entry(socket).or_default();
        first
    }

    pub(super) fn depart(&mut self, socket: SocketKey) -> Option<Departure> {
        let rooms = self.rooms.remove(&socket).unwrap_or_default();
        let presence::Departure { user, offline } = self.online.depart(socket)?;
        let left = rooms.into_iter().filter(|room| self.in_room(&user, room).next().is_none()).collect();
        let related = offline.into_iter().flatten().collect();
        Some(Departure { party: user, rooms: left, related })
    }

    pub(super) fn join(&mut self, socket: SocketKey, room: &Room) {
        let Some(rooms) = self.rooms.get_mut(&socket) else { return };
        rooms.retain(|known| known != room);
        if rooms.len() >= MAX_ROOMS {
            rooms.pop_front();
        }
        rooms.push_back(room.clone());
    }
}
