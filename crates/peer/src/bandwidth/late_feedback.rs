//! Back-off while feedback is late: the estimate falls as long as nothing shows what became of what was sent. Sans-IO.
//!
//! Where the rate of a link falls to a fraction, in both directions at once, the reports wait in the same queue as the
//! media of the other side, or find it full. The congestion window sends less at once; but it opens again as soon as the
//! first report is on time, and an estimate from before would fill the queue a second time.

use std::time::{Duration, Instant};

use super::CAPACITY_FRACTION;
use super::reported_path::ReportedPath;

/// The congestion window alone answers what is shorter.
const GRACE: Duration = Duration::from_millis(300);
const INTERVAL: Duration = Duration::from_millis(200);
const FACTOR: f64 = 0.8;
/// Sound and its reports pass on every link a call takes.
const MIN_BPS: f64 = 50_000.0;
/// Feedback that has been late for so long means that the path has changed: what came out of its queue before that
/// proves nothing. At 50 kbit/s the estimate stayed at 370 kbit/s for ten seconds, and filled the queue a second time.
const MAX_TRUST: Duration = Duration::from_secs(2);
/// Unless a report, however late itself, has shown it since.
const RECENT_REPORT: Duration = Duration::from_secs(1);
/// Probes wait until feedback has been on time for so long.
const PROBE_PAUSE: Duration = Duration::from_secs(1);

/// After so many steps hardly anything is left of the estimate: the path is measured anew.
const STEPS_OF_A_COLLAPSE: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct LateFeedback {
    seen: Option<Instant>,
    lowered: Option<Instant>,
    /// Steps since feedback was last on time.
    steps: u32,
}

impl LateFeedback {
    /// What came out of the path's queue and may still be counted on, bit/s. `late`: for how long feedback has been
    /// late.
    pub(super) fn trusted_capacity(now: Instant, late: Option<Duration>, path: &ReportedPath) -> Option<f64> {
        match late {
            Some(late) if late > MAX_TRUST => path.capacity_within(now, RECENT_REPORT),
            Some(_) | None => path.capacity(now),
        }
    }

    /// Called about every 25 ms. `late`: for how long feedback has been late; `capacity`: what the path can be trusted
    /// to carry, bit/s. Gives the factor that lowers the estimate now.
    pub(super) fn factor(
        &mut self,
        now: Instant,
        late: Option<Duration>,
        estimate: f64,
        capacity: Option<f64>,
    ) -> Option<f64> {
        let late = late?;
        self.seen = Some(now);
        let rested = self.lowered.is_none_or(|at| now.saturating_duration_since(at) >= INTERVAL);
        if late < GRACE || !rested || estimate <= (CAPACITY_FRACTION * capacity.unwrap_or(0.0)).max(MIN_BPS) {
            return None;
        }
        self.lowered = Some(now);
        self.steps += 1;
        Some(FACTOR)
    }

    /// Whether hardly anything is left of what the estimate was when feedback became late.
    pub(super) fn has_collapsed(&self) -> bool {
        self.steps >= STEPS_OF_A_COLLAPSE
    }

    /// True once: a collapse is over, and feedback has been on time for a while.
    pub(super) fn take_recovery(&mut self, now: Instant) -> bool {
        if self.is_recent(now) {
            return false;
        }
        let over = self.has_collapsed();
        self.steps = 0;
        over
    }

    /// Feedback is late or was a moment ago.
    pub(super) fn is_recent(&self, now: Instant) -> bool {
        self.seen.is_some_and(|at| now.saturating_duration_since(at) < PROBE_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::PacketResult;
    use super::*;

    #[test]
    fn the_estimate_falls_every_200_ms_and_not_below_half_the_capacity() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let late = |ms| Some(Duration::from_millis(ms));
        let mut feedback = LateFeedback::default();
        assert_eq!(feedback.factor(at(0), None, 1e6, None), None);
        assert!(!feedback.is_recent(at(0)));
        assert_eq!(feedback.factor(at(250), late(250), 1e6, None), None);
        assert_eq!(feedback.factor(at(300), late(300), 1e6, None), Some(0.8));
        assert_eq!(feedback.factor(at(400), late(400), 1e6, None), None);
        assert_eq!(feedback.factor(at(500), late(500), 1e6, Some(2e6)), None);
        assert_eq!(feedback.factor(at(500), late(500), 1e6, Some(1.9e6)), Some(0.8));
        assert_eq!(feedback.factor(at(800), late(800), MIN_BPS, None), None);
        assert!(feedback.is_recent(at(1_700)) && !feedback.is_recent(at(1_900)));
        assert!(!feedback.take_recovery(at(1_900)), "two steps are no collapse");
    }

    #[test]
    fn after_a_collapse_the_path_is_measured_anew_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut feedback = LateFeedback::default();
        for step in 0..10 {
            feedback.factor(at(step * 200), Some(Duration::from_millis(step * 200)), 1e6, None);
        }
        assert!(!feedback.take_recovery(at(2_000)));
        assert!(feedback.take_recovery(at(3_000)) && !feedback.take_recovery(at(3_025)));
    }

    #[test]
    fn what_came_through_before_a_collapse_is_not_counted_on_for_long() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut path = ReportedPath::default();
        // A second at 1 Mbit/s, in the end with 300 ms of queue; a report every 50 ms.
        for report in 0..20_u64 {
            let queue = if report < 10 { 0.0 } else { 300.0 };
            let results = [0, 1, 2, 3, 4].map(|packet| {
                PacketResult::new(
                    at(report * 50 + packet * 10),
                    Some((report * 50 + packet * 10) as f64 + queue),
                    1_250,
                )
            });
            path.feedback(at(report * 50 + 50), Duration::ZERO, &results);
        }
        let mut feedback = LateFeedback::default();
        let mut estimate = 2e6;
        for ms in (0..8_000).step_by(25) {
            let (now, late) = (at(1_000 + ms), Some(Duration::from_millis(ms)));
            let capacity = LateFeedback::trusted_capacity(now, late, &path);
            assert_eq!(capacity.is_some(), ms <= 2_000, "{ms}");
            if let Some(factor) = feedback.factor(now, late, estimate, capacity) {
                estimate *= factor;
            }
            assert!(ms > 2_000 || estimate > 350e3, "{ms}: {estimate}");
        }
        assert!(estimate <= MIN_BPS, "{estimate}");
    }
}
