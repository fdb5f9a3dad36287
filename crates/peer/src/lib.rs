//! One media connection to one other person: ICE, DTLS-SRTP, RTP, bandwidth estimation, pacing.
//!
//! ```text
//!  engine ── create_offer / accept_* ──► Peer ──► webrtc crate ──► sockets
//!  media  ── EncodedFrame ──► sinks ──► writer ─┐      │  ▲
//!                                               ▼      ▼  │ interceptors, wire side first:
//!  media  ◄── Packet ── delivery ◄── rtx ◄── stats · congestion · remb · reports · pacer · nack · twcc
//!  engine ◄── PeerEvent ── event task ◄── stats, estimator, watchdog
//! ```
//!
//! It is not signaling (descriptions come and go as [`bellwire_call::Sdp`]) and not media
//! (it carries encoded frames, it neither makes nor plays them). Who offers, when to restart ICE
//! and when a call is over is decided elsewhere.
#![deny(unsafe_code)]

mod allocation;
#[cfg(test)]
mod allocation_count;
mod bandwidth;
mod candidates;
mod check_pacing;
mod codecs;
mod config;
mod connection;
mod delivery;
mod description;
mod event;
mod event_task;
mod fingerprints;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod h264_payload;
mod ice_servers;
mod incoming_streams;
mod interceptor;
pub mod local_addresses;
mod nack;
mod network_watch;
mod newest_feedback;
mod pacer;
mod parameter_sets;
mod peer;
mod picture_feedback;
mod receive_estimate;
mod red;
mod relay_framing;
mod relay_streams;
mod remb;
mod report_interval;
mod rtx;
mod sender_reports;
mod sent_as;
mod sequence;
mod shared;
mod stats;
mod stats_interceptor;
mod tracks;
mod transport_feedback;
mod watchdog;
mod wishes;

pub use config::{IceServer, PeerConfig};
pub use description::DescriptionError;
pub use event::{PeerEvent, PeerState};
pub use network_watch::{NetworkWatch, source_anywhere};
pub use peer::{CandidateError, NegotiateError, OpenError, Peer};
pub use stats::{KindStats, PathKind, PeerStats};
pub use wishes::Wish;
