//! Recovery from a lost picture without a key frame, where the sender keeps long-term references (ITU-T H.264 8.2.5): it
//! is told which picture the decoder keeps, and asked to predict one from that.
//!
//! ```text
//!  kept ─► lost ─► undecodable ─► undecodable ─► recovery ─► next
//!    └──────────── predicted from what is kept ─────┘
//! ```
//!
//! It is asked for while repairs may still come, and whichever is first is used: asking costs a picture somewhat larger
//! than usual, waiting in vain a longer freeze. What has an answer to come is not asked for as a key frame; without one,
//! [`FrameAssembler::take_key_request`] asks for that.

use std::time::{Duration, Instant};

use super::FrameAssembler;
use crate::video::depacketize::{self, Part};

/// Two requests for what is missing, each repeated after a round trip and a quarter, and the time to notice.
const ROUND_TRIPS_TO_ASK: f64 = 2.25;
const TIME_TO_NOTICE: Duration = Duration::from_millis(60);
/// Requests for a recovery before a key frame is asked for.
const MAX_REQUESTS: u32 = 2;
/// An answer takes a round trip, the time to the next picture of the lower layer and that to send it. A repair of it is
/// waited for too.
const ROUND_TRIPS_TO_ANSWER: u32 = 2;
const TIME_TO_ANSWER: Duration = Duration::from_millis(150);
/// Above that a picture is no answer any more.
const MAX_ANSWER_WAIT: Duration = Duration::from_secs(4);

/// A picture that the decoder keeps until it is told to replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    timestamp: u32,
    index: u32,
}

#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// The sender does as described here.
    agreed: bool,
    /// The newest picture kept, as soon as it is decoded.
    kept: Option<Kept>,
    taken: Option<Kept>,
    /// The sender has not been told of it.
    news: bool,
    asked: Option<Instant>,
    /// Since a picture could be decoded.
    requests: u32,
}

impl Recovery {
    /// What the decoder keeps is not known any more.
    pub(super) fn forget(&mut self) {
        *self = Self { agreed: self.agreed, ..Self::default() };
    }

    /// The stream goes on.
    pub(super) fn settle(&mut self) {
        self.requests = 0;
    }
}

impl FrameAssembler {
    /// Whether the sender keeps long-term references and answers with pictures predicted from them.
    pub fn set_long_term(&mut self, agreed: bool) {
        self.recovery.agreed = agreed;
        if !agreed {
            self.recovery.forget();
        }
    }

    /// The decoder began anew: it keeps nothing.
    pub fn forget_references(&mut self) {
        self.recovery.forget();
    }

    /// The picture with this timestamp was decoded without a fault.
    pub fn decoded(&mut self, timestamp: u32) {
        if let Some(kept) = self.recovery.taken.take_if(|kept| kept.timestamp == timestamp) {
            self.recovery.kept = Some(kept);
            self.recovery.news = true;
        }
    }

    /// The RTP timestamp of a picture that the decoder keeps and the sender has not been told of.
    pub fn take_kept(&mut self) -> Option<u32> {
        let kept = self.recovery.kept.filter(|_| self.recovery.news)?;
        self.recovery.news = false;
        Some(kept.timestamp)
    }

    /// Whether to ask the sender to go on from the picture with the returned RTP timestamp.
    pub fn take_recovery_request(&mut self, now: Instant) -> Option<u32> {
        let kept = self.recovery.kept?;
        let due = self.recovery_due()?;
        if now < due {
            return None;
        }
        self.recovery.asked = Some(now);
        self.recovery.requests += 1;
        self.alive = false;
        Some(kept.timestamp)
    }

    /// When a recovery is to be asked for, if nothing comes before that.
    pub(super) fn recovery_due(&self) -> Option<Instant> {
        let Recovery { agreed, kept, requests, .. } = self.recovery;
        if !agreed || kept.is_none() || requests >= MAX_REQUESTS || !self.alive {
            return None;
        }
        if self.lost {
            // What is expected may be it.
            return self.key_expected().max(self.recovery_expected()).or(self.rate.last());
        }
        // What may be left out needs no recovery, and a key frame that is being repaired ends what was kept before it.
        let since = self.gap_since.filter(|_| self.skip_at.is_none() && self.key_expected().is_none())?;
        let due = since + self.round_trip.mul_f64(ROUND_TRIPS_TO_ASK) + TIME_TO_NOTICE;
        Some(due).max(self.recovery_expected())
    }

    /// Until when the answer to the last request may come or become whole.
    pub(super) fn recovery_expected(&self) -> Option<Instant> {
        let asked = self.recovery.asked.filter(|_| self.recovery.requests > 0)?;
        let answers = self.held.iter().filter(|(sequence, held)| self.recovers(**sequence, held.part));
        let begun = answers.map(|(_, held)| held.packet.arrived + self.patience()).max();
        Some(asked + self.answer_wait()).max(begun)
    }

    fn answer_wait(&self) -> Duration {
        (self.round_trip * ROUND_TRIPS_TO_ANSWER + TIME_TO_ANSWER).min(MAX_ANSWER_WAIT)
    }

    /// Notes what the decoder keeps once it has the picture; a key frame ends what was kept before it.
    pub(super) fn keeps<'a>(
        &mut self,
        timestamp: u32,
        key: bool,
        mut payloads: impl Iterator<Item = &'a [u8]>,
    ) {
        if key {
            (self.recovery.kept, self.recovery.taken) = (None, None);
        }
        let Some(layout) = self.frame_numbers.layout().filter(|_| self.recovery.agreed) else { return };
        let references = payloads.find_map(|payload| depacketize::references(self.codec, payload, layout));
        if let Some(kept) = references.and_then(|references| references.keeps) {
            self.recovery.taken = Some(Kept { timestamp, index: kept.index });
        }
    }

    /// Whether the sender itself lost pictures that this one, which follows without a gap, is decoded from. Decoders take
    /// the numbers as they come where long-term references are kept.
    pub(super) fn was_left_out_before(&self, start: u64, end: u64) -> bool {
        let parts = self.held.range(start..=end).map(|(_, held)| held.part);
        let part = parts.fold(Part::EMPTY, Part::and);
        self.recovery.agreed && part.slice && !part.key && self.frame_numbers.jumps(part.number)
    }

    /// Whether a picture that begins with this packet is an answer: predicted from what is kept, though others before it
    /// are missing. The sender keeps no other picture under this index before it knows that the newest one arrived. What
    /// follows a key frame that was lost is told by its number.
    pub(super) fn recovers(&self, sequence: u64, part: Part) -> bool {
        let Recovery { kept: Some(kept), asked: Some(asked), .. } = self.recovery else { return false };
        let (Some(next), Some(layout)) = (self.next, self.frame_numbers.layout()) else { return false };
        if !part.slice || part.continues || !part.reference {
            return false;
        }
        let Some(held) = self.held.get(&sequence) else { return false };
        let fresh = held.packet.arrived.saturating_duration_since(asked) <= MAX_ANSWER_WAIT;
        let packets = sequence.saturating_sub(next);
        fresh
            && self.frame_numbers.follows_a_loss(part.number, packets)
            && depacketize::references(self.codec, &held.packet.payload, layout)
                .is_some_and(|references| references.from == Some(kept.index))
    }
}
