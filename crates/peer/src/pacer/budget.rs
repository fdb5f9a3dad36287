//! Pacing budget: how much may leave now, as token buckets. Sans-IO.
//!
//! One bucket spreads the packets of a frame, one holds long frames nearer to the target. Retransmissions
//! have a part of the target, most of it only where all that is sent stays at little more than the target: a lossy
//! path does not get more than it carries. A smaller part is theirs even so: an encoder that makes too much would
//! otherwise keep every repair from leaving, and key frames in place of what is missing are larger still.

use std::time::{Duration, Instant};

/// How much faster than the target a frame leaves, so that it is sent before the next comes.
const BURST_RATE_FACTOR: f64 = 2.5;
const BURST_SECONDS: f64 = 0.005;
/// A long frame goes on at this rate: a compromise between its delay and the queue it fills on the path.
const FRAME_RATE_FACTOR: f64 = 1.5;
const FRAME_SECONDS: f64 = 0.1;
/// Where the path has overflowed at a known rate frames leave at about that, but faster than they are made: what waits
/// here lets sound pass, what waits in the path's queue does not.
const MIN_BURST_RATE_FACTOR: f64 = 1.25;
const MIN_FRAME_RATE_FACTOR: f64 = 1.1;
const CAPACITY_FRACTION: f64 = 0.9;
/// Retransmissions leave while the total of a second is below 1.2 x target: this rate, that depth and one
/// large packet make that.
const TOTAL_RATE_FACTOR: f64 = 1.1;
const TOTAL_SECONDS: f64 = 0.05;
const REPAIR_RATE_FACTOR: f64 = 0.4;
const REPAIR_SECONDS: f64 = 0.2;
/// What retransmissions may take however much else is sent; on thin paths a packet every fifth of a second, which is more.
const GUARANTEED_REPAIR_RATE_FACTOR: f64 = 0.1;
/// Lowest rate, bit/s.
const MIN_RATE_BPS: f64 = 60_000.0;
/// Sound and probes are never held back; what they owe is forgiven beyond this.
const MAX_DEBT_SECONDS: f64 = 0.2;
/// Finer timers cost wake-ups and smooth nothing.
const MIN_WAIT: Duration = Duration::from_millis(1);

/// What is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    Media,
    Repair,
    /// A retransmission once more: only where all that is sent stays within the target.
    SecondCopy,
    /// Sound, and probes: they leave whatever the budget says, and the rest gets less.
    Unpaced,
}

/// Bits that may leave; negative after a packet larger than what was left.
#[derive(Debug, Default)]
struct Bucket {
    bits: f64,
    /// Bit/s.
    rate: f64,
}

impl Bucket {
    fn refill(&mut self, seconds: f64, rate: f64, depth_seconds: f64) {
        self.rate = rate;
        let debt = -rate * MAX_DEBT_SECONDS;
        self.bits = (self.bits.max(debt) + rate * seconds).min(rate * depth_seconds);
    }

    fn wait(&self) -> Duration {
        if self.bits >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.bits / self.rate.max(1.0))
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Budget {
    burst: Bucket,
    frames: Bucket,
    total: Bucket,
    repairs: Bucket,
    guaranteed: Bucket,
    updated: Option<Instant>,
}

impl Budget {
    /// `capacity`: where the path last overflowed, bit/s.
    pub(super) fn update(&mut self, now: Instant, target: f64, capacity: Option<f64>) {
        let passed = self.updated.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.updated = Some(now);
        let target = target.max(MIN_RATE_BPS);
        let carried = capacity.map_or(f64::INFINITY, |bps| CAPACITY_FRACTION * bps / target);
        let burst = carried.clamp(MIN_BURST_RATE_FACTOR, BURST_RATE_FACTOR);
        let frames = carried.clamp(MIN_FRAME_RATE_FACTOR, FRAME_RATE_FACTOR);
        self.burst.refill(passed, target * burst, BURST_SECONDS);
        self.frames.refill(passed, target * frames, FRAME_SECONDS);
        self.total.refill(passed, target * TOTAL_RATE_FACTOR, TOTAL_SECONDS);
        self.repairs.refill(passed, target * REPAIR_RATE_FACTOR, REPAIR_SECONDS);
        self.guaranteed.refill(passed, target * GUARANTEED_REPAIR_RATE_FACTOR, REPAIR_SECONDS);
    }

    pub(super) fn allows(&self, load: Load) -> bool {
        self.wait(load) == Duration::ZERO
    }

    pub(super) fn spend(&mut self, load: Load, bits: f64) {
        self.frames.bits -= bits;
        self.total.bits -= bits;
        match load {
            Load::Media => self.burst.bits -= bits,
            Load::Repair | Load::SecondCopy => {
                self.burst.bits -= bits;
                self.repairs.bits -= bits;
                self.guaranteed.bits -= bits;
            }
            Load::Unpaced => {}
        }
    }

    /// When `load` may leave at the earliest; never sooner than `MIN_WAIT` after the last update.
    pub(super) fn due(&self, load: Load) -> Option<Instant> {
        Some(self.updated? + self.wait(load).max(MIN_WAIT))
    }

    /// How long so many bits of video take to leave.
    pub(super) fn drain_time(&self, bits: f64) -> Duration {
        Duration::from_secs_f64(bits.max(0.0) / self.frames.rate.max(MIN_RATE_BPS))
    }

    fn wait(&self, load: Load) -> Duration {
        match load {
            Load::Media => self.burst.wait().max(self.frames.wait()),
            Load::Repair => {
                let part = self.total.wait().min(self.guaranteed.wait());
                self.burst.wait().max(part).max(self.repairs.wait())
            }
            Load::SecondCopy => {
                let part = self.total.wait().max(self.guaranteed.wait());
                self.burst.wait().max(part).max(self.repairs.wait())
            }
            Load::Unpaced => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits of 1000-byte packets that leave in `ms` milliseconds when there is always one.
    fn sent(budget: &mut Budget, start: Instant, load: Load, target: f64, ms: std::ops::Range<u64>) -> f64 {
        let mut bits = 0.0;
        for at in ms {
            budget.update(start + Duration::from_millis(at), target, None);
            while budget.allows(load) {
                budget.spend(load, 8_000.0);
                bits += 8_000.0;
            }
        }
        bits
    }

    #[test]
    fn a_short_frame_leaves_fast_and_a_long_one_nearer_to_the_target() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        budget.update(start, 1e6, None);
        // The bucket is full after a pause.
        budget.update(start + Duration::from_secs(1), 1e6, None);
        let first = sent(&mut budget, start, Load::Media, 1e6, 1_000..1_060);
        assert!((144_000.0..=170_000.0).contains(&first), "{first}");
        sent(&mut budget, start, Load::Media, 1e6, 1_060..3_000);
        let steady = sent(&mut budget, start, Load::Media, 1e6, 3_000..4_000);
        assert!((1_490_000.0..=1_510_000.0).contains(&steady), "{steady}");
    }

    #[test]
    fn on_a_path_that_overflows_at_a_known_rate_frames_leave_no_faster() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let mut bits = 0.0;
        for at in 0..2_000 {
            budget.update(start + Duration::from_millis(at), 200e3, Some(270e3));
            while budget.allows(Load::Media) {
                budget.spend(Load::Media, 8_000.0);
                bits += if at >= 1_000 { 8_000.0 } else { 0.0 };
            }
        }
        assert!((235e3..=251e3).contains(&bits), "{bits}");
        assert_eq!(budget.drain_time(243e3), Duration::from_secs(1));
        // The target has outgrown it: still faster than frames are made.
        budget.update(start + Duration::from_secs(2), 400e3, Some(270e3));
        assert_eq!(budget.drain_time(440e3), Duration::from_secs(1));
    }

    #[test]
    fn repairs_get_a_part_and_a_smaller_one_once_the_target_is_used_up() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        sent(&mut budget, start, Load::Repair, 300_000.0, 0..5_000);
        let repairs = sent(&mut budget, start, Load::Repair, 300_000.0, 5_000..6_000);
        assert!(repairs <= 0.45 * 300_000.0, "{repairs}");
        // Media up to the target, and repairs whenever they may.
        let mut total = 0.0;
        for at in 6_000..8_000 {
            budget.update(start + Duration::from_millis(at), 300_000.0, None);
            if at % 26 == 0 {
                budget.spend(Load::Media, 8_000.0);
                total += if at >= 7_000 { 8_000.0 } else { 0.0 };
            }
            while budget.allows(Load::Repair) {
                budget.spend(Load::Repair, 8_000.0);
                total += if at >= 7_000 { 8_000.0 } else { 0.0 };
            }
        }
        assert!((300_000.0..=1.25 * 300_000.0).contains(&total), "{total}");
        // An encoder that makes half as much again as it should.
        let mut repairs = 0.0;
        for at in 8_000..10_000 {
            budget.update(start + Duration::from_millis(at), 300_000.0, None);
            if at % 18 == 0 {
                budget.spend(Load::Media, 8_000.0);
            }
            while budget.allows(Load::Repair) {
                budget.spend(Load::Repair, 8_000.0);
                repairs += if at >= 9_000 { 8_000.0 } else { 0.0 };
            }
        }
        assert!((0.07 * 300_000.0..=0.15 * 300_000.0).contains(&repairs), "{repairs}");
    }

    #[test]
    fn unpaced_packets_take_from_the_rest_but_not_for_ever() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        budget.update(start, 1e6, None);
        budget.spend(Load::Unpaced, 1e9);
        assert!(budget.allows(Load::Unpaced) && !budget.allows(Load::Media));
        budget.update(start + Duration::from_millis(201), 1e6, None);
        assert!(budget.allows(Load::Media));
    }
}
