//! Interval of the reports that we send: longer on a thin path, which they share with our media. Sans-IO.
//!
//! As in libwebrtc's `modules/remote_bitrate_estimator/transport_sequence_number_feedback_generator.cc`: a transport-wide
//! report every 50 ms would take 14 of 50 kbit/s. Sender and receiver reports (RFC 3550 6.2) once a second take 4 of 25.

use std::time::{Duration, Instant};

/// A report of a few packets with RTCP, SRTCP, UDP and IP around it, bits.
const REPORT_BITS: f64 = 68.0 * 8.0;
/// Shortest interval of transport-wide reports.
pub(crate) const MIN: Duration = Duration::from_millis(50);

/// How often one kind of report is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Part of what we may send that these reports may take.
    fraction: f64,
    min: Duration,
    max: Duration,
}

impl Pace {
    pub(crate) const TRANSPORT_WIDE: Self =
        Self { fraction: 0.05, min: MIN, max: Duration::from_millis(250) };
    /// Sender and receiver reports, of each stream.
    pub(crate) const OF_STREAMS: Self =
        Self { fraction: 0.01, min: Duration::from_secs(1), max: Duration::from_secs(3) };

    /// `target`: what we may send, bit/s.
    pub(crate) fn interval(self, target: f64) -> Duration {
        let wanted = Duration::try_from_secs_f64(REPORT_BITS / (self.fraction * target)).unwrap_or(self.max);
        wanted.clamp(self.min, self.max)
    }
}

#[derive(Debug)]
pub(crate) struct ReportInterval {
    pace: Pace,
    reported: Option<Instant>,
}

impl ReportInterval {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, reported: None }
    }

    /// A report leaves.
    pub(crate) fn reported(&mut self, now: Instant) {
        self.reported = Some(now);
    }

    /// Before this none is due. `target`: what we may send, bit/s.
    pub(crate) fn due(&self, target: f64) -> Option<Instant> {
        self.reported.and_then(|at| at.checked_add(self.pace.interval(target)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_take_a_twentieth_of_a_thin_path() {
        let interval = |target| Pace::TRANSPORT_WIDE.interval(target);
        assert_eq!(interval(1e6), MIN);
        assert_eq!(interval(300e3), MIN);
        assert_eq!(interval(100e3), Duration::from_micros(108_800));
        for unusable in [25e3, 0.0, -1.0, f64::NAN, f64::INFINITY.recip()] {
            assert_eq!(interval(unusable), Pace::TRANSPORT_WIDE.max);
        }
    }

    #[test]
    fn those_of_streams_come_every_second_and_more_rarely_on_the_thinnest() {
        let interval = |target| Pace::OF_STREAMS.interval(target).as_millis();
        assert_eq!([interval(300e3), interval(25e3), interval(0.0)], [1_000, 2_176, 3_000]);
    }

    #[test]
    fn the_first_is_due_at_once_and_the_next_after_the_interval_of_then() {
        let (mut reports, start) = (ReportInterval::new(Pace::TRANSPORT_WIDE), Instant::now());
        assert_eq!(reports.due(25e3), None);
        reports.reported(start);
        assert_eq!(reports.due(25e3), Some(start + Pace::TRANSPORT_WIDE.max));
        assert_eq!(reports.due(1e6), Some(start + MIN), "what may be sent has changed meanwhile");
    }
}
