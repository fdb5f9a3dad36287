//! One live call of the hub: its facts and the sockets that have joined.

use std::collections::BTreeMap;

use super::message::{Change, Facts};
use crate::hub_actor::SocketKey;

/// One call as the hub sees it.
#[derive(Debug)]
pub(super) struct LiveCall {
    pub(super) facts: Facts,
    /// The caller has rung; a device of the callee that connects later is rung too.
    pub(super) rung: bool,
    /// How it came to its end; said again to a device that was away.
    pub(super) change: Change,
    /// Sockets in its room, and whose they are.
    pub(super) seats: BTreeMap<SocketKey, String>,
    /// The callee's device that accepted.
    pub(super) answered_on: Option<SocketKey>,
}

impl LiveCall {
    pub(super) fn has_seat(&self, person: &str) -> bool {
        self.seats.values().any(|whose| whose == person)
    }
}
