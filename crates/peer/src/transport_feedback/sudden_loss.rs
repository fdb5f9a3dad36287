//! Loss that sets in between two receiver reports, by transport-wide feedback. Sans-IO.
//!
//! A receiver report comes once a second, and until then a voice has nothing against the loss that has begun. What the
//! transport-wide reports miss is known within a third of a second. Where a queue overflows, copies of the voice would
//! only make it longer: less is sent instead, and the loss ends.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::bandwidth::PacketResult;

/// What left within this time counts.
const WINDOW: Duration = Duration::from_millis(400);
/// So many packets and losses say something.
const MIN_PACKETS: usize = 24;
const MIN_LOST: usize = 4;
/// So much above what the last receiver report said is news.
const MIN_RISE: f64 = 0.08;
/// A longer queue may have overflowed.
const MAX_QUEUE: Duration = Duration::from_millis(60);
const MIN_INTERVAL: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
pub(super) struct SuddenLoss {
    /// When each packet left, and whether it is lost.
    packets: VecDeque<(Instant, bool)>,
    /// By the last receiver report, a fraction.
    reported: f64,
    told: Option<Instant>,
    /// When a queue was last seen.
    queued: Option<Instant>,
}

impl SuddenLoss {
    /// A receiver report came, which covers what was told before.
    pub(super) fn reported(&mut self, fraction: f64) {
        self.reported = fraction;
        self.packets.clear();
    }

    /// Takes in what became of packets and how long the queue was; the loss that has set in, if that is news.
    pub(super) fn feedback(
        &mut self,
        now: Instant,
        results: &[PacketResult],
        queue: Option<Duration>,
    ) -> Option<f64> {
        if queue.is_some_and(|queue| queue > MAX_QUEUE) {
            self.queued = Some(now);
        }
        for result in results {
            if result.correction {
                if let Some(known) = self.packets.iter_mut().find(|(sent, _)| *sent == result.sent) {
                    known.1 = false;
                }
            } else {
                self.packets.push_back((result.sent, result.arrived.is_none()));
            }
        }
        let newest = self.packets.iter().map(|(sent, _)| *sent).max()?;
        self.packets.retain(|(sent, _)| newest.saturating_duration_since(*sent) <= WINDOW);
        let within =
            |at: Option<Instant>, time| at.is_some_and(|at| now.saturating_duration_since(at) < time);
        let lost = self.packets.iter().filter(|(_, lost)| *lost).count();
        if self.packets.len() < MIN_PACKETS
            || lost < MIN_LOST
            || within(self.queued, 2 * WINDOW)
            || within(self.told, MIN_INTERVAL)
        {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hundred packets")]
        let fraction = lost as f64 / self.packets.len() as f64;
        let news = fraction >= self.reported + MIN_RISE;
        if news {
            self.told = Some(now);
        }
        news.then_some(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feedback each 50 ms of packets each 10 ms, of which `lost` says what is lost; when loss was told, and how much.
    fn told(
        loss: &mut SuddenLoss,
        ms: std::ops::Range<u64>,
        queue: Duration,
        lost: impl Fn(u64) -> bool,
    ) -> Vec<(u64, f64)> {
        let start = Instant::now();
        let mut all = Vec::new();
        for at in ms.step_by(50) {
            let results: Vec<_> = (at..at + 50)
                .step_by(10)
                .map(|sent| {
                    let arrived = (!lost(sent / 10)).then_some(sent as f64);
                    PacketResult::new(start + Duration::from_millis(sent), arrived, 1_000)
                })
                .collect();
            let now = start + Duration::from_millis(at + 100);
            all.extend(loss.feedback(now, &results, Some(queue)).map(|fraction| (at, fraction)));
        }
        all
    }

    #[test]
    fn loss_that_sets_in_is_told_within_a_third_of_a_second_and_not_once_it_is_reported() {
        let mut loss = SuddenLoss::default();
        let bursts = |packet: u64| packet % 17 >= 12;
        let news = told(&mut loss, 0..1_000, Duration::ZERO, bursts);
        assert!(news[0].0 <= 250 && news.len() <= 3, "{news:?}");
        assert!(news.iter().all(|(_, fraction)| (0.2..0.4).contains(fraction)), "{news:?}");
        loss.reported(0.3);
        assert_eq!(told(&mut loss, 0..1_000, Duration::ZERO, bursts), []);
    }

    #[test]
    fn single_losses_and_what_overflows_are_no_news() {
        let mut loss = SuddenLoss::default();
        assert_eq!(told(&mut loss, 0..3_000, Duration::ZERO, |packet| packet % 30 == 7), []);
        let full = Duration::from_millis(200);
        assert_eq!(told(&mut loss, 0..3_000, full, |packet| packet % 3 > 0), []);
    }

    #[test]
    fn what_arrives_after_all_is_not_lost() {
        let (mut loss, start) = (SuddenLoss::default(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        let missed: Vec<_> = (0..20).map(|n| PacketResult::new(at(n), None, 1_000)).collect();
        assert_eq!(loss.feedback(at(50), &missed, None), None, "too few");
        let late =
            missed.iter().map(|missed| PacketResult { arrived: Some(1.0), correction: true, ..*missed });
        let came = (20..60).map(|n| PacketResult::new(at(n), Some(1.0), 1_000));
        assert_eq!(loss.feedback(at(100), &late.chain(came).collect::<Vec<_>>(), None), None);
    }
}
