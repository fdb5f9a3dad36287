//! Rate meter over the last second, and a frame rate limit. Time is a parameter.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// Counts events and their bytes over the last second.
#[derive(Debug, Default)]
pub(crate) struct RateMeter {
    events: VecDeque<(Instant, usize)>,
    began: Option<Instant>,
}

impl RateMeter {
    pub(crate) fn add(&mut self, now: Instant, bytes: usize) {
        self.began.get_or_insert(now);
        self.events.push_back((now, bytes));
        self.forget(now);
    }

    /// Events per second and kilobits per second.
    pub(crate) fn rates(&mut self, now: Instant) -> (f32, f32) {
        self.forget(now);
        let Some(began) = self.began else { return (0.0, 0.0) };
        // Until a second has passed there is less to divide by, but never nearly nothing.
        let seconds = now.saturating_duration_since(began).min(WINDOW).as_secs_f32().max(0.25);
        let bytes: usize = self.events.iter().map(|&(_, bytes)| bytes).sum();
        (self.events.len() as f32 / seconds, bytes as f32 * 8.0 / 1000.0 / seconds)
    }

    fn forget(&mut self, now: Instant) {
        while self.events.front().is_some_and(|&(at, _)| now.saturating_duration_since(at) > WINDOW) {
            self.events.pop_front();
        }
    }
}

/// Lets pictures pass at no more than a given rate.
#[derive(Debug, Default)]
pub(crate) struct FrameRateLimit {
    due: Option<Instant>,
}

impl FrameRateLimit {
    /// Whether the picture captured at `at` may pass.
    pub(crate) fn passes(&mut self, at: Instant, fps: u32) -> bool {
        let interval = Duration::from_secs(1) / fps.max(1);
        let Some(due) = self.due else {
            self.due = Some(at + interval);
            return true;
        };
        // Cameras are not exact: a quarter of a beat early is on time.
        if at + interval / 4 < due {
            // A source that was changed for another may count from earlier.
            if due - at > Duration::from_secs(1) {
                self.due = Some(at + interval);
                return true;
            }
            return false;
        }
        // A missed slot is not made up for.
        self.due = Some(due.max(at.checked_sub(interval / 4).unwrap_or(at)) + interval);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_last_second() {
        let (mut meter, start) = (RateMeter::default(), Instant::now());
        for step in 0..40 {
            meter.add(start + Duration::from_millis(50) * step, 1000);
        }
        let (events, kbps) = meter.rates(start + Duration::from_millis(1950));
        assert!((20.0..=21.0).contains(&events), "{events}");
        assert!((160.0..=168.0).contains(&kbps), "{kbps}");
        assert_eq!(meter.rates(start + Duration::from_secs(5)), (0.0, 0.0));
    }

    #[test]
    fn a_beat_thins_out_and_leaves_slower_sources_alone() {
        let start = Instant::now();
        for (source, cap, least, most) in
            [(60, 30, 59, 61), (30, 30, 60, 60), (25, 30, 50, 50), (30, 15, 30, 30)]
        {
            let mut beat = FrameRateLimit::default();
            let interval = Duration::from_secs(1) / source;
            let passed = (0..source * 2).filter(|&n| beat.passes(start + interval * n, cap)).count();
            assert!((least..=most).contains(&passed), "{source} at {cap}: {passed}");
        }
    }
}
