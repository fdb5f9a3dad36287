//! The rooms this account knows of: who was seen in them, and how we stand to each. Only facts that
//! the wire needs; what state a call is in is the phone's business.
//!
//! Nobody rings in this backend, so a ring is made here: the other one is in the room and we are not.
//! A visit is one stay of the other one; every alert of it is a call of its own to the phone.

use std::collections::BTreeMap;

use bellwire_call::{CallId, CallKey, RemoteCallId};

use super::{meeting::Meeting, wire::RoomState};

/// Appointments remembered at once: those of a day or two.
const ROOMS: usize = 256;

/// Who was last seen in a room, as far as the backend says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) they: bool,
    pub(super) we: bool,
    pub(super) state: RoomState,
}

/// The other one's present stay.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visit {
    /// How often it was announced.
    pub(super) alerts: u8,
    /// Seconds since 1970.
    pub(super) alerted_at: i64,
    /// We answered or declined: it is not announced again.
    pub(super) spent: bool,
    /// Another device of ours is with them.
    pub(super) elsewhere: bool,
}

/// What we have to do with a room now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Announced to the phone.
    Alerted,
    /// We asked to enter and were not let in yet; the phone has no key for it.
    Entering { local: CallId },
    Inside {
        /// Both sides are there, or were announced to be.
        answered: bool,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) key: String,
    pub(super) stage: Stage,
    /// The backend let us in once.
    pub(super) confirmed: bool,
    /// We asked to be let in and heard nothing for a whole poll.
    pub(super) overdue: bool,
    /// The socket went away since: the room has to be entered again before anything is said in it.
    pub(super) stale: bool,
}

impl Current {
    pub(super) fn new(key: String, stage: Stage) -> Self {
        Self { key, stage, confirmed: false, overdue: false, stale: false }
    }
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) meeting: Meeting,
    /// The backend's room id, once it has said it.
    pub(super) id: Option<String>,
    /// `None`: never seen.
    pub(super) seen: Option<Seen>,
    pub(super) visit: Visit,
    pub(super) current: Option<Current>,
    /// The account that spoke first in this stay, where the appointment does not say whose it is.
    pub(super) pinned: Option<String>,
    /// The end (`endedAt`, may be empty) after which the other one was seen out of it: whoever is there
    /// later came again.
    pub(super) vacated: Option<String>,
    /// When it was last asked about, in seconds since 1970; 0: never.
    pub(super) asked_at: i64,
    order: u64,
}

impl Room {
    pub(super) fn is_inside(&self) -> bool {
        self.current.as_ref().is_some_and(|current| match current.stage {
            Stage::Inside { .. } | Stage::Entering { .. } => true,
            Stage::Alerted => false,
        })
    }

    /// We have nothing to do with it any more. Whoever is still there is not announced: we were with
    /// them.
    pub(super) fn walk_out(&mut self) {
        self.current = None;
        self.pinned = None;
        self.visit.spent = self.seen.is_some_and(|seen| seen.they);
    }

    /// The other one came or went, by an event of the room itself.
    pub(super) fn they_are_there(&mut self, there: bool) {
        self.seen = Some(Seen { they: there, ..self.seen.unwrap_or_default() });
    }

    /// The other party's account, as far as it is known.
    pub(super) fn peer_user(&self) -> Option<&str> {
        self.meeting.peer_user.as_deref().or(self.pinned.as_deref())
    }

    /// The key of what we have to do with it.
    pub(super) fn key(&self) -> Option<CallKey> {
        self.current.as_ref().map(|current| key(&current.key))
    }
}

/// By appointment id.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: BTreeMap<String, Room>,
    next_order: u64,
    keys: u64,
}

/// There is no room for another room.
#[derive(Debug)]
pub(super) struct Full;

impl Rooms {
    /// Remembers an appointment, or what is new about it; the oldest one that we have nothing to do
    /// with makes place if need be. True if something about it changed.
    pub(super) fn learn(&mut self, meeting: Meeting) -> Result<(&mut Room, bool), Full> {
        let id = meeting.id.clone();
        if self.rooms.len() >= ROOMS && !self.rooms.contains_key(&id) {
            let idle = self.rooms.iter().filter(|(_, room)| room.current.is_none());
            let oldest = idle.min_by_key(|(_, room)| room.order).map(|(id, _)| id.clone()).ok_or(Full)?;
            self.rooms.remove(&oldest);
        }
        let order = self.next_order;
        self.next_order += 1;
        let mut changed = false;
        let room = self
            .rooms
            .entry(id)
            .and_modify(|room| {
                let before = room.meeting.clone();
                room.meeting.update(meeting.clone());
                changed = room.meeting != before;
            })
            .or_insert_with(|| {
                changed = true;
                Room {
                    meeting,
                    id: None,
                    seen: None,
                    visit: Visit::default(),
                    current: None,
                    pinned: None,
                    vacated: None,
                    asked_at: 0,
                    order,
                }
            });
        Ok((room, changed))
    }

    /// A key no call of this account ever had: `now` tells runs of the program apart.
    pub(super) fn fresh_key(&mut self, room: &str, now: i64) -> String {
        self.keys += 1;
        format!("{room}#{now}.{}", self.keys)
    }

    pub(super) fn find(&self, appointment: &str) -> Option<&Room> {
        self.rooms.get(appointment)
    }

    pub(super) fn find_mut(&mut self, appointment: &str) -> Option<&mut Room> {
        self.rooms.get_mut(appointment)
    }

    pub(super) fn by_key(&mut self, key: &str) -> Option<&mut Room> {
        self.rooms.values_mut().find(|room| room.current.as_ref().is_some_and(|current| current.key == key))
    }

    pub(super) fn by_room(&self, id: &str) -> Option<&Room> {
        self.rooms.values().find(|room| room.id.as_deref() == Some(id))
    }

    pub(super) fn by_local(&mut self, local: CallId) -> Option<&mut Room> {
        self.rooms.values_mut().find(|room| {
            room.current.as_ref().is_some_and(|current| current.stage == Stage::Entering { local })
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    /// The rooms we are in or on our way into.
    pub(super) fn inside(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values().filter(|room| room.is_inside())
    }

    /// The socket closed: the server may take us out of every room.
    pub(super) fn lost(&mut self) {
        for room in self.rooms.values_mut().filter(|room| room.is_inside()) {
            if let Some(current) = &mut room.current {
                current.stale = true;
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }
}

/// How signals name that call.
pub(super) fn key(text: &str) -> CallKey {
    CallKey::Remote(RemoteCallId(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use bellwire_call::{Person, PersonId};

    use super::*;

    fn meeting(n: usize) -> Meeting {
        let peer = Person { id: PersonId("p".into()), name: String::new(), avatar: None };
        Meeting::unknown(&format!("a{n:04}"), peer)
    }

    #[test]
    fn a_flood_of_appointments_never_pushes_out_the_room_we_are_in() {
        let mut rooms = Rooms::default();
        let key = rooms.fresh_key("room", 0);
        let (room, _) = rooms.learn(meeting(0)).unwrap();
        let stage = Stage::Inside { answered: false };
        room.current = Some(Current::new(key.clone(), stage));
        for n in 1..2000 {
            rooms.learn(meeting(n)).unwrap();
        }
        assert_eq!(rooms.len(), ROOMS);
        assert_eq!(rooms.by_key(&key).unwrap().meeting.id, "a0000");
        assert!(rooms.find("a1999").is_some() && rooms.find("a0001").is_none());
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let mut rooms = Rooms::default();
        assert_ne!(rooms.fresh_key("room", 5), rooms.fresh_key("room", 5));
    }
}
