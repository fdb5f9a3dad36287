//! Time in samples, as the jitter buffer counts it.

use std::time::{Duration, Instant};

use crate::codec::opus::OPUS_CLOCK_HZ;

/// How long a packet was under way, in samples, against the first packet.
pub(super) fn transit((origin, begin): (Instant, i64), timestamp: i64, arrived: Instant) -> i64 {
    let elapsed = match arrived.checked_duration_since(origin) {
        Some(after) => samples_in(after),
        None => -samples_in(origin.saturating_duration_since(arrived)),
    };
    elapsed - (timestamp - begin)
}

pub(crate) fn samples_in(duration: Duration) -> i64 {
    (duration.as_micros() as i64).saturating_mul(i64::from(OPUS_CLOCK_HZ)) / 1_000_000
}

pub(super) fn duration_of(samples: i64) -> Duration {
    Duration::from_micros(samples.max(0) as u64 * 1_000_000 / u64::from(OPUS_CLOCK_HZ))
}
