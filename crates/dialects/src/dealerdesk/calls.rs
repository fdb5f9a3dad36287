//! The call table of a dealerdesk account, and its invitations that the backend has not answered.

use std::collections::VecDeque;

use bellwire_call::{CallId, CallKey, Invite};

use super::wire::RowId;
use crate::call_table::{self, CallTable, Evictable};

pub(super) type Calls = CallTable<CallEntry>;

/// One call as the wire needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CallEntry {
    /// As the backend wrote it.
    pub(super) id: RowId,
    pub(super) room: String,
    /// The other side's e-mail address, as the room has it.
    pub(super) peer: String,
    /// We placed it.
    pub(super) outgoing: bool,
    /// Both sides agreed.
    pub(super) answered: bool,
}

impl CallEntry {
    pub(super) fn new(id: RowId, room: String, peer: String, outgoing: bool) -> Self {
        Self { id, room, peer, outgoing, answered: false }
    }

    /// How signals name it.
    pub(super) fn key(&self) -> CallKey {
        call_table::key(&self.id.to_string())
    }
}

impl Evictable for CallEntry {
    fn is_evictable(&self) -> bool {
        !self.answered
    }
}

/// An invitation of ours. The backend's answer does not say which one it is about, so they are kept in
/// the order they were sent.
#[derive(Debug)]
pub(super) struct Invitation {
    pub(super) local: CallId,
    pub(super) invite: Invite,
    pub(super) room: String,
    /// The caller took the ring back before the backend had answered.
    pub(super) withdrawn: bool,
    /// On its way to the backend; else it waits for the socket.
    pub(super) sent: bool,
}

/// The invitation that an answer is about: the oldest sent one, of that room if one is named.
pub(super) fn answered(invitations: &mut VecDeque<Invitation>, room: Option<&str>) -> Option<Invitation> {
    let meant = |invitation: &Invitation| invitation.sent && room.is_none_or(|room| room == invitation.room);
    let position = invitations.iter().position(meant)?;
    invitations.remove(position)
}

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
    /// The rooms of all calls, each once.
    pub(super) fn rooms(&self) -> Vec<String> {
        let mut rooms: Vec<String> = self.iter().map(|(_, call)| call.room.clone()).collect();
        rooms.sort();
        rooms.dedup();
        rooms
    }

    /// Calls with that person which both sides agreed to.
    pub(super) fn running_with(&self, peer: &str) -> impl Iterator<Item = &CallEntry> {
        let calls = self.iter().map(|(_, call)| call);
        calls.filter(move |call| call.answered && call.peer.eq_ignore_ascii_case(peer))
    }

    /// The room of the newest call that both sides agreed to.
    pub(super) fn running_room(&self) -> Option<&str> {
        self.newest_by(|call| call.answered.then_some(())).map(|(_, call)| call.room.as_str())
    }

    /// The room of the newest call that was not answered yet.
    pub(super) fn waiting_room(&self) -> Option<&str> {
        self.newest_by(|call| (!call.answered).then_some(())).map(|(_, call)| call.room.as_str())
    }

    /// The newest call of ours that was not answered yet.
    pub(super) fn dialling(&self) -> Option<&CallEntry> {
        self.newest_by(|call| (call.outgoing && !call.answered).then_some(())).map(|(_, call)| call)
    }

    /// The call that a message to this room is about, where the message does not say: both sides may
    /// have dialled at once, and then the room has two.
    pub(super) fn about(&self, room: &str, topic: Topic) -> Option<&CallEntry> {
        let rank = |call: &CallEntry| match topic {
            Topic::Offer => (!call.outgoing, call.answered),
            Topic::Answer => (call.outgoing, call.answered),
            // Only a caller sends anything before an answer.
            Topic::Any => (call.answered, !call.outgoing),
        };
        self.newest_by(|call| (call.room == room).then(|| rank(call))).map(|(_, call)| call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    fn add(calls: &mut Calls, id: i64, outgoing: bool) -> &mut CallEntry {
        let entry = CallEntry::new(RowId::Number(id), "d:t".into(), "t".into(), outgoing);
        calls.add(&id.to_string(), |_| entry).unwrap()
    }

    #[test]
    fn a_flood_of_rings_never_pushes_out_a_call_that_runs() {
        let mut calls = Calls::default();
        add(&mut calls, 0, true).answered = true;
        for n in 1..1000 {
            add(&mut calls, n, false);
        }
        assert_eq!(calls.iter().count(), limits::MAX_CALLS);
        assert!(calls.find("0").is_some());
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
