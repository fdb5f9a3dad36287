//! Reorder tolerance: how long a missing packet may still come by itself, learned from those that did.
//! Sans-IO.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A wait longer than this costs more than a needless copy.
const MAX_TOLERANCE: Duration = Duration::from_millis(100);
/// Needless requests accepted, as a fraction of packets really lost.
const NEEDLESS_FRACTION: f64 = 0.2;
const MAX_OUTCOMES: usize = 256;
/// Paths change; what was seen before this is forgotten.
const MEMORY: Duration = Duration::from_secs(30);
/// Timers and feedback are not more exact than this.
const MARGIN: Duration = Duration::from_millis(1);

/// What became of packets that others overtook.
#[derive(Debug, Default)]
pub(super) struct Reordering {
    /// When it was known, and how late the packet was; `None`: it never came by itself.
    outcomes: VecDeque<(Instant, Option<Duration>)>,
    tolerance: Duration,
}

impl Reordering {
    /// A packet came by itself so long after it was missed.
    pub(super) fn late(&mut self, now: Instant, by: Duration) {
        self.note(now, Some(by));
    }

    pub(super) fn lost(&mut self, now: Instant) {
        self.note(now, None);
    }

    /// The shortest wait with which few requests are for packets that come by themselves.
    pub(super) fn tolerance(&self) -> Duration {
        self.tolerance
    }

    fn note(&mut self, now: Instant, outcome: Option<Duration>) {
        while self.outcomes.len() >= MAX_OUTCOMES
            || self.outcomes.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > MEMORY)
        {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back((now, outcome));
        let mut late: Vec<Duration> = self.outcomes.iter().filter_map(|(_, outcome)| *outcome).collect();
        let lost = self.outcomes.len() - late.len();
        late.sort_unstable_by(|a, b| b.cmp(a));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let needless = (lost as f64 * NEEDLESS_FRACTION) as usize;
        let longest = late.get(needless);
        self.tolerance = longest.map_or(Duration::ZERO, |late| (*late + MARGIN).min(MAX_TOLERANCE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn without_reordering_there_is_no_wait() {
        let mut reordering = Reordering::default();
        assert_eq!(reordering.tolerance(), Duration::ZERO);
        for _ in 0..10 {
            reordering.lost(Instant::now());
        }
        assert_eq!(reordering.tolerance(), Duration::ZERO);
    }

    #[test]
    fn where_packets_are_only_late_the_latest_is_waited_for() {
        let (mut reordering, now) = (Reordering::default(), Instant::now());
        for late in [3, 12, 7] {
            reordering.late(now, ms(late));
        }
        assert_eq!(reordering.tolerance(), ms(13));
        reordering.late(now, ms(800));
        assert_eq!(reordering.tolerance(), MAX_TOLERANCE);
    }

    #[test]
    fn a_few_late_ones_among_many_lost_are_not_waited_for() {
        let (mut reordering, now) = (Reordering::default(), Instant::now());
        (0..50).for_each(|_| reordering.lost(now));
        (0..10).for_each(|n| reordering.late(now, ms(10 + n)));
        assert_eq!(reordering.tolerance(), Duration::ZERO);
        (0..10).for_each(|n| reordering.late(now, ms(40 + n)));
        assert_eq!(reordering.tolerance(), ms(20));
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let (mut reordering, start) = (Reordering::default(), Instant::now());
        reordering.late(start, ms(50));
        reordering.lost(start + MEMORY + ms(1));
        assert_eq!(reordering.tolerance(), Duration::ZERO);
    }
}
