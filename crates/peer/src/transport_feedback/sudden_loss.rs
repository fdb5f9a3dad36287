//! Loss that sets in between two receiver reports, by transport-wide feedback. Sans-IO.
//!
//! A receiver report comes once a second, and until then a voice has nothing against the loss that has begun. What the
//! transport-wide reports miss is known a round trip after it left. Where a queue overflows, copies of the voice would only
//! make it longer: less is sent instead, and the loss ends.

use std::time::{Duration, Instant};

use super::history::Reported;
use crate::bandwidth::within;

/// So many packets and losses say something: a voice alone sends fifty packets a second.
const MIN_PACKETS: usize = 12;
const MIN_LOST: usize = 4;
/// So much above what the last receiver report said is news.
const MIN_RISE: f64 = 0.08;
/// A longer queue may have overflowed.
const MAX_QUEUE: Duration = Duration::from_millis(60);
const QUEUE_MEMORY: Duration = Duration::from_millis(800);
const MIN_INTERVAL: Duration = Duration::from_millis(300);
/// What was told counts until the mean has it; of few packets it is no measure of more than this.
const RECENT_AGE: Duration = Duration::from_secs(2);
const MAX_RECENT: f64 = 0.3;

#[derive(Debug, Default)]
pub(super) struct SuddenLoss {
    /// By the last receiver report, a fraction.
    reported: f64,
    /// The news of last, a fraction.
    told: Option<(Instant, f64)>,
    /// When a queue was last seen.
    queued: Option<Instant>,
}

impl SuddenLoss {
    /// A receiver report came.
    pub(super) fn reported(&mut self, fraction: f64) {
        self.reported = fraction;
    }

    /// Takes in what is reported of the latest packets and how long the queue was; the loss that has set in, a fraction,
    /// if that is news.
    pub(super) fn feedback(
        &mut self,
        now: Instant,
        latest: Reported,
        queue: Option<Duration>,
    ) -> Option<f64> {
        if queue.is_some_and(|queue| queue > MAX_QUEUE) {
            self.queued = Some(now);
        }
        let rested =
            |at: Option<Instant>, time| at.is_none_or(|at| now.saturating_duration_since(at) >= time);
        let Reported { packets, lost } = latest;
        if packets < MIN_PACKETS
            || lost < MIN_LOST
            || !rested(self.queued, QUEUE_MEMORY)
            || !rested(self.told.map(|(at, _)| at), MIN_INTERVAL)
        {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hundred packets")]
        let fraction = lost as f64 / packets as f64;
        let news = fraction >= self.reported + MIN_RISE;
        if news {
            self.told = Some((now, fraction));
        }
        news.then_some(fraction)
    }

    /// What was told a moment ago, a fraction; 0: nothing.
    pub(super) fn recent(&self, now: Instant) -> f64 {
        within(self.told, now, RECENT_AGE).unwrap_or_default().min(MAX_RECENT)
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::History;
    use super::super::report::{Arrival, Status};
    use super::*;

    /// Packets each `every` ms, of which `lost` says what is lost, and a report of each 50 ms that comes after
    /// `round_trip` ms. When loss was told, in ms since the first packet, and how much.
    fn told(
        loss: &mut SuddenLoss,
        (every, round_trip): (u64, u64),
        queue: Duration,
        lost: impl Fn(u64) -> bool,
    ) -> Vec<(u64, f64)> {
        let (mut history, start) = (History::default(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut all = Vec::new();
        let mut unreported = Vec::new();
        for ms in 0..1_500 + round_trip {
            if ms % every == 0 && ms < 1_500 {
                unreported.push((ms, history.sent(at(ms), 1_000, None)));
            }
            if ms % 50 == 0 && ms >= round_trip {
                let due = unreported.iter().take_while(|(sent, _)| sent + round_trip <= ms).count();
                let statuses: Vec<Status> = unreported
                    .drain(..due)
                    .map(|(sent, number)| {
                        let arrived = Arrival::At(sent as f64);
                        let arrival = if lost(sent / every) { Arrival::Missing } else { arrived };
                        Status { number, arrival }
                    })
                    .collect();
                history.report(at(ms), &statuses, Some(Duration::from_millis(round_trip)));
                let fraction = loss.feedback(at(ms), history.latest(), Some(queue));
                all.extend(fraction.map(|fraction| (ms, fraction)));
            }
        }
        all
    }

    #[test]
    fn loss_that_sets_in_is_told_soon_and_whole_and_not_once_it_is_reported() {
        let bursts = |packet: u64| packet % 17 >= 12;
        // Pictures and sound, sound alone, and a long way.
        for ((every, round_trip), within) in [((5, 100), 300), ((20, 100), 550), ((5, 500), 700)] {
            let mut loss = SuddenLoss::default();
            let news = told(&mut loss, (every, round_trip), Duration::ZERO, bursts);
            assert!(news[0].0 <= within && news.len() <= 5, "{every} {round_trip}: {news:?}");
            assert!(news.iter().all(|(_, fraction)| (0.2..0.5).contains(fraction)), "{every}: {news:?}");
            loss.reported(0.4);
            assert_eq!(told(&mut loss, (every, round_trip), Duration::ZERO, bursts), []);
        }
    }

    #[test]
    fn what_was_told_counts_for_two_seconds_and_is_bounded() {
        let (mut loss, start) = (SuddenLoss::default(), Instant::now());
        assert_eq!(loss.recent(start), 0.0);
        let half = Reported { packets: 40, lost: 20 };
        assert_eq!(loss.feedback(start, half, None), Some(0.5));
        assert_eq!(loss.recent(start + Duration::from_secs(2)), MAX_RECENT);
        assert_eq!(loss.recent(start + Duration::from_millis(2_001)), 0.0);
    }

    #[test]
    fn single_losses_and_what_overflows_are_no_news() {
        let mut loss = SuddenLoss::default();
        assert_eq!(told(&mut loss, (5, 100), Duration::ZERO, |packet| packet % 30 == 7), []);
        let full = Duration::from_millis(200);
        assert_eq!(told(&mut loss, (5, 100), full, |packet| packet % 3 > 0), []);
    }

    #[test]
    fn what_arrives_after_all_is_not_lost() {
        let (mut history, start) = (History::default(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        let numbers: Vec<u16> = (0..100).map(|ms| history.sent(at(ms), 1_000, None)).collect();
        let report = |history: &mut History, late: bool| {
            let statuses: Vec<Status> = numbers
                .iter()
                .map(|number| {
                    let missing = number % 4 == 0 && !late;
                    Status {
                        number: *number,
                        arrival: if missing { Arrival::Missing } else { Arrival::At(1.0) },
                    }
                })
                .collect();
            history.report(at(200), &statuses, None);
            history.latest()
        };
        assert_eq!(report(&mut history, false), Reported { packets: 60, lost: 15 });
        assert_eq!(report(&mut history, true), Reported { packets: 60, lost: 0 });
        assert_eq!(History::default().latest(), Reported::default());
    }
}
