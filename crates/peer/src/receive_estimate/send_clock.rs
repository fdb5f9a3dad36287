//! Clock of the sender: when packets left, by a counter in them that wraps. Sans-IO.
//!
//! Only differences are of use: the first packet is taken to have left when it came.

use std::time::{Duration, Instant};

/// `abs-send-time` is seconds in 6.18 fixed point (webrtc.org/experiments/rtp-hdrext/abs-send-time).
const ABSOLUTE_BITS: u32 = 24;
const ABSOLUTE_TICKS_PER_SECOND: f64 = 262_144.0;
/// RTP timestamps of pictures.
const PICTURE_BITS: u32 = 32;
const PICTURE_TICKS_PER_SECOND: f64 = 90_000.0;
/// No queue is longer; a larger step is another clock. Less than half of what the counters span.
const MAX_STEP_SECONDS: f64 = 10.0;
/// No clock drifts so far away in a call.
const MAX_DRIFT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct SendClock {
    bits: u32,
    ticks_per_second: f64,
    /// Counter of the first packet, and when it came.
    first: Option<(i64, Instant)>,
    /// The same of the newest, gone on over the wraps.
    newest: Option<(i64, Instant)>,
}

impl SendClock {
    pub(super) fn absolute() -> Self {
        Self::new(ABSOLUTE_BITS, ABSOLUTE_TICKS_PER_SECOND)
    }

    pub(super) fn of_pictures() -> Self {
        Self::new(PICTURE_BITS, PICTURE_TICKS_PER_SECOND)
    }

    fn new(bits: u32, ticks_per_second: f64) -> Self {
        Self { bits, ticks_per_second, first: None, newest: None }
    }

    /// When the packet left; `None`: by another clock than those before.
    pub(super) fn sent(&mut self, now: Instant, counter: u32) -> Option<Instant> {
        let counter = i64::from(counter);
        let Some(((first, began), (newest, came))) = self.first.zip(self.newest) else {
            (self.first, self.newest) = (Some((counter, now)), Some((counter, now)));
            return Some(now);
        };
        // Where the counter should be by now: it may have wrapped in a pause.
        let passed = now.saturating_duration_since(came).as_secs_f64() * self.ticks_per_second;
        let expected = newest.checked_add(whole(passed))?;
        let span = 1_i64 << self.bits;
        let ahead = (counter - expected).rem_euclid(span);
        let ahead = if ahead >= span / 2 { ahead - span } else { ahead };
        if ahead.unsigned_abs() as f64 > MAX_STEP_SECONDS * self.ticks_per_second {
            return None;
        }
        let ticks = expected + ahead;
        self.newest = Some((ticks, now));
        let since = (ticks - first) as f64 / self.ticks_per_second;
        let distance = Duration::try_from_secs_f64(since.abs()).ok()?;
        let sent = if since < 0.0 { began.checked_sub(distance) } else { began.checked_add(distance) }?;
        let drift = sent.saturating_duration_since(now).max(now.saturating_duration_since(sent));
        (drift <= MAX_DRIFT).then_some(sent)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn whole(ticks: f64) -> i64 {
    ticks as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Seconds of `abs-send-time`, from near the end of a round of 64 s.
    fn counter(seconds: f64) -> u32 {
        ((60.0 + seconds) * ABSOLUTE_TICKS_PER_SECOND) as u32 & 0xff_ffff
    }

    fn off(sent: Option<Instant>, expected: Instant) -> Duration {
        let sent = sent.expect("of the same clock");
        sent.saturating_duration_since(expected).max(expected.saturating_duration_since(sent))
    }

    #[test]
    fn times_go_on_over_the_wrap_and_over_pauses() {
        let (mut clock, start) = (SendClock::absolute(), Instant::now());
        for second in [0_u64, 3, 4, 5, 63, 64, 68, 268, 269, 4_000] {
            let sent = start + Duration::from_secs(second);
            // Ever longer on its way.
            let late = ms(second / 10);
            assert!(off(clock.sent(sent + late, counter(second as f64)), sent) < ms(1), "{second} s");
        }
        let overtaken = start + Duration::from_millis(3_999_500);
        assert!(off(clock.sent(start + Duration::from_secs(4_001), counter(3_999.5)), overtaken) < ms(1));
    }

    #[test]
    fn a_step_no_queue_makes_is_another_clock() {
        let (mut clock, start) = (SendClock::absolute(), Instant::now());
        assert_eq!(clock.sent(start, counter(0.0)), Some(start));
        assert_eq!(clock.sent(start + ms(100), counter(15.0)), None);
        assert_eq!(clock.sent(start + ms(100), counter(-15.0)), None);
        assert!(clock.sent(start + ms(100), counter(-5.0)).is_some());
        // Steps that are small each lead no further than the drift of a clock.
        let last = (1..100).map(|n| clock.sent(start + ms(100), counter(f64::from(n) * 9.0))).last();
        assert_eq!(last, Some(None));
    }

    #[test]
    fn pictures_have_times_of_90_khz() {
        let (mut clock, start) = (SendClock::of_pictures(), Instant::now());
        assert_eq!(clock.sent(start, u32::MAX - 89), Some(start));
        assert!(off(clock.sent(start + ms(5), 360), start + ms(5)) < ms(1));
        let week = Duration::from_secs(7 * 86_400);
        let timestamp = (week.as_secs() * 90_000 + 360) as u32;
        assert!(off(clock.sent(start + week, timestamp), start + week + ms(5)) < ms(1), "paused for a week");
    }
}
