//! Delay-based rate control: additive or multiplicative growth, multiplicative decrease (AIMD). Sans-IO.
//!
//! After libwebrtc's `remote_bitrate_estimator/aimd_rate_control.cc`, with its constants: flows of ours share a
//! link with libwebrtc's only if both grow and back off alike.

use std::time::{Duration, Instant};

use super::Limits;
use super::link_capacity::LinkCapacity;
use super::trendline::NetworkUsage;

/// Share of the acknowledged rate after overuse.
const BACK_OFF_FACTOR: f64 = 0.85;
/// Taken off besides: at low rates a factor alone does not empty the queue.
const BACK_OFF_BPS: f64 = 5_000.0;
/// Growth a second while far from where the path last overflowed.
const GROWTH_PER_SECOND: f64 = 1.08;
const MIN_GROWTH_BPS: f64 = 1_000.0;
/// Growth a second near it.
const MIN_ADDITIVE_BPS_PER_SECOND: f64 = 4_000.0;
const FRAMES_PER_SECOND: f64 = 30.0;
const PACKET_BITS: f64 = 1_200.0 * 8.0;
/// The estimate stays within reach of what is sent: one never used proves nothing.
const MAX_RATIO_TO_ACKNOWLEDGED: f64 = 1.5;
const ACKNOWLEDGED_MARGIN_BPS: f64 = 10_000.0;
/// Bounds of the time between two decreases, which is a round trip.
const DECREASE_INTERVAL: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Hold,
    Increase,
}

#[derive(Debug)]
pub(super) struct RateControl {
    limits: Limits,
    bps: f64,
    phase: Phase,
    capacity: LinkCapacity,
    changed: Option<Instant>,
    backed_off: Option<Instant>,
}

impl RateControl {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            bps: limits.start.clamp(limits.min, limits.max),
            phase: Phase::Hold,
            capacity: LinkCapacity::default(),
            changed: None,
            backed_off: None,
        }
    }

    pub(super) fn bps(&self) -> f64 {
        self.bps
    }

    /// When the queue last made it fall.
    pub(super) fn backed_off(&self) -> Option<Instant> {
        self.backed_off
    }

    /// Where the path last overflowed, bit/s.
    pub(super) fn capacity(&self) -> Option<f64> {
        self.capacity.bps()
    }

    /// A probe measured this rate.
    pub(super) fn set(&mut self, now: Instant, bps: f64) {
        if self.capacity.is_below(bps) {
            self.capacity.forget();
        }
        self.bps = bps.clamp(self.limits.min, self.limits.max);
        self.changed = Some(now);
    }

    pub(super) fn update(
        &mut self,
        now: Instant,
        usage: NetworkUsage,
        acknowledged: Option<f64>,
        round_trip: Duration,
    ) {
        match usage {
            NetworkUsage::Over => match acknowledged {
                Some(acknowledged) if self.may_decrease(now, acknowledged, round_trip) => {
                    self.decrease(now, acknowledged);
                }
                // Too much before anything is known of what arrives.
                None if self.may_decrease(now, self.bps, round_trip) => {
                    self.bps = (self.bps / 2.0).max(self.limits.min);
                    (self.changed, self.backed_off) = (Some(now), Some(now));
                }
                Some(_) | None => {}
            },
            NetworkUsage::Under => self.phase = Phase::Hold,
            NetworkUsage::Normal => {
                if self.phase == Phase::Hold {
                    (self.phase, self.changed) = (Phase::Increase, Some(now));
                }
                self.increase(now, acknowledged, round_trip);
            }
        }
        self.bps = self.bps.clamp(self.limits.min, self.limits.max);
    }

    fn may_decrease(&self, now: Instant, acknowledged: f64, round_trip: Duration) -> bool {
        let interval = round_trip.clamp(DECREASE_INTERVAL.0, DECREASE_INTERVAL.1);
        let waited = self.changed.is_none_or(|at| now.saturating_duration_since(at) >= interval);
        waited || acknowledged < self.bps / 2.0
    }

    fn decrease(&mut self, now: Instant, acknowledged: f64) {
        let lower = |bps: f64| {
            let lower = bps * BACK_OFF_FACTOR;
            if lower > BACK_OFF_BPS { lower - BACK_OFF_BPS } else { lower }
        };
        let mut bps = lower(acknowledged);
        if bps > self.bps
            && let Some(capacity) = self.capacity.bps()
        {
            bps = lower(capacity);
        }
        self.bps = self.bps.min(bps);
        if self.capacity.is_above(acknowledged) {
            self.capacity.forget();
        }
        self.capacity.overused(acknowledged);
        self.phase = Phase::Hold;
        (self.changed, self.backed_off) = (Some(now), Some(now));
    }

    fn increase(&mut self, now: Instant, acknowledged: Option<f64>, round_trip: Duration) {
        if acknowledged.is_some_and(|bps| self.capacity.is_below(bps)) {
            self.capacity.forget();
        }
        let passed = self.changed.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64().min(1.0));
        self.changed = Some(now);
        let reach =
            acknowledged.map_or(f64::MAX, |bps| MAX_RATIO_TO_ACKNOWLEDGED * bps + ACKNOWLEDGED_MARGIN_BPS);
        if self.bps >= reach {
            return;
        }
        let up = if self.capacity().is_none() {
            self.bps + (self.bps * (GROWTH_PER_SECOND.powf(passed) - 1.0)).max(MIN_GROWTH_BPS * passed)
        } else {
            self.bps + additive_growth(self.bps, round_trip) * passed
        };
        self.bps = up.min(reach);
    }
}

/// One packet more per response time, bit/s in a second.
fn additive_growth(bps: f64, round_trip: Duration) -> f64 {
    let frame = bps / FRAMES_PER_SECOND;
    let packet = frame / (frame / PACKET_BITS).ceil().max(1.0);
    // Until a change is seen: there and back, and the time the detector takes.
    let response = 2.0 * (round_trip.as_secs_f64() + 0.1);
    (packet / response).max(MIN_ADDITIVE_BPS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(100);
    const LIMITS: Limits = Limits { start: 1e6, min: 5e4, max: 4e6 };

    fn run(control: &mut RateControl, now: &mut Instant, seconds: f64, acknowledged: Option<f64>) {
        let until = *now + Duration::from_secs_f64(seconds);
        while *now < until {
            *now += Duration::from_millis(50);
            control.update(*now, NetworkUsage::Normal, acknowledged, RTT);
        }
    }

    #[test]
    fn far_from_capacity_it_grows_by_8_percent_a_second() {
        let (mut control, mut now) = (RateControl::new(LIMITS), Instant::now());
        run(&mut control, &mut now, 5.05, Some(1e6));
        assert!((control.bps() / (1e6 * 1.08f64.powi(5)) - 1.0).abs() < 0.01, "{}", control.bps());
        run(&mut control, &mut now, 20.0, Some(1e6));
        assert!((control.bps() - 1.51e6).abs() < 1.0, "within reach: {}", control.bps());
    }

    #[test]
    fn overuse_takes_15_percent_off_what_arrives_and_then_it_grows_slowly() {
        let (mut control, mut now) = (RateControl::new(LIMITS), Instant::now());
        run(&mut control, &mut now, 1.0, Some(1e6));
        now += RTT;
        control.update(now, NetworkUsage::Over, Some(1e6), RTT);
        assert!((control.bps() - 845e3).abs() < 1.0, "{}", control.bps());
        control.update(now + RTT / 2, NetworkUsage::Over, Some(0.9e6), RTT);
        assert!((control.bps() - 845e3).abs() < 1.0, "again only after a round trip: {}", control.bps());
        control.update(now + RTT, NetworkUsage::Under, Some(0.9e6), RTT);
        assert!((control.bps() - 845e3).abs() < 1.0, "held while the queue drains: {}", control.bps());
        run(&mut control, &mut now, 2.0, Some(0.9e6));
        assert!((855e3..920e3).contains(&control.bps()), "{}", control.bps());
    }

    #[test]
    fn before_anything_is_acknowledged_overuse_halves_it() {
        let (mut control, now) = (RateControl::new(LIMITS), Instant::now());
        control.update(now, NetworkUsage::Over, None, RTT);
        control.update(now + RTT / 2, NetworkUsage::Over, None, RTT);
        assert!((control.bps() - 5e5).abs() < 1.0, "{}", control.bps());
    }
}
