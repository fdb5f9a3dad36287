//! The messages of the hub: requests, news, and orders to the records. Plain data.

use std::collections::{BTreeMap, BTreeSet};

use bellwire_dialects::hearth::wire::{
    CallInvitation, CallSettings, MediaBody, SessionStatus, TherapyChat, TherapyDescription, User,
};

use crate::clock::Millis;
use crate::hearth::engine::{self, Word};
use crate::hearth::figures::{Issue, Report};
use crate::hub_actor;

/// What the hub knows of a session's record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) session_id: String,
    pub(crate) initiator: User,
    pub(crate) status: SessionStatus,
    /// When a session without a second participant is missed.
    pub(crate) ring_until: Millis,
    /// What those who were asked to come are told.
    pub(crate) invitation: CallInvitation,
    /// Who of them has neither come nor declined.
    pub(crate) pending: Vec<String>,
    /// Whose seats are taken.
    pub(crate) seated: Vec<User>,
    /// What they send, by user.
    pub(crate) media: BTreeMap<String, MediaBody>,
}

impl Facts {
    pub(super) fn settings(&self) -> CallSettings {
        self.invitation.call_settings
    }

    /// More than two may be in it.
    pub(super) fn is_several(&self) -> bool {
        self.invitation.max_participants > 2
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ending {
    pub(crate) session_id: String,
    pub(crate) by: User,
    /// Seconds.
    pub(crate) duration: i64,
    /// `None`: a participant hung up.
    pub(crate) reason: Option<String>,
}

/// The changes of the records that are reported to the hub.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// A session that is there; known ones stay as they are.
    Learned(Box<Facts>),
    /// A session was made: every invited user is rung.
    Started(Box<Facts>),
    /// More people are asked to come to a session that goes on, and that may have been one of two.
    Invited {
        facts: Box<Facts>,
        by: User,
        users: Vec<String>,
    },
    /// REST has given a user a seat; they are to enter the room soon.
    Seated {
        facts: Box<Facts>,
        user: User,
    },
    Declined {
        session_id: String,
        user: String,
        reason: String,
    },
    Ended(Ending),
    /// The media a participant sends, set over REST.
    Media {
        session_id: String,
        user: String,
        media: MediaBody,
    },
    /// What the engine says to a member of a call.
    Engine(engine::Said),
    /// From now on these alone are members of a therapy session; none when it is over.
    TherapyPeople {
        id: String,
        people: BTreeSet<String>,
    },
    /// A line of a therapy session's chat, with its sender.
    Chat(TherapyChat),
}

/// Whom a message is for, as its sender names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Peer(String),
    Socket(String),
}

/// The media a participant sends, as the different events state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    Everything(MediaBody),
    Video(bool),
    Audio(bool),
    Sharing(bool),
}

/// The requests of a socket. The hub knows the user of the socket; what a payload says about it is not here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Connected {
        user: User,
    },
    /// The account has as many sockets as it may. The token is good, so that this is no authentication
    /// error.
    Full {
        message: String,
    },
    /// The token is not good.
    NotConnected {
        message: String,
    },
    /// The records have given the socket's user a seat.
    Join {
        facts: Box<Facts>,
        peer_id: String,
    },
    /// The session they want to enter is over.
    TooLate(Ending),
    Leave {
        session_id: String,
    },
    Relay {
        session_id: String,
        target: Option<Target>,
        /// Goes to one other participant as it is.
        relay: Word,
    },
    Media {
        session_id: String,
        media: Media,
    },
    Quality {
        session_id: String,
        report: Report,
    },
    Issue {
        session_id: String,
        kind: String,
        description: String,
        /// With whom, by user.
        about: Option<String>,
    },
    /// What the records do not allow, told in its turn.
    Refuse {
        session_id: Option<String>,
        message: String,
    },
    /// The socket's user is of this therapy session.
    EnterTherapy {
        id: String,
    },
    LeaveTherapy {
        id: String,
    },
    TherapyRelay {
        event: &'static str,
        body: Box<TherapyDescription>,
    },
    TherapySharing {
        id: String,
        on: bool,
    },
}

/// The changes the hub wants in the records.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    /// No invited user came in time.
    Miss {
        session_id: String,
    },
    /// Who has not come by now is not expected any more, though others talk.
    CloseInvitations {
        session_id: String,
    },
    /// Nothing has happened for long.
    TimeOut {
        session_id: String,
    },
    /// The seat of a user is free. `lost`: so was their connection, and others may be coming back; a session
    /// that nobody is in is not over yet.
    Left {
        session_id: String,
        user: String,
        lost: bool,
    },
    /// Nobody came back to a session that all have lost.
    Abandon {
        session_id: String,
    },
    /// What a participant sends, for the record.
    Media {
        session_id: String,
        user: String,
        media: MediaBody,
    },
    Quality {
        session_id: String,
        user: String,
        report: Report,
    },
    Issue {
        session_id: String,
        user: String,
        about: Option<String>,
        issue: Issue,
    },
    /// For the engine of the session's media.
    Engine(engine::Request),
}

impl hub_actor::Order for Order {
    fn may_be_lost(&self) -> bool {
        matches!(self, Self::Quality { .. } | Self::Issue { .. } | Self::Media { .. })
    }
}
