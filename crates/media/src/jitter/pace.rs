//! Pace of playout: whether to play faster or slower, and how soon. Each change may be heard, so there are few of them.

use std::time::{Duration, Instant};

use super::{JitterBuffer, Pace, Urgency};

/// So far above the wanted delay sound is played as it comes: every change of pace is one that may be heard.
const PACE_TOLERANCE: Duration = Duration::from_millis(20);
/// So far above it hurries, before packets are skipped.
const SOON_ABOVE: Duration = Duration::from_millis(150);
/// So far below what the jitter asks for it hurries: packets will come too late, if they come so again.
const SOON_BELOW: Duration = Duration::from_millis(15);
/// And from here on many would.
const URGENT_BELOW: Duration = Duration::from_millis(50);
/// Less than a change of pace makes.
const LEAST_STEP: Duration = Duration::from_millis(5);
/// So far ahead of what its picture asks for sound stays where it is: the picture waits for it less long.
const LEAST_STEP_FOR_PICTURE: Duration = Duration::from_millis(15);
/// How fast the wanted delay comes down, per second: what pauses of speech can take up. Were it to fall at once, what is
/// too much of it would be skipped, and that is speech.
const EASING_PER_SECOND: Duration = Duration::from_millis(80);

impl JitterBuffer {
    /// Whether to play faster or slower, given that `queued` samples handed out are still unplayed.
    pub(crate) fn pace(&self, now: Instant, queued: u32) -> Pace {
        let Some(delay) = self.delay(now, queued) else { return Pace::Keep };
        let target = self.target();
        if delay > target + PACE_TOLERANCE.max(target / 4) {
            Pace::Faster(if delay > target + SOON_ABOVE { Urgency::Soon } else { Urgency::InPauses })
        } else if delay + LEAST_STEP < self.delay.target() {
            let short = self.delay.target() - delay;
            Pace::Slower(match short {
                _ if short > URGENT_BELOW => Urgency::Now,
                _ if short > SOON_BELOW => Urgency::Soon,
                _ => Urgency::InPauses,
            })
        } else if delay + LEAST_STEP_FOR_PICTURE < self.floor {
            Pace::Slower(Urgency::InPauses)
        } else {
            Pace::Keep
        }
    }

    /// The delay that would let nearly every packet come in time, and no less than the floor; it comes down slowly.
    pub(crate) fn target(&self) -> Duration {
        let wanted = self.wanted();
        self.eased.map_or(wanted, |(_, eased)| eased.max(wanted))
    }

    fn wanted(&self) -> Duration {
        self.delay.target().max(self.floor)
    }

    /// To be called each time sound is played.
    pub(super) fn ease(&mut self, now: Instant) {
        let wanted = self.wanted();
        let passed = self.eased.map(|(at, _)| now.saturating_duration_since(at)).unwrap_or_default();
        let before = self.eased.map_or(wanted, |(_, eased)| eased);
        let lower = before.saturating_sub(EASING_PER_SECOND.mul_f64(passed.as_secs_f64()));
        self.eased = Some((now, wanted.max(lower)));
    }

    /// Sound waits at least this long, so that a late picture is not seen after it is heard.
    pub(crate) fn set_floor(&mut self, floor: Duration) {
        self.floor = floor;
    }
}
