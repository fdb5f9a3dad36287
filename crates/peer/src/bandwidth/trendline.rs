//! Trendline of the delay: its slope against an adaptive threshold shows whether the queue grows. Sans-IO.
//!
//! After "Analysis and design of the Google congestion control" (Carlucci et al., 2016) and RFC 8698's
//! relatives: a least-squares line through the last smoothed delays, compared to a threshold that
//! follows the path's ordinary wobble so that TCP neighbours do not starve us. Sans-IO.

use std::collections::VecDeque;

use super::packet_groups::Delta;

const WINDOW_GROUPS: usize = 20;
const SMOOTHING_FACTOR: f64 = 0.9;
/// Scales a slope to milliseconds of queue.
const TREND_GAIN: f64 = 4.0;
const MAX_DELTAS: u32 = 60;
const INITIAL_THRESHOLD_MS: f64 = 12.5;
const THRESHOLD_RANGE_MS: (f64, f64) = (6.0, 600.0);
/// The threshold ignores jumps this far above itself.
const MAX_THRESHOLD_JUMP_MS: f64 = 15.0;
const THRESHOLD_UP: f64 = 0.0087;
const THRESHOLD_DOWN: f64 = 0.039;
/// The slope has to stay high for this long, ms of sending.
const MIN_OVERUSE_MS: f64 = 10.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetworkUsage {
    Normal,
    /// The queue grows: we send more than the path carries.
    Over,
    /// The queue drains: wait until it is empty.
    Under,
}

#[derive(Debug)]
pub(crate) struct Trendline {
    deltas: u32,
    delay: f64,
    smoothed: f64,
    /// Arrival time and smoothed delay, ms.
    points: VecDeque<(f64, f64)>,
    threshold: f64,
    over_for: Option<f64>,
    slope: f64,
    usage: NetworkUsage,
}

impl Default for Trendline {
    fn default() -> Self {
        Self {
            deltas: 0,
            delay: 0.0,
            smoothed: 0.0,
            points: VecDeque::with_capacity(WINDOW_GROUPS),
            threshold: INITIAL_THRESHOLD_MS,
            over_for: None,
            slope: 0.0,
            usage: NetworkUsage::Normal,
        }
    }
}

impl Trendline {
    pub(crate) fn usage(&self) -> NetworkUsage {
        self.usage
    }

    pub(crate) fn update(&mut self, delta: Delta) -> NetworkUsage {
        self.deltas = (self.deltas + 1).min(MAX_DELTAS);
        self.delay += delta.arrived - delta.sent;
        self.smoothed = SMOOTHING_FACTOR * self.smoothed + (1.0 - SMOOTHING_FACTOR) * self.delay;
        if self.points.len() == WINDOW_GROUPS {
            self.points.pop_front();
        }
        self.points.push_back((delta.at, self.smoothed));
        let slope =
            if self.points.len() == WINDOW_GROUPS { slope(&self.points) } else { None }.unwrap_or(self.slope);
        let queue = f64::from(self.deltas) * slope * TREND_GAIN;
        if queue > self.threshold {
            // Counted from the middle of the first group over the threshold.
            let over_for = self.over_for.map_or(delta.sent / 2.0, |so_far| so_far + delta.sent);
            self.over_for = Some(over_for);
            if over_for > MIN_OVERUSE_MS && slope >= self.slope {
                self.over_for = Some(0.0);
                self.usage = NetworkUsage::Over;
            }
        } else {
            self.over_for = None;
            self.usage = if queue < -self.threshold { NetworkUsage::Under } else { NetworkUsage::Normal };
        }
        self.slope = slope;
        self.adapt(queue.abs(), delta.arrived.clamp(0.0, 100.0));
        self.usage
    }

    fn adapt(&mut self, queue: f64, passed: f64) {
        if queue > self.threshold + MAX_THRESHOLD_JUMP_MS {
            return;
        }
        let speed = if queue < self.threshold { THRESHOLD_DOWN } else { THRESHOLD_UP };
        let (min, max) = THRESHOLD_RANGE_MS;
        self.threshold = (self.threshold + speed * (queue - self.threshold) * passed).clamp(min, max);
    }
}

/// Least-squares slope; `None` if all points are at one time.
#[expect(clippy::cast_precision_loss, reason = "twenty points")]
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let n = points.len() as f64;
    let (x_mean, y_mean) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (covariance, variance) = points.iter().fold((0.0, 0.0), |(c, v), (x, y)| {
        (c + (x - x_mean) * (y - y_mean), v + (x - x_mean) * (x - x_mean))
    });
    (variance > 0.0).then(|| covariance / variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(trend: &mut Trendline, from: f64, count: u32, sent: f64, arrived: f64) -> f64 {
        let mut at = from;
        for _ in 0..count {
            at += arrived;
            trend.update(Delta { sent, arrived, at });
        }
        at
    }

    #[test]
    fn a_growing_queue_is_overuse_and_a_draining_one_underuse() {
        let mut trend = Trendline::default();
        let at = run(&mut trend, 0.0, 60, 10.0, 10.0);
        assert_eq!(trend.usage(), NetworkUsage::Normal);
        let at = run(&mut trend, at, 30, 10.0, 14.0);
        assert_eq!(trend.usage(), NetworkUsage::Over);
        let at = run(&mut trend, at, 30, 10.0, 6.0);
        assert_eq!(trend.usage(), NetworkUsage::Under);
        run(&mut trend, at, 120, 10.0, 10.0);
        assert_eq!(trend.usage(), NetworkUsage::Normal);
    }

    #[test]
    fn jitter_without_a_trend_is_normal() {
        let mut trend = Trendline::default();
        let mut at = 0.0;
        for n in 0..200 {
            let arrived = if n % 2 == 0 { 7.0 } else { 13.0 };
            at += arrived;
            assert_ne!(trend.update(Delta { sent: 10.0, arrived, at }), NetworkUsage::Over);
        }
    }
}
