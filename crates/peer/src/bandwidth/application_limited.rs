//! Application-limited region: the detector of a sender that uses less than the estimate allows. Sans-IO.
//!
//! After libwebrtc's `goog_cc/alr_detector.cc` and `pacing/interval_budget.cc`: a budget that fills at 65 % of the
//! estimate and is used up by what is sent; nearly full means limited, half empty means not any more.

use std::time::Instant;

const BUDGET_RATE_FACTOR: f64 = 0.65;
const BUDGET_SECONDS: f64 = 0.5;
const START_ABOVE_FRACTION: f64 = 0.8;
const END_BELOW_FRACTION: f64 = 0.5;

#[derive(Debug, Default)]
pub(super) struct ApplicationLimited {
    /// Bit/s that the budget is filled at.
    rate: f64,
    bits: f64,
    updated: Option<Instant>,
    since: Option<Instant>,
    ended: Option<Instant>,
}

impl ApplicationLimited {
    pub(super) fn set_estimate(&mut self, bps: f64) {
        self.rate = bps * BUDGET_RATE_FACTOR;
        let most = self.most_bits();
        self.bits = self.bits.clamp(-most, most);
    }

    #[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
    pub(super) fn sent(&mut self, now: Instant, size: usize) {
        self.bits = (self.bits - size as f64 * 8.0).max(-self.most_bits());
        self.update(now);
    }

    /// To be called also while nothing is sent.
    pub(super) fn update(&mut self, now: Instant) {
        let most = self.most_bits();
        let passed = self.updated.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.updated = Some(self.updated.map_or(now, |at| at.max(now)));
        self.bits = (self.bits + self.rate * passed).min(most);
        let fraction = if most > 0.0 { self.bits / most } else { 0.0 };
        if self.since.is_none() && fraction > START_ABOVE_FRACTION {
            self.since = Some(now);
        } else if self.since.is_some() && fraction < END_BELOW_FRACTION {
            self.since = None;
            self.ended = Some(now);
        }
    }

    /// Since when the application has been the limit; `None`: it is not.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// When it ceased to be, told once.
    pub(super) fn take_ended(&mut self) -> Option<Instant> {
        self.ended.take()
    }

    fn most_bits(&self) -> f64 {
        self.rate * BUDGET_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn send(detector: &mut ApplicationLimited, now: &mut Instant, bps: f64, seconds: f64) {
        let until = *now + Duration::from_secs_f64(seconds);
        while *now < until {
            *now += Duration::from_millis(10);
            detector.sent(*now, (bps / 800.0) as usize);
        }
    }

    #[test]
    fn sending_little_is_noticed_and_so_is_its_end() {
        let mut now = Instant::now();
        let mut detector = ApplicationLimited::default();
        detector.set_estimate(1e6);
        send(&mut detector, &mut now, 0.95e6, 3.0);
        assert_eq!(detector.since(), None);
        send(&mut detector, &mut now, 0.2e6, 3.0);
        assert!(detector.since().is_some());
        send(&mut detector, &mut now, 0.95e6, 3.0);
        assert_eq!(detector.since(), None);
        assert!(detector.take_ended().is_some());
    }

    #[test]
    fn silence_counts_too() {
        let start = Instant::now();
        let mut detector = ApplicationLimited::default();
        detector.set_estimate(1e6);
        detector.sent(start, 1_000);
        detector.update(start + Duration::from_secs(2));
        assert!(detector.since().is_some());
    }
}
