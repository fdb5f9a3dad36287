//! RTP payloads taken apart, one packet at a time: what lies inside, where it begins, whether it
//! belongs to a key frame. It keeps no state; putting packets together is the assembler's.
//! Payloads come from strangers: whatever makes no sense holds nothing.

mod h264;
mod vp8;

use bytes::Bytes;

use crate::Codec;

/// What one packet says about its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The picture begins with this packet for certain.
    pub(crate) starts: bool,
    /// The picture can be decoded without any other.
    pub(crate) key: bool,
    /// There is nothing of a picture inside: padding, or nonsense.
    pub(crate) empty: bool,
}

/// Looks into one payload.
pub(crate) fn inspect(codec: Codec, payload: &[u8]) -> Part {
    match codec {
        Codec::H264 => h264::inspect(payload),
        Codec::Vp8 => vp8::inspect(payload),
        Codec::Opus => Part { empty: true, ..Part::default() },
    }
}

/// Joins the payloads of one whole picture, in order, into what a decoder takes.
pub(crate) fn join<'a>(codec: Codec, payloads: impl Iterator<Item = &'a [u8]>) -> Bytes {
    let mut out = Vec::new();
    match codec {
        Codec::H264 => h264::join(payloads, &mut out),
        Codec::Vp8 => vp8::join(payloads, &mut out),
        Codec::Opus => {}
    }
    out.into()
}
