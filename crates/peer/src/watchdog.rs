//! Watchdog of the path: notices silence sooner than ICE does, and an ICE restart that does not come up,
//! which ICE reports after half a minute only. Sans-IO.
//!
//! The ICE agent underneath never leaves a selected pair (it waits for consent to run out, 5 s and
//! more), while the other side may long be sending elsewhere. Silence counts only while we send:
//! a side that sends media gets transport feedback many times a second, one that does not
//! may rightly hear nothing.

use std::time::{Duration, Instant};

/// How long we send unheard before the path counts as silent.
pub(crate) const SILENCE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a connection that was up may look for a new path before it counts as silent.
pub(crate) const RESTART_TIMEOUT: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Silent,
    Back,
}

#[derive(Debug, Default)]
pub(crate) struct Watchdog {
    silent: bool,
    /// Since when it has been connected, or else not; `None` until it is so for the first time, since
    /// only one who had a path can miss it.
    path: Option<(bool, Instant)>,
}

impl Watchdog {
    /// `unheard_since`: when the first packet went out after the last one that came in.
    pub(crate) fn tick(
        &mut self,
        now: Instant,
        connected: bool,
        unheard_since: Option<Instant>,
    ) -> Option<Change> {
        let since = |at: Instant| now.saturating_duration_since(at);
        match self.path {
            None if !connected => return None,
            Some((up, _)) if up == connected => {}
            None | Some(_) => self.path = Some((connected, now)),
        }
        let so_for = self.path.map_or(Duration::ZERO, |(_, at)| since(at));
        let silent = if connected {
            // Whatever came in resets `unheard_since`, so "short" means "heard again". What went out
            // before the path came up again says nothing about it.
            unheard_since.map_or(Duration::ZERO, since).min(so_for) >= SILENCE_TIMEOUT
        } else {
            self.silent || so_for >= RESTART_TIMEOUT
        };
        match (std::mem::replace(&mut self.silent, silent), silent) {
            (false, true) => Some(Change::Silent),
            (true, false) => Some(Change::Back),
            (false, false) | (true, true) => None,
        }
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
    fn a_restarted_path_that_does_not_come_up_is_silent_and_one_that_does_is_not() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut dog = Watchdog::default();
        assert_eq!(dog.tick(at(0), true, None), None);
        // Nothing is sent while it connects, so nothing is unheard either.
        assert_eq!(dog.tick(at(100), false, None), None);
        assert_eq!(dog.tick(at(4000), false, None), None);
        assert_eq!(dog.tick(at(4100), false, None), Some(Change::Silent));
        assert_eq!(dog.tick(at(9000), false, None), None);
        assert_eq!(dog.tick(at(9100), true, None), Some(Change::Back));
        assert_eq!(dog.tick(at(9200), false, Some(at(9000))), None);
        assert_eq!(dog.tick(at(12_000), true, Some(at(9000))), None);
        assert_eq!(dog.tick(at(13_900), true, Some(at(9000))), None);
        assert_eq!(dog.tick(at(14_000), true, Some(at(9000))), Some(Change::Silent));
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
