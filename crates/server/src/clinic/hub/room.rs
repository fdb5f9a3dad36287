//! One room of the hub: its facts and its seats. It decides nothing.

use std::collections::{BTreeMap, VecDeque};

use bellwire_dialects::clinic::wire::{RoomState, RoomStatus, UserRole};

use super::message::{Facts, Order};
use crate::clock::Millis;
use crate::hub_actor::{Reply, SocketKey};

/// Emissions that wait for one room's record; requests that come then are refused.
const MAX_HELD: usize = 256;

/// One party's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// `None`: the connection is lost and the seat is kept.
    pub(super) socket: Option<SocketKey>,
    pub(super) kept_until: Option<Millis>,
}

#[derive(Debug)]
pub(super) struct Live {
    pub(super) facts: Facts,
    pub(super) state: RoomState,
    /// Both were there once.
    pub(super) started: bool,
    pub(super) seats: BTreeMap<UserRole, Seat>,
    /// Of what is to be in the record, and of what is.
    pub(super) version: u64,
    pub(super) saved: u64,
    /// What sockets hear once the record has that version.
    held: VecDeque<(u64, Reply<Order>)>,
    /// A timer is set that forgets it.
    pub(super) forgetting: bool,
}

impl Live {
    pub(super) fn new(facts: Facts) -> Self {
        let (state, started) = (facts.state, facts.started);
        Self {
            facts,
            state,
            started,
            seats: BTreeMap::new(),
            version: 0,
            saved: 0,
            held: VecDeque::new(),
            forgetting: true,
        }
    }

    /// What sockets may hear now. The rest is held until the record is written: nothing is acknowledged
    /// before it is stored, and nothing overtakes what is held.
    pub(super) fn once_stored(&mut self, replies: Vec<Reply<Order>>) -> Vec<Reply<Order>> {
        if self.saved >= self.version {
            return replies;
        }
        let (now, later): (Vec<_>, Vec<_>) =
            replies.into_iter().partition(|reply| matches!(reply, Reply::Order(_)));
        self.held.extend(later.into_iter().map(|reply| (self.version, reply)));
        now
    }

    /// The record cannot be written and too much waits for it: requests are refused.
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= MAX_HELD
    }

    /// The record has this version: what waited for it.
    pub(super) fn stored(&mut self, version: u64) -> Vec<Reply<Order>> {
        self.saved = self.saved.max(version);
        let count = self.held.iter().take_while(|(wanted, _)| *wanted <= self.saved).count();
        self.held.drain(..count).map(|(_, reply)| reply).collect()
    }

    /// The device a user is in the room with.
    pub(super) fn socket(&self, role: UserRole) -> Option<SocketKey> {
        self.seats.get(&role).and_then(|seat| seat.socket)
    }

    /// Users who can be reached in the room.
    pub(super) fn connected(&self) -> Vec<String> {
        let there = self.seats.iter().filter(|(_, seat)| seat.socket.is_some());
        there.map(|(role, _)| self.facts.user(*role).to_owned()).collect()
    }

    pub(super) fn status(&self) -> RoomStatus {
        RoomStatus {
            appointment_id: self.facts.appointment.id.clone(),
            room_id: self.facts.room_id.clone(),
            status: self.state,
            waiting: self.seats.keys().map(|role| self.facts.user(*role).to_owned()).collect(),
            appointment: Some((*self.facts.appointment).clone()),
        }
    }
}
