//! One room as the hub sees it: its facts and who sits in it. It decides nothing.

use std::collections::BTreeMap;

use bellwire_dialects::clinic::wire::{RoomState, RoomStatus, UserRole};

use super::message::Facts;
use crate::clock::Millis;
use crate::switchboard::SocketKey;

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
    /// A timer is set that forgets it.
    pub(super) forgetting: bool,
}

impl Live {
    pub(super) fn new(facts: Facts) -> Self {
        let (state, started) = (facts.state, facts.started);
        Self { facts, state, started, seats: BTreeMap::new(), version: 0, saved: 0, forgetting: true }
    }

    /// The device somebody is in the room with.
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
