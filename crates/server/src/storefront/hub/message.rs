//! The messages of the hub: requests, news, and orders to the records. Plain data.

use bellwire_dialects::storefront::wire::{
    CallStatus, IceCandidateInit, IncomingVideoCall, SdpBody, UserType,
};

use crate::clock::Millis;
use crate::hub_actor::{self, Reply};
use crate::storefront::store::Call;

pub(super) type Replies = Vec<Reply<Order>>;

/// A user in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) role: UserType,
}

/// What the hub knows of a call's record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) call_id: String,
    pub(crate) seller: String,
    pub(crate) customer: String,
    pub(crate) initiated_by: UserType,
    pub(crate) status: CallStatus,
    pub(crate) ring_until: Millis,
}

impl Facts {
    pub(crate) fn party(&self, role: UserType) -> Party {
        let id = match role {
            UserType::Seller => self.seller.clone(),
            UserType::Customer => self.customer.clone(),
        };
        Party { id, role }
    }

    pub(super) fn callee(&self) -> Party {
        self.party(self.initiated_by.other())
    }

    /// Not answered yet.
    pub(super) fn rings(&self) -> bool {
        matches!(self.status, CallStatus::Initiated | CallStatus::Ringing)
    }
}

impl From<&Call> for Facts {
    fn from(call: &Call) -> Self {
        Self {
            call_id: call.call_id.clone(),
            seller: call.seller.clone(),
            customer: call.customer.clone(),
            initiated_by: call.initiator(),
            status: call.status(),
            ring_until: Millis(call.ring_until),
        }
    }
}

/// Who changed a record, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Change {
    pub(crate) by: Option<Party>,
    pub(crate) reason: Option<String>,
    /// Seconds talked.
    pub(crate) duration: f64,
}

/// The changes of the records that are reported to the hub.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// A call that a socket is about to speak of.
    Learned(Facts),
    Changed(Facts, Change),
}

/// The requests of a socket. The hub knows the user of the socket; what a payload says about it is not here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Connected {
        party: Party,
        related: Vec<String>,
    },
    ListOnline,
    Ring(Box<IncomingVideoCall>),
    Join {
        call_id: String,
    },
    Leave {
        call_id: String,
    },
    Relay {
        call_id: String,
        relay: Relay,
    },
    Status {
        call_id: String,
        status: CallStatus,
        reason: Option<String>,
    },
    End {
        call_id: String,
        reason: Option<String>,
    },
    /// `report` is JSON.
    Quality {
        call_id: String,
        report: String,
    },
}

/// What goes to the other party as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Relay {
    Offer(SdpBody),
    Answer(SdpBody),
    Candidate(Option<IceCandidateInit>),
    Audio(bool),
    Video(bool),
    Sharing(bool),
}

/// The changes the hub wants in the records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    /// The callee's devices have been told.
    Rang {
        call_id: String,
    },
    /// Not answered in time.
    Miss {
        call_id: String,
    },
    /// An answered call has been empty since then.
    Abandon {
        call_id: String,
        since: Millis,
    },
    /// The callee declines, or is in another call.
    Decline {
        call_id: String,
        by: Party,
        reason: Option<String>,
    },
    End {
        call_id: String,
        by: Party,
        reason: Option<String>,
    },
    Quality {
        call_id: String,
        role: UserType,
        report: String,
    },
}

impl hub_actor::Order for Order {
    fn may_be_lost(&self) -> bool {
        matches!(self, Self::Quality { .. })
    }
}
