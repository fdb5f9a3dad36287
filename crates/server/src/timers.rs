//! Timers of a hub: what is due at which time, the earliest first.

use std::collections::BTreeSet;

use crate::clock::Millis;

/// Due events in the order of their times; pure, so that a test gives the time.
#[derive(Debug)]
pub(crate) struct Timers<D>(BTreeSet<(Millis, D)>);

impl<D: Ord> Default for Timers<D> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<D: Ord> Timers<D> {
    pub(crate) fn insert(&mut self, at: Millis, due: D) {
        self.0.insert((at, due));
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&D) -> bool) {
        self.0.retain(|(_, due)| keep(due));
    }

    /// The time of the next one.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes out the next one whose time has come.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<D> {
        if self.deadline()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, due)| due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_comes_out_in_the_order_of_its_time_and_not_before() {
        let mut timers = Timers::default();
        for (at, due) in [(30, "c"), (10, "a"), (20, "b")] {
            timers.insert(Millis(at), due);
        }
        assert_eq!((timers.deadline(), timers.pop(Millis(9))), (Some(Millis(10)), None));

        let due: Vec<_> = std::iter::from_fn(|| timers.pop(Millis(20))).collect();
        assert_eq!(due, ["a", "b"]);
        timers.retain(|due| *due != "c");
        assert_eq!(timers.deadline(), None);
    }
}
