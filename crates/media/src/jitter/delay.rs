//! Playout delay estimator: how long sound has to wait so that nearly every packet comes in time. Sans-IO.
//!
//! After libwebrtc's NetEq (`relative_arrival_delay_tracker.cc`, `underrun_optimizer.cc`): the lateness of a packet is
//! taken against the fastest one of the last seconds, and the greatest of each half second counts. NetEq wants a
//! quantile of a histogram that forgets; it therefore still waits for the queue of a link that became narrow half a
//! minute after that queue is gone. Here lateness that came back, or that lasts, is waited for; a single episode is
//! followed at once, held for some seconds, and forgotten:
//!
//! ```text
//!  lateness   ▂█▆▂▁▁▁▁▁▁▁▁▁▁▁▁   one episode: 6 s after it the delay comes down
//!             ▂█▂▁▁▁▁▁▂█▁▁▁▁▁▁   two within the window: it may come again (three, where it would be a long wait)
//!             ▅▇▅█▆▅▇▆▅█▅▆▇▅▆▇   one that lasts: jitter
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use crate::codec::opus::OPUS_CLOCK_HZ;

/// The fastest packet is one of the last ten seconds: short enough for clocks that drift apart.
const FASTEST_WINDOW_SAMPLES: i64 = 10 * OPUS_CLOCK_HZ as i64;
/// The greatest lateness of half a second counts (`UnderrunOptimizer`, `resample_interval_ms`).
const INTERVAL_SAMPLES: i64 = OPUS_CLOCK_HZ as i64 / 2;
/// 10 ms: playout takes whole steps of it.
const STEP_SAMPLES: i64 = OPUS_CLOCK_HZ as i64 / 100;
/// Half a minute is looked back at.
const WINDOW_INTERVALS: usize = 60;
/// So many intervals any lateness is waited for: six seconds, so that key frames every five are no surprise.
const HELD_INTERVALS: usize = 12;
/// Episodes are apart when so many intervals between them have less than half their lateness.
const CALM_INTERVALS: usize = 4;
/// Twice within the window is often enough up to this much. Beyond, whoever waited would be longer in hearing every
/// word for the sake of two that are made up for in part, so that takes another one.
const OFTEN_UP_TO_SAMPLES: i64 = 70 * OPUS_CLOCK_HZ as i64 / 1000;
/// Lateness that goes on for more intervals is no episode.
const MAX_EPISODE_INTERVALS: usize = 10;
const INITIAL_DELAY: Duration = Duration::from_millis(40);
const MIN_DELAY: Duration = Duration::from_millis(20);
/// The longest delay. Packets later than that are nothing to wait for.
pub(super) const MAX_DELAY: Duration = Duration::from_millis(500);
/// Margin above the lateness: playout takes whole 10 ms steps.
const DELAY_MARGIN: Duration = Duration::from_millis(10);
/// Packets after which the estimate counts.
const PACKETS_TO_LEARN: u32 = 25;

/// See the module. All times are in samples.
#[derive(Debug)]
pub(super) struct DelayEstimator {
    /// Arrival and transit of packets that may become the fastest, both rising.
    candidates: VecDeque<(i64, i64)>,
    packets: u32,
    interval_start: i64,
    /// Greatest lateness of the interval, and of those before it, newest last.
    interval_max: i64,
    intervals: VecDeque<i64>,
    /// The greatest lateness that came back or lasts, and the rest of a step.
    recurring: i64,
}

impl Default for DelayEstimator {
    fn default() -> Self {
        Self {
            candidates: VecDeque::new(),
            packets: 0,
            interval_start: 0,
            interval_max: 0,
            intervals: VecDeque::with_capacity(WINDOW_INTERVALS),
            recurring: 0,
        }
    }
}

impl DelayEstimator {
    /// Takes in when a packet came and how long it was under way, against an arbitrary but fixed zero.
    pub(super) fn observe(&mut self, arrived: i64, transit: i64) {
        if self.packets == 0 {
            self.interval_start = arrived;
        }
        while self.candidates.back().is_some_and(|(_, other)| *other >= transit) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((arrived, transit));
        while self.candidates.front().is_some_and(|(at, _)| arrived - at > FASTEST_WINDOW_SAMPLES) {
            self.candidates.pop_front();
        }
        self.packets = self.packets.saturating_add(1);
        self.need(arrived, transit);
    }

    /// Takes in that `transit` would have been early enough at `arrived`, without a packet having come so: what
    /// redundancy restores is as late as the packet that carries it.
    pub(super) fn need(&mut self, arrived: i64, transit: i64) {
        if arrived - self.interval_start >= INTERVAL_SAMPLES {
            self.end_interval(arrived);
        }
        self.interval_max = self.interval_max.max(transit - self.fastest());
    }

    fn end_interval(&mut self, now: i64) {
        if self.intervals.len() == WINDOW_INTERVALS {
            self.intervals.pop_front();
        }
        self.intervals.push_back(std::mem::take(&mut self.interval_max));
        self.interval_start = now;
        let recurring = self.intervals.iter().copied().filter(|lateness| self.recurs(*lateness));
        self.recurring = recurring.max().map_or(0, |lateness| (lateness / STEP_SAMPLES + 1) * STEP_SAMPLES);
    }

    /// Whether so much lateness is more than a single episode of the window.
    fn recurs(&self, lateness: i64) -> bool {
        // First and last interval of the episode under way.
        let mut episode: Option<(usize, usize)> = None;
        let mut more = if lateness <= OFTEN_UP_TO_SAMPLES { 1 } else { 2 };
        for (index, &greatest) in self.intervals.iter().enumerate() {
            match episode {
                Some((_, last)) if index - last > CALM_INTERVALS && greatest >= lateness => {
                    more -= 1;
                    if more == 0 {
                        return true;
                    }
                    episode = Some((index, index));
                }
                Some((first, last)) if index - last <= CALM_INTERVALS && greatest >= lateness / 2 => {
                    episode = Some((first, index));
                    if index - first >= MAX_EPISODE_INTERVALS {
                        return true;
                    }
                }
                None if greatest >= lateness => episode = Some((index, index)),
                Some(_) | None => {}
            }
        }
        false
    }

    /// Transit of the fastest packet of the last seconds.
    pub(super) fn fastest(&self) -> i64 {
        self.candidates.front().map_or(0, |(_, transit)| *transit)
    }

    /// The delay that lets nearly every packet come in time.
    pub(super) fn target(&self) -> Duration {
        if self.packets < PACKETS_TO_LEARN {
            return INITIAL_DELAY;
        }
        let held = self.intervals.iter().rev().take(HELD_INTERVALS).copied();
        let lateness = held.fold(self.interval_max, i64::max).max(self.recurring);
        (super::time::duration_of(lateness) + DELAY_MARGIN).clamp(MIN_DELAY, MAX_DELAY)
    }
}

#[cfg(test)]
mod tests;
