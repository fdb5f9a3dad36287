//! Decode lane of one codec. Each codec has its own, so that late packets of the previous codec do no harm.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use tracing::{debug, info};

use crate::codec::h264::annex_b;
use crate::codec::h264::parameter_sets::ParameterSets;
use crate::codec::h264::sps::Sps;
use crate::codec::{Unplayable, VideoDecoder, open_decoder};
use crate::video::assembler::{AssembledFrame, FrameAssembler};
use crate::video::depacketize;
use crate::{Codec, Packet, VideoFrame};

/// Pictures a decoder may hold for reordering (H.264 A.3.1 allows 16).
const MAX_REORDERED_PICTURES: usize = 32;
/// Complete key frames in a row that the decoder cannot decode before the stream counts as unsupported.
const MAX_UNDECODABLE_KEY_FRAMES: u32 = 3;
/// Timestamps within so many ticks belong to the same clock (2 s).
const MAX_CLOCK_STEP_TICKS: i32 = 180_000;

/// What a picture became.
pub(super) enum Outcome {
    /// The pictures that came out by it, in order.
    Pictures(Vec<Picture>),
    /// Another key frame is no help.
    Hopeless(Unplayable),
}

pub(super) struct Picture {
    pub(super) frame: VideoFrame,
    pub(super) damaged: bool,
    /// Its turn has not passed, and it is whole.
    pub(super) shown: bool,
    /// It waited for a packet that was lost.
    pub(super) repaired: bool,
}

/// A picture given to the decoder.
#[derive(Clone, Copy)]
struct DecoderInput {
    timestamp: u32,
    arrived: Instant,
    shown: bool,
    repaired: bool,
}

pub(super) struct DecodeLane {
    codec: Codec,
    pub(super) assembler: FrameAssembler,
    decoder: Option<Box<dyn VideoDecoder>>,
    sets: ParameterSets,
    /// Which state of `sets` the decoder has.
    sets_given: Option<u64>,
    /// The last pictures given to the decoder, newest first.
    given: VecDeque<DecoderInput>,
    /// Timestamp of the last picture that came out.
    last: Option<u32>,
    /// Pictures yet to come that are not right, since the stream was joined without a key frame.
    hidden: u16,
    /// Where it was joined: what is shown before that is not right either.
    joined: Option<u32>,
    hopeless_keys: u32,
}

impl DecodeLane {
    pub(super) fn new(codec: Codec) -> Self {
        Self {
            codec,
            assembler: FrameAssembler::new(codec),
            decoder: None,
            sets: ParameterSets::default(),
            sets_given: None,
            given: VecDeque::new(),
            last: None,
            hidden: 0,
            joined: None,
            hopeless_keys: 0,
        }
    }

    pub(super) fn push(&mut self, packet: Packet) {
        self.pass_over(&packet);
        self.assembler.push(packet);
    }

    /// Takes from a packet that is not decoded what later ones may need.
    pub(super) fn pass_over(&mut self, packet: &Packet) {
        if self.codec == Codec::H264 {
            depacketize::parameter_sets(&packet.payload).for_each(|unit| self.sets.note(unit));
        }
    }

    /// Parameter sets of the description, Annex B.
    pub(super) fn describe(&mut self, sets: &[u8]) {
        if self.codec == Codec::H264 {
            for unit in annex_b::units(sets) {
                self.sets.describe(unit);
                if let Some(sps) = Sps::parse(unit) {
                    self.assembler.describe(sps.layout);
                }
            }
        }
    }

    /// Another codec is in use, or nobody looks.
    pub(super) fn rest(&mut self) {
        self.decoder = None;
        self.assembler.forget_references();
    }

    pub(super) fn decode(&mut self, picture: &AssembledFrame) -> Outcome {
        let fresh = self.decoder.is_none();
        let Some(decoder) = open(&mut self.decoder, self.codec) else { return nothing() };
        let before = |a: u32, b: u32| (-MAX_CLOCK_STEP_TICKS..0).contains(&a.wrapping_sub(b).cast_signed());
        if let Some(after) = picture.joins {
            (self.hidden, self.joined) = (after, Some(picture.timestamp));
            decoder.join();
        } else if picture.key {
            (self.hidden, self.joined) = (0, None);
        } else if self.joined.is_some_and(|joined| before(picture.timestamp, joined)) {
            // Shown before the picture at which the stream was joined, and made of ones before that.
            return nothing();
        }
        let begins = picture.key || picture.joins.is_some();
        let data = self.with_sets(&picture.data, begins, fresh);
        self.given.truncate(MAX_REORDERED_PICTURES);
        let shown = self.hidden == 0;
        let AssembledFrame { timestamp, arrived, repaired, .. } = *picture;
        let newest = DecoderInput { timestamp, arrived, shown, repaired };
        self.given.push_front(newest);
        self.hidden = self.hidden.saturating_sub(1);
        // Without a key frame the decoder never completes its references.
        let mending = self.joined.is_some();
        let Some(decoder) = &mut self.decoder else { return nothing() };
        let decoded = match decoder.decode(&data) {
            Ok(decoded) => decoded,
            Err(error) => {
                debug!(%error, "Received picture was refused");
                self.decoder = None;
                self.assembler.refuse();
                return error.unplayable().map_or_else(nothing, Outcome::Hopeless);
            }
        };
        // One that is shown later comes out later.
        let nothing_came = decoded.frame.is_none() && !(mending && decoded.reorders);
        if decoded.needs_key && nothing_came && begins {
            self.assembler.refuse();
            self.hopeless_keys += 1;
            if self.hopeless_keys >= MAX_UNDECODABLE_KEY_FRAMES {
                return Outcome::Hopeless(Unplayable::Unknown);
            }
        } else if decoded.needs_key && !mending {
            self.assembler.need_key();
        } else if decoded.frame.is_some() {
            self.hopeless_keys = 0;
            self.assembler.accepted();
            if !decoded.needs_key && !decoded.damaged {
                self.assembler.decoded(timestamp);
            }
        }
        let out = decoded.earlier.into_iter().chain(decoded.frame.map(|frame| (frame, decoded.behind)));
        let place = |(mut frame, behind): (VideoFrame, usize)| {
            let own = self.given.get(behind).copied().unwrap_or(newest);
            // Its turn passed before the stream was known to reorder.
            let late = decoded.reorders && self.last.is_some_and(|last| before(own.timestamp, last));
            if !late {
                self.last = Some(own.timestamp);
            }
            frame.timestamp = own.timestamp;
            frame.at = own.arrived;
            let damaged = decoded.damaged && !mending;
            Picture { frame, damaged, shown: own.shown && !late, repaired: own.repaired }
        };
        Outcome::Pictures(out.map(place).collect())
    }

    /// What the decoder is given: where the stream begins without parameter sets, those known go before.
    fn with_sets(&mut self, data: &Bytes, begins: bool, fresh: bool) -> Bytes {
        if self.codec != Codec::H264 || !begins {
            return data.clone();
        }
        let version = self.sets.version();
        let own = annex_b::units(data).iter().any(|unit| unit[0] & 0x1f == 7);
        if fresh {
            self.sets_given = None;
        }
        let known = self.sets_given.replace(version) == Some(version);
        if own || known {
            return data.clone();
        }
        [&self.sets.annex_b(), &data[..]].concat().into()
    }
}

fn nothing() -> Outcome {
    Outcome::Pictures(Vec::new())
}

fn open(decoder: &mut Option<Box<dyn VideoDecoder>>, codec: Codec) -> Option<&mut Box<dyn VideoDecoder>> {
    if decoder.is_none() {
        match open_decoder(codec) {
            Ok(opened) => {
                info!(?codec, "Video decoder started");
                *decoder = Some(opened);
            }
            Err(error) => debug!(%error, "No decoder for a received picture"),
        }
    }
    decoder.as_mut()
}
