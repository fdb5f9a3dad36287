//! Who asks too often. Counters are per key and forgotten when idle.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Limits;

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// So many in a period for each key, all of them at once if need be.
#[derive(Debug)]
pub(crate) struct Rate<K: Clone + Eq + Hash>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + Eq + Hash> Rate<K> {
    pub(crate) fn new(count: u32, period: Duration) -> Self {
        let count = at_least_one(count);
        let each = period.checked_div(count.get()).filter(|each| !each.is_zero());
        let each = each.unwrap_or(Duration::from_nanos(1));
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(count)).allow_burst(count);
        Self(RateLimiter::keyed(quota))
    }

    pub(crate) fn per_minute(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60))
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
pub(crate) struct Bucket {
    events: DefaultDirectRateLimiter,
    /// So that a flood is not answered with a flood.
    told: DefaultDirectRateLimiter,
}

/// An event above the limit.
pub(crate) struct TooMany {
    /// Seconds.
    pub(crate) retry_after: u64,
    /// The socket has not been told within the last second.
    pub(crate) worth_telling: bool,
}

impl Bucket {
    pub(crate) fn new(limits: &Limits) -> Self {
        let events = Quota::per_second(at_least_one(limits.events_per_second))
            .allow_burst(at_least_one(limits.event_burst));
        Self {
            events: RateLimiter::direct(events),
            told: RateLimiter::direct(Quota::per_second(NonZeroU32::MIN)),
        }
    }

    pub(crate) fn check(&self) -> Result<(), TooMany> {
        self.events.check().map_err(|refusal| {
            let wait = refusal.wait_time_from(DefaultClock::default().now());
            TooMany {
                retry_after: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
                worth_telling: self.told.check().is_ok(),
            }
        })
    }
}
