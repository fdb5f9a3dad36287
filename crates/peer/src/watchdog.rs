//! Notices a path that has gone silent, sooner than ICE does. Sans-IO.
//!
//! The ICE agent underneath never leaves a selected pair (it waits for consent to run out, 5 s and
//! more), while the other side may long be sending elsewhere. Silence counts only while we send:
//! whoever sends media is answered with transport feedback many times a second, whoever does not
//! may rightly hear nothing.

use std::time::{Duration, Instant};

/// How long we send unheard before the path counts as silent.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Silent,
    Back,
}

#[derive(Debug, Default)]
pub(crate) struct Watchdog {
    silent: bool,
}

impl Watchdog {
    /// `unheard_since`: when the first packet went out after the last one that came in.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        connected: bool,
        unheard_since: Option<Instant>,
    ) -> Option<Change> {
        let unheard = unheard_since.map_or(Duration::ZERO, |s| now.saturating_duration_since(s));
        if self.silent {
            // Whatever came in resets `unheard_since`, so "short" means "heard again".
            if unheard < SILENCE {
                self.silent = false;
                return Some(Change::Back);
            }
        } else if connected && unheard >= SILENCE {
            self.silent = true;
            return Some(Change::Silent);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_reported_once_and_its_end_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut dog = Watchdog::default();
        assert_eq!(dog.tick(at(0), true, Some(at(0))), None);
        assert_eq!(dog.tick(at(1999), true, Some(at(0))), None);
        assert_eq!(dog.tick(at(2000), true, Some(at(0))), Some(Change::Silent));
        assert_eq!(dog.tick(at(2500), true, Some(at(0))), None);
        assert_eq!(dog.tick(at(3000), true, Some(at(2990))), Some(Change::Back));
        assert_eq!(dog.tick(at(3100), true, None), None);
    }

    #[test]
    fn a_quiet_call_and_one_not_yet_connected_are_not_silent() {
        let start = Instant::now();
        let mut dog = Watchdog::default();
        let late = start + Duration::from_secs(60);
        assert_eq!(dog.tick(late, true, None), None);
        assert_eq!(dog.tick(late, false, Some(start)), None);
    }
}
