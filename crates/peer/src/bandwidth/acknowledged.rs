//! Acknowledged bit rate: a Bayesian estimate of what the other side received, by its own clock. Sans-IO.
//!
//! After libwebrtc's `goog_cc/bitrate_estimator.cc` and `acknowledged_bitrate_estimator.cc`: a sample far from
//! the estimate is uncertain and moves it little; several alike move it all the way.

/// The first sample takes longer than those that follow: no earlier one corrects it.
const FIRST_WINDOW_MS: f64 = 500.0;
const WINDOW_MS: f64 = 150.0;
/// Of a thin stream a window holds so much, unless that takes longer than the first one: a few packets are no rate.
const MIN_WINDOW_BITS: f64 = 30e3;
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
    /// Time that was left out last.
    skipped: Option<(f64, f64)>,
}

impl Default for AcknowledgedBitrate {
    fn default() -> Self {
        Self {
            kbps: None,
            variance: INITIAL_VARIANCE,
            bytes: 0.0,
            passed_ms: 0.0,
            last_ms: None,
            skipped: None,
        }
    }
}

impl AcknowledgedBitrate {
    /// Takes a packet that arrived at `at_ms` of the other side's clock, in order of arrival. `after_gap`: what arrived
    /// since the last one is in a report that did not come.
    #[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
    pub(super) fn arrived(&mut self, at_ms: f64, size: usize, application_limited: bool, after_gap: bool) {
        if after_gap && self.skip(at_ms) {
            return;
        }
        if self.skipped.is_some_and(|(from, to)| (from..to).contains(&at_ms)) {
            // Its report has come after all; its time was left out.
            return;
        }
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

    /// Leaves out the time for which there is no report, and the packet at its end: nothing is known of the bytes
    /// before it.
    fn skip(&mut self, at_ms: f64) -> bool {
        let gap = self.last_ms.filter(|last| at_ms > *last);
        if let Some(last) = gap {
            (self.skipped, self.last_ms) = (Some((last, at_ms)), Some(at_ms));
        }
        gap.is_some()
    }

    /// Moves the window's end to `at_ms`; a full window gives its rate in kbit/s.
    fn advance(&mut self, at_ms: f64) -> Option<f64> {
        let window = self.kbps.map_or(FIRST_WINDOW_MS, |kbps| {
            (MIN_WINDOW_BITS / kbps.max(1.0)).clamp(WINDOW_MS, FIRST_WINDOW_MS)
        });
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
            acknowledged.arrived(at, size, false, false);
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
    fn the_time_of_a_lost_report_counts_no_more_than_its_packets() {
        let mut acknowledged = AcknowledgedBitrate::default();
        stream(&mut acknowledged, 0.0, 2.0, 1_250);
        for report in 0..40 {
            // Every other report of 100 ms is lost, or comes only after the next one.
            let from = 2_000.0 + f64::from(report) * 100.0;
            for packet in 0..10 {
                let at = from + f64::from(packet) * 10.0;
                if report % 2 == 1 {
                    acknowledged.arrived(at, 1_250, false, packet == 0);
                }
            }
            if report % 4 == 3 {
                acknowledged.arrived(from - 50.0, 1_250, false, false);
            }
        }
        let bps = acknowledged.bps().expect("enough received");
        assert!((bps - 1e6).abs() < 5e4, "{bps}");
    }

    #[test]
    fn a_thin_stream_is_measured_over_a_longer_time() {
        let mut acknowledged = AcknowledgedBitrate::default();
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        // Two packets of 500 bytes each 200 ms.
        for pair in 0..100 {
            for packet in 0..2 {
                let at = f64::from(pair) * 200.0 + f64::from(packet) * 20.0;
                acknowledged.arrived(at, 500, false, false);
            }
            if let (true, Some(bps)) = (pair > 20, acknowledged.bps()) {
                (least, most) = (least.min(bps), most.max(bps));
            }
        }
        assert!(least > 31e3 && most < 49e3, "{least} to {most}");
    }

    #[test]
    fn a_moment_says_nothing_and_hostile_clocks_do_no_harm() {
        let mut acknowledged = AcknowledgedBitrate::default();
        acknowledged.arrived(0.0, 1_000, false, false);
        acknowledged.arrived(50.0, 1_000, false, false);
        assert_eq!(acknowledged.bps(), None);
        for at in [f64::MAX, -1e300, 0.0, 1e12, f64::MIN_POSITIVE] {
            acknowledged.arrived(at, 1_000, false, false);
        }
        assert!(acknowledged.bps().is_none_or(f64::is_finite));
    }
}
