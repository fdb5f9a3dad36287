//! The wire dialects as codecs: JSON in, [`Signal`](bellwire_call::Signal) out, and back.
//!
//! A dialect is a codec with a little memory (tokens, request ids). It never waits, never opens a
//! socket and never decides anything about a call. A sixth costs one file, one line in [`DIALECTS`]
//! and a folder of transcripts.
#![forbid(unsafe_code)]

mod browser;
mod capability;
pub mod clinic;
pub mod dealerdesk;
mod dialect;
mod directory;
mod entry;
pub mod hearth;
mod instant;
mod lenient;
mod limits;
pub mod marketplace;
mod rest;
mod rows;
pub mod storefront;
mod wire;

pub use browser::{IceCandidateInit, SdpBody};
pub use capability::{Capabilities, ListKind};
pub use dialect::{DecodeError, Dialect, EncodeError, Presence, Reaction, SideEvent};
pub use directory::{
    Analytics, ChatAction, Contact, ContactSubject, HistoryItem, HistoryPage, IceServer, IceServers,
    LastMessage, Message, Phase, Reply, ReplyError, Slot, ThreadCall, ThreadOutcome,
};
pub use entry::{Credentials, Entry, Field, Identity, LoginError, LoginStep, Role};
pub use rest::{IceServerRow, IceServersReply};
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
