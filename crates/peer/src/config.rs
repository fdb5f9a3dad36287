//! Configuration of a connection.

use std::net::IpAddr;

use bellwire_media::{Codec, START_BITRATE_BPS};

use crate::network_watch::NetworkWatch;

/// A STUN or TURN server, field for field as `RTCIceServer` has it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` and `turns:` addresses (RFC 7064, RFC 7065); relays over UDP, TCP and TLS.
    pub urls: Vec<String>,
    /// Empty for STUN.
    pub username: String,
    /// Empty for STUN; never logged.
    pub credential: String,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IceServer({} addresses)", self.urls.len())
    }
}

/// Everything a [`crate::Peer`] has to know before the first description.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    pub ice_servers: Vec<IceServer>,
    /// Whether our offers have pictures; a video section in an offer to us is declined without it.
    pub video: bool,
    /// Video codecs we can encode and decode, best first.
    pub video_codecs: Vec<Codec>,
    /// First guess of what the path carries, bit/s.
    pub start_bitrate: u32,
    /// Upper end of the estimate, bit/s.
    pub max_bitrate: u32,
    /// Use TURN relays only.
    pub relay_only: bool,
    /// Local addresses to use; `None`: every usable interface, looked up anew at each ICE restart.
    pub bind: Option<Vec<IpAddr>>,
    /// Tells of changes of this machine's addresses; `None`: only silence tells.
    pub network: Option<NetworkWatch>,
    /// Certificate authorities, as PEM, that relays over TLS are trusted by besides those of the system.
    pub relay_roots: Vec<String>,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            video: true,
            video_codecs: vec![Codec::H264, Codec::Vp8],
            start_bitrate: START_BITRATE_BPS,
            max_bitrate: 4_000_000,
            relay_only: false,
            bind: None,
            network: None,
            relay_roots: Vec::new(),
        }
    }
}
