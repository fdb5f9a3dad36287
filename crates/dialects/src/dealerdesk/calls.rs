//! The calls this account knows of, and its invitations that the backend has not answered. Only facts
//! that the wire needs; what state a call is in is the phone's business.

use std::collections::{BTreeMap, VecDeque};

use bellwire_call::{CallId, CallKey, Invite, RemoteCallId};

use super::wire::RowId;
use crate::limits;

/// One call as the wire needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// As the backend wrote it.
    pub(super) id: RowId,
    pub(super) room: String,
    /// The other side's e-mail address, as the room has it.
    pub(super) peer: String,
    /// We placed it.
    pub(super) outgoing: bool,
    /// Both sides agreed.
    pub(super) answered: bool,
    order: u64,
}

/// An invitation of ours. The backend's answer does not say which one it is about, so they are kept in
/// the order they were said.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) local: CallId,
    pub(super) invite: Invite,
    pub(super) room: String,
    /// The caller took the ring back before the backend had answered.
    pub(super) withdrawn: bool,
    /// On its way to the backend; else it waits for the socket.
    pub(super) said: bool,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    known: BTreeMap<String, Known>,
    pub(super) pending: VecDeque<Pending>,
    next_order: u64,
}

/// There is no room for another call.
#[derive(Debug)]
pub(super) struct Full;

/// What a message without a call id may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// Made by the caller: a call they placed goes first.
    Offer,
    /// Made by the callee: a call we placed goes first.
    Answer,
    /// Anything else: a call that runs goes first.
    Any,
}

impl Calls {
    /// Remembers a call; the oldest one that nobody answered makes room if need be.
    pub(super) fn add(
        &mut self,
        id: RowId,
        room: String,
        peer: String,
        outgoing: bool,
    ) -> Result<&mut Known, Full> {
        let name = id.to_string();
        if self.known.len() >= limits::CALLS && !self.known.contains_key(&name) {
            let oldest =
                self.known.iter().filter(|(_, call)| !call.answered).min_by_key(|(_, call)| call.order);
            let oldest = oldest.map(|(id, _)| id.clone()).ok_or(Full)?;
            self.known.remove(&oldest);
        }
        let order = self.next_order;
        self.next_order += 1;
        let fresh = Known { id, room, peer, outgoing, answered: false, order };
        Ok(self.known.entry(name).or_insert(fresh))
    }

    pub(super) fn find(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Known> {
        self.known.get_mut(id)
    }

    pub(super) fn forget(&mut self, id: &str) -> Option<Known> {
        self.known.remove(id)
    }

    /// The rooms of all calls, each once.
    pub(super) fn rooms(&self) -> Vec<String> {
        let mut rooms: Vec<String> = self.known.values().map(|call| call.room.clone()).collect();
        rooms.sort();
        rooms.dedup();
        rooms
    }

    /// Calls with that person which both sides agreed to.
    pub(super) fn running_with(&self, peer: &str) -> Vec<&Known> {
        let with = |call: &&Known| call.answered && call.peer.eq_ignore_ascii_case(peer);
        self.known.values().filter(with).collect()
    }

    /// The room of the newest call that both sides agreed to.
    pub(super) fn running_room(&self) -> Option<&str> {
        self.newest(true)
    }

    /// The room of the newest call that nobody has answered.
    pub(super) fn waiting_room(&self) -> Option<&str> {
        self.newest(false)
    }

    fn newest(&self, answered: bool) -> Option<&str> {
        let calls = self.known.values().filter(|call| call.answered == answered);
        calls.max_by_key(|call| call.order).map(|call| call.room.as_str())
    }

    /// The newest call of ours that nobody has answered.
    pub(super) fn dialling(&self) -> Option<&Known> {
        self.known.values().filter(|call| call.outgoing && !call.answered).max_by_key(|call| call.order)
    }

    /// The call that a message to this room is about, where the message does not say: both sides may
    /// have dialled at once, and then the room has two.
    pub(super) fn about(&self, room: &str, topic: Topic) -> Option<&Known> {
        let here = self.known.values().filter(|call| call.room == room);
        here.max_by_key(|call| {
            let direction = match topic {
                Topic::Offer => !call.outgoing,
                Topic::Answer => call.outgoing,
                Topic::Any => call.answered,
            };
            let runs = match topic {
                Topic::Offer | Topic::Answer => call.answered,
                // Only a caller speaks before an answer.
                Topic::Any => !call.outgoing,
            };
            (direction, runs, call.order)
        })
    }

    /// The invitation that an answer is about: the oldest said one, of that room if one is named.
    pub(super) fn answered_invitation(&mut self, room: Option<&str>) -> Option<Pending> {
        let meant = |pending: &Pending| pending.said && room.is_none_or(|room| room == pending.room);
        let position = self.pending.iter().position(meant)?;
        self.pending.remove(position)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

impl Known {
    /// How signals name it.
    pub(super) fn key(&self) -> CallKey {
        CallKey::Remote(RemoteCallId(self.id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(calls: &mut Calls, id: i64, outgoing: bool) -> &mut Known {
        calls.add(RowId::Number(id), "d:t".into(), "t".into(), outgoing).unwrap()
    }

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_that_runs() {
        let mut calls = Calls::default();
        add(&mut calls, 0, true).answered = true;
        for n in 1..1000 {
            add(&mut calls, n, false);
        }
        assert_eq!(calls.len(), limits::CALLS);
        assert!(calls.find("0").is_some() && calls.find("999").is_some() && calls.find("1").is_none());
    }

    #[test]
    fn a_table_full_of_running_calls_refuses_another() {
        let mut calls = Calls::default();
        for n in 0..i64::try_from(limits::CALLS).unwrap() {
            add(&mut calls, n, true).answered = true;
        }
        assert!(calls.add(RowId::Number(-1), "d:t".into(), "t".into(), false).is_err());
    }

    #[test]
    fn offers_and_answers_find_their_call_when_both_dialled() {
        let mut calls = Calls::default();
        add(&mut calls, 1, true);
        add(&mut calls, 2, false);
        let about = |calls: &Calls, topic| calls.about("d:t", topic).unwrap().id.clone();
        assert_eq!(about(&calls, Topic::Offer), RowId::Number(2));
        assert_eq!(about(&calls, Topic::Answer), RowId::Number(1));
        assert_eq!(about(&calls, Topic::Any), RowId::Number(2));
        calls.find_mut("1").unwrap().answered = true;
        assert_eq!(about(&calls, Topic::Any), RowId::Number(1));
        assert!(calls.about("d:other", Topic::Any).is_none());
    }
}
