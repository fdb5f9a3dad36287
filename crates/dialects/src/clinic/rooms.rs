//! The table of rooms of a clinic account: who was seen in them, and what we do there. It holds only facts
//! that the wire needs; the state of a call is the phone's.
//!
//! There is no ring in this backend, so one is made here: the other party is in the room and we are not. A
//! visit is one stay of the other party; every alert of it is a call of its own to the phone.

use bellwire_call::{CallId, CallKey};

use super::{
    appointment::Meeting,
    wire::{RoomRecord, RoomState, UserRole},
};
use crate::call_table::{CallTable, Evictable, TableFull, key};
use crate::timestamp;

/// Appointments remembered at once: those of a day or two.
const MAX_ROOMS: usize = 256;
/// A room that was written to this much after its end was entered again.
const WRITTEN_AGAIN_S: i64 = 2;

/// Who was last seen in a room, as far as the backend says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) they: bool,
    pub(super) we: bool,
    pub(super) state: RoomState,
}

/// The flags of a record: ours, theirs.
pub(super) fn joined(record: &RoomRecord, role: UserRole) -> (bool, bool) {
    match role {
        UserRole::Practitioner => (record.practitioner_joined, record.patient_joined),
        UserRole::Patient => (record.patient_joined, record.practitioner_joined),
    }
}

/// Who the record says is there. Its flags may outlive the call: after the end they count only if the
/// record was written to again, or if the other one was seen out of the room since that end (`vacated`).
pub(super) fn seen(record: &RoomRecord, role: UserRole, vacated: Option<&str>) -> Seen {
    let (we, they) = joined(record, role);
    let at = |time: &Option<String>| time.as_deref().and_then(timestamp::seconds);
    let written_again = match (at(&record.ended_at), at(&record.updated_at)) {
        (Some(ended), Some(updated)) => updated > ended + WRITTEN_AGAIN_S,
        (None | Some(_), _) => false,
    };
    let vacated = vacated == Some(record.ended_at.as_deref().unwrap_or_default());
    let (we, they) = match record.status {
        RoomState::Waiting | RoomState::InProgress | RoomState::Unknown => (we, they),
        // By whom it was written to it does not say; better an alert too many.
        RoomState::Ended => (false, they && (written_again || vacated)),
    };
    Seen { they, we, state: record.status }
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
    /// The end (`endedAt`, may be empty) after which the other one was seen out of it: if they are there
    /// later, they came again.
    pub(super) vacated: Option<String>,
    /// When it was last asked about, in seconds since 1970; 0: never.
    pub(super) asked_at: i64,
}

impl Evictable for Room {
    fn is_evictable(&self) -> bool {
        self.current.is_none()
    }
}

impl Room {
    fn new(meeting: Meeting) -> Self {
        Self {
            meeting,
            id: None,
            seen: None,
            visit: Visit::default(),
            current: None,
            pinned: None,
            vacated: None,
            asked_at: 0,
        }
    }

    pub(super) fn is_inside(&self) -> bool {
        self.current.as_ref().is_some_and(|current| match current.stage {
            Stage::Inside { .. } | Stage::Entering { .. } => true,
            Stage::Alerted => false,
        })
    }

    /// We have nothing to do with it any more. A party that is still there causes no alert: we were with
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
    table: CallTable<Room, MAX_ROOMS>,
    keys: u64,
}

impl Rooms {
    /// Remembers an appointment, or what is new about it; the oldest one that we have nothing to do
    /// with makes place if need be. True if something about it changed.
    pub(super) fn learn(&mut self, meeting: Meeting) -> Result<(&mut Room, bool), TableFull> {
        let id = meeting.id.clone();
        let mut changed = false;
        let room = self.table.add(&id, |_| {
            changed = true;
            Room::new(meeting.clone())
        })?;
        if !changed {
            let before = room.meeting.clone();
            room.meeting.update(meeting);
            changed = room.meeting != before;
        }
        Ok((room, changed))
    }

    /// A key no call of this account ever had: `now` tells runs of the program apart.
    pub(super) fn fresh_key(&mut self, room: &str, now: i64) -> String {
        self.keys += 1;
        format!("{room}#{now}.{}", self.keys)
    }

    pub(super) fn find(&self, appointment: &str) -> Option<&Room> {
        self.table.find(appointment)
    }

    pub(super) fn find_mut(&mut self, appointment: &str) -> Option<&mut Room> {
        self.table.find_mut(appointment)
    }

    pub(super) fn by_key(&mut self, key: &str) -> Option<&mut Room> {
        self.all_mut().find(|room| room.current.as_ref().is_some_and(|current| current.key == key))
    }

    pub(super) fn by_room(&self, id: &str) -> Option<&Room> {
        self.all().find(|room| room.id.as_deref() == Some(id))
    }

    pub(super) fn by_local(&mut self, local: CallId) -> Option<&mut Room> {
        self.all_mut().find(|room| {
            room.current.as_ref().is_some_and(|current| current.stage == Stage::Entering { local })
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Room> {
        self.table.iter().map(|(_, room)| room)
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.table.iter_mut().map(|(_, room)| room)
    }

    /// The rooms we are in or on our way into.
    pub(super) fn inside(&self) -> impl Iterator<Item = &Room> {
        self.all().filter(|room| room.is_inside())
    }

    /// The socket closed: the server may take us out of every room.
    pub(super) fn lost(&mut self) {
        for room in self.all_mut().filter(|room| room.is_inside()) {
            if let Some(current) = &mut room.current {
                current.stale = true;
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.iter().count()
    }
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
        assert_eq!(rooms.len(), MAX_ROOMS);
        assert_eq!(rooms.by_key(&key).unwrap().meeting.id, "a0000");
        assert!(rooms.find("a1999").is_some() && rooms.find("a0001").is_none());
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let mut rooms = Rooms::default();
        assert_ne!(rooms.fresh_key("room", 5), rooms.fresh_key("room", 5));
    }
}
