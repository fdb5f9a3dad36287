//! Named threads that are joined by their owner and whose panics are logged. Not a pool, and it
//! knows no way to wake a thread: the owner closes whatever the thread waits on, then drops this.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use tracing::error;

/// A running thread; dropping it waits for the thread's end.
#[derive(Debug)]
pub struct Thread {
    name: &'static str,
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    /// Starts a thread. A thread the system refuses is logged: its pipeline then stays silent.
    pub fn spawn(name: &'static str, body: impl FnOnce() + Send + 'static) -> Self {
        let guarded = move || {
            // The state shared with a thread that panicked is only ever dropped afterwards.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
                let message = panic
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_default();
                error!(thread = name, message, "Media thread panicked");
            }
        };
        let handle = match std::thread::Builder::new().name(name.to_owned()).spawn(guarded) {
            Ok(handle) => Some(handle),
            Err(error) => {
                error!(thread = name, %error, "Media thread could not be started");
                None
            }
        };
        Self { name, handle }
    }

    /// Whether the thread has come to its end.
    pub fn is_finished(&self) -> bool {
        self.handle.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Wakes the thread, if it is parked.
    pub fn unpark(&self) {
        if let Some(handle) = &self.handle {
            handle.thread().unpark();
        }
    }

    /// Does not wait for the thread's end: for one that was stopped and may be blocked by a file.
    pub fn detach(mut self) {
        self.handle = None;
    }

    /// Lets the thread go its own way: for one that is stuck in a driver.
    pub fn abandon(mut self) {
        tracing::warn!(thread = self.name, "Media thread is stuck and was left behind");
        self.handle = None;
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        // A thread that drops its own handle must not wait for itself.
        if handle.thread().id() != std::thread::current().id() {
            let _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::Thread;

    #[test]
    fn dropping_waits_for_the_end_even_after_a_panic() {
        let done = Arc::new(AtomicBool::new(false));
        let flag = done.clone();
        drop(Thread::spawn("test-thread", move || {
            std::thread::yield_now();
            flag.store(true, Ordering::SeqCst);
            panic!("on purpose");
        }));
        assert!(done.load(Ordering::SeqCst));
    }
}
