//! Loss controller by receiver reports, for other ends without transport-wide feedback. Sans-IO.
//!
//! After draft-ietf-rmcat-gcc-02, section 6: below 2 % of loss the rate grows, above 10 % it falls. REMB
//! (draft-alvestrand-rmcat-remb) is its upper bound.

use std::time::{Duration, Instant};

use crate::bandwidth::Limits;

const LOW_LOSS: f64 = 0.02;
const HIGH_LOSS: f64 = 0.1;
const GROWTH_PER_SECOND: f64 = 1.08;
/// A cut has to be seen in reports before the next.
const MIN_CUT_INTERVAL: Duration = Duration::from_millis(500);
const MAX_REPORT_INTERVAL: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct ReportedLoss {
    limits: Limits,
    bps: f64,
    reported: Option<Instant>,
    cut: Option<Instant>,
}

impl ReportedLoss {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, bps: limits.start, reported: None, cut: None }
    }

    /// `fraction`: of our packets, since the last report. `bound`: by REMB, bit/s.
    pub(super) fn report(&mut self, now: Instant, fraction: f64, bound: Option<f64>) {
        let since = self.reported.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.reported = Some(now);
        if fraction < LOW_LOSS {
            let seconds = since.min(MAX_REPORT_INTERVAL).as_secs_f64();
            self.bps *= GROWTH_PER_SECOND.powf(seconds);
        } else if fraction > HIGH_LOSS
            && self.cut.is_none_or(|at| now.saturating_duration_since(at) >= MIN_CUT_INTERVAL)
        {
            self.cut = Some(now);
            self.bps *= 1.0 - 0.5 * fraction.min(1.0);
        }
        self.bps = self.bounded(bound);
    }

    pub(super) fn bounded(&self, bound: Option<f64>) -> f64 {
        self.bps.min(bound.unwrap_or(f64::INFINITY)).clamp(self.limits.min, self.limits.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_without_loss_falls_with_much_and_keeps_to_remb() {
        let limits = Limits { start: 300_000.0, min: 60_000.0, max: 2_500_000.0 };
        let (mut loss, start) = (ReportedLoss::new(limits), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        (0..10).for_each(|n| loss.report(at(n), 0.0, None));
        assert!((590_000.0..610_000.0).contains(&loss.bounded(None)), "{}", loss.bounded(None));
        loss.report(at(10), 0.05, None);
        let held = loss.bounded(None);
        loss.report(at(11), 0.2, None);
        loss.report(at(11), 0.2, None);
        assert_eq!(loss.bounded(None), held * 0.9);
        assert_eq!(loss.bounded(Some(100_000.0)), 100_000.0);
        assert_eq!(loss.bounded(Some(1.0)), 60_000.0);
        (12..100).for_each(|n| loss.report(at(n), 0.0, Some(400_000.0)));
        assert_eq!(loss.bounded(None), 400_000.0);
    }
}
