//! Call figures of an account as its backend keeps them: a shape only.

use std::collections::BTreeMap;

use serde::Serialize;

/// Kinds of calls and of outcomes kept of a reply; a backend has a handful.
const MOST_KINDS: usize = 32;

/// What a backend says of an account's calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Analytics {
    /// Calls, like the next three.
    pub total: u32,
    pub accepted: u32,
    pub declined: u32,
    pub ended: u32,
    /// Seconds.
    pub average_duration_s: f64,
    /// Percent, as the backend writes it.
    pub acceptance_rate: String,
    /// Percent, as the backend writes it.
    pub completion_rate: String,
    /// Calls by what they were about, in the backend's words.
    pub by_type: BTreeMap<String, u32>,
    /// Calls by how they stand or ended, in the backend's words.
    pub by_status: BTreeMap<String, u32>,
}

impl From<bellwire_signaling::Analytics> for Analytics {
    fn from(said: bellwire_signaling::Analytics) -> Self {
        let few = |all: BTreeMap<String, u32>| all.into_iter().take(MOST_KINDS).collect();
        // JSON has no words for what is no number.
        let average_duration_s =
            if said.average_duration_s.is_finite() { said.average_duration_s.max(0.0) } else { 0.0 };
        Self {
            total: said.total,
            accepted: said.accepted,
            declined: said.declined,
            ended: said.ended,
            average_duration_s,
            acceptance_rate: said.acceptance_rate,
            completion_rate: said.completion_rate,
            by_type: few(said.by_type),
            by_status: few(said.by_status),
        }
    }
}
