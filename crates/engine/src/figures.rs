//! Call figures of an account as its backend keeps them, made fit for the interface.

use std::collections::BTreeMap;

use bellwire_signaling::Analytics;

/// Kinds of calls and of outcomes kept of a reply; a backend has a handful.
const MOST_KINDS: usize = 32;

/// With few kinds, and numbers that JSON has.
pub(crate) fn bounded(said: Analytics) -> Analytics {
    let few = |all: BTreeMap<String, u32>| all.into_iter().take(MOST_KINDS).collect();
    let average = said.average_duration_s;
    Analytics {
        average_duration_s: if average.is_finite() { average.max(0.0) } else { 0.0 },
        by_type: few(said.by_type),
        by_status: few(said.by_status),
        ..said
    }
}
