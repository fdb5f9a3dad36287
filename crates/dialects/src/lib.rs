//! Wire dialects: one codec per backend between its JSON and the client's
//! [`IncomingSignal`](bellwire_call::IncomingSignal) and [`OutgoingSignal`](bellwire_call::OutgoingSignal).
//!
//! A dialect remembers a little (its token, request ids, the calls that the wire needs to tell apart).
//! It never waits, never opens a socket and never decides anything about a call. The queries beside it,
//! contacts and histories, are its [`Directory`].
//!
//! What a sixth backend costs: a folder of about ten files and 2,500 lines (wire structs, decoder,
//! encoder, call table, sign-in, lists), its line in [`DIALECTS`], a folder of transcripts and a relay in
//! `tests/core`, and the icon and texts of the interface. Where calls work in a new way there, also an
//! `OfferRule`, a [`ListKind`] and the view that draws such a list.
#![forbid(unsafe_code)]

mod browser;
mod call_table;
mod capability;
pub mod clinic;
pub mod dealerdesk;
mod dialect;
mod directory;
mod entry;
mod error;
mod events;
pub mod hearth;
mod identity;
mod lenient;
mod limits;
mod list_types;
pub mod marketplace;
mod pending;
mod rest;
mod rows;
#[cfg(feature = "schema")]
pub mod schema;
pub mod storefront;
mod timestamp;
mod wire;
mod words;

pub use browser::{IceCandidateInit, SdpBody};
pub use capability::{Capabilities, ListKind};
pub use dialect::{Dialect, Presence, Reaction, SideEvent};
pub use directory::{Directory, Query};
pub use entry::{Credentials, Entry, Field, LoginError, LoginStep, Role};
pub use error::{DecodeError, EncodeError};
pub use identity::Identity;
pub use limits::{MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES};
pub use list_types::{
    Analytics, Attendee, ChatAction, Contact, ContactSubject, HistoryItem, HistoryPage, IceServer,
    IceServers, LastMessage, Meeting, Message, Part, Phase, Reply, ReplyError, Slot, ThreadCall,
    ThreadOutcome,
};
pub use rest::{IceServerRow, IceServersReply, LoginBody};
pub use rows::Rows;
pub use wire::{Inbound, Method, Outbound, RequestId, RestCall};

/// Every dialect the client speaks, in the order the sign-in page lists them.
pub const DIALECTS: &[Entry] =
    &[storefront::ENTRY, dealerdesk::ENTRY, marketplace::ENTRY, hearth::ENTRY, clinic::ENTRY];

/// The dialect of that id.
#[must_use]
pub fn dialect(id: &str) -> Option<&'static Entry> {
    DIALECTS.iter().find(|entry| entry.id == id)
}
