//! Figures of the report: their names in the results, how they are written, and their medians.

use crate::numbers::median;
use crate::record::{Runs, System};

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
    figure("lip_sync_abs_ms", "picture and sound apart", "ms", 0),
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

/// A figure's values of one system, in ascending order; a time to something that never came is infinite.
#[derive(Clone, Debug)]
pub(super) struct Values(Vec<f64>);

/// Of every run and direction in which it was measured.
pub(super) fn values(runs: &Runs, system: System, name: &str) -> Values {
    let sides = runs.get(&system).into_iter().flatten().flat_map(|measured| &measured.sides);
    let measured = sides.filter_map(|side| side.figures.get(name));
    let mut values: Vec<f64> = measured.map(|value| value.unwrap_or(f64::INFINITY)).collect();
    values.sort_by(f64::total_cmp);
    Values(values)
}

impl Values {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The middle one; the worse of two in the middle where one is infinite.
    pub(super) fn median(&self) -> Option<f64> {
        let middle = self.0.get(self.0.len() / 2)?;
        if middle.is_finite() { median(&mut self.0.clone()) } else { Some(*middle) }
    }

    /// Ours as a multiple of theirs.
    pub(super) fn ratio(&self, theirs: &Self) -> Option<f64> {
        let theirs = theirs.median().filter(|value| *value > 0.0)?;
        Some(self.median()? / theirs).filter(|ratio| !ratio.is_nan())
    }

    pub(super) fn text(&self, figure: &Figure) -> String {
        let digits = figure.digits;
        let word =
            |value: f64| if value.is_finite() { format!("{value:.digits$}") } else { "never".to_owned() };
        match (self.median(), &self.0[..]) {
            (Some(median), [least, .., most]) => {
                format!("{} ({}–{})", word(median), word(*least), word(*most))
            }
            (Some(median), _) => word(median),
            (None, _) => "–".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::{Bar, PROFILES};

    #[test]
    fn every_bar_is_of_a_figure_that_has_a_name() {
        for bar in PROFILES.iter().flat_map(|profile| profile.bars) {
            let (Bar::AtMost(name, _)
            | Bar::AtLeast(name, _)
            | Bar::RatioAtMost(name, _)
            | Bar::RatioAtLeast(name, _)) = bar;
            assert_eq!(Figure::find(name).name, *name);
        }
    }

    #[test]
    fn what_never_came_is_the_worst() {
        let figure = Figure::find("picture_back_s");
        assert_eq!(Values(vec![0.2, 0.4]).text(&figure), "0.30 (0.20–0.40)");
        assert_eq!(Values(vec![0.2, f64::INFINITY]).text(&figure), "never (0.20–never)");
        assert_eq!(Values(vec![0.2, 0.3, f64::INFINITY]).median(), Some(0.3));
        assert_eq!(Values(vec![]).text(&figure), "–");
        assert_eq!(Values(vec![1.0]).ratio(&Values(vec![f64::INFINITY])), Some(0.0));
    }
}
