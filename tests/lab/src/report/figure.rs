//! Figures of the report: their names in the results, how they are written, and their medians.

use super::Runs;
use crate::numbers::median;
use crate::record::System;

/// A figure as it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) digits: usize,
}

const fn figure(name: &'static str, title: &'static str, unit: &'static str, digits: usize) -> Figure {
    Figure { name, title, unit, digits }
}

/// In the order of the tables.
pub(super) const FIGURES: &[Figure] = &[
    figure("shown_percent", "frames shown", "%", 1),
    figure("fps", "pictures per second", "", 1),
    figure("harmonic_fps", "pictures per second, harmonic", "", 1),
    figure("width", "width of the picture", "px", 0),
    figure("longest_freeze_ms", "longest freeze", "ms", 0),
    figure("freezes", "freezes", "", 0),
    figure("frozen_s", "frozen in all", "s", 1),
    figure("capture_to_display_ms", "capture to display", "ms", 0),
    figure("capture_to_display_p95_ms", "capture to display, 95 %", "ms", 0),
    figure("pesq", "PESQ", "", 2),
    figure("mouth_to_ear_ms", "mouth to ear", "ms", 0),
    figure("concealed_percent", "sound made up", "%", 2),
    figure("sound_gap_ms", "longest gap in speech", "ms", 0),
    figure("lip_sync_ms", "picture behind sound", "ms", 0),
    figure("received_kbps", "rate received", "kbit/s", 0),
    figure("sent_kbps", "rate sent", "kbit/s", 0),
    figure("queue_p50_ms", "queue, median", "ms", 0),
    figure("queue_p95_ms", "queue, 95 %", "ms", 0),
    figure("dropped_packets", "packets dropped by the queue", "", 0),
    figure("ramp_s", "until 80 % of the link is used", "s", 2),
    figure("rate_back_s", "until 80 % is used again", "s", 2),
    figure("picture_back_s", "until the picture is back", "s", 2),
    figure("fluent_back_s", "until it is fluent", "s", 2),
    figure("first_share_percent", "share of the first call", "%", 0),
];

impl Figure {
    pub(super) fn find(name: &str) -> Figure {
        let known = FIGURES.iter().find(|figure| figure.name == name).copied();
        known.unwrap_or(figure("", "unnamed", "", 2))
    }

    pub(super) fn label(&self) -> String {
        if self.unit.is_empty() { self.title.to_owned() } else { format!("{}, {}", self.title, self.unit) }
    }
}

/// A figure's values of one system.
#[derive(Clone, Debug)]
pub(super) struct Values {
    /// In ascending order.
    values: Vec<f64>,
    /// Directions in which it could not be measured, because it did not come about.
    missing: usize,
}

/// Of every run and direction. A figure of the picture that did not come back is missing, not left out.
pub(super) fn values(runs: &Runs, system: System, name: &str) -> Values {
    let sides = runs.get(&system).into_iter().flatten().flat_map(|measured| &measured.sides);
    let all: Vec<Option<f64>> = sides.map(|side| side.figures.get(name).copied()).collect();
    let mut values: Vec<f64> = all.iter().flatten().copied().collect();
    values.sort_by(f64::total_cmp);
    Values { missing: all.len() - values.len(), values }
}

impl Values {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn median(&self) -> Option<f64> {
        median(&mut self.values.clone())
    }

    /// Ours as a multiple of theirs.
    pub(super) fn ratio(&self, theirs: &Self) -> Option<f64> {
        let theirs = theirs.median().filter(|value| *value > 0.0)?;
        Some(self.median()? / theirs)
    }

    pub(super) fn text(&self, figure: &Figure) -> String {
        let digits = figure.digits;
        let (Some(median), Some(least), Some(most)) =
            (self.median(), self.values.first(), self.values.last())
        else {
            return "–".to_owned();
        };
        let mut text = format!("{median:.digits$}");
        if self.values.len() > 1 {
            text += &format!(" ({least:.digits$}–{most:.digits$})");
        }
        if self.missing > 0 && figure.name.ends_with("_s") {
            text += &format!(", {} never", self.missing);
        }
        text
    }
}
