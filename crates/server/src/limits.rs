//! Who asks too often. Counters are per key and forgotten when idle.

use std::hash::Hash;
use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Limits;

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// So many per minute for each key, all of them at once if need be.
#[derive(Debug)]
pub(crate) struct PerMinute<K: Clone + Eq + Hash>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + Eq + Hash> PerMinute<K> {
    pub(crate) fn new(count: u32) -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(at_least_one(count))))
    }

    /// Counts one. On refusal: seconds until the next would pass.
    pub(crate) fn check(&self, key: &K) -> Result<(), u64> {
        self.0.check_key(key).map_err(|refusal| {
            let wait = refusal.wait_time_from(DefaultClock::default().now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        })
    }

    /// Forgets keys that have not been seen for long.
    pub(crate) fn sweep(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

/// The token bucket of one socket.
pub(crate) fn bucket(limits: &Limits) -> DefaultDirectRateLimiter {
    RateLimiter::direct(
        Quota::per_second(at_least_one(limits.events_per_second))
            .allow_burst(at_least_one(limits.event_burst)),
    )
}
