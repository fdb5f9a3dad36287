//! Errors of a dialect as a codec.

use thiserror::Error;

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
    #[error("the backend has no words for this")]
    NoWords,
    #[error("too many calls at once")]
    TooManyCalls,
}
