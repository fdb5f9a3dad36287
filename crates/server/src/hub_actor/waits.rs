//! Waiting for moments and deadlines.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Millis;

/// Longest wait for a deadline before the clock is looked at again: deadlines are times of day, and the
/// clock may be set meanwhile.
pub(super) const MAX_SLEEP: Duration = Duration::from_secs(1);

/// Until a moment; for ever without one.
pub(super) async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Until a deadline, or until the clock should be looked at again.
pub(super) async fn at(deadline: Option<Millis>) {
    match deadline {
        Some(deadline) => tokio::time::sleep(nap(Millis::now(), deadline)).await,
        None => std::future::pending().await,
    }
}

/// How long to sleep before looking whether a deadline has come.
pub(super) fn nap(now: Millis, deadline: Millis) -> Duration {
    now.until(deadline).min(MAX_SLEEP)
}
