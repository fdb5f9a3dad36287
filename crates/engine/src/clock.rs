//! Suspend-aware clock: its time goes on while the machine sleeps. A ring that began before the lid was closed is over
//! when it opens again, so the phone's time must count the sleep; `Instant` on Linux does not.

use std::time::{Duration, Instant};

/// A monotonic clock whose readings are `Instant`s that include suspended time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    start_boot: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), start_boot: since_boot() }
    }

    pub(crate) fn now(&self) -> Instant {
        self.start + since_boot().saturating_sub(self.start_boot)
    }

    /// How long to sleep until `deadline`, an instant of this clock.
    pub(crate) fn until(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.now())
    }
}

#[cfg(target_os = "linux")]
fn since_boot() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(u64::try_from(t.tv_sec).unwrap_or(0), u32::try_from(t.tv_nsec).unwrap_or(0))
}

/// `Instant` counts sleep on Windows; on macOS it does not, and a ring may outlive a closed lid there.
#[cfg(not(target_os = "linux"))]
fn since_boot() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_and_the_wait_shrinks() {
        let clock = Clock::start();
        let (a, b) = (clock.now(), clock.now());
        assert!(b >= a);
        assert_eq!(clock.until(a), Duration::ZERO);
        assert!(clock.until(b + Duration::from_secs(60)) > Duration::from_secs(50));
    }
}
