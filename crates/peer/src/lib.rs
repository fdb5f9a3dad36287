//! One media connection to one other person: ICE, DTLS-SRTP, RTP, bandwidth estimation, pacing.
//!
//! ```text
//!  engine ── create_offer / accept_* ──► Peer ──► webrtc crate ──► sockets
//!  media  ── EncodedFrame ──► sinks ──► writer ─┐      │  ▲
//!                                               ▼      ▼  │ interceptors, wire side first:
//!  media  ◄── Packet ── delivery ◄── rtx ◄── tap · congestion · twcc · pacer · nack · reports
//!  engine ◄── PeerEvent ── pump ◄── tap, estimator, watchdog
//! ```
//!
//! It is not signaling (descriptions come and go as [`bellwire_call::Sdp`]) and not media
//! (it carries encoded frames, it neither makes nor plays them). Who offers, when to restart ICE
//! and when a call is over is decided elsewhere.
#![deny(unsafe_code)]

pub mod addresses;
mod arrivals;
mod bandwidth;
mod candidates;
mod checks;
mod codecs;
mod config;
mod connection;
mod delivery;
mod description;
mod event;
mod fingerprints;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod pacer;
mod peer;
mod pump;
mod reports;
mod rtx;
mod servers;
mod sets;
mod shared;
mod stats;
mod tap;
mod tracks;
mod watchdog;

pub use config::{IceServer, PeerConfig};
pub use description::DescriptionError;
pub use event::{PeerEvent, PeerState};
pub use peer::{CandidateError, NegotiateError, OpenError, Peer};
pub use stats::{KindStats, PathKind, PeerStats};
