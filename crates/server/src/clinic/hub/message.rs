//! The messages of the hub: requests, news, and orders to the records. Plain data.

use bellwire_dialects::clinic::wire::{Appointment, RoomState, SignalBody, UserRole};

use crate::clinic::party::Party;
use crate::clinic::store::RoomRow;
use crate::hub_actor;
use crate::metrics::Outcome;

/// What the hub knows of a room's record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) room_id: String,
    pub(crate) practitioner: String,
    pub(crate) patient: String,
    /// The appointment may be kept: agreed to and not cancelled.
    pub(crate) open: bool,
    /// Both were there once.
    pub(crate) started: bool,
    pub(crate) state: RoomState,
    /// As clients are told of it.
    pub(crate) appointment: Box<Appointment>,
}

impl Facts {
    pub(super) fn user(&self, role: UserRole) -> &str {
        match role {
            UserRole::Practitioner => &self.practitioner,
            UserRole::Patient => &self.patient,
        }
    }
}

/// The changes of the records that are reported to the hub.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// A room that a socket is about to speak of.
    Learned(Facts),
    /// The appointment is new or was answered: both sides are told.
    Changed(Facts),
    /// Who was in that room when the server went: their seats are kept for a while.
    Resumed { facts: Facts, seated: Vec<UserRole> },
    /// There is no such room (any more).
    Removed { room_id: String },
    /// Sessions of before are over.
    PasswordChanged { user: String },
    /// A room's record is written.
    Saved { room_id: String, version: u64 },
}

/// The requests of a socket. The hub knows the user of the socket; what a payload says about it is not here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Connected {
        party: Party,
        /// In compat mode a socket may have none.
        has_token: bool,
    },
    Join {
        room_id: String,
    },
    Leave {
        room_id: String,
    },
    End {
        room_id: String,
    },
    Relay {
        room_id: String,
        relay: Relay,
    },
    /// A payload that speaks for another user.
    Pretend {
        room_id: String,
        event: Pretended,
    },
}

/// The request that was made in another user's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pretended {
    Join,
    End,
    Other,
}

/// What goes to the other party.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Relay {
    Signal(SignalBody),
    Audio(bool),
    Video(bool),
    Sharing(bool),
}

/// What the records are to do: write who is in a room. Repeated until [`News::Saved`] says it is done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) row: RoomRow,
    pub(crate) version: u64,
    /// What became of the call, said with the first order only.
    pub(crate) outcome: Option<Outcome>,
}

impl hub_actor::Order for Order {}
