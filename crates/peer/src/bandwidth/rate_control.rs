//! Delay-based rate control: doubles at start-up, then grows slowly, and falls below the acknowledged rate
//! when the queue grows. Sans-IO.

use std::time::{Duration, Instant};

use super::Limits;
use super::trendline::NetworkUsage;

/// Share of the acknowledged rate after overuse.
const BACK_OFF_FACTOR: f64 = 0.85;
/// Lowest factor of one decrease: a moment without packets is not a dead path.
const MIN_BACK_OFF_FACTOR: f64 = 0.5;
/// A second one waits until the first can have had an effect.
const MIN_BACK_OFF_INTERVAL: Duration = Duration::from_millis(200);
const START_UP_GROWTH_PER_SECOND: f64 = 2.0;
/// Growth a second while far from where the path last overflowed.
const GROWTH_PER_SECOND: f64 = 1.08;
/// Growth a second back towards a capacity known from before a fall.
const RECOVERY_GROWTH_PER_SECOND: f64 = 1.5;
/// Growth a second once the known capacity is outdated.
const DISCOVERY_GROWTH_PER_SECOND: f64 = 1.35;
/// Known capacity is outdated after this time without overuse near it.
const CAPACITY_MAX_AGE: Duration = Duration::from_secs(6);
/// The estimate stays within reach of what is sent: one never used proves nothing.
const MAX_RATIO_TO_ACKNOWLEDGED: f64 = 1.5;
const ACKNOWLEDGED_MARGIN_BPS: f64 = 10_000.0;

/// Where the path overflowed last, bit/s.
#[derive(Clone, Copy, Debug)]
struct Capacity {
    mean: f64,
    deviation: f64,
    at: Instant,
}

#[derive(Debug)]
pub(crate) struct RateControl {
    limits: Limits,
    bps: f64,
    start_up: bool,
    capacity: Option<Capacity>,
    updated: Option<Instant>,
    backed_off: Option<Instant>,
}

impl RateControl {
    pub(crate) fn new(limits: Limits) -> Self {
        let bps = limits.start;
        Self { limits, bps, start_up: true, capacity: None, updated: None, backed_off: None }
    }

    pub(crate) fn bps(&self) -> f64 {
        self.bps
    }

    pub(crate) fn update(
        &mut self,
        now: Instant,
        usage: NetworkUsage,
        acknowledged: Option<f64>,
        rtt: Duration,
    ) {
        let passed = self.updated.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64().min(1.0));
        self.updated = Some(now);
        match usage {
            NetworkUsage::Over => self.back_off(now, acknowledged, rtt),
            NetworkUsage::Normal => self.grow(now, passed, acknowledged, rtt),
            NetworkUsage::Under => {}
        }
        self.bps = self.bps.clamp(self.limits.min, self.limits.max);
    }

    fn back_off(&mut self, now: Instant, acknowledged: Option<f64>, rtt: Duration) {
        let wait = MIN_BACK_OFF_INTERVAL.max(rtt.min(Duration::from_millis(500)));
        if self.backed_off.is_some_and(|at| now.saturating_duration_since(at) < wait) {
            return;
        }
        let Some(acknowledged) = acknowledged else { return };
        self.start_up = false;
        self.backed_off = Some(now);
        self.remember(now, acknowledged);
        let lower = (acknowledged * BACK_OFF_FACTOR).max(self.bps * MIN_BACK_OFF_FACTOR);
        self.bps = self.bps.min(lower);
    }

    fn remember(&mut self, now: Instant, acknowledged: f64) {
        let same =
            self.capacity.filter(|c| (acknowledged - c.mean).abs() < 3.0 * c.deviation.max(c.mean * 0.05));
        self.capacity = Some(match same {
            Some(old) => {
                let off = acknowledged - old.mean;
                let deviation = 0.9 * old.deviation + 0.1 * off.abs();
                Capacity { mean: old.mean + 0.1 * off, deviation, at: now }
            }
            None => Capacity { mean: acknowledged, deviation: acknowledged * 0.1, at: now },
        });
    }

    fn grow(&mut self, now: Instant, passed: f64, acknowledged: Option<f64>, rtt: Duration) {
        if let (Some(capacity), Some(acknowledged)) = (self.capacity, acknowledged) {
            let exceeded = acknowledged > capacity.mean + 3.0 * capacity.deviation.max(capacity.mean * 0.05);
            let outdated = now.saturating_duration_since(capacity.at) > CAPACITY_MAX_AGE;
            // Only a sender that uses the known capacity can find it outdated.
            if exceeded || (outdated && acknowledged > capacity.mean * 0.7) {
                self.capacity = None;
            }
        }
        let up = match self.capacity {
            _ if self.start_up => self.bps * START_UP_GROWTH_PER_SECOND.powf(passed),
            // Near where it overflowed: one packet a round trip more.
            Some(capacity) if self.bps > capacity.mean * BACK_OFF_FACTOR * 0.95 => {
                let step = 1_200.0 * 8.0 / (rtt.as_secs_f64() + 0.1);
                self.bps + step.max(4_000.0) * passed
            }
            Some(capacity) => {
                (self.bps * RECOVERY_GROWTH_PER_SECOND.powf(passed)).min(capacity.mean * BACK_OFF_FACTOR)
            }
            None if self.recently_backed_off(now) => self.bps * GROWTH_PER_SECOND.powf(passed),
            None => self.bps * DISCOVERY_GROWTH_PER_SECOND.powf(passed),
        };
        let reach =
            acknowledged.map_or(self.bps, |a| MAX_RATIO_TO_ACKNOWLEDGED * a + ACKNOWLEDGED_MARGIN_BPS);
        self.bps = up.min(reach.max(self.bps)).max(self.bps);
    }

    fn recently_backed_off(&self, now: Instant) -> bool {
        self.backed_off.is_some_and(|at| now.saturating_duration_since(at) < CAPACITY_MAX_AGE / 2)
    }
}
