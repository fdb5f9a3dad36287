//! Runs a dialect: sign-in and discovery, REST, the socket, and one session per account that joins
//! them. What is said is the dialects' business, what it means for a call the phone's.
#![forbid(unsafe_code)]

mod access;
mod backend;
mod budget;
mod carrier;
mod discovery;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod lanes;
mod line;
mod outbox;
mod packet;
mod photo;
mod reconnect;
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
