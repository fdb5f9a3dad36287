//! Standing queue: delay that stays far above the least there was. Sans-IO.
//!
//! The trendline sees a queue grow. One that is full stays as it is, and what it drops is exactly what is sent
//! too much; libwebrtc bounds the data in flight against that (`goog_cc/congestion_window_pushback_controller.cc`).
//! Here every packet of a second having been late by this much counts as overuse.

use std::collections::VecDeque;
use std::time::Instant;

use super::PacketResult;

const MIN_QUEUE_MS: f64 = 200.0;
const WINDOW_MS: f64 = 1_000.0;
/// Windows that the base delay is taken from; longer ago the clocks may have drifted apart.
const BASE_WINDOWS: usize = 60;
/// After so many windows of overuse without an end it is the path that is longer, or others fill the queue.
const MAX_OVERUSES: u32 = 5;

#[derive(Debug, Default)]
pub(super) struct StandingQueue {
    /// Zero of our clock.
    since: Option<Instant>,
    /// Start and least delay of the window, milliseconds.
    window: Option<(f64, f64)>,
    /// Least delays of earlier windows.
    base: VecDeque<f64>,
    overuses: u32,
}

impl StandingQueue {
    /// True: a window has passed in which every packet was late.
    pub(super) fn feedback(&mut self, results: &[PacketResult]) -> bool {
        let mut over = false;
        for result in results {
            let Some(arrived) = result.arrived else { continue };
            let since = *self.since.get_or_insert(result.sent);
            let sent = result.sent.saturating_duration_since(since).as_secs_f64() * 1e3;
            let delay = arrived - sent;
            match &mut self.window {
                Some((start, least)) if (0.0..WINDOW_MS).contains(&(arrived - *start)) => {
                    *least = least.min(delay);
                }
                window => {
                    let done = window.replace((arrived, delay));
                    if let Some((_, least)) = done {
                        over |= self.judge(least);
                    }
                }
            }
        }
        over
    }

    fn judge(&mut self, least: f64) -> bool {
        let base = self.base.iter().copied().fold(least, f64::min);
        if self.base.len() == BASE_WINDOWS {
            self.base.pop_front();
        }
        self.base.push_back(least);
        if least - base < MIN_QUEUE_MS {
            self.overuses = 0;
            return false;
        }
        self.overuses += 1;
        if self.overuses > MAX_OVERUSES {
            self.overuses = 0;
            self.base.clear();
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Packets every 10 ms, each later by this; how often overuse is found in so many seconds.
    fn overuses(queue: &mut StandingQueue, start: Instant, from: u64, seconds: u64, late: f64) -> usize {
        let ms = (from * 100..(from + seconds) * 100).map(|n| n * 10);
        ms.filter(|ms| {
            queue.feedback(&[PacketResult::new(
                start + Duration::from_millis(*ms),
                Some(5e5 + *ms as f64 + late),
                100,
            )])
        })
        .count()
    }

    #[test]
    fn a_full_queue_is_overuse_until_it_drains() {
        let (mut queue, start) = (StandingQueue::default(), Instant::now());
        assert_eq!(overuses(&mut queue, start, 0, 10, 20.0), 0);
        assert!(overuses(&mut queue, start, 10, 4, 320.0) >= 2);
        overuses(&mut queue, start, 14, 2, 20.0);
        assert_eq!(overuses(&mut queue, start, 16, 10, 20.0), 0);
    }

    #[test]
    fn a_longer_path_is_not_a_queue_for_long() {
        let (mut queue, start) = (StandingQueue::default(), Instant::now());
        overuses(&mut queue, start, 0, 10, 20.0);
        assert!(overuses(&mut queue, start, 10, 10, 320.0) <= MAX_OVERUSES as usize);
        assert_eq!(overuses(&mut queue, start, 20, 30, 320.0), 0);
    }
}
