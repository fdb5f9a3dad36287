//! Refresh pace: how soon a list is fetched again when a backend says that it changed. Reads no clock.

use std::time::{Duration, Instant};

/// Between two requests at first.
const MIN_GAP: Duration = Duration::from_secs(3);
/// Between two requests, where the list changes all the time.
const MAX_GAP: Duration = Duration::from_secs(60);

/// Changes that come together lead to one request; those that never stop, to fewer and fewer.
#[derive(Debug, Default)]
pub(crate) struct RefreshPace {
    last: Option<Instant>,
    gap: Duration,
    /// A request is due that was not made yet.
    due: bool,
}

/// What a change leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// Look again then, with [`RefreshPace::due`].
    In(Duration),
    /// A request is due already.
    Waits,
}

impl RefreshPace {
    /// The list changed.
    pub(crate) fn changed(&mut self, now: Instant) -> Turn {
        if self.due {
            return Turn::Waits;
        }
        let since = self.last.map(|last| now.saturating_duration_since(last));
        match since {
            Some(since) if since < self.gap.max(MIN_GAP) => {
                let left = self.gap.max(MIN_GAP) - since;
                self.due = true;
                Turn::In(left)
            }
            Some(_) | None => {
                self.asked(now);
                Turn::Now
            }
        }
    }

    /// The time of [`Turn::In`] is over: the request is made now.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        let due = std::mem::take(&mut self.due);
        if due {
            self.asked(now);
        }
        due
    }

    /// The list is asked for, for whatever reason.
    pub(crate) fn asked(&mut self, now: Instant) {
        let quiet = self.last.is_none_or(|last| now.saturating_duration_since(last) > MAX_GAP * 2);
        self.gap = if quiet { MIN_GAP } else { (self.gap * 2).clamp(MIN_GAP, MAX_GAP) };
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_changes_is_few_requests() {
        let (mut pace, start) = (RefreshPace::default(), Instant::now());
        let (mut requests, mut look) = (0, None);
        // Ten changes a second for ten minutes.
        for tick in 0..6000 {
            let now = start + Duration::from_millis(tick * 100);
            if look.is_some_and(|at| now >= at) {
                look = None;
                requests += u32::from(pace.due(now));
            }
            match pace.changed(now) {
                Turn::Now => requests += 1,
                Turn::In(wait) => look = Some(now + wait),
                Turn::Waits => {}
            }
        }
        assert!((5..=16).contains(&requests), "{requests}");
    }

    #[test]
    fn a_single_change_is_looked_at_at_once_and_the_last_of_many_is_not_missed() {
        let (mut pace, now) = (RefreshPace::default(), Instant::now());
        assert_eq!(pace.changed(now), Turn::Now);
        let Turn::In(wait) = pace.changed(now + Duration::from_secs(1)) else {
            panic!("asked again at once")
        };
        assert_eq!(pace.changed(now + Duration::from_secs(2)), Turn::Waits);
        assert!(pace.due(now + Duration::from_secs(1) + wait));
        assert!(!pace.due(now + Duration::from_secs(60)));
        assert_eq!(pace.changed(now + MAX_GAP * 4), Turn::Now);
    }
}
