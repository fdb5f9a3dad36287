//! Rate limits of requests, failures and socket events. Counters are per key and forgotten when idle.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Limits;
use crate::error::ApiError;
use crate::request::{client_ip, network};

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

/// So many failures in a period for each key; what succeeds is not counted.
#[derive(Debug)]
pub(crate) struct Failures<K: Eq + Hash> {
    most: u32,
    period: Duration,
    /// When the first of the failures was, and how many there have been since.
    counts: Mutex<HashMap<K, (Instant, u32)>>,
}

impl<K: Eq + Hash> Failures<K> {
    pub(crate) fn new(most: u32, period: Duration) -> Self {
        Self { most: most.max(1), period, counts: Mutex::default() }
    }

    /// Counts a try as a failure before it is made, so that many at once are all counted. On refusal:
    /// seconds until another is allowed.
    pub(crate) fn begin(&self, key: K) -> Result<(), u64> {
        let mut counts = self.lock();
        let entry = counts.entry(key).or_insert_with(|| (Instant::now(), 0));
        let left = self.period.saturating_sub(entry.0.elapsed());
        if left.is_zero() {
            *entry = (Instant::now(), 0);
        } else if entry.1 >= self.most {
            return Err(left.as_secs().max(1));
        }
        entry.1 += 1;
        Ok(())
    }

    /// A try that was counted was no failure.
    pub(crate) fn take_back(&self, key: &K) {
        let mut counts = self.lock();
        if let Some((_, count)) = counts.get_mut(key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(key);
            }
        }
    }

    /// Forgets failures that are long past.
    pub(crate) fn sweep(&self) {
        let period = self.period;
        self.lock().retain(|_, (since, _)| since.elapsed() < period);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Instant, u32)>> {
        // A count is whole at every moment, so that one of a thread that panicked is as good as any.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token bucket of one socket.
pub(crate) struct Bucket {
    events: DefaultDirectRateLimiter,
    /// So that a flood is not answered with a flood.
    told: DefaultDirectRateLimiter,
}

/// The general limit of a backend's routes: so many requests per network address.
#[derive(Clone, Debug)]
pub(crate) struct RequestLimit(Arc<Rate<IpAddr>>);

/// The period of [`RequestLimit`].
pub(crate) const FIFTEEN_MINUTES: Duration = Duration::from_secs(15 * 60);

impl RequestLimit {
    pub(crate) fn new(count: u32) -> Self {
        Self(Arc::new(Rate::new(count, FIFTEEN_MINUTES)))
    }

    pub(crate) fn sweep(&self) {
        self.0.sweep();
    }

    /// Around the routes a backend has itself; what every listener has (metrics, discovery) is free.
    pub(crate) fn around(&self, router: Router) -> Router {
        if !router.has_routes() {
            return router;
        }
        let limit = self.clone();
        router.route_layer(middleware::from_fn(move |request, next| limit.clone().pass(request, next)))
    }

    async fn pass(self, request: Request, next: Next) -> Response {
        let from = client_ip(request.extensions(), request.headers());
        match from.map_or(Ok(()), |from| self.0.check(&network(from))) {
            Ok(()) => next.run(request).await,
            Err(wait) => {
                ApiError::too_many("Too many requests, please try again later", wait).into_response()
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_and_forgotten() {
        let failures = Failures::new(2, Duration::from_secs(900));
        assert_eq!((failures.begin(1), failures.begin(1)), (Ok(()), Ok(())));

        assert!(failures.begin(1).expect_err("too many") > 800);
        assert_eq!(failures.begin(2), Ok(()));
        failures.take_back(&1);
        assert_eq!(failures.begin(1), Ok(()), "one was none");
        assert!(failures.begin(1).is_err());

        let brief = Failures::new(1, Duration::ZERO);
        assert_eq!(brief.begin(1), Ok(()));
        assert_eq!(brief.begin(1), Ok(()), "the period is over");
        brief.sweep();
        assert!(brief.lock().is_empty());
    }

    #[test]
    fn a_rate_lets_its_count_through_at_once_and_then_says_how_long_to_wait() {
        let rate = Rate::new(3, Duration::from_secs(900));

        assert!((0..3).all(|_| rate.check(&"a").is_ok()));
        let wait = rate.check(&"a").expect_err("too many");
        assert!((290..=300).contains(&wait), "{wait}");
        assert_eq!(rate.check(&"b"), Ok(()));
    }

    #[test]
    fn a_flood_is_told_of_once() {
        let bucket = Bucket::new(&Limits { event_burst: 5, events_per_second: 1, ..Limits::default() });

        let refused: Vec<TooMany> = (0..50).filter_map(|_| bucket.check().err()).collect();

        assert!(refused.len() >= 44, "{}", refused.len());
        assert!(refused[0].worth_telling && refused[0].retry_after >= 1);
        assert!(refused.iter().filter(|refusal| refusal.worth_telling).count() <= 2);
    }
}
