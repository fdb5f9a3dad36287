//! Lip sync: when a received picture belongs on screen, given when its sound is heard. It keeps
//! time, it does not play anything.

use std::time::Instant;

/// Tells the video side when a picture is due.
pub trait PlayoutClock: Send + Sync {
    /// When the picture with this RTP timestamp (90 kHz) belongs on screen; never before `arrived`.
    fn due(&self, rtp_timestamp: u32, arrived: Instant) -> Instant;
}
