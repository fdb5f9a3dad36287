//! Round trip time from feedback, and the back-off when feedback stays away. Sans-IO.
//!
//! The round trip leaves out how long a packet waited for its report. The back-off is after `RttBasedBackoff` in
//! libwebrtc's `goog_cc/send_side_bandwidth_estimation.cc`: without it a queue of seconds would be filled on and on.

use std::time::{Duration, Instant};

use super::PacketResult;

const SMOOTHING: f64 = 0.1;
const MAX_SILENCE: Duration = Duration::from_secs(3);
const MIN_SILENCE: Duration = Duration::from_millis(500);
const BACK_OFF_INTERVAL: Duration = Duration::from_secs(1);
const BACK_OFF_FACTOR: f64 = 0.8;
/// Before any is measured, as in libwebrtc's rate control.
pub(super) const DEFAULT_ROUND_TRIP: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    seconds: Option<f64>,
    heard: Option<Instant>,
    sent: Option<Instant>,
    backed_off: Option<Instant>,
}

impl RoundTrip {
    pub(super) fn sent(&mut self, now: Instant) {
        self.sent = Some(now);
        self.heard.get_or_insert(now);
    }

    pub(super) fn feedback(&mut self, now: Instant, results: &[PacketResult]) {
        let arrivals = || results.iter().filter_map(|result| Some((result, result.arrived?)));
        let last = arrivals().map(|(_, arrived)| arrived).fold(f64::MIN, f64::max);
        let least = arrivals()
            .map(|(result, arrived)| {
                let waited = (last - arrived).max(0.0) / 1e3;
                now.saturating_duration_since(result.sent).as_secs_f64() - waited
            })
            .reduce(f64::min);
        let Some(least) = least else { return };
        let least = least.max(0.0);
        self.seconds = Some(self.seconds.map_or(least, |old| old + SMOOTHING * (least - old)));
        (self.heard, self.backed_off) = (Some(now), None);
    }

    /// The factor by which silence now lowers the estimate.
    pub(super) fn silence_factor(&mut self, now: Instant) -> Option<f64> {
        let (heard, sent) = (self.heard?, self.sent?);
        let rested = self.backed_off.is_none_or(|at| now.saturating_duration_since(at) >= BACK_OFF_INTERVAL);
        if sent.saturating_duration_since(heard) <= MAX_SILENCE || !rested {
            return None;
        }
        self.backed_off = Some(now);
        Some(BACK_OFF_FACTOR)
    }

    /// What is sent is not answered.
    pub(super) fn is_silent(&self) -> bool {
        self.heard.zip(self.sent).is_some_and(|(heard, sent)| {
            sent.saturating_duration_since(heard) > MIN_SILENCE + 2 * self.or_default()
        })
    }

    pub(super) fn measured(&self) -> Option<Duration> {
        self.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    pub(super) fn or_default(&self) -> Duration {
        self.measured().unwrap_or(DEFAULT_ROUND_TRIP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_the_report_is_no_part_of_it() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let result = |sent, arrived| PacketResult::new(sent, Some(arrived), 100);
        let mut round_trip = RoundTrip::default();
        round_trip.feedback(at(100), &[result(at(0), 5_050.0), result(at(40), 5_090.0)]);
        assert_eq!(round_trip.measured(), Some(Duration::from_millis(60)));
    }

    #[test]
    fn silence_lowers_the_rate_once_a_second() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut round_trip = RoundTrip::default();
        round_trip.sent(at(0));
        round_trip.sent(at(3));
        assert_eq!(round_trip.silence_factor(at(3)), None);
        round_trip.sent(at(4));
        assert_eq!(round_trip.silence_factor(at(4)), Some(0.8));
        assert_eq!(round_trip.silence_factor(at(4)), None);
        assert_eq!(round_trip.silence_factor(at(5)), Some(0.8));
    }
}
