//! Pace of the checks of each pair: a share of what all may send, and ever less where nothing answers. Sans-IO.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Time between two checks of one connection, over all pairs: 200 a second.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);
/// Timers may be late by this much.
const TIMER_SLACK: Duration = Duration::from_millis(2);
/// A pair that does not answer is checked again after this part of the time it has been checked for, and no later than
/// after [`MAX_PAUSE`]: at every tick for a tenth of a second, 4 times a second from the second second on.
const PAUSE_FRACTION: u32 = 8;
const MAX_PAUSE: Duration = Duration::from_millis(250);
/// Checks that are further apart have nothing to do with each other: they keep a path alive (RFC 7675).
const MAX_SERIES_PAUSE: Duration = Duration::from_millis(500);
/// A pair not checked for so long loses its share.
const PAIR_EXPIRY: Duration = Duration::from_secs(5);
/// Pairs at a time; others have to wait until one is forgotten.
const MAX_PAIRS: usize = 128;

/// From where to where: our socket, the address on the wire, and behind a relay the peer's.
pub(super) type Pair = (SocketAddr, SocketAddr, Vec<u8>);

/// Checks of one pair.
#[derive(Clone, Copy, Debug)]
struct Checked {
    /// The first one of a series.
    first: Instant,
    last: Instant,
    /// A check or an answer came from there since then: what it calls for leaves at once (RFC 8445 7.3.1.4 and 8.1.1).
    heard: bool,
}

impl Checked {
    /// How long the pair waits for its next check.
    fn pause(&self) -> Duration {
        if self.heard {
            return Duration::ZERO;
        }
        (self.last.saturating_duration_since(self.first) / PAUSE_FRACTION).min(MAX_PAUSE)
    }
}

/// When each pair was checked. All have the same share of the pace.
#[derive(Debug, Default)]
pub(super) struct CheckPacer {
    pairs: HashMap<Pair, Checked>,
}

impl CheckPacer {
    pub(super) fn allows(&mut self, pair: Pair, now: Instant) -> bool {
        let mut first = now;
        if let Some(checked) = self.pairs.get(&pair) {
            let waited = now.saturating_duration_since(checked.last);
            let pairs = u32::try_from(self.pairs.len()).unwrap_or(u32::MAX);
            if waited + TIMER_SLACK < CHECK_INTERVAL.saturating_mul(pairs).max(checked.pause()) {
                return false;
            }
            if waited < MAX_SERIES_PAUSE {
                first = checked.first;
            }
        } else if self.pairs.len() >= MAX_PAIRS {
            self.forget_old(now);
            if self.pairs.len() >= MAX_PAIRS {
                return false;
            }
        }
        self.pairs.insert(pair, Checked { first, last: now, heard: false });
        true
    }

    /// Something that belongs to checks came to this socket of ours from that address.
    pub(super) fn heard(&mut self, local: SocketAddr, from: SocketAddr) {
        for (_, checked) in self.pairs.iter_mut().filter(|(pair, _)| pair.0 == local && pair.1 == from) {
            checked.heard = true;
        }
    }

    /// Ended paths are not to slow down those of a restart.
    pub(super) fn forget_old(&mut self, now: Instant) {
        self.pairs.retain(|_, checked| now.saturating_duration_since(checked.last) < PAIR_EXPIRY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks let through in `ticks` ticks of 10 ms to `pairs` pairs, in all and of the last pair. `heard`: each is
    /// answered.
    fn passed(pairs: u16, ticks: u32, heard: bool) -> (usize, usize) {
        let mut checks = CheckPacer::default();
        let start = Instant::now();
        let local = SocketAddr::from(([127, 0, 0, 1], 1));
        let (mut all, mut last) = (0, 0);
        for tick in 0..ticks {
            for pair in 0..pairs {
                let remote = SocketAddr::from(([127, 0, 0, 1], 1000 + pair));
                if checks.allows((local, remote, Vec::new()), start + Duration::from_millis(10) * tick) {
                    all += 1;
                    last += usize::from(pair == pairs - 1);
                }
                if heard {
                    checks.heard(local, remote);
                }
            }
        }
        (all, last)
    }

    #[test]
    fn few_pairs_are_checked_at_every_tick_and_many_in_turn() {
        assert_eq!(passed(1, 100, true), (100, 100));
        assert_eq!(passed(2, 100, true), (200, 100));
        let (all, last) = passed(50, 1_000, true);
        assert!((1_900..=2_100).contains(&all), "{all} in ten seconds");
        assert!((38..=42).contains(&last), "{last}: the last has its share");
        let (all, _) = passed(1_000, 100, true);
        assert!(all <= MAX_PAIRS + 250, "{all}");
    }

    #[test]
    fn a_pair_that_does_not_answer_is_checked_ever_more_rarely() {
        assert_eq!(passed(1, 10, false).0, 10, "at every tick in the beginning");
        let (second, minute) = (passed(1, 100, false).0, passed(1, 6_000, false).0);
        assert!((20..=35).contains(&second), "{second} in the first second");
        assert!((230..=270).contains(&minute), "{minute} in a minute");
    }

    #[test]
    fn an_answer_calls_for_one_check_at_once_and_no_more() {
        let mut checks = CheckPacer::default();
        let (start, local) = (Instant::now(), SocketAddr::from(([127, 0, 0, 1], 1)));
        let remote = SocketAddr::from(([127, 0, 0, 1], 1000));
        let passes = |checks: &mut CheckPacer, ticks: std::ops::Range<u32>| {
            let at = |tick| start + Duration::from_millis(10) * tick;
            ticks.filter(|tick| checks.allows((local, remote, Vec::new()), at(*tick))).count()
        };
        passes(&mut checks, 0..500);
        checks.heard(local, SocketAddr::from(([127, 0, 0, 2], 1000)));
        checks.heard(remote, remote);
        let next = (500..600).find(|tick| passes(&mut checks, *tick..tick + 1) > 0).expect("goes on");
        assert_eq!(passes(&mut checks, next + 1..next + 10), 0);
        checks.heard(local, remote);
        assert_eq!(passes(&mut checks, next + 10..next + 20), 1);
        // Consent is asked for once a second, however long the call has lasted.
        assert_eq!(passes(&mut checks, next + 120..next + 121), 1);
        assert!(passes(&mut checks, next + 300..next + 310) >= 9, "another series");
    }
}
