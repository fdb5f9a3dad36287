//! Entry points of a stream: the key frames and recovery points at which decoding begins, or begins again after a gap.

use std::time::Instant;

use super::{AssembledFrame, End, FrameAssembler};
use crate::video::depacketize::Part;

/// After so many requests without a key frame, an intra picture is used as one.
const UNANSWERED_KEY_REQUESTS: u32 = 3;

/// What decoding can begin with.
enum EntryPoint {
    Key,
    /// Parameter sets alone; a key frame has to follow.
    Sets,
    Recovery(u16),
    /// A picture predicted from one that the decoder keeps.
    LongTerm,
}

impl FrameAssembler {
    /// What decoding can begin with, if it can with this picture.
    fn entry(&self, start: u64, part: Part) -> Option<EntryPoint> {
        let intra = part.slice && !part.inter;
        if part.key {
            Some(EntryPoint::Key)
        } else if let Some(after) = part.recovery {
            Some(EntryPoint::Recovery(after))
        } else if part.sets && !part.slice {
            Some(EntryPoint::Sets)
        } else if intra && (part.sets || self.in_vain >= UNANSWERED_KEY_REQUESTS) {
            Some(EntryPoint::Recovery(0))
        } else if self.recovers(start, part) {
            Some(EntryPoint::LongTerm)
        } else {
            None
        }
    }

    /// Goes on at the first whole picture held that decoding can begin with, and forgets all before it. `only_key`: or at
    /// one that is predicted from what the decoder keeps.
    pub(super) fn resume(&mut self, now: Instant, only_key: bool) -> Option<AssembledFrame> {
        let mut before: Option<(u64, u32, bool)> = None;
        let mut found = None;
        for (&sequence, held) in &self.held {
            let follows = before.is_some_and(|(last, timestamp, marker)| {
                last + 1 == sequence && (marker || timestamp != held.packet.timestamp)
            });
            let starts = held.part.starts
                || (follows || before.is_none()) && !held.part.continues
                || (self.next_starts && self.next == Some(sequence));
            before = Some((sequence, held.packet.timestamp, held.packet.marker));
            if !starts || held.part.empty {
                continue;
            }
            let end = match self.whole(sequence, now) {
                End::At(end) => end,
                End::Perhaps(until) => {
                    self.held_until = Some(self.held_until.map_or(until, |other| other.min(until)));
                    continue;
                }
                End::Open => continue,
            };
            let parts = self.held.range(sequence..=end).map(|(_, held)| held.part);
            match self.entry(sequence, parts.fold(Part::EMPTY, Part::and)) {
                Some(entry) if !only_key || matches!(entry, EntryPoint::Key | EntryPoint::LongTerm) => {
                    found = Some((sequence, end, entry));
                    break;
                }
                _ => {}
            }
        }
        let (start, end, entry) = found?;
        self.drop_before(start);
        let frame = self.take(start, end)?;
        self.gap_since = None;
        let joins = match entry {
            EntryPoint::Key | EntryPoint::LongTerm => None,
            EntryPoint::Recovery(after) => Some(after),
            EntryPoint::Sets => return Some(frame),
        };
        self.lost = false;
        self.recovery.settle();
        self.in_vain = 0;
        // A request answered by what cannot be shown counts on for the pause before the next.
        if self.refused == 0 {
            self.asked = None;
        }
        Some(AssembledFrame { joins, ..frame })
    }
}
