//! The outbox: events that wait for the socket to open. Knows no clock and no socket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::Value;

/// One event for the socket.
#[derive(Debug, PartialEq)]
pub(crate) struct Emission {
    pub(crate) name: &'static str,
    pub(crate) args: Vec<Value>,
    pub(crate) perishable: bool,
}

/// When full, the oldest perishable emission is dropped, or else the oldest.
const MAX_EVENTS: usize = 1024;
/// Descriptions and candidates of a call that went on (or died) without us.
const PERISHABLE_AGE: Duration = Duration::from_secs(15);
/// What is said later than this is about calls long over.
const MAX_AGE: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<(Instant, Emission)>,
    dropped: u64,
}

impl Outbox {
    pub(crate) fn push(&mut self, emission: Emission, now: Instant) {
        if self.waiting.len() >= MAX_EVENTS {
            let victim = self.waiting.iter().position(|(_, waiting)| waiting.perishable).unwrap_or(0);
            self.waiting.remove(victim);
            self.dropped += 1;
        }
        self.waiting.push_back((now, emission));
    }

    /// Everything still worth saying, in the order it was said, and how much was dropped.
    pub(crate) fn open(&mut self, now: Instant) -> (Vec<Emission>, u64) {
        let mut dropped = std::mem::take(&mut self.dropped);
        let mut fresh = Vec::new();
        for (since, emission) in self.waiting.drain(..) {
            let limit = if emission.perishable { PERISHABLE_AGE } else { MAX_AGE };
            if now.saturating_duration_since(since) <= limit {
                fresh.push(emission);
            } else {
                dropped += 1;
            }
        }
        (fresh, dropped)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn emission(n: usize, perishable: bool) -> Emission {
        Emission { name: "x", args: vec![json!(n)], perishable }
    }

    #[test]
    fn order_is_kept_and_stale_candidates_are_dropped() {
        let mut outbox = Outbox::default();
        let start = Instant::now();
        outbox.push(emission(0, true), start);
        outbox.push(emission(1, false), start);
        outbox.push(emission(2, true), start + PERISHABLE_AGE);
        let (fresh, dropped) = outbox.open(start + PERISHABLE_AGE + Duration::from_secs(1));
        assert_eq!(fresh, [emission(1, false), emission(2, true)]);
        assert_eq!(dropped, 1);
        assert_eq!(outbox.open(start).0, []);
    }

    #[test]
    fn a_full_box_drops_candidates_before_it_drops_a_hang_up() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        outbox.push(emission(0, false), now);
        for n in 1..MAX_EVENTS + 10 {
            outbox.push(emission(n, true), now);
        }
        let (fresh, dropped) = outbox.open(now);
        assert_eq!(fresh.len(), MAX_EVENTS);
        assert_eq!(fresh[0], emission(0, false));
        assert_eq!(dropped, 10);
    }
}
