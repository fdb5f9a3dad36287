//! Interval of the transport-wide reports that we send: longer on a thin path, which they share with our media. Sans-IO.
//!
//! As in libwebrtc's `modules/remote_bitrate_estimator/transport_sequence_number_feedback_generator.cc`: a report every
//! 50 ms would take 14 of 50 kbit/s.

use std::time::{Duration, Instant};

/// Part of what we may send that reports may take.
const FRACTION: f64 = 0.05;
/// A report of a few packets with RTCP, SRTCP, UDP and IP around it, bits.
const REPORT_BITS: f64 = 68.0 * 8.0;
pub(crate) const MIN: Duration = Duration::from_millis(50);
const MAX: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
pub(crate) struct ReportInterval {
    reported: Option<Instant>,
}

impl ReportInterval {
    /// A report leaves.
    pub(crate) fn reported(&mut self, now: Instant) {
        self.reported = Some(now);
    }

    /// Before this none is due. `target`: what we may send, bit/s.
    pub(crate) fn due(&self, target: f64) -> Option<Instant> {
        self.reported.and_then(|at| at.checked_add(interval(target)))
    }
}

fn interval(target: f64) -> Duration {
    Duration::try_from_secs_f64(REPORT_BITS / (FRACTION * target)).unwrap_or(MAX).clamp(MIN, MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_take_a_twentieth_of_a_thin_path() {
        assert_eq!(interval(1e6), MIN);
        assert_eq!(interval(300e3), MIN);
        assert_eq!(interval(100e3), Duration::from_micros(108_800));
        for unusable in [25e3, 0.0, -1.0, f64::NAN, f64::INFINITY.recip()] {
            assert_eq!(interval(unusable), MAX);
        }
    }

    #[test]
    fn the_first_is_due_at_once_and_the_next_after_the_interval_of_then() {
        let (mut reports, start) = (ReportInterval::default(), Instant::now());
        assert_eq!(reports.due(25e3), None);
        reports.reported(start);
        assert_eq!(reports.due(25e3), Some(start + MAX));
        assert_eq!(reports.due(1e6), Some(start + MIN), "what may be sent has changed meanwhile");
    }
}
