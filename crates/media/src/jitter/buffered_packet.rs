//! Packet of sound that waits in the jitter buffer.

use bytes::Bytes;

use crate::Packet;
use crate::codec::opus::packet_samples;

/// Larger than a packet on any path.
const MAX_PAYLOAD_BYTES: usize = 1500;

#[derive(Debug)]
pub(super) struct BufferedPacket {
    pub(super) sequence: u16,
    pub(super) payload: Bytes,
    pub(super) samples: i64,
    pub(super) transit: i64,
    /// It came as a copy in a later packet.
    pub(super) copy: bool,
}

/// Samples in a packet; `None`: it is none.
pub(super) fn samples_of(packet: &Packet) -> Option<u32> {
    Some(&packet.payload).filter(|payload| payload.len() <= MAX_PAYLOAD_BYTES).and_then(|p| packet_samples(p))
}
