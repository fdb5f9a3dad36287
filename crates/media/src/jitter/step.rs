//! Steps of playout that the jitter buffer decides on, and what it counts.

use bytes::Bytes;

/// What to play next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Play so many samples of silence: nothing has come yet, or nothing has come for long.
    Silence { samples: u32 },
    /// Decode this.
    Play(Bytes),
    /// Restore so many samples by what a later packet says of them, and tell [`super::JitterBuffer::repaired`]
    /// whether it did. The first packet behind them is the best; where that is a copy, which is without DRED, there
    /// may be another one.
    Recover { samples: u32, from: Carrier, later: Option<Carrier> },
    /// Conceal so many samples.
    Conceal { samples: u32 },
}

/// A packet that may say something of an earlier gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carrier {
    pub(crate) packet: Bytes,
    /// How many samples before it the gap begins.
    pub(crate) ahead: u32,
}

/// How the caller should stretch what it decodes, to bring the delay to what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Keep,
    Faster(Urgency),
    Slower(Urgency),
}

/// How soon a change of pace is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Or sound gets lost.
    Now,
    /// In the next pause, or without one soon.
    Soon,
    /// When nobody hears it.
    InPauses,
}

/// Counts since the start, in packets but for `missing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JitterStats {
    pub received: u64,
    pub malformed: u64,
    pub duplicate: u64,
    pub late: u64,
    /// Thrown away to catch up, or because the buffer was full.
    pub skipped: u64,
    /// Restored from a packet after them.
    pub recovered: u64,
    /// Times the buffer started over on another timeline.
    pub restarts: u64,
    /// Samples that were sent and missing at playout. A silent sender sends none.
    pub missing: u64,
}
