//! The trait of a dialect, the codec of one backend for one account.

use std::sync::Arc;

use bellwire_call::{CallId, CallKey, CallReport, IncomingSignal, OfferRule, OutgoingSignal, PersonId};
use serde_json::Value;

use crate::{
    Capabilities, ChatAction, DecodeError, Directory, EncodeError, Identity, Inbound, Message, Outbound,
    Query,
};

/// How one backend says what a call needs said, for one account.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// What this account can do on this backend.
    fn capabilities(&self) -> Capabilities;

    /// Which side of this account's calls makes the offers.
    fn offers(&self) -> OfferRule;

    /// What the Socket.IO handshake carries as `auth`.
    fn socket_auth(&self) -> Option<Value>;

    /// What is to be sent first when the socket opens, the first time or again.
    fn opened(&mut self) -> Vec<Outbound>;

    /// Understands what the transport heard.
    ///
    /// # Errors
    /// The message is malformed or not for us: drop it, the calls are unharmed.
    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError>;

    /// Says a signal.
    ///
    /// # Errors
    /// The backend has no words for it, or the call is not known to it.
    fn encode(&mut self, call: &CallKey, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError>;

    /// The token was renewed: speak with that one from now on. What is known of calls stays.
    fn renew(&mut self, identity: &Identity);

    /// Asks for a new token without a password and reads the reply into the identity to go on with;
    /// `None` where the backend has no such thing.
    fn refresh(&self) -> Option<Query<'static, Identity>> {
        None
    }

    /// The lists of this account.
    fn directory(&self) -> Arc<dyn Directory>;

    /// How often [`Dialect::poll`] wants to be asked, in milliseconds; `None`: never.
    fn poll_every_ms(&self) -> Option<u64> {
        None
    }
    /// What to ask the backend now, where it tells by itself nothing. Not asked while an earlier
    /// poll's requests are unanswered. `now`: RFC 3339, UTC.
    fn poll(&mut self, _now: &str) -> Vec<Outbound> {
        Vec::new()
    }

    /// Reports how a call goes, at most every few seconds.
    ///
    /// # Errors
    /// The backend keeps no such figures, or the call is not known to it.
    fn report(&mut self, _call: &CallKey, _report: &CallReport) -> Result<Vec<Outbound>, EncodeError> {
        Err(EncodeError::NoWords)
    }

    /// Says what a user does with messages.
    ///
    /// # Errors
    /// The backend has no messages, or does not know the thread.
    fn chat(&mut self, _action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        Err(EncodeError::NoWords)
    }
}

/// What one inbound message amounts to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reaction {
    /// For the phone, in order.
    pub heard: Vec<(CallKey, IncomingSignal)>,
    /// For the transport, in order.
    pub outbound: Vec<Outbound>,
    pub side: Vec<SideEvent>,
}

impl Reaction {
    /// A message that needs nothing done.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A message that says one thing about one call.
    #[must_use]
    pub fn hear(call: CallKey, signal: IncomingSignal) -> Self {
        Self { heard: vec![(call, signal)], ..Self::default() }
    }

    /// A reply after which the call that was being placed is none.
    #[must_use]
    pub fn refused(call: CallId, message: impl Into<String>) -> Self {
        Self::hear(CallKey::Local(call), IncomingSignal::Refused { message: message.into() })
    }

    /// A message that needs only an answer.
    #[must_use]
    pub fn send(outbound: Vec<Outbound>) -> Self {
        Self { outbound, ..Self::default() }
    }
}

/// What a message says that is about no call.
#[derive(Clone, Debug, PartialEq)]
pub enum SideEvent {
    /// Who came or went since the last time; only changes.
    Presence(Vec<Presence>),
    /// The backend no longer accepts our token: sign in again.
    TokenExpired,
    /// The account's list changed: fetch it again.
    ListChanged,
    /// A message came (ours too, once the backend has it).
    Message(Message),
    /// The backend did not take a message of ours.
    MessageLost {
        thread: String,
        text: String,
    },
    /// Everything in a thread was read: by us (on any device) or by the other side.
    ThreadRead {
        thread: String,
        by_me: bool,
    },
    Typing {
        thread: String,
        person: PersonId,
        on: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    pub person: PersonId,
    pub online: bool,
}
