//! One live call of the hub: its facts and the sockets that have joined. It decides nothing.

use std::collections::BTreeMap;

use bellwire_dialects::storefront::wire::{CallStatus, IncomingVideoCall, UserType};

use super::message::Facts;
use crate::clock::Millis;
use crate::hub_actor::SocketKey;

#[derive(Debug)]
pub(super) struct LiveCall {
    pub(super) facts: Facts,
    /// What the callee was or will be rung with; kept for devices that come online meanwhile.
    pub(super) ring: Option<IncomingVideoCall>,
    pub(super) seats: BTreeMap<SocketKey, UserType>,
    /// Since when it has been empty, if it has been answered.
    pub(super) empty_since: Option<Millis>,
}

impl LiveCall {
    pub(super) fn new(facts: Facts) -> Self {
        Self { facts, ring: None, seats: BTreeMap::new(), empty_since: None }
    }

    pub(super) fn seats_of(&self, role: UserType) -> Vec<SocketKey> {
        self.seats.iter().filter(|(_, whose)| **whose == role).map(|(socket, _)| *socket).collect()
    }

    /// People who have joined, however many devices they use.
    pub(super) fn participants(&self) -> u32 {
        [UserType::Seller, UserType::Customer]
            .into_iter()
            .map(|role| u32::from(self.seats.values().any(|whose| *whose == role)))
            .sum()
    }
}

/// How far a status is along; a call never goes back.
pub(super) fn rank(status: CallStatus) -> u8 {
    match status {
        CallStatus::Initiated | CallStatus::Unknown => 0,
        CallStatus::Ringing => 1,
        CallStatus::Accepted => 2,
        CallStatus::Declined
        | CallStatus::Rejected
        | CallStatus::Busy
        | CallStatus::Ended
        | CallStatus::Missed
        | CallStatus::Failed => 3,
    }
}

pub(super) fn is_over(status: CallStatus) -> bool {
    rank(status) == 3
}
