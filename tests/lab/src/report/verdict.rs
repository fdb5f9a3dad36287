//! Verdict on a bar: whether the median of our runs keeps it.

use super::figure::{Figure, Values, values};
use crate::profiles::{Bar, Calls, Profile};
use crate::record::{Runs, System};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    Missed,
    /// There is nothing to judge it by.
    Open,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Open => "not measured",
        }
    }
}

/// A bar in words.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) what: String,
    pub(super) ours: String,
    pub(super) theirs: String,
    pub(super) bar: String,
    pub(super) verdict: Verdict,
}

pub(super) fn judge(bar: Bar, profile: &Profile, runs: &Runs) -> Judged {
    let (name, limit, relative, least) = match bar {
        Bar::AtLeast(name, limit) => (name, limit, false, true),
        Bar::AtMost(name, limit) => (name, limit, false, false),
        Bar::RatioAtLeast(name, limit) => (name, limit, true, true),
        Bar::RatioAtMost(name, limit) => (name, limit, true, false),
    };
    let figure = Figure::find(name);
    // Fairness is between the two systems.
    let judged = match profile.calls {
        Calls::One => System::Bellwire,
        Calls::Two => System::Mixed,
    };
    let (ours, theirs) = (values(runs, judged, name), values(runs, System::Chromium, name));
    let value = if relative { ours.ratio(&theirs) } else { ours.median() };
    let verdict = match value {
        None => Verdict::Open,
        Some(value) if (least && value >= limit) || (!least && value <= limit) => Verdict::Met,
        Some(_) => Verdict::Missed,
    };
    let sign = if least { "at least" } else { "at most" };
    let bar = match relative {
        true => format!("{sign} {limit}x Chromium"),
        false => format!("{sign} {limit} {}", figure.unit).trim_end().to_owned(),
    };
    let text = |values: &Values| values.text(&figure);
    Judged { what: figure.label(), ours: text(&ours), theirs: text(&theirs), bar, verdict }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::profiles::find;
    use crate::record::{Measured, Run, Series, Side};

    fn measured(system: System, value: f64) -> Measured {
        let run = Run {
            profile: "loss10".into(),
            system,
            number: 1,
            connected_us: 0,
            second_us: None,
            ended_us: 0,
            steps_us: Vec::new(),
            load: [0.0, 0.0],
            busy_percent: 0.0,
            processors: 2,
            commit: String::new(),
            chromium: String::new(),
            date: String::new(),
        };
        let side = Side {
            sender: "caller".into(),
            figures: BTreeMap::from([("pesq".to_owned(), Some(value))]),
            series: Series::default(),
        };
        Measured { run, sides: vec![side] }
    }

    #[test]
    fn bars_are_kept_by_medians_and_ratios() {
        let profile = find("loss10").unwrap();
        let ours = [3.0, 3.5, 1.0].map(|value| measured(System::Bellwire, value)).to_vec();
        let runs =
            Runs::from([(System::Bellwire, ours), (System::Chromium, vec![measured(System::Chromium, 3.2)])]);
        let verdict = |bar| judge(bar, profile, &runs).verdict;
        assert_eq!(verdict(Bar::AtLeast("pesq", 3.0)), Verdict::Met);
        assert_eq!(verdict(Bar::AtMost("pesq", 2.9)), Verdict::Missed);
        assert_eq!(verdict(Bar::RatioAtLeast("pesq", 1.0)), Verdict::Missed);
        assert_eq!(verdict(Bar::RatioAtMost("pesq", 1.0)), Verdict::Met);
        assert_eq!(verdict(Bar::AtLeast("fps", 25.0)), Verdict::Open);
    }
}
