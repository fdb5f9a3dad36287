//! Signaling sessions: sign-in and discovery, REST, the Socket.IO connection, and one session per account
//! that joins them with its dialect. The wire format is in the dialects, the state of calls in the phone.
#![forbid(unsafe_code)]

mod access;
mod backend;
mod budget;
mod carrier;
mod discovery;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod line;
mod outbox;
mod packet;
mod photo;
mod reconnect;
mod request_queue;
mod rest;
mod session;
mod sign_in;
mod socketio;
mod stream;
mod transport;

pub use backend::{AddressError, Backend};
pub use bellwire_dialects::{
    Analytics, Capabilities, ChatAction, Contact, ContactSubject, DIALECTS, Entry, Field, HistoryItem,
    HistoryPage, IceServer, IceServers, Identity, LastMessage, ListKind, Message, Phase, ReplyError, Role,
    Rows, Slot, ThreadCall, ThreadOutcome, dialect,
};
pub use carrier::LinkProblem;
pub use discovery::{Offered, discover};
pub use photo::{Photo, PhotoClient, PhotoError};
pub use session::{RenewError, SayError, Session, SessionEvent};
pub use sign_in::{SignInError, SignInRequest, SignedIn, resume, sign_in};
pub use transport::{TransportConfig, TransportError};
