//! Reconnect back-off. Knows no clock and no socket.

use std::time::{Duration, Instant};

const MIN_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(15);
/// The longest wait after a server said that it does not want us.
const MAX_DELAY_REFUSED: Duration = Duration::from_secs(60);
/// A connection that held this long earns a quick first attempt again.
const STABLE_AFTER: Duration = Duration::from_secs(5);

/// Capped exponential back-off with jitter.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
    /// In a row.
    refusals: u32,
    opened: Option<Instant>,
}

impl Backoff {
    /// The connection is open.
    pub(crate) fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
        self.refusals = 0;
    }

    /// The connection is gone, or did not come up. `random` in 0..1 spreads clients of one server
    /// that died over time.
    pub(crate) fn lost(&mut self, now: Instant, random: f64) -> Duration {
        let held = self.opened.take().map(|at| now.saturating_duration_since(at));
        if held.is_some_and(|held| held >= STABLE_AFTER) {
            self.attempts = 0;
        }
        let full = MIN_DELAY.saturating_mul(1 << self.attempts.min(16)).min(MAX_DELAY);
        self.attempts = self.attempts.saturating_add(1);
        full.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }

    /// The server let us in and then refused us: asking again soon is of no use.
    pub(crate) fn refused(&mut self, random: f64) -> Duration {
        self.opened = None;
        self.refusals = self.refusals.saturating_add(1);
        // Twice soon, for a server that starts; then more and more seldom.
        let full =
            MAX_DELAY.saturating_mul(1 << self.refusals.saturating_sub(2).min(8)).min(MAX_DELAY_REFUSED);
        full.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_cap_and_never_vanish() {
        let mut backoff = Backoff::default();
        let now = Instant::now();
        let mut last = Duration::ZERO;
        for attempt in 0..200 {
            let wait = backoff.lost(now, 1.0);
            assert!(wait >= last && wait <= MAX_DELAY, "attempt {attempt}: {wait:?}");
            last = wait;
        }
        assert_eq!(last, MAX_DELAY);
        assert!(backoff.lost(now, 0.0) >= MAX_DELAY / 2);
    }

    #[test]
    fn only_a_connection_that_held_starts_over() {
        let mut backoff = Backoff::default();
        let start = Instant::now();
        for _ in 0..10 {
            backoff.lost(start, 1.0);
        }
        backoff.opened(start);
        assert_eq!(backoff.lost(start + Duration::from_secs(1), 1.0), MAX_DELAY);
        backoff.opened(start);
        assert_eq!(backoff.lost(start + STABLE_AFTER, 1.0), MIN_DELAY);
    }

    #[test]
    fn a_server_that_refuses_is_asked_more_and_more_seldom() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..6).map(|_| backoff.refused(1.0)).collect();
        assert_eq!(
            waits,
            [MAX_DELAY, MAX_DELAY, MAX_DELAY * 2, MAX_DELAY_REFUSED, MAX_DELAY_REFUSED, MAX_DELAY_REFUSED]
        );
        backoff.opened(Instant::now());
        assert_eq!(backoff.refused(1.0), MAX_DELAY);
    }
}
