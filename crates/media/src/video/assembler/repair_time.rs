//! Time that repairs take: whether what is missing is too much to be waited for, at the rate at which packets come.
//!
//! Where the rate of a link falls to a fraction, most of what is on its way is lost. To send all of it again takes
//! longer than a key frame, which what is behind the gap is then still waiting for. Time is a parameter.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{FrameAssembler, REORDER_WAIT_BEFORE_KEY};

/// Packets of so long a time tell the rate; a shorter time of them says little.
const WINDOW: Duration = Duration::from_millis(500);
const MIN_WINDOW: Duration = Duration::from_millis(100);
/// Repairs get about this part of it, the rest is new pictures.
const REPAIR_FRACTION: f64 = 0.4;
/// A bound on memory.
const MAX_RECENT: usize = 2_048;
/// Longer than this, and than the round trips a key frame takes to be asked for and to come, is not waited.
const MAX_REPAIR_TIME: Duration = Duration::from_millis(400);
const ROUND_TRIPS_TO_KEY: f64 = 1.5;
/// Fewer packets are sent again soon enough even on a thin link.
const MIN_HOPELESS: u64 = 10;
/// Where less of what follows the gap is missing, packets come slowly because few are sent, and repairs need no more than
/// their round trip.
const MIN_MISSING_FRACTION: f64 = 0.5;

/// Rate of the packets of a stream.
#[derive(Debug, Default)]
pub(super) struct PacketRate {
    recent: VecDeque<Instant>,
}

impl PacketRate {
    pub(super) fn add(&mut self, arrived: Instant) {
        self.recent.push_back(arrived);
        while self.recent.len() > MAX_RECENT
            || self.recent.front().is_some_and(|at| arrived.saturating_duration_since(*at) > WINDOW)
        {
            self.recent.pop_front();
        }
    }

    /// When the newest packet came.
    pub(super) fn last(&self) -> Option<Instant> {
        self.recent.back().copied()
    }

    /// How long repairs of so many packets take; `None`: too little is known.
    fn time_of(&self, packets: u64) -> Option<Duration> {
        let passed = self.recent.back()?.saturating_duration_since(*self.recent.front()?);
        let per_second = self.recent.len() as f64 / passed.as_secs_f64();
        let seconds = packets as f64 / (per_second * REPAIR_FRACTION);
        (passed >= MIN_WINDOW).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

impl FrameAssembler {
    /// Whether the gap at `next` is given up though it has not lasted for long.
    pub(super) fn is_hopeless(&self, next: u64, waited: Duration) -> bool {
        let Some((&newest, _)) = self.held.last_key_value() else { return false };
        let sent = newest + 1 - next;
        let missing = sent.saturating_sub(self.held.range(next..).count() as u64);
        let longest = MAX_REPAIR_TIME.max(self.round_trip.mul_f64(ROUND_TRIPS_TO_KEY));
        waited >= REORDER_WAIT_BEFORE_KEY
            && missing >= MIN_HOPELESS
            && missing as f64 > sent as f64 * MIN_MISSING_FRACTION
            && self.rate.time_of(missing).is_some_and(|time| time > longest)
    }
}
