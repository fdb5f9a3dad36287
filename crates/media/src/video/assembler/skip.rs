//! Skipping of pictures no other is decoded from: the upper temporal layer of H.264, whose `nal_ref_idc` is zero.
//!
//! `frame_num` (ITU-T H.264 7.4.3) goes up by one behind each picture that others are decoded from. The first whole
//! picture behind a gap therefore tells whether one of these is missing, whatever is left of the pictures in the gap:
//!
//! ```text
//!  reference 4 ─► other 5 ─► reference 5 ─► other 6 ─► reference 6
//!       │          lost           │                        │
//!       └── 5 = 4 + 1: go on ─────┘   lost too: 6 > 4 + 1 ─┘ wait for the repair
//! ```

use std::time::Instant;

use super::{AssembledFrame, End, FrameAssembler, REORDER_WAIT_BEFORE_KEY};
use crate::codec::h264::sps::SliceLayout;
use crate::video::depacketize::Part;

/// `frame_num` of a stream.
#[derive(Debug, Default)]
pub(super) struct FrameNumbers {
    layout: Option<SliceLayout>,
    /// Whether the stream itself said so.
    own: bool,
    /// Of the last picture that others are decoded from.
    reference: Option<u16>,
    /// That one is a key frame: what follows another one, which is missing, has the same number as what follows this one.
    is_key: bool,
}

impl FrameNumbers {
    pub(super) fn describe(&mut self, layout: SliceLayout) {
        if !self.own {
            self.layout = Some(layout);
        }
    }

    pub(super) fn layout(&self) -> Option<SliceLayout> {
        self.layout
    }

    /// Another stream begins.
    pub(super) fn forget(&mut self) {
        self.own = false;
        self.reference = None;
    }

    /// A picture goes to the decoder.
    pub(super) fn took(&mut self, part: Part) {
        if part.layout.is_some() {
            (self.layout, self.own) = (part.layout, true);
        }
        if part.slice && part.reference {
            self.reference = self.read(part.number);
            self.is_key = part.key;
        }
    }

    fn read(&self, number: Option<u16>) -> Option<u16> {
        number?.checked_shr(16_u32.checked_sub(self.layout?.number_bits)?)
    }

    /// How many numbers the picture is behind the last one that others are decoded from, modulo the returned second
    /// figure plus one.
    fn behind(&self, number: Option<u16>) -> Option<(u16, u16)> {
        let (layout, last, number) = (self.layout?, self.reference?, self.read(number)?);
        let mask = ((1_u32 << layout.number_bits.min(16)) - 1) as u16;
        Some((number.wrapping_sub(last) & mask, mask))
    }

    /// Whether the picture with this number is the next one of its kind: no reference is missing before it, given that
    /// fewer than `missing` pictures are.
    fn follows(&self, number: Option<u16>, missing: u64) -> bool {
        let near = |(behind, mask)| missing < u64::from(mask) && behind == 1_u16;
        !self.is_key && self.behind(number).is_some_and(near)
    }

    /// Whether references are missing before the picture with this number.
    pub(super) fn jumps(&self, number: Option<u16>) -> bool {
        self.behind(number).is_some_and(|(behind, _)| behind > 1)
    }

    /// Whether references are missing before the picture with this number, but no more than fit into so many packets.
    pub(super) fn follows_a_loss(&self, number: Option<u16>, packets: u64) -> bool {
        self.behind(number).is_some_and(|(behind, mask)| {
            behind > 1 && u64::from(behind) <= packets + 1 && packets < u64::from(mask)
        })
    }
}

impl FrameAssembler {
    /// The first whole picture behind the gap at `next`, if all that is missing before it is of no use to others and
    /// its repair would come too late.
    pub(super) fn skip(&mut self, next: u64, since: Instant, now: Instant) -> Option<AssembledFrame> {
        let (mut expected, mut missing) = (next, 0);
        let mut found = None;
        for (&sequence, held) in self.held.range(next..) {
            missing += sequence - expected;
            expected = sequence + 1;
            let begins = held.part.slice && !held.part.continues;
            if missing == 0 || !begins || !self.frame_numbers.follows(held.part.number, missing) {
                // What is behind it is decoded from it, also where the numbers began anew with a key frame that is
                // missing and have come as far as before.
                if held.part.slice && held.part.reference {
                    return None;
                }
                continue;
            }
            match self.whole(sequence, now) {
                End::At(end) => {
                    found = Some((sequence, end));
                    break;
                }
                End::Perhaps(until) => {
                    self.held_until = Some(until);
                    return None;
                }
                End::Open => {}
            }
        }
        let (start, end) = found?;
        let at = since + self.slack.clamp(REORDER_WAIT_BEFORE_KEY, self.patience());
        if now < at {
            self.skip_at = Some(at);
            return None;
        }
        self.drop_before(start);
        self.stats.skipped += 1;
        self.gap_since = None;
        self.recovery.settle();
        self.take(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(number_bits: u32) -> Option<SliceLayout> {
        Some(SliceLayout { number_bits, order_bits: None })
    }

    fn picture(number: u16, reference: bool) -> Part {
        Part { slice: true, reference, number: Some(number << 12), ..Part::default() }
    }

    #[test]
    fn only_the_number_behind_the_last_reference_follows() {
        let mut numbers = FrameNumbers::default();
        numbers.took(Part { layout: bits(4), key: true, ..picture(15, true) });
        assert!(!numbers.follows(Some(0), 1), "it may follow another key frame");
        numbers.took(picture(0, true));
        assert!(numbers.follows(Some(1 << 12), 1) && !numbers.follows(Some(2 << 12), 1));
        numbers.took(picture(1, false));
        assert!(numbers.follows(Some(1 << 12), 1), "the one before is no reference");
        numbers.took(picture(15, true));
        assert!(numbers.follows(Some(0), 14), "sixteen numbers go round");
        assert!(!numbers.follows(Some(0), 15), "a whole round may be missing");
        assert!(!numbers.follows(None, 1));
        numbers.forget();
        assert!(!numbers.follows(Some(0), 1));
    }

    #[test]
    fn without_a_sequence_parameter_set_nothing_is_known() {
        let mut numbers = FrameNumbers::default();
        numbers.took(picture(3, true));
        assert!(!numbers.follows(Some(4 << 12), 1));
        numbers.describe(bits(4).expect("some"));
        numbers.took(picture(3, true));
        assert!(numbers.follows(Some(4 << 12), 1));
        numbers.took(Part { layout: bits(8), ..Part::default() });
        numbers.describe(bits(4).expect("some"));
        assert_eq!(numbers.layout(), bits(8), "the stream's own goes before");
    }
}
