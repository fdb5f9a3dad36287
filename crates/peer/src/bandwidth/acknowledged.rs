//! Acknowledged bit rate: a Bayesian estimate of what the other side received, by its own clock. Sans-IO.
//!
//! After libwebrtc's `goog_cc/bitrate_estimator.cc` and `acknowledged_bitrate_estimator.cc`: a sample far from
//! the estimate is uncertain and moves it little; several alike move it all the way.

/// The first sample takes longer than those that follow: no earlier one corrects it.
const FIRST_WINDOW_MS: f64 = 500.0;
const WINDOW_MS: f64 = 150.0;
/// How much a sample's distance from the estimate counts against it.
const UNCERTAINTY_SCALE: f64 = 10.0;
/// The same while the application sends less than it may: low samples then say nothing of the path.
const UNCERTAINTY_SCALE_IN_ALR: f64 = 20.0;
/// The rate may drift by this much from one sample to the next, as a variance in (kbit/s)².
const DRIFT_VARIANCE: f64 = 5.0;
const INITIAL_VARIANCE: f64 = 50.0;
/// Added when the application begins to send more.
const FAST_CHANGE_VARIANCE: f64 = 200.0;
/// A clock that goes back by more than this was set anew.
const MAX_BACKWARDS_MS: f64 = 1_000.0;

#[derive(Debug)]
pub(super) struct AcknowledgedBitrate {
    kbps: Option<f64>,
    variance: f64,
    /// Bytes of the window that is being filled, and how much of it has passed.
    bytes: f64,
    passed_ms: f64,
    last_ms: Option<f64>,
}

impl Default for AcknowledgedBitrate {
    fn default() -> Self {
        Self { kbps: None, variance: INITIAL_VARIANCE, bytes: 0.0, passed_ms: 0.0, last_ms: None }
    }
}

impl AcknowledgedBitrate {
    /// Takes a packet that arrived at `at_ms` of the other side's clock, in order of arrival.
    #[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
    pub(super) fn arrived(&mut self, at_ms: f64, size: usize, application_limited: bool) {
        let sample = self.advance(at_ms);
        self.bytes += size as f64;
        let Some(sample) = sample else { return };
        let Some(kbps) = self.kbps else {
            self.kbps = Some(sample);
            return;
        };
        let scale =
            if application_limited && sample < kbps { UNCERTAINTY_SCALE_IN_ALR } else { UNCERTAINTY_SCALE };
        let uncertainty = scale * (kbps - sample).abs() / kbps.max(1.0);
        let sample_variance = uncertainty * uncertainty;
        let predicted = self.variance + DRIFT_VARIANCE;
        self.kbps = Some((sample_variance * kbps + predicted * sample) / (sample_variance + predicted));
        self.variance = sample_variance * predicted / (sample_variance + predicted);
    }

    /// The application is no longer limited by itself: the rate may jump.
    pub(super) fn expect_fast_change(&mut self) {
        self.variance += FAST_CHANGE_VARIANCE;
    }

    /// Bit/s; `None` before enough was received to tell.
    pub(super) fn bps(&self) -> Option<f64> {
        self.kbps.map(|kbps| kbps * 1e3)
    }

    /// Moves the window's end to `at_ms`; a full window gives its rate in kbit/s.
    fn advance(&mut self, at_ms: f64) -> Option<f64> {
        let window = if self.kbps.is_some() { WINDOW_MS } else { FIRST_WINDOW_MS };
        let gap = at_ms - self.last_ms.unwrap_or(at_ms);
        if gap < -MAX_BACKWARDS_MS {
            (self.bytes, self.passed_ms, self.last_ms) = (0.0, 0.0, Some(at_ms));
            return None;
        }
        // A packet overtaken on the way belongs to the window all the same.
        let gap = gap.max(0.0);
        self.last_ms = Some(self.last_ms.map_or(at_ms, |last| last.max(at_ms)));
        self.passed_ms += gap;
        if gap >= window {
            // A pause: what was before it is no rate.
            self.bytes = 0.0;
            self.passed_ms %= window;
        }
        if self.passed_ms < window {
            return None;
        }
        let sample = self.bytes * 8.0 / window;
        self.bytes = 0.0;
        self.passed_ms -= window;
        Some(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(acknowledged: &mut AcknowledgedBitrate, from_ms: f64, seconds: f64, size: usize) {
        let mut at = from_ms;
        while at < from_ms + seconds * 1e3 {
            acknowledged.arrived(at, size, false);
            at += 10.0;
        }
    }

    #[test]
    fn a_steady_stream_is_measured_and_a_lasting_change_followed() {
        let mut acknowledged = AcknowledgedBitrate::default();
        stream(&mut acknowledged, 0.0, 2.0, 1_250);
        let bps = acknowledged.bps().expect("enough received");
        assert!((bps - 1e6).abs() < 5e4, "{bps}");
        stream(&mut acknowledged, 2_000.0, 3.0, 125);
        let bps = acknowledged.bps().expect("enough received");
        assert!(bps < 1.5e5, "{bps}");
    }

    #[test]
    fn one_odd_sample_moves_it_little() {
        let mut acknowledged = AcknowledgedBitrate::default();
        stream(&mut acknowledged, 0.0, 3.0, 1_250);
        stream(&mut acknowledged, 3_000.0, 0.16, 0);
        let bps = acknowledged.bps().expect("enough received");
        assert!(bps > 7e5, "{bps}");
    }

    #[test]
    fn a_moment_says_nothing_and_hostile_clocks_do_no_harm() {
        let mut acknowledged = AcknowledgedBitrate::default();
        acknowledged.arrived(0.0, 1_000, false);
        acknowledged.arrived(50.0, 1_000, false);
        assert_eq!(acknowledged.bps(), None);
        for at in [f64::MAX, -1e300, 0.0, 1e12, f64::MIN_POSITIVE] {
            acknowledged.arrived(at, 1_000, false);
        }
        assert!(acknowledged.bps().is_none_or(f64::is_finite));
    }
}
