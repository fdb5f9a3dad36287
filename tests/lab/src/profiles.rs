//! Profiles: what a network is like in the course of a call, and what a call on it has to achieve.

mod table;

pub use self::table::PROFILES;
use crate::link::LinkConfig;

/// What happens at some time of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Both directions become so.
    Link(LinkConfig),
    /// The caller's host gets another address on the link.
    Address,
    /// Nothing passes, and the server cannot be reached either.
    Outage,
    /// What [`Change::Outage`] cut is there again.
    Restore(LinkConfig),
}

/// A change and its time, seconds since both sides were connected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub at_s: f64,
    pub change: Change,
}

/// A figure of the report, by its name in the results.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    AtLeast(&'static str, f64),
    AtMost(&'static str, f64),
    /// Our figure as a multiple of Chromium's.
    RatioAtLeast(&'static str, f64),
    RatioAtMost(&'static str, f64),
}

/// How many calls share the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    One,
    /// A second one begins ten seconds after the first; both send one way.
    Two,
}

/// A network over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    pub name: &'static str,
    pub about: &'static str,
    pub link: LinkConfig,
    pub steps: &'static [Step],
    pub calls: Calls,
    pub seconds: u32,
    /// From when on figures are taken, seconds since both sides were connected.
    pub settled_s: f64,
    /// Until when, where that is not the end of the call.
    pub until_s: Option<f64>,
    /// The step whose end `back` figures count from.
    pub back_from: Option<usize>,
    pub bars: &'static [Bar],
}

pub fn find(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Loss;

    #[test]
    fn names_are_unique_and_found() {
        for profile in PROFILES {
            assert_eq!(find(profile.name).map(|found| found.about), Some(profile.about));
        }
        assert_eq!(find("carrier-pigeon"), None);
    }

    #[test]
    fn steps_are_in_order_and_within_the_call() {
        for profile in PROFILES {
            let times: Vec<f64> = profile.steps.iter().map(|step| step.at_s).collect();
            assert!(times.is_sorted(), "{}", profile.name);
            assert!(times.iter().all(|at| *at < f64::from(profile.seconds)), "{}", profile.name);
            assert!(profile.back_from.is_none_or(|step| step < profile.steps.len()), "{}", profile.name);
        }
    }

    #[test]
    fn figures_are_taken_within_the_call() {
        for profile in PROFILES {
            let until = profile.until_s.unwrap_or(f64::from(profile.seconds));
            assert!(profile.settled_s < until && until <= f64::from(profile.seconds), "{}", profile.name);
        }
    }

    #[test]
    fn bursts_have_the_loss_they_are_named_for() {
        let step = find("burst20").and_then(|profile| profile.steps.first()).unwrap();
        let Change::Link(link) = step.change else { panic!("no link") };
        let Loss::Gilbert { enter, leave } = link.loss else { panic!("no bursts") };
        assert!((enter / (enter + leave) - 0.2).abs() < 1e-9);
    }
}
