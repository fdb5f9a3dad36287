//! Clock drift estimator: how much slower another clock runs than this machine's, by what comes at its pace. Sans-IO.
//!
//! Whatever comes may come late, but never early: the least lateness of each two seconds is free of most jitter, and
//! its slope over a minute or two is the drift. The slope is the median of those of all pairs (Theil 1950, Sen 1968),
//! which a few bad values do not move.

use std::collections::VecDeque;

const SAMPLES_PER_SECOND: i64 = 48_000;
/// One value is kept of so much time.
const WINDOW_SAMPLES: i64 = 2 * SAMPLES_PER_SECOND;
/// Windows before the slope counts, and those it is taken of.
const MIN_WINDOWS: usize = 8;
const MAX_WINDOWS: usize = 60;
/// 5 ms: a larger step is none of drift: a device was changed, or the path. What was known stays.
const MAX_STEP_SAMPLES: i64 = 240;
/// Crystals are within 100 parts per million; more than this is something else.
const MAX_DRIFT: f64 = 500e-6;
/// A slope that is not so many times as large as its error is none.
const MIN_SIGNIFICANCE: f64 = 3.0;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct ClockDrift {
    /// When the window began, and the least lateness in it.
    window: Option<(i64, i64)>,
    /// Time and least lateness of windows, oldest first.
    windows: VecDeque<(i64, i64)>,
    drift: f64,
}

impl ClockDrift {
    /// Takes in that at `now` the other clock was `late` samples behind, both counted from an arbitrary but fixed zero.
    pub(crate) fn observe(&mut self, now: i64, late: i64) {
        let Some((begun, least)) = &mut self.window else {
            self.window = Some((now, late));
            return;
        };
        *least = late.min(*least);
        if now - *begun >= WINDOW_SAMPLES {
            let least = *least;
            self.window = None;
            self.end_window(now, least);
        }
    }

    /// How much slower the other clock runs: 0.0001 is 100 parts per million. Zero until it is known.
    pub(crate) fn drift(&self) -> f64 {
        self.drift
    }

    fn end_window(&mut self, now: i64, least: i64) {
        if self.windows.back().is_some_and(|(_, before)| (least - before).abs() > MAX_STEP_SAMPLES) {
            self.windows.clear();
        }
        if self.windows.len() == MAX_WINDOWS {
            self.windows.pop_front();
        }
        self.windows.push_back((now, least));
        if self.windows.len() >= MIN_WINDOWS
            && let Some(drift) = self.slope()
        {
            self.drift = drift;
        }
    }

    /// The slope; zero if there is none to speak of, `None` if it cannot be drift.
    fn slope(&self) -> Option<f64> {
        let mut slopes = Vec::with_capacity(self.windows.len() * (self.windows.len() - 1) / 2);
        for (index, (later, high)) in self.windows.iter().enumerate() {
            let before = self.windows.iter().take(index);
            slopes.extend(before.map(|(sooner, low)| (high - low) as f64 / (later - sooner) as f64));
        }
        let slope = median(&mut slopes)?;
        let &(begin, _) = self.windows.front()?;
        let rest = |&(at, late): &(i64, i64)| late as f64 - slope * (at - begin) as f64;
        let level = median(&mut self.windows.iter().map(rest).collect::<Vec<_>>())?;
        let mut deviations: Vec<f64> =
            self.windows.iter().map(|window| (rest(window) - level).abs()).collect();
        // Standard error of a line's slope, by the median deviation; half a sample is lost in rounding.
        let span = (self.windows.back()?.0 - begin) as f64;
        let noise = 1.48 * median(&mut deviations)?.max(0.5);
        let error = noise * (12.0 / self.windows.len() as f64).sqrt() / span;
        if slope.abs() > MAX_DRIFT {
            return None;
        }
        Some(if slope.abs() > MIN_SIGNIFICANCE * error { slope } else { 0.0 })
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds packets of 20 ms for some seconds, each late by up to `jitter_ms` and by what `step` says.
    fn feed(drift: &mut ClockDrift, ppm: f64, jitter_ms: f64, seconds: i64, step: &dyn Fn(i64) -> i64) {
        let mut state = 5_u32;
        for index in 0..seconds * 50 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = f64::from(state >> 8) / 16_777_216.0 * jitter_ms * 48.0;
            let late = (index as f64 * 960.0 * ppm * 1e-6 + jitter) as i64 + step(index);
            drift.observe(index * 960 + late, late);
        }
    }

    #[test]
    fn drift_is_found_within_ten_parts_per_million() {
        for (jitter_ms, seconds) in [(3.0, 40), (20.0, 60), (50.0, 120)] {
            for ppm in [200.0, -200.0, 50.0] {
                let mut drift = ClockDrift::default();
                feed(&mut drift, ppm, jitter_ms, seconds, &|_| 0);
                let found = drift.drift() * 1e6;
                assert!((found - ppm).abs() < 10.0, "{ppm} with {jitter_ms} ms: {found}");
            }
        }
    }

    #[test]
    fn clocks_that_agree_have_none() {
        let mut drift = ClockDrift::default();
        feed(&mut drift, 0.0, 20.0, 300, &|_| 0);
        assert!(drift.drift().abs() < 10e-6, "{}", drift.drift());
    }

    #[test]
    fn a_step_is_no_drift() {
        let mut drift = ClockDrift::default();
        feed(&mut drift, 100.0, 3.0, 120, &|index| if index > 2500 { 4800 } else { 0 });
        assert!((drift.drift() - 100e-6).abs() < 10e-6, "{}", drift.drift());
    }

    #[test]
    fn what_no_crystal_does_is_not_believed() {
        let mut drift = ClockDrift::default();
        feed(&mut drift, 1500.0, 3.0, 120, &|_| 0);
        assert_eq!(drift.drift(), 0.0);
        drift.observe(i64::MAX / 4, i64::MIN / 4);
        drift.observe(i64::MAX / 2, i64::MAX / 4);
    }
}
