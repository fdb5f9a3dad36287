//! Clock of a run: microseconds of Unix time, which every program of a run can tell.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970.
pub fn unix_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
