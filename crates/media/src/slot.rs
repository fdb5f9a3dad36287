//! Slot for one value between two threads where the newest wins. Not a queue: an untaken value is replaced
//! and counted.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The place itself, shared by `Arc`.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    closed: bool,
    replaced: u64,
}

/// What waiting on a [`Slot`] came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T> {
    Value(T),
    /// Nothing came in the time given.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { value: None, closed: false, replaced: 0 }), changed: Condvar::new() }
    }
}

impl<T> Slot<T> {
    /// Puts a value in; when one is still there it is replaced.
    pub(crate) fn put(&self, value: T) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.value.replace(value).is_some() {
            state.replaced += 1;
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Waits up to `timeout` for a value and takes it.
    pub(crate) fn take(&self, timeout: Duration) -> Taken<T> {
        let until = Instant::now() + timeout;
        let mut state = self.lock();
        loop {
            if state.closed {
                return Taken::Closed;
            }
            if let Some(value) = state.value.take() {
                return Taken::Value(value);
            }
            let now = Instant::now();
            if now >= until {
                return Taken::Nothing;
            }
            state = self.changed.wait_timeout(state, until - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes the value out without waiting.
    pub(crate) fn clear(&self) -> Option<T> {
        self.lock().value.take()
    }

    /// Ends all waiting, now and later, and drops the value.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.value = None;
        drop(state);
        self.changed.notify_all();
    }

    /// How many values were replaced before anyone took them.
    pub(crate) fn replaced(&self) -> u64 {
        self.lock().replaced
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Slot, Taken};

    #[test]
    fn the_newest_wins_and_the_rest_is_counted() {
        let slot = Slot::default();
        slot.put(1);
        slot.put(2);
        assert_eq!(slot.take(Duration::ZERO), Taken::Value(2));
        assert_eq!(slot.take(Duration::ZERO), Taken::Nothing);
        assert_eq!(slot.replaced(), 1);
        slot.close();
        slot.put(3);
        assert_eq!(slot.take(Duration::from_secs(60)), Taken::Closed);
    }
}
