//! Key frame and recovery requests of the other end: brought together and kept rare. Time is a parameter.

use std::time::{Duration, Instant};

/// Shortest and longest interval between key frames that are asked for.
const MIN_INTERVAL: Duration = Duration::from_millis(300);
const MAX_INTERVAL: Duration = Duration::from_secs(1);
/// The same between pictures that recover from a lost one, which are smaller.
const MIN_RECOVERY_INTERVAL: Duration = Duration::from_millis(100);
/// A key frame may take up this much of its own sending time before the next one; bounds what a thin link spends on
/// them to half its rate.
const MAX_SENDING_TIME: Duration = Duration::from_secs(2);

/// For so long the other end waits for repairs of a key frame.
const ROUND_TRIPS_TO_REPAIR: u32 = 5;

#[derive(Debug)]
pub(super) struct KeyFrames {
    interval: Duration,
    last: Option<Instant>,
    /// How long the last one takes to send at the bit rate it was made for.
    sending: Duration,
}

impl Default for KeyFrames {
    fn default() -> Self {
        Self { interval: MIN_INTERVAL, last: None, sending: Duration::ZERO }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The next picture is a key frame.
    Now,
    /// Not yet.
    Later,
    /// It was made before the last key frame can have come.
    Stale,
}

impl KeyFrames {
    /// The same for pictures that recover from a lost one; a key frame does so too.
    pub(super) fn recoveries() -> Self {
        Self { interval: MIN_RECOVERY_INTERVAL, ..Self::default() }
    }

    /// A key frame of so many bytes goes out.
    pub(super) fn sent(&mut self, now: Instant, bytes: usize, bitrate: u32) {
        self.last = Some(now);
        let seconds = bytes as f64 * 8.0 / f64::from(bitrate.max(1));
        self.sending = Duration::from_secs_f64(seconds.min(MAX_SENDING_TIME.as_secs_f64()));
    }

    /// The other end asked at `asked` for one.
    pub(super) fn request(&self, asked: Instant, now: Instant, round_trip: Duration) -> Request {
        let Some(last) = self.last else { return Request::Now };
        let round_trip = round_trip.min(MAX_INTERVAL);
        // The request left half a round trip before it came, and the key frame comes half of one after it was sent.
        if asked.checked_duration_since(last).is_none_or(|after| after < round_trip + self.sending / 2) {
            return Request::Stale;
        }
        self.after_pause(now, round_trip)
    }

    /// Whether the last key frame may still be being repaired for the other end, which asked at `asked` for something else.
    pub(super) fn is_on_its_way(&self, asked: Instant, round_trip: Duration) -> bool {
        let repaired = round_trip.min(MAX_INTERVAL) * ROUND_TRIPS_TO_REPAIR + self.sending;
        self.last.is_some_and(|last| asked.saturating_duration_since(last) < repaired)
    }

    /// A key frame is needed for a reason of this end.
    pub(super) fn needed(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now.saturating_duration_since(last) >= self.interval)
    }

    fn after_pause(&self, now: Instant, round_trip: Duration) -> Request {
        let pause = round_trip.max(self.interval).max(self.sending * 2);
        let over = self.last.is_none_or(|last| now.saturating_duration_since(last) >= pause);
        if over { Request::Now } else { Request::Later }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(200);

    #[test]
    fn a_burst_of_requests_is_one_key_frame() {
        let (mut keys, start) = (KeyFrames::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(keys.request(start, start, ROUND_TRIP), Request::Now);
        keys.sent(start, 5000, 1_000_000);
        // Each of these left before the key frame came.
        for ms in [0, 20, 100, 199] {
            assert_eq!(keys.request(at(ms), at(ms), ROUND_TRIP), Request::Stale, "{ms}");
        }
        assert_eq!(keys.request(at(240), at(240), ROUND_TRIP), Request::Later);
        assert_eq!(keys.request(at(240), at(301), ROUND_TRIP), Request::Now);
    }

    #[test]
    fn a_thin_link_spends_at_most_half_its_rate_on_key_frames() {
        let (mut keys, start) = (KeyFrames::default(), Instant::now());
        let mut bytes = 0;
        for ms in 0..60_000 {
            let now = start + Duration::from_millis(ms);
            if keys.request(now, now, Duration::from_millis(20)) == Request::Now {
                keys.sent(now, 6000, 100_000);
                bytes += 6000;
            }
        }
        assert!(bytes * 8 <= 100_000 * 61 / 2, "{bytes}");
    }

    #[test]
    fn a_key_frame_is_on_its_way_for_as_long_as_it_may_be_repaired() {
        let (mut keys, start) = (KeyFrames::default(), Instant::now());
        assert!(!keys.is_on_its_way(start, ROUND_TRIP));
        keys.sent(start, 12_500, 1_000_000);
        assert!(keys.is_on_its_way(start + Duration::from_millis(1_099), ROUND_TRIP));
        assert!(!keys.is_on_its_way(start + Duration::from_millis(1_100), ROUND_TRIP));
    }

    #[test]
    fn the_own_reasons_are_not_stale() {
        let (mut keys, start) = (KeyFrames::default(), Instant::now());
        assert!(keys.needed(start));
        keys.sent(start, 60_000, 100_000);
        assert!(!keys.needed(start + Duration::from_millis(100)));
        assert!(keys.needed(start + Duration::from_millis(300)));
    }
}
