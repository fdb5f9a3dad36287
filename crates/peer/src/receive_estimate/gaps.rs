//! Gaps in the sequence numbers of one stream: packets that are lost. Sans-IO.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::sequence::unwrap_near;

/// A packet that comes later than this was lost and sent again.
const MAX_LATE: Duration = Duration::from_millis(100);
/// With more missing at a time the numbers have jumped, or nothing came for seconds: that is no rate of losses.
const MAX_MISSING: usize = 500;
/// So many packets in a row from behind: the sender counts anew.
const PACKETS_TO_RESTART: u32 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// After all that came before.
    Next,
    /// Overtaken, or sent again.
    Late,
}

#[derive(Debug, Default)]
pub(super) struct Gaps {
    newest: Option<i64>,
    /// Since when, and the size of the packet by which it was missed.
    missing: BTreeMap<i64, (Instant, usize)>,
    behind: u32,
}

impl Gaps {
    pub(super) fn received(&mut self, now: Instant, number: u16, size: usize) -> Order {
        let Some(newest) = self.newest else {
            self.newest = Some(i64::from(number));
            return Order::Next;
        };
        let number = unwrap_near(newest, number);
        if number <= newest {
            let filled = self.missing.remove(&number).is_some();
            self.behind = if filled { 0 } else { self.behind + 1 };
            if self.behind < PACKETS_TO_RESTART {
                return Order::Late;
            }
            self.missing.clear();
        } else {
            let skipped = usize::try_from(number - newest - 1).unwrap_or(usize::MAX);
            if self.missing.len().saturating_add(skipped) > MAX_MISSING {
                self.missing.clear();
            } else {
                self.missing.extend((newest + 1..number).map(|number| (number, (now, size))));
            }
        }
        self.behind = 0;
        self.newest = Some(number);
        Order::Next
    }

    /// Sizes of the packets that are lost by now, each told once.
    pub(super) fn take_lost(&mut self, now: Instant) -> Vec<usize> {
        let mut lost = Vec::new();
        self.missing.retain(|_, (since, size)| {
            let late = now.saturating_duration_since(*since) >= MAX_LATE;
            lost.extend(late.then_some(*size));
            !late
        });
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_away_is_lost_and_what_is_overtaken_is_not() {
        let (mut gaps, start) = (Gaps::default(), Instant::now());
        let come = |gaps: &mut Gaps, number| gaps.received(start, number, 1_000 + usize::from(number));
        assert_eq!(come(&mut gaps, 65_535), Order::Next);
        assert_eq!(come(&mut gaps, 3), Order::Next);
        assert_eq!(come(&mut gaps, 1), Order::Late);
        assert!(gaps.take_lost(start + MAX_LATE / 2).is_empty());
        assert_eq!(gaps.take_lost(start + MAX_LATE), [1_003, 1_003]);
        assert_eq!(come(&mut gaps, 0), Order::Late);
        assert!(gaps.take_lost(start + MAX_LATE * 2).is_empty());
    }

    #[test]
    fn jumps_are_no_losses_and_a_sender_may_count_anew() {
        let (mut gaps, start) = (Gaps::default(), Instant::now());
        for number in [0, 10_000, 20_000, 20_400, 20_800] {
            assert_eq!(gaps.received(start, number, 1), Order::Next);
            assert!(gaps.missing.len() <= MAX_MISSING);
        }
        gaps.take_lost(start + MAX_LATE);
        let orders: Vec<Order> = (0..40).map(|number| gaps.received(start, number, 1)).collect();
        assert_eq!(orders.iter().filter(|order| **order == Order::Late).count(), 19);
        assert!(gaps.take_lost(start + MAX_LATE).is_empty());
    }
}
