//! What every dialect can do. Not how: that is each dialect's own file.

use bellwire_call::{CallKey, OfferRule, PersonId, Signal};
use serde_json::Value;
use thiserror::Error;

use crate::{
    Analytics, Capabilities, ChatAction, Contact, HistoryPage, IceServers, Identity, Inbound, Message,
    Outbound, Reply, ReplyError, RestCall, Rows,
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
    fn encode(&mut self, call: &CallKey, signal: &Signal) -> Result<Vec<Outbound>, EncodeError>;

    /// The token was renewed: speak with that one from now on. What is known of calls stays.
    fn renew(&mut self, identity: &Identity);

    /// Asks for a new token without a password; `None` where the backend has no such thing.
    fn refresh(&self) -> Option<RestCall> {
        None
    }
    /// Reads that call's reply into the identity to go on with.
    ///
    /// # Errors
    /// The refresh token is no longer accepted either, or the reply is not understood.
    fn parse_refresh(&self, _status: u16, _body: &Value) -> Result<Identity, ReplyError> {
        Err(ReplyError::NotUnderstood)
    }

    /// Asks the backend to accept this account's token no longer; a backend without the endpoint says 404.
    fn logout(&self) -> RestCall;

    /// How often [`Dialect::poll`] wants to be asked, in milliseconds; `None`: never.
    fn poll_every_ms(&self) -> Option<u64> {
        None
    }
    /// What to ask the backend now, where it tells by itself nothing. Not asked while an earlier
    /// poll's requests are unanswered. `now`: RFC 3339, UTC.
    fn poll(&mut self, _now: &str) -> Vec<Outbound> {
        Vec::new()
    }

    /// The next requests for this account's list, given what the ones before were answered; empty when
    /// there is nothing more to ask (or no list at all). `search`: text the user typed, empty for all.
    /// `now`: RFC 3339, UTC. Asked at most four times in a row, 64 requests each.
    fn contacts(&self, search: &str, now: &str, replies: &[Reply]) -> Vec<RestCall>;

    /// # Errors
    /// The backend refused, or the reply is not understood; likewise for the other parsers.
    fn parse_contacts(&self, search: &str, now: &str, replies: &[Reply])
    -> Result<Rows<Contact>, ReplyError>;

    /// Says what a user does with messages.
    ///
    /// # Errors
    /// The backend has no messages, or does not know the thread.
    fn chat(&mut self, _action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        Err(EncodeError::NoWords)
    }
    /// Asks for the newest messages of a thread.
    fn messages(&self, _thread: &str, _limit: u32) -> Option<RestCall> {
        None
    }
    /// Oldest first.
    ///
    /// # Errors
    /// See [`Dialect::parse_contacts`].
    fn parse_messages(
        &self,
        _thread: &str,
        _status: u16,
        _body: &Value,
    ) -> Result<Rows<Message>, ReplyError> {
        Err(ReplyError::NotUnderstood)
    }

    /// Asks for one page (from 1) of past calls.
    fn history(&self, page: u32, limit: u32) -> Option<RestCall>;
    /// # Errors
    /// See [`Dialect::parse_contacts`].
    fn parse_history(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError>;

    /// Asks for the account's call figures.
    fn analytics(&self) -> Option<RestCall>;
    /// # Errors
    /// See [`Dialect::parse_contacts`].
    fn parse_analytics(&self, status: u16, body: &Value) -> Result<Analytics, ReplyError>;

    /// Asks for STUN and TURN servers.
    fn ice_servers(&self) -> Option<RestCall>;
    /// A backend without the endpoint (404) gives the fallback, not an error.
    ///
    /// # Errors
    /// See [`Dialect::parse_contacts`].
    fn parse_ice_servers(&self, status: u16, body: &Value) -> Result<IceServers, ReplyError>;
}

/// What one inbound message amounts to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reaction {
    /// For the phone, in order.
    pub heard: Vec<(CallKey, Signal)>,
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
    pub fn hear(call: CallKey, signal: Signal) -> Self {
        Self { heard: vec![(call, signal)], ..Self::default() }
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

/// Why an inbound message was dropped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    #[error("malformed {what}")]
    Malformed { what: String, source: serde_json::Error },
    #[error("{what} has no payload")]
    Empty { what: String },
    #[error("{what} is larger than allowed")]
    TooLarge { what: &'static str },
    #[error("{what} is about a call that is not ours")]
    ForeignCall { what: &'static str },
    #[error("{what} comes from somebody who is not in the call")]
    ForeignSender { what: &'static str },
    #[error("{what} says {said:?}")]
    Contradiction { what: &'static str, said: String },
    #[error("too many calls at once")]
    TooManyCalls,
    #[error("unknown event")]
    UnknownEvent,
    #[error("a reply that nobody waits for")]
    UnknownReply,
}

/// Why a signal could not be said.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    #[error("the backend does not know this call")]
    UnknownCall,
    #[error("this can be heard but not said")]
    HeardOnly,
    #[error("the backend has no words for this")]
    NoWords,
    #[error("too many calls at once")]
    TooManyCalls,
}
