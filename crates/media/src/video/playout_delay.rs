//! Playout delay of received video: how long after its capture a frame is shown. It follows the jitter and, while
//! lost packets are repaired, the time a repair takes (after libwebrtc's `VCMTiming` and `VCMJitterEstimator`).
//! Time is a parameter.
//!
//! ```text
//!  capture time + shortest way seen ──► baseline
//!  baseline + delay                 ──► due; a repaired frame that is ready by then leaves no gap
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What is added to the shortest way at most.
pub(crate) const MAX_PLAYOUT_DELAY: Duration = Duration::from_millis(400);
/// How long a frame counts.
const WINDOW: Duration = Duration::from_secs(10);
/// A bound on memory: a minute of video at 30 frames a second is more than a window ever holds.
const MAX_FRAMES: usize = 1024;
/// Jitter below this is not worth a delay: at 30 frames a second it cannot be seen.
const TOLERATED_JITTER_MS: f64 = 10.0;
/// Of unrepaired frames so many are in time.
const JITTER_QUANTILE: f64 = 0.95;
/// Of all frames so many are in time while repairs are in use.
const REPAIR_QUANTILE: f64 = 0.99;
/// But no more is waited for than one repair: the sound waits with the picture, and people who wait longer for each
/// other's words interrupt each other. At 10 % loss one frame in sixteen needs a second repair and comes late.
const MAX_REPAIR_ROUND_TRIPS: f64 = 1.25;
/// So many repaired frames in a window mean that repairs are in use; fewer are rare enough to be seen.
const REPAIRS_IN_USE: usize = 3;
/// What a repair takes beyond the round trip: the missing packet has to be noticed.
const REPAIR_NOTICE_MS: f64 = 10.0;
/// How fast the delay shrinks, in milliseconds a second: a picture two per cent too fast is not noticed.
const SHRINK_MS_PER_S: f64 = 20.0;
/// A step of the sender's clock that cannot be a pause.
const MAX_STEP_MS: f64 = 10_000.0;
/// A frame so late that the path must have changed; it says nothing about jitter.
const MAX_EXCESS_MS: f64 = 2_000.0;
const TICKS_PER_MS: f64 = 90.0;

/// When a frame came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// RTP timestamp, 90 kHz.
    pub(crate) timestamp: u32,
    /// When its last packet came.
    pub(crate) arrived: Instant,
    /// When it could be shown: after the frames it is decoded from.
    pub(crate) ready: Instant,
    /// Whether one of its packets was lost and sent again.
    pub(crate) repaired: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    /// Milliseconds between capture and arrival, from an arbitrary zero.
    arrived: f64,
    ready: f64,
    repaired: bool,
}

#[derive(Debug, Default)]
pub(crate) struct PlayoutDelay {
    /// Where the two clocks are zero, and the sender's time since then in ms.
    zero: Option<(Instant, u32, f64)>,
    samples: VecDeque<Sample>,
    /// Milliseconds between capture and display, from the same zero as in [`Sample`].
    offset: f64,
    /// When `offset` was last changed.
    updated: Option<Instant>,
    baseline: f64,
    round_trip: Duration,
    /// Working memory.
    sorted: Vec<f64>,
}

impl PlayoutDelay {
    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    /// The stream begins anew: its clock has nothing to do with the one before.
    pub(crate) fn reset(&mut self) {
        self.zero = None;
        self.samples.clear();
        self.updated = None;
    }

    /// What is added to the shortest way at present.
    pub(crate) fn delay(&self) -> Duration {
        if self.updated.is_none() {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((self.offset - self.baseline).max(0.0) / 1000.0).min(MAX_PLAYOUT_DELAY)
    }

    /// Takes in a frame and tells when it is due; never before it is ready.
    pub(crate) fn frame(&mut self, arrival: Arrival) -> Instant {
        let now = arrival.ready;
        let Some((start, sent)) = self.sent(arrival) else { return now };
        let since = |at: Instant| match at.checked_duration_since(start) {
            Some(after) => after.as_secs_f64() * 1000.0,
            None => start.duration_since(at).as_secs_f64() * -1000.0,
        };
        let sample = Sample {
            at: now,
            arrived: since(arrival.arrived) - sent,
            ready: since(now) - sent,
            repaired: arrival.repaired,
        };
        self.take_in(sample);
        let wanted = self.wanted();
        let passed = self.updated.replace(now).map(|last| now.saturating_duration_since(last));
        self.offset = match passed {
            Some(passed) if wanted < self.offset => {
                (self.offset - SHRINK_MS_PER_S * passed.as_secs_f64().min(1.0)).max(wanted)
            }
            Some(_) | None => wanted,
        };
        let early = self.offset - sample.ready;
        if early > 0.0 { now + Duration::from_secs_f64(early / 1000.0).min(MAX_PLAYOUT_DELAY) } else { now }
    }

    /// The zero of both clocks and the sender's time since then, in ms.
    fn sent(&mut self, arrival: Arrival) -> Option<(Instant, f64)> {
        let (start, last, before) = *self.zero.get_or_insert((arrival.arrived, arrival.timestamp, 0.0));
        let step = f64::from(arrival.timestamp.wrapping_sub(last).cast_signed()) / TICKS_PER_MS;
        if step.abs() > MAX_STEP_MS {
            self.reset();
            self.zero = Some((arrival.arrived, arrival.timestamp, 0.0));
            return Some((arrival.arrived, 0.0));
        }
        self.zero = Some((start, arrival.timestamp, before + step));
        Some((start, before + step))
    }

    fn take_in(&mut self, sample: Sample) {
        while self.samples.len() >= MAX_FRAMES
            || self.samples.front().is_some_and(|old| sample.at.saturating_duration_since(old.at) > WINDOW)
        {
            self.samples.pop_front();
        }
        // After a longer way became the usual one, the old baseline would only be forgotten after a window.
        if sample.arrived - self.baseline > MAX_EXCESS_MS && self.updated.is_some() {
            self.samples.clear();
            self.updated = None;
        }
        self.samples.push_back(sample);
        self.baseline = self.samples.iter().map(|sample| sample.arrived).fold(f64::INFINITY, f64::min);
    }

    /// The offset that suits what the window holds.
    fn wanted(&mut self) -> f64 {
        let unrepaired = self.samples.iter().filter(|sample| !sample.repaired).map(|sample| sample.arrived);
        let jitter =
            quantile(&mut self.sorted, unrepaired, JITTER_QUANTILE).map_or(0.0, |late| late - self.baseline);
        let mut delay = (jitter - TOLERATED_JITTER_MS).max(0.0);
        let repairs = self.samples.iter().filter(|sample| sample.repaired).count();
        if repairs >= REPAIRS_IN_USE {
            let ready = self.samples.iter().map(|sample| sample.ready);
            let late =
                quantile(&mut self.sorted, ready, REPAIR_QUANTILE).map_or(0.0, |late| late - self.baseline);
            let repairs_take = |round_trips: f64| {
                self.round_trip.as_secs_f64() * 1000.0 * round_trips + REPAIR_NOTICE_MS + delay
            };
            delay = late.min(repairs_take(MAX_REPAIR_ROUND_TRIPS)).max(repairs_take(1.0));
        }
        self.baseline + delay.min(MAX_PLAYOUT_DELAY.as_secs_f64() * 1000.0)
    }
}

/// The value that this share of all values does not exceed.
fn quantile(sorted: &mut Vec<f64>, values: impl Iterator<Item = f64>, share: f64) -> Option<f64> {
    sorted.clear();
    sorted.extend(values);
    let last = sorted.len().checked_sub(1)?;
    // Rounded down: of a few frames, a single late one says nothing.
    let index = ((last as f64) * share) as usize;
    Some(*sorted.select_nth_unstable_by(index.min(last), f64::total_cmp).1)
}

#[cfg(test)]
mod tests;
