//! The messages of the hub: requests, news, and orders to the records. Plain data.

use bellwire_dialects::dealerdesk::wire::{
    CallStatus, CallType, ErrorEvent, IceCandidateInit, MessageRow, Room, SdpBody, UserType,
};

use crate::clock::Millis;
use crate::dealerdesk::party::Party;
use crate::dealerdesk::store::calls::Call;
use crate::hub_actor;

/// What the hub knows of a call's record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) id: i64,
    pub(crate) room: Room,
    pub(crate) caller: UserType,
    pub(crate) call_type: CallType,
    pub(crate) status: CallStatus,
    pub(crate) started_at: Millis,
    pub(crate) ring_until: Millis,
}

impl Facts {
    pub(super) fn caller(&self) -> Party {
        Party::of(&self.room, self.caller)
    }

    pub(super) fn callee(&self) -> Party {
        Party::of(&self.room, self.caller.other())
    }

    /// Not answered yet.
    pub(super) fn rings(&self) -> bool {
        self.status == CallStatus::Initiated
    }

    pub(super) fn involves(&self, party: &Party) -> bool {
        Party::of(&self.room, party.role) == *party
    }
}

impl From<&Call> for Facts {
    fn from(call: &Call) -> Self {
        Self {
            id: call.id,
            room: call.room.clone(),
            caller: call.caller,
            call_type: call.call_type,
            status: call.status,
            started_at: call.started_at,
            ring_until: call.ring_until,
        }
    }
}

/// A record has changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) id: i64,
    pub(crate) status: CallStatus,
    /// `None`: the time ran out.
    pub(crate) by: Option<Party>,
    pub(crate) reason: Option<String>,
    /// Seconds, from the first ring on.
    pub(crate) duration: u32,
}

/// The changes of the records that are reported to the hub.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// A call from before the start of the server, and what its caller is called.
    Learned(Facts, String),
    Changed(Change),
}

/// The requests of a socket. The hub knows the user of the socket; what a payload says about it is not here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Arrive {
        party: Party,
        /// Who may know of it.
        related: Vec<Party>,
    },
    /// The room exists.
    Join(Room),
    /// The record of a call this socket places has been made.
    Place {
        facts: Facts,
        caller_name: String,
    },
    /// A call was not placed.
    NotPlaced {
        room_id: Option<String>,
        reason: &'static str,
    },
    /// This socket accepts a call: it is in its room from now on, whether that works or not.
    Accept {
        room: Room,
    },
    /// What this socket wanted of a call comes too late.
    TooLate {
        id: i64,
    },
    Relay {
        room: Room,
        /// Which of the room's calls, if the client says.
        call: Option<i64>,
        relay: Relay,
    },
    /// In the room entered last if none is named.
    Typing {
        room: Option<Room>,
        on: bool,
    },
    /// A message of this socket's user was kept.
    Message {
        room: Room,
        row: Box<MessageRow>,
    },
    /// This socket's user read that message, or everything.
    Read {
        room: Room,
        message: Option<i64>,
    },
    Refuse(ErrorEvent),
}

/// What goes to the other one as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Relay {
    Offer(SdpBody),
    Answer(SdpBody),
    Candidate(Option<IceCandidateInit>),
    Media { audio: Option<bool>, video: Option<bool> },
    Sharing(bool),
}

/// The changes the hub wants in the records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    /// Not answered in time, or no device could be rung.
    Miss { id: i64, why: NoAnswer },
    /// One side has been gone for too long.
    Abandon { id: i64 },
}

impl hub_actor::Order for Order {}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    TimeUp,
    Offline,
    Busy,
}
