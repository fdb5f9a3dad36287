//! Trendline of the delay: its slope against an adaptive threshold shows whether the queue grows. Sans-IO.
//!
//! After libwebrtc's `goog_cc/trendline_estimator.cc` and "Analysis and design of the Google congestion
//! control" (Carlucci et al., 2016): a least-squares line through the last smoothed delays, compared to a
//! threshold that follows the path's ordinary wobble so that TCP neighbours do not starve us.

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
/// The threshold moves as if no more than this had passed.
const MAX_ADAPT_MS: f64 = 100.0;
/// The slope has to stay high for this long, ms of sending.
const MIN_OVERUSE_MS: f64 = 10.0;
/// The least delay of so many groups at either end of the window bounds the slope: jitter raises single
/// delays, a queue raises the least of them too.
const END_GROUPS: usize = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkUsage {
    Normal,
    /// The queue grows: we send more than the path carries.
    Over,
    /// The queue drains: wait until it is empty.
    Under,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    at: f64,
    delay: f64,
    smoothed: f64,
}

#[derive(Debug)]
pub(super) struct Trendline {
    deltas: u32,
    delay: f64,
    smoothed: f64,
    points: VecDeque<Point>,
    threshold: f64,
    adapted: Option<f64>,
    over_for: Option<f64>,
    over_count: u32,
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
            adapted: None,
            over_for: None,
            over_count: 0,
            slope: 0.0,
            usage: NetworkUsage::Normal,
        }
    }
}

impl Trendline {
    pub(super) fn usage(&self) -> NetworkUsage {
        self.usage
    }

    /// What was concluded is outdated, what was learnt of the path is not.
    pub(super) fn drop_hypothesis(&mut self) {
        (self.usage, self.over_for, self.over_count) = (NetworkUsage::Normal, None, 0);
    }

    pub(super) fn update(&mut self, delta: Delta) {
        self.deltas = (self.deltas + 1).min(MAX_DELTAS);
        self.delay += delta.arrived - delta.sent;
        self.smoothed = SMOOTHING_FACTOR * self.smoothed + (1.0 - SMOOTHING_FACTOR) * self.delay;
        if self.points.len() == WINDOW_GROUPS {
            self.points.pop_front();
        }
        self.points.push_back(Point { at: delta.at, delay: self.delay, smoothed: self.smoothed });
        let mut slope = self.slope;
        if self.points.len() == WINDOW_GROUPS {
            slope = fitted_slope(&self.points).unwrap_or(slope);
            if slope >= 0.0 {
                slope = slope.min(least_delay_slope(&self.points).unwrap_or(slope));
            }
        }
        if self.deltas >= 2 {
            self.detect(slope, delta);
        }
    }

    fn detect(&mut self, slope: f64, delta: Delta) {
        let queue = f64::from(self.deltas) * slope * TREND_GAIN;
        if queue > self.threshold {
            // Counted from the middle of the first group over the threshold.
            let over_for = self.over_for.map_or(delta.sent / 2.0, |so_far| so_far + delta.sent);
            self.over_for = Some(over_for);
            self.over_count += 1;
            if over_for > MIN_OVERUSE_MS && self.over_count > 1 && slope >= self.slope {
                self.over_for = Some(0.0);
                self.over_count = 0;
                self.usage = NetworkUsage::Over;
            }
        } else {
            (self.over_for, self.over_count) = (None, 0);
            self.usage = if queue < -self.threshold { NetworkUsage::Under } else { NetworkUsage::Normal };
        }
        self.slope = slope;
        self.adapt(queue.abs(), delta.at);
    }

    fn adapt(&mut self, queue: f64, at: f64) {
        let passed = (at - self.adapted.unwrap_or(at)).clamp(0.0, MAX_ADAPT_MS);
        self.adapted = Some(at);
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
fn fitted_slope(points: &VecDeque<Point>) -> Option<f64> {
    let n = points.len() as f64;
    let (x_mean, y_mean) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.at / n, y + p.smoothed / n));
    let (covariance, variance) = points.iter().fold((0.0, 0.0), |(c, v), p| {
        let x = p.at - x_mean;
        (c + x * (p.smoothed - y_mean), v + x * x)
    });
    (variance > 0.0).then(|| covariance / variance)
}

/// Slope between the least delays at both ends of the window.
fn least_delay_slope(points: &VecDeque<Point>) -> Option<f64> {
    let least = |a: Point, b: Point| if b.delay < a.delay { b } else { a };
    let early = points.iter().take(END_GROUPS).copied().reduce(least)?;
    let late = points.iter().rev().take(END_GROUPS).copied().reduce(least)?;
    let passed = late.at - early.at;
    (passed >= 1.0).then(|| (late.delay - early.delay) / passed)
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
            trend.update(Delta { sent: 10.0, arrived, at });
            assert_ne!(trend.usage(), NetworkUsage::Over);
        }
    }

    #[test]
    fn single_late_groups_are_no_queue() {
        let mut trend = Trendline::default();
        let mut at = run(&mut trend, 0.0, 60, 10.0, 10.0);
        for _ in 0..5 {
            for (sent, arrived) in [(10.0, 50.0), (10.0, 0.0), (10.0, 0.0), (10.0, 0.0), (10.0, 0.0)] {
                at += arrived;
                trend.update(Delta { sent, arrived, at });
                assert_ne!(trend.usage(), NetworkUsage::Over);
            }
            at = run(&mut trend, at, 5, 10.0, 10.0);
        }
    }

    #[test]
    fn a_dropped_hypothesis_is_normal() {
        let mut trend = Trendline::default();
        let at = run(&mut trend, 0.0, 60, 10.0, 10.0);
        run(&mut trend, at, 30, 10.0, 14.0);
        assert_eq!(trend.usage(), NetworkUsage::Over);
        trend.drop_hypothesis();
        assert_eq!(trend.usage(), NetworkUsage::Normal);
    }
}
