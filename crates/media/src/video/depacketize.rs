//! RTP depacketizer, one packet at a time: content, beginning of a frame, key frame. It keeps no state; the
//! assembler joins packets. Invalid payloads hold nothing.

mod h264;
mod vp8;

use bytes::Bytes;

use crate::Codec;
use crate::codec::h264::references::References;
use crate::codec::h264::sps::SliceLayout;

/// What one packet says about its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The picture begins with this packet for certain.
    pub(crate) starts: bool,
    /// The picture can be decoded without any other.
    pub(crate) key: bool,
    /// There is nothing of a picture inside: padding, or nonsense.
    pub(crate) empty: bool,
    /// Goes on with the picture of the packet before, whatever that one's marker says.
    pub(crate) continues: bool,
    /// A sequence parameter set is inside.
    pub(crate) sets: bool,
    /// Samples are inside.
    pub(crate) slice: bool,
    /// A slice is inside that needs other pictures.
    pub(crate) inter: bool,
    /// After so many more pictures all is right, though none is a key frame (recovery point SEI).
    pub(crate) recovery: Option<u16>,
    /// Other pictures are decoded from this one (H.264 `nal_ref_idc`).
    pub(crate) reference: bool,
    /// The first slice of the picture: sixteen bits that begin with its `frame_num`.
    pub(crate) number: Option<u16>,
    /// Of a sequence parameter set inside.
    pub(crate) layout: Option<SliceLayout>,
}

impl Part {
    pub(crate) const EMPTY: Self = Self {
        starts: false,
        key: false,
        empty: true,
        continues: false,
        sets: false,
        slice: false,
        inter: false,
        recovery: None,
        reference: false,
        number: None,
        layout: None,
    };

    /// What this one and the next of the same picture say together.
    pub(crate) fn and(self, next: Self) -> Self {
        Self {
            starts: self.starts || next.starts,
            key: self.key || next.key,
            empty: self.empty && next.empty,
            continues: if self.empty { next.continues } else { self.continues },
            sets: self.sets || next.sets,
            slice: self.slice || next.slice,
            inter: self.inter || next.inter,
            recovery: self.recovery.or(next.recovery),
            reference: self.reference || next.reference,
            number: self.number.or(next.number),
            layout: next.layout.or(self.layout),
        }
    }
}

/// Looks into one payload.
pub(crate) fn inspect(codec: Codec, payload: &[u8]) -> Part {
    match codec {
        Codec::H264 => h264::inspect(payload),
        Codec::Vp8 => vp8::inspect(payload),
        Codec::Opus => Part::EMPTY,
    }
}

/// The H.264 parameter sets that lie whole in one payload.
pub(crate) fn parameter_sets(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    h264::whole_units(payload).filter(|unit| matches!(unit[0] & 0x1f, 7 | 8))
}

/// What the first slice of a picture says about long-term references, if it begins in this payload.
pub(crate) fn references(codec: Codec, payload: &[u8], layout: SliceLayout) -> Option<References> {
    match codec {
        Codec::H264 => h264::references(payload, layout),
        Codec::Vp8 | Codec::Opus => None,
    }
}

/// What joining adds to a payload of one unit, at most.
const MAX_ADDED_BYTES: usize = 4;

/// Joins the payloads of one whole picture, in order, into what a decoder takes.
pub(crate) fn join<'a>(codec: Codec, payloads: impl Iterator<Item = &'a [u8]> + Clone) -> Bytes {
    // A start code and a header take the place of each payload's own, and little more.
    let bytes: usize = payloads.clone().map(|payload| payload.len() + MAX_ADDED_BYTES).sum();
    let mut out = Vec::with_capacity(bytes);
    match codec {
        Codec::H264 => h264::join(payloads, &mut out),
        Codec::Vp8 => vp8::join(payloads, &mut out),
        Codec::Opus => {}
    }
    out.into()
}
