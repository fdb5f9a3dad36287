//! The wire dialects as codecs: JSON in, [`Signal`](bellwire_call::Signal) out, and back.
//!
//! A dialect is a codec with a little memory (tokens, request ids). It never waits, never opens a
//! socket and never decides anything about a call. A sixth costs one file, one line in [`DIALECTS`]
//! and a folder of transcripts.
#![forbid(unsafe_code)]

mod capability;
pub mod storefront;
mod wire;

pub use capability::Capabilities;
pub use wire::{Inbound, Method, Outbound, RequestId, RestCall};
