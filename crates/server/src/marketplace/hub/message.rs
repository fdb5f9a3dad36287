//! The messages of the hub: requests, news, and orders to the records. Plain data.

use bellwire_dialects::marketplace::wire::{
    CallStatus, IceCandidateInit, Message, MessageType, PersonBody, SdpBody,
};

use crate::clock::Millis;
use crate::hub_actor::{self, Reply};
use crate::marketplace::store::FullMessage;

pub(super) type Replies = Vec<Reply<Order>>;

/// What the hub knows of a call's (or shared screen's) record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    /// The message's id.
    pub(crate) id: String,
    /// What the socket calls it.
    pub(crate) call_id: String,
    pub(crate) kind: MessageType,
    pub(crate) caller: PersonBody,
    pub(crate) callee: PersonBody,
    pub(crate) room: String,
    pub(crate) status: CallStatus,
    pub(crate) ring_until: Millis,
}

impl Facts {
    /// The facts of a message; `None` if it is no call.
    pub(crate) fn of(full: &FullMessage) -> Option<Self> {
        let message = &full.message;
        let person = |id: &str, name: &str, avatar: &Option<String>| PersonBody {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            avatar: avatar.clone(),
        };
        Some(Self {
            id: message.id.clone(),
            call_id: message.call_id.clone().unwrap_or_else(|| message.id.clone()),
            kind: message.kind(),
            caller: person(&message.sender, &full.sender_name, &full.sender_avatar),
            callee: person(&message.receiver, &full.receiver_name, &full.receiver_avatar),
            room: message.room_id.clone().unwrap_or_default(),
            status: message.status()?,
            ring_until: Millis(message.ring_until.unwrap_or_default()),
        })
    }

    pub(super) fn is_party(&self, id: &str) -> bool {
        self.caller.id == id || self.callee.id == id
    }

    pub(super) fn party(&self, id: &str) -> &PersonBody {
        if self.caller.id == id { &self.caller } else { &self.callee }
    }

    /// The other one of the two.
    pub(super) fn other(&self, id: &str) -> &PersonBody {
        if self.caller.id == id { &self.callee } else { &self.caller }
    }

    pub(super) fn is_screen(&self) -> bool {
        self.kind == MessageType::ScreenShare
    }

    /// Not answered yet.
    pub(super) fn rings(&self) -> bool {
        rank(self.status) < 2
    }

    pub(super) fn is_over(&self) -> bool {
        rank(self.status) == 3
    }
}

/// How far a status is along; a call never goes back.
pub(super) fn rank(status: CallStatus) -> u8 {
    match status {
        CallStatus::Initiated | CallStatus::Unknown => 0,
        CallStatus::Ringing => 1,
        CallStatus::Answered => 2,
        CallStatus::Declined | CallStatus::Ended | CallStatus::Missed | CallStatus::Failed => 3,
    }
}

/// Who changed a record, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Change {
    /// `None`: the server itself.
    pub(crate) by: Option<String>,
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
    /// A participant left a call that goes on without them.
    Left {
        call_id: String,
        user: String,
    },
    /// A message that is kept now.
    Said(Box<Message>),
    /// Everything `other` had written to `reader` was read.
    Read {
        conversation: String,
        reader: String,
        other: String,
    },
    Typing {
        from: PersonBody,
        to: String,
        on: bool,
    },
    /// The status a user wants to be shown with.
    Status {
        user: String,
        status: String,
    },
}

/// The requests of a socket. The hub knows the user of the socket; what a payload says about it is not here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Connected {
        me: PersonBody,
        related: Vec<String>,
    },
    Ring {
        call_id: String,
    },
    Share {
        session_id: String,
    },
    Accept {
        call_id: String,
    },
    Decline {
        call_id: String,
        reason: Option<String>,
    },
    End {
        call_id: String,
        reason: Option<String>,
    },
    Enter {
        call_id: String,
    },
    Leave {
        call_id: String,
    },
    Relay {
        call_id: String,
        relay: Relay,
    },
    Typing {
        to: String,
        on: bool,
    },
    Status(String),
    /// The event cannot be done; the words are for people.
    Refuse {
        call_id: Option<String>,
        message: &'static str,
    },
}

/// What goes to the other party as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Relay {
    Offer(SdpBody),
    Answer(SdpBody),
    Candidate(Option<IceCandidateInit>),
    Media { audio: Option<bool>, video: Option<bool> },
}

/// What the records are to do; `id` is a message's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The callee has been rung.
    Rang {
        id: String,
    },
    /// A screen is shown.
    Shown {
        id: String,
    },
    Accept {
        id: String,
        by: String,
    },
    Decline {
        id: String,
        by: String,
        reason: Option<String>,
    },
    /// For both sides; `by` is `None` if neither is there any more.
    End {
        id: String,
        by: Option<String>,
        reason: Option<String>,
    },
    /// Not answered in time.
    Miss {
        id: String,
    },
    /// The last device of a user is disconnected.
    Seen {
        user: String,
    },
}

impl hub_actor::Order for Order {}
