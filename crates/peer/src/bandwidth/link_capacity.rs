//! Link capacity: the estimate of what the path carried each time its queue grew. Sans-IO.
//!
//! After libwebrtc's `goog_cc/link_capacity_estimator.cc`.

/// Weight of a new sample.
const SAMPLE_WEIGHT: f64 = 0.05;
/// Normalised variance, kbit/s.
const VARIANCE_RANGE: (f64, f64) = (0.4, 2.5);
const DEVIATIONS: f64 = 3.0;

#[derive(Debug)]
pub(super) struct LinkCapacity {
    kbps: Option<f64>,
    variance: f64,
}

impl Default for LinkCapacity {
    fn default() -> Self {
        Self { kbps: None, variance: VARIANCE_RANGE.0 }
    }
}

impl LinkCapacity {
    /// The queue grew while `acknowledged` bit/s came through.
    pub(super) fn overused(&mut self, acknowledged: f64) {
        let sample = acknowledged / 1e3;
        let kbps = self.kbps.map_or(sample, |old| old + SAMPLE_WEIGHT * (sample - old));
        let error = kbps - sample;
        let variance = (1.0 - SAMPLE_WEIGHT) * self.variance + SAMPLE_WEIGHT * error * error / kbps.max(1.0);
        self.variance = variance.clamp(VARIANCE_RANGE.0, VARIANCE_RANGE.1);
        self.kbps = Some(kbps);
    }

    pub(super) fn forget(&mut self) {
        self.kbps = None;
    }

    pub(super) fn bps(&self) -> Option<f64> {
        self.kbps.map(|kbps| kbps * 1e3)
    }

    /// Whether a rate in bit/s shows that the path carries more than it did.
    pub(super) fn is_below(&self, bps: f64) -> bool {
        self.kbps.is_some_and(|kbps| bps / 1e3 > kbps + self.margin(kbps))
    }

    /// Whether a rate in bit/s shows that the path carries less than it did.
    pub(super) fn is_above(&self, bps: f64) -> bool {
        self.kbps.is_some_and(|kbps| bps / 1e3 < kbps - self.margin(kbps))
    }

    fn margin(&self, kbps: f64) -> f64 {
        DEVIATIONS * (self.variance * kbps).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_near_it_agree_and_others_do_not() {
        let mut capacity = LinkCapacity::default();
        assert!(!capacity.is_below(1e9) && !capacity.is_above(1.0));
        for sample in [1e6, 1.02e6, 0.98e6, 1e6] {
            capacity.overused(sample);
        }
        assert!((capacity.bps().expect("known") - 1e6).abs() < 1e4);
        assert!(!capacity.is_below(1.05e6) && !capacity.is_above(0.95e6));
        assert!(capacity.is_below(1.2e6) && capacity.is_above(0.8e6));
    }
}
