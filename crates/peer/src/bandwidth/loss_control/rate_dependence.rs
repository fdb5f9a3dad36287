//! Rate dependence of loss: whether less is lost when less is sent. Sans-IO.
//!
//! Not in libwebrtc. A channel that loses a fifth of everything and a full queue that drops a fifth look alike
//! while the rate stays the same, and above 20 % libwebrtc then prefers lower rates until nothing is left. So the
//! loss before and after a fall of the rate is compared: a queue would drop less by what was taken away.

use std::time::{Duration, Instant};

/// A fall that is large enough to tell, as a part of the rate before it.
const FALL_FRACTION: f64 = 0.8;
/// Loss below this is not of interest.
const MIN_LOSS: f64 = 0.05;
/// A comparison with longer ago says nothing.
const MAX_AGE: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    #[default]
    Unknown,
    /// The path loses this much at any rate.
    Inherent,
    /// The path drops what is too much.
    Congestion,
}

#[derive(Clone, Copy, Debug)]
struct Reference {
    at: Instant,
    rate: f64,
    loss: f64,
}

#[derive(Debug, Default)]
pub(super) struct RateDependence {
    reference: Option<Reference>,
    verdict: Verdict,
}

impl RateDependence {
    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Means of the last two seconds: bit/s sent and the part lost of it.
    pub(super) fn update(&mut self, at: Instant, rate: f64, loss: f64) {
        if loss < MIN_LOSS && self.reference.is_none_or(|reference| rate >= reference.rate) {
            *self = Self::default();
            return;
        }
        let now = Reference { at, rate, loss };
        let reference = *self.reference.get_or_insert(now);
        if rate > reference.rate || at.saturating_duration_since(reference.at) > MAX_AGE {
            self.reference = Some(now);
        } else if rate <= FALL_FRACTION * reference.rate && rate > 0.0 {
            // What a queue would still drop of the lower rate.
            let dropped = (1.0 - (1.0 - reference.loss) * reference.rate / rate).max(0.0);
            let inherent = loss > f64::midpoint(dropped, reference.loss);
            self.verdict = if inherent { Verdict::Inherent } else { Verdict::Congestion };
            self.reference = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(steps: &[(f64, f64)]) -> Verdict {
        let start = Instant::now();
        let mut dependence = RateDependence::default();
        for (second, (rate, loss)) in (0..).zip(steps) {
            dependence.update(start + Duration::from_secs(second), *rate, *loss);
        }
        dependence.verdict()
    }

    #[test]
    fn loss_that_stays_as_the_rate_falls_is_inherent() {
        assert_eq!(verdict(&[(1e6, 0.2), (0.9e6, 0.22), (0.75e6, 0.19)]), Verdict::Inherent);
        assert_eq!(verdict(&[(1e6, 0.2), (0.9e6, 0.11), (0.8e6, 0.01)]), Verdict::Congestion);
        assert_eq!(verdict(&[(1e6, 0.2), (0.95e6, 0.2), (0.9e6, 0.2)]), Verdict::Unknown);
    }

    #[test]
    fn a_path_that_loses_nothing_any_more_is_not_judged() {
        let steps = [(1e6, 0.2), (0.75e6, 0.2), (0.8e6, 0.0)];
        assert_eq!(verdict(&steps), Verdict::Unknown);
    }
}
