//! The wire dialects as codecs: JSON in, [`Signal`](bellwire_call::Signal) out, and back.
//!
//! A dialect is a codec with a little memory (tokens, request ids). It never waits, never opens a
//! socket and never decides anything about a call. A sixth costs one file, one line in [`DIALECTS`]
//! and a folder of transcripts.
#![forbid(unsafe_code)]

mod capability;
mod dialect;
mod directory;
mod entry;
pub mod storefront;
mod wire;

pub use capability::Capabilities;
pub use dialect::{DecodeError, Dialect, EncodeError, Presence, Reaction, SideEvent};
pub use directory::{
    Analytics, Contact, ContactSubject, HistoryItem, HistoryPage, IceServer, IceServers, ReplyError,
};
pub use entry::{Entry, Field, Identity, LoginError, Role};
pub use wire::{Inbound, Method, Outbound, RequestId, RestCall};

/// Every dialect the client speaks, in the order the sign-in page lists them.
pub const DIALECTS: &[Entry] = &[storefront::ENTRY];

/// The dialect of that id.
#[must_use]
pub fn dialect(id: &str) -> Option<&'static Entry> {
    DIALECTS.iter().find(|entry| entry.id == id)
}
