//! Opus codec: mono, 48 kHz, by libopus. The jitter buffer decides what is decoded when, the audio plan what is
//! encoded how.
//!
//! Three kinds of redundancy are libopus' own: in-band FEC (LBRR, RFC 6716 2.1.7) repeats the frame before at a
//! lower rate; deep redundancy (DRED, draft-ietf-mlcodec-opus-dred) carries up to a second of speech features in
//! the packet's padding, which decoders that do not know it skip; and what neither restores is concealed, by a
//! neural network where the feature `neural-audio` has it linked.

mod decoder;
mod encoder;
mod padding;

use std::ffi::c_int;

use opusic_sys as sys;

pub(crate) use self::decoder::{OpusDecoder, Restored};
pub(crate) use self::encoder::{EncoderSettings, OpusEncoder};
pub use self::padding::without_padding;

/// Samples per second of everything Opus in a call, and its RTP clock.
pub(crate) const OPUS_CLOCK_HZ: u32 = 48_000;
/// Samples in a packet of the usual length (20 ms).
pub(crate) const PACKET_SAMPLES: usize = 960;
/// Samples in the longest packet Opus allows (120 ms).
pub(crate) const MAX_PACKET_SAMPLES: usize = 5760;
/// Version of the DRED bitstream that this build reads and writes, 0 without `neural-audio`. It is a draft's, so
/// both ends must have the same one (`DRED_EXPERIMENTAL_VERSION` of libopus 1.6.1).
pub const DRED_VERSION: u8 = if cfg!(feature = "neural-audio") { 12 } else { 0 };

/// What libopus answered instead of doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpusError {
    #[error("invalid argument")]
    BadArgument,
    #[error("buffer too small")]
    BufferTooSmall,
    #[error("corrupted packet")]
    InvalidPacket,
    #[error("not built in")]
    Unimplemented,
    #[error("out of memory")]
    OutOfMemory,
    #[error("internal error {0}")]
    Internal(c_int),
}

/// A count, or the error that a negative number stands for.
fn checked(code: c_int) -> Result<usize, OpusError> {
    usize::try_from(code).map_err(|_| match code {
        sys::OPUS_BAD_ARG => OpusError::BadArgument,
        sys::OPUS_BUFFER_TOO_SMALL => OpusError::BufferTooSmall,
        sys::OPUS_INVALID_PACKET => OpusError::InvalidPacket,
        sys::OPUS_UNIMPLEMENTED => OpusError::Unimplemented,
        sys::OPUS_ALLOC_FAIL => OpusError::OutOfMemory,
        other => OpusError::Internal(other),
    })
}

/// How many samples a packet holds, from its first bytes alone (RFC 6716 3.1); `None` if malformed.
pub fn packet_samples(payload: &[u8]) -> Option<u32> {
    let toc = *payload.first()?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        12..=15 => [480, 960][usize::from(config & 1)],
        16.. => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        3.. => u32::from(*payload.get(1)? & 0x3f),
    };
    let samples = frame * frames;
    (samples > 0 && samples <= MAX_PACKET_SAMPLES as u32).then_some(samples)
}

#[cfg(test)]
mod tests;
