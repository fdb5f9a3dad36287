//! Throttled warnings, which would otherwise fill a log.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets one through, and the next after a while.
#[derive(Debug)]
pub(crate) struct Throttle {
    period: Duration,
    last: Mutex<Option<Instant>>,
}

impl Throttle {
    /// For a warning that an administrator should see, and see once a minute at most.
    pub(crate) const fn per_minute() -> Self {
        Self::new(Duration::from_secs(60))
    }

    pub(crate) const fn new(period: Duration) -> Self {
        Self { period, last: Mutex::new(None) }
    }

    /// Whether this one may pass.
    pub(crate) fn pass(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let pass = last.is_none_or(|last| last.elapsed() >= self.period);
        if pass {
            *last = Some(Instant::now());
        }
        pass
    }
}

/// A warning with an error: once a minute from each place in the code, below that at DEBUG.
macro_rules! warn_rarely {
    ($error:expr, $text:literal) => {{
        static SAID: crate::throttle::Throttle = crate::throttle::Throttle::per_minute();
        if SAID.pass() {
            tracing::warn!(error = %$error, $text);
        } else {
            tracing::debug!(error = %$error, $text);
        }
    }};
}
pub(crate) use warn_rarely;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passes_in_a_period() {
        let minute = Throttle::per_minute();
        assert_eq!([minute.pass(), minute.pass()], [true, false]);
        let never = Throttle::new(Duration::ZERO);
        assert_eq!([never.pass(), never.pass()], [true, true]);
    }
}
