//! Record of a run: what was measured under which circumstances, beside the raw logs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// File of a [`Run`] in its folder.
pub const RUN_FILE: &str = "run.json";
/// File of a [`Measured`] in the same folder.
pub const RESULT_FILE: &str = "result.json";

/// Who calls whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// Two `bellwire-cli`.
    Bellwire,
    /// Two Chromium processes.
    Chromium,
    /// A call of Bellwire, and one of Chromium beside it; for profiles with two calls.
    Mixed,
}

impl System {
    pub const ALL: [Self; 3] = [Self::Bellwire, Self::Chromium, Self::Mixed];

    pub fn word(self) -> &'static str {
        match self {
            Self::Bellwire => "bellwire",
            Self::Chromium => "chromium",
            Self::Mixed => "mixed",
        }
    }
}

/// One run and its circumstances. Times are Unix microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub profile: String,
    pub system: System,
    pub number: u32,
    /// Both sides of the first call were connected.
    pub connected_us: u64,
    /// Likewise of the second.
    pub second_us: Option<u64>,
    pub ended_us: u64,
    /// When each step of the profile was taken.
    pub steps_us: Vec<u64>,
    /// Load average of the last minute, before and after.
    pub load: [f64; 2],
    /// Processor time used by everything on the machine, percent of one core.
    pub busy_percent: f64,
    pub processors: usize,
    pub commit: String,
    /// Version of the browser, where there was one.
    pub chromium: String,
    /// UTC, year first.
    pub date: String,
}

/// Figures by name. One that could not be measured is missing; a time to something that never came is `None`.
pub type Figures = BTreeMap<String, Option<f64>>;

/// Rates and queue over time, for the plots.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Series {
    pub step_s: f64,
    pub received_kbps: Vec<f64>,
    pub queue_ms: Vec<f64>,
}

/// What one direction of a call was like.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Side {
    /// `caller` or `callee`: who sent.
    pub sender: String,
    pub figures: Figures,
    pub series: Series,
}

/// A run and its figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    pub run: Run,
    pub sides: Vec<Side>,
}

/// The runs of a profile, by system.
pub type Runs = BTreeMap<System, Vec<Measured>>;

pub fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    fs::write(path, serde_json::to_string_pretty(value)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

pub fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is broken", path.display()))
}
