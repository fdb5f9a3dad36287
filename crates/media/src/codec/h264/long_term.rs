//! Long-term references of an openh264 encoder: which pictures the decoder keeps, what the other end confirmed, and what
//! the library has to be told before the next picture.
//!
//! The library marks a picture every few, and no other one until that is confirmed. It holds one confirmation at a time
//! until the next picture that others are decoded from, loses it if that one is not encoded, and forgets everything at a
//! key frame. A recovery begins with the newest reference it knows to be confirmed, so a request that names a newer one
//! waits for a picture.

use std::collections::VecDeque;

use openh264_sys2 as sys;

use super::H264Encoder;
use super::annex_b::units;
use super::references::References;
use super::sps::{SliceLayout, Sps};
use crate::codec::{CodecError, LongTermReference};

/// Long-term references at once, as the library has it for a camera.
const REFERENCES: i32 = 2;
/// Pictures of the lowest temporal layer between two marks, of one layer and of two.
const MARK_PERIOD: u32 = 10;
const MARK_PERIOD_OF_TWO: u32 = 5;
/// Marks remembered: one waits for its confirmation at a time, and lost ones are replaced.
const MAX_MARKS: usize = 4;

pub(super) fn enable(parameters: &mut sys::SEncParamExt, temporal_layers: u32) {
    parameters.bEnableLongTermReference = true;
    parameters.iLTRRefNum = REFERENCES;
    parameters.iLtrMarkPeriod = if temporal_layers > 1 { MARK_PERIOD_OF_TWO } else { MARK_PERIOD };
}

/// A picture that the decoder was told to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    id: LongTermReference,
    /// `frame_num` of the picture that is kept, and of the one that says so.
    kept: u16,
    said: u16,
}

/// What the library is told before a picture.
#[derive(Clone, Copy, Debug)]
enum Order {
    Confirm(sys::SLTRMarkingFeedback),
    Recover(sys::SLTRRecoverRequest),
}

/// What a picture turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) keeps: Option<LongTermReference>,
    pub(super) recovers: bool,
}

impl H264Encoder {
    /// Tells the library what is due before the next picture.
    pub(super) fn tell_references(&mut self) -> Result<(), CodecError> {
        match self.long_term.as_mut().and_then(LongTermReferences::order) {
            Some(Order::Confirm(mut feedback)) => {
                self.set_option("confirming a reference", sys::ENCODER_LTR_MARKING_FEEDBACK, &mut feedback)
            }
            Some(Order::Recover(mut request)) => {
                self.set_option("recovering a picture", sys::ENCODER_LTR_RECOVERY_REQUEST, &mut request)
            }
            None => Ok(()),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct LongTermReferences {
    layout: Option<SliceLayout>,
    /// `idr_pic_id` of the last key frame, and the newest `frame_num` since.
    idr: u16,
    number: u16,
    /// Since the last key frame, oldest first.
    marks: VecDeque<Mark>,
    /// Marks so far.
    count: u64,
    confirmed: Option<Mark>,
    /// The library has taken the confirmation in.
    settled: bool,
    recovering: bool,
    told: Option<Order>,
}

impl LongTermReferences {
    pub(super) fn confirm(&mut self, reference: LongTermReference) {
        let Some(mark) = self.marks.iter().find(|mark| mark.id == reference).copied() else { return };
        if self.confirmed.is_none_or(|confirmed| confirmed.id < mark.id) {
            self.confirmed = Some(mark);
            self.settled = false;
        }
    }

    pub(super) fn recover(&mut self, reference: LongTermReference) {
        self.confirm(reference);
        self.recovering |= self.confirmed.is_some_and(|confirmed| confirmed.id >= reference);
    }

    /// What the library must be told now.
    fn order(&mut self) -> Option<Order> {
        let confirmed = self.confirmed.filter(|_| self.recovering || !self.settled);
        self.told = confirmed.map(|mark| {
            if self.settled {
                Order::Recover(sys::SLTRRecoverRequest {
                    uiFeedbackType: sys::LTR_RECOVERY_REQUEST as _,
                    uiIDRPicId: self.idr.into(),
                    iLastCorrectFrameNum: mark.said.into(),
                    iCurrentFrameNum: self.number.into(),
                    iLayerId: 0,
                })
            } else {
                Order::Confirm(sys::SLTRMarkingFeedback {
                    uiFeedbackType: sys::LTR_MARKING_SUCCESS as _,
                    uiIDRPicId: self.idr.into(),
                    iLTRFrameNum: mark.kept.into(),
                    iLayerId: 0,
                })
            }
        });
        self.told
    }

    /// Takes in the picture that was encoded after that.
    pub(super) fn encoded(&mut self, data: &[u8]) -> Found {
        let told = self.told.take();
        let mut references = None;
        for unit in units(data) {
            if let Some(sps) = Sps::parse(unit) {
                self.layout = Some(sps.layout);
            }
            let read = self.layout.and_then(|layout| References::read(unit[0], &unit[1..], layout));
            references = references.or(read);
        }
        let Some(references) = references.filter(|references| references.reference) else {
            return Found::default();
        };
        self.number = references.number;
        if let Some(idr) = references.idr {
            *self =
                Self { layout: self.layout, idr, number: self.number, count: self.count, ..Self::default() };
        }
        let recovers = matches!(told, Some(Order::Recover(_))) && references.from.is_some();
        if recovers {
            self.recovering = false;
            // The library has let go of those that were lost.
            let newest = self.confirmed.map(|confirmed| confirmed.id);
            self.marks.retain(|mark| Some(mark.id) <= newest);
        }
        self.settled |= matches!(told, Some(Order::Confirm(_)));
        let keeps = references.keeps.map(|kept| {
            self.count += 1;
            let id = LongTermReference(self.count);
            if self.marks.len() == MAX_MARKS {
                self.marks.pop_front();
            }
            self.marks.push_back(Mark { id, kept: kept.number, said: references.number });
            id
        });
        Found { keeps, recovers }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::codec::{Decoded, EncodedPicture, EncoderConfig, VideoDecoder, VideoEncoder};
    use crate::video::pattern::PatternSource;
    use crate::video::{VideoFormat, psnr_y};
    use crate::{Codec, VideoFrame, codec};

    /// An encoder of numbered pictures and a decoder that gets them all.
    struct Link {
        source: PatternSource,
        encoder: Box<dyn VideoEncoder>,
        whole: Box<dyn VideoDecoder>,
        lossy: Box<dyn VideoDecoder>,
        next: u64,
    }

    impl Link {
        fn new(temporal_layers: u32) -> Self {
            let format = VideoFormat { width: 320, height: 180, fps: 30 };
            let config = EncoderConfig {
                width: 320,
                height: 180,
                fps: 30.0,
                bitrate: 400_000,
                max_slice: 0,
                screen: false,
                temporal_layers,
                threads: 1,
                long_term: true,
            };
            let decoder = || codec::open_decoder(Codec::H264).expect("a decoder");
            Self {
                source: PatternSource::moving_bars(format, Instant::now()),
                encoder: codec::open_encoder(Codec::H264, config).expect("an encoder"),
                whole: decoder(),
                lossy: decoder(),
                next: 0,
            }
        }

        /// The next picture that is not left out, and as it looks to whoever lost nothing.
        fn picture(&mut self) -> (EncodedPicture, VideoFrame) {
            loop {
                self.next += 1;
                let frame = self.source.draw(self.next);
                if let Some(picture) = self.encoder.encode(&frame, false).expect("encodes") {
                    let seen = self.whole.decode(&picture.data).expect("decodes");
                    assert!(!seen.needs_key && !seen.damaged);
                    return (picture, seen.frame.expect("one in, one out"));
                }
            }
        }

        fn arrives(&mut self, (picture, whole): &(EncodedPicture, VideoFrame)) {
            let Decoded { frame, damaged, needs_key, .. } =
                self.lossy.decode(&picture.data).expect("decodes");
            assert!(!damaged && !needs_key);
            assert_eq!(psnr_y(&frame.expect("one in, one out"), whole), 100.0);
        }

        /// Lets so many arrive, confirming what is kept; the newest of that.
        fn flow(&mut self, pictures: usize) -> Option<LongTermReference> {
            let mut kept = None;
            for _ in 0..pictures {
                let picture = self.picture();
                self.arrives(&picture);
                if let Some(reference) = picture.0.keeps {
                    self.encoder.confirm(reference);
                    kept = Some(reference);
                }
            }
            kept
        }

        /// Loses pictures until the one that recovers, which it returns.
        fn recover(&mut self, reference: LongTermReference) -> (EncodedPicture, VideoFrame) {
            self.encoder.recover(reference);
            for _ in 0..4 {
                let picture = self.picture();
                if picture.0.recovers || picture.0.key {
                    return picture;
                }
            }
            panic!("no recovery");
        }
    }

    #[test]
    fn after_a_loss_the_picture_goes_on_exactly_and_without_a_key_frame() {
        for layers in [1, 2] {
            let mut link = Link::new(layers);
            link.flow(35);
            for lost in [1, 5, 20] {
                let reference = link.flow(30).expect("something is kept");
                for _ in 0..lost {
                    link.picture();
                }
                let recovery = link.recover(reference);
                assert!(recovery.0.recovers && !recovery.0.key, "{layers} layers, {lost} lost");
                link.arrives(&recovery);
            }
            assert!(link.flow(40).is_some(), "marking goes on");
        }
    }

    #[test]
    fn a_lost_confirmation_is_made_up_for_by_the_request() {
        let mut link = Link::new(1);
        let before = link.flow(30).expect("something is kept");
        let unconfirmed = loop {
            let picture = link.picture();
            link.arrives(&picture);
            if let Some(reference) = picture.0.keeps {
                break reference;
            }
        };
        assert!(unconfirmed > before);
        for _ in 0..3 {
            let picture = link.picture();
            link.arrives(&picture);
        }
        link.picture();
        let recovery = link.recover(unconfirmed);
        assert!(recovery.0.recovers);
        link.arrives(&recovery);
        assert!(link.flow(30).is_some(), "marking goes on");
    }

    #[test]
    fn a_lost_recovery_picture_is_followed_by_another() {
        let mut link = Link::new(2);
        let reference = link.flow(60).expect("something is kept");
        link.picture();
        for _ in 0..3 {
            assert!(link.recover(reference).0.recovers);
            link.picture();
        }
        let recovery = link.recover(reference);
        assert!(recovery.0.recovers);
        link.arrives(&recovery);
        link.flow(30);
    }

    #[test]
    fn unknown_references_are_ignored_and_key_frames_end_them() {
        let mut link = Link::new(1);
        let old = link.flow(40).expect("something is kept");
        for number in [0, old.0 + 1, u64::MAX] {
            link.encoder.confirm(LongTermReference(number));
            link.encoder.recover(LongTermReference(number));
            assert!(link.flow(1).is_none());
        }
        let frame = link.source.draw(1000);
        let key = link.encoder.encode(&frame, true).expect("encodes").expect("a key frame");
        assert!(key.key && key.keeps.is_some_and(|reference| reference > old));
        let seen = link.whole.decode(&key.data).expect("decodes").frame.expect("one in, one out");
        link.arrives(&(key, seen));
        link.encoder.confirm(old);
        link.encoder.recover(old);
        for _ in 0..5 {
            let picture = link.picture();
            assert!(!picture.0.key && !picture.0.recovers);
            link.arrives(&picture);
        }
        assert!(link.flow(40).is_some());
    }
}
