//! Playout delay estimator: how long sound has to wait so that nearly every packet comes in time. Sans-IO.
//!
//! After libwebrtc's NetEq (`relative_arrival_delay_tracker.cc`, `underrun_optimizer.cc`, `histogram.cc`): the
//! lateness of a packet is taken against the fastest one of the last seconds, the greatest of each half second
//! goes into a histogram that forgets, and the wanted delay is a quantile of that. Since one value stands for
//! some 25 packets, the 97 % quantile lets one packet of several hundred come late, not one of twenty.
//!
//! A forgetting histogram is slow at a rise under way, as when a queue fills: that is followed at once and held for
//! some seconds.

use std::collections::VecDeque;
use std::time::Duration;

use crate::codec::opus::OPUS_CLOCK_HZ;

/// The fastest packet is one of the last ten seconds: short enough for clocks that drift apart.
const FASTEST_WINDOW_SAMPLES: i64 = 10 * OPUS_CLOCK_HZ as i64;
/// One value of the histogram stands for half a second (`UnderrunOptimizer`, `resample_interval_ms`).
const INTERVAL_SAMPLES: i64 = OPUS_CLOCK_HZ as i64 / 2;
/// 10 ms: playout takes whole steps of it.
const BUCKET_SAMPLES: i64 = OPUS_CLOCK_HZ as i64 / 100;
/// Up to half a second.
const BUCKETS: usize = 50;
/// Share of intervals that may have a packet later than the delay.
const QUANTILE: f32 = 0.97;
/// What remains of a value after an interval: half after 8.5 s. NetEq forgets over 20 s (0.983), and takes as long
/// to come down. A peak raises the quantile for 3.5 s; one that comes again within ten, for good.
const FORGET_FACTOR: f32 = 0.96;
/// So many intervals a rise is held after it was seen.
const HELD_INTERVALS: usize = 4;
const INITIAL_DELAY: Duration = Duration::from_millis(40);
const MIN_DELAY: Duration = Duration::from_millis(20);
/// The longest delay. Packets later than that are nothing to wait for.
pub(super) const MAX_DELAY: Duration = Duration::from_millis(500);
/// Margin above the lateness: playout takes whole 10 ms steps.
const DELAY_MARGIN: Duration = Duration::from_millis(10);
/// Packets after which the estimate counts.
const PACKETS_TO_LEARN: u32 = 25;

/// See the module. All times are in samples.
#[derive(Debug)]
pub(super) struct DelayEstimator {
    /// Arrival and transit of packets that may become the fastest, both rising.
    candidates: VecDeque<(i64, i64)>,
    packets: u32,
    histogram: [f32; BUCKETS],
    intervals: u32,
    interval_start: i64,
    /// Greatest lateness of the interval, and of those before it, newest last.
    interval_max: i64,
    held: VecDeque<i64>,
}

impl Default for DelayEstimator {
    fn default() -> Self {
        Self {
            candidates: VecDeque::new(),
            packets: 0,
            histogram: [0.0; BUCKETS],
            intervals: 0,
            interval_start: 0,
            interval_max: 0,
            held: VecDeque::with_capacity(HELD_INTERVALS),
        }
    }
}

impl DelayEstimator {
    /// Takes in when a packet came and how long it was under way, against an arbitrary but fixed zero.
    pub(super) fn observe(&mut self, arrived: i64, transit: i64) {
        if self.packets == 0 {
            self.interval_start = arrived;
        }
        while self.candidates.back().is_some_and(|(_, other)| *other >= transit) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((arrived, transit));
        while self.candidates.front().is_some_and(|(at, _)| arrived - at > FASTEST_WINDOW_SAMPLES) {
            self.candidates.pop_front();
        }
        self.packets = self.packets.saturating_add(1);
        self.need(arrived, transit);
    }

    /// Takes in that `transit` would have been early enough at `arrived`, without a packet having come so: what
    /// redundancy restores is as late as the packet that carries it.
    pub(super) fn need(&mut self, arrived: i64, transit: i64) {
        if arrived - self.interval_start >= INTERVAL_SAMPLES {
            self.end_interval(arrived);
        }
        self.interval_max = self.interval_max.max(transit - self.fastest());
    }

    fn end_interval(&mut self, now: i64) {
        let lateness = self.interval_max;
        self.intervals = self.intervals.saturating_add(1);
        // Of the first intervals each counts the same.
        let keep = FORGET_FACTOR.min(1.0 - 1.0 / self.intervals as f32);
        self.histogram.iter_mut().for_each(|share| *share *= keep);
        let bucket = usize::try_from(lateness / BUCKET_SAMPLES).unwrap_or(0).min(BUCKETS - 1);
        self.histogram[bucket] += 1.0 - keep;
        if self.held.len() == HELD_INTERVALS {
            self.held.pop_front();
        }
        self.held.push_back(lateness);
        self.interval_start = now;
        self.interval_max = 0;
    }

    /// Lateness that the histogram says is enough.
    fn quantile(&self) -> i64 {
        let mut sum = 0.0;
        let place = self.histogram.iter().position(|share| {
            sum += share;
            sum >= QUANTILE
        });
        (place.map_or(0, |bucket| bucket as i64 + 1) * BUCKET_SAMPLES).min(BUCKETS as i64 * BUCKET_SAMPLES)
    }

    /// Transit of the fastest packet of the last seconds.
    pub(super) fn fastest(&self) -> i64 {
        self.candidates.front().map_or(0, |(_, transit)| *transit)
    }

    /// The delay that lets nearly every packet come in time.
    pub(super) fn target(&self) -> Duration {
        if self.packets < PACKETS_TO_LEARN {
            return INITIAL_DELAY;
        }
        let rising = self.held.iter().copied().fold(self.interval_max, i64::max);
        let lateness = self.quantile().max(rising);
        (super::time::duration_of(lateness) + DELAY_MARGIN).clamp(MIN_DELAY, MAX_DELAY)
    }
}

#[cfg(test)]
mod tests;
