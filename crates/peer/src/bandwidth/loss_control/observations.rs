//! Loss observations: bytes sent and lost over the last few quarters of a second, newer ones with more weight.
//! Sans-IO.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::bandwidth::PacketResult;

/// Least time of sending that one observation covers.
const MIN_DURATION: Duration = Duration::from_millis(250);
const MAX_OBSERVATIONS: usize = 15;
const RECENT_OBSERVATIONS: usize = 8;
/// Weight of an observation against the next newer one.
const AGE_WEIGHT: f64 = 0.9;
/// An observation sent so many times faster than the median explains its loss by that.
const MEDIAN_RATE_FACTOR: f64 = 2.0;
/// With more than so many observations the best and the worst are left out of the mean.
const MIN_WITHOUT_EXTREMES: usize = 3;

#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    /// When the last of its packets was sent.
    until: Instant,
    pub(super) kilobytes: f64,
    pub(super) lost: f64,
    /// Bit/s sent.
    pub(super) rate: f64,
}

#[derive(Clone, Copy, Debug)]
struct Partial {
    last_sent: Instant,
    kilobytes: f64,
    lost: f64,
}

#[derive(Debug, Default)]
pub(super) struct Observations {
    /// Newest last.
    done: VecDeque<Observation>,
    partial: Option<Partial>,
    since: Option<Instant>,
    count: u64,
}

impl Observations {
    /// How many there were since the start.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// When the last packet of the newest one was sent.
    pub(super) fn last_sent(&self) -> Option<Instant> {
        self.done.back().map(|observation| observation.until)
    }

    /// Each with its weight.
    pub(super) fn weighted(&self) -> impl Iterator<Item = (f64, &Observation)> {
        let mut weight = 1.0 / AGE_WEIGHT;
        self.done.iter().rev().map(move |observation| {
            weight *= AGE_WEIGHT;
            (weight, observation)
        })
    }

    /// True: a new observation is complete.
    #[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
    pub(super) fn add(&mut self, results: &[PacketResult]) -> bool {
        for result in results {
            let kilobytes = result.size as f64 / 1e3;
            if result.correction {
                self.undo_loss(result.sent, kilobytes);
                continue;
            }
            self.since.get_or_insert(result.sent);
            let partial =
                self.partial.get_or_insert(Partial { last_sent: result.sent, kilobytes: 0.0, lost: 0.0 });
            partial.last_sent = partial.last_sent.max(result.sent);
            partial.kilobytes += kilobytes;
            if result.arrived.is_none() {
                partial.lost += kilobytes;
            }
        }
        let (Some(since), Some(partial)) = (self.since, self.partial) else { return false };
        let duration = partial.last_sent.saturating_duration_since(since);
        if duration < MIN_DURATION {
            return false;
        }
        if self.done.len() == MAX_OBSERVATIONS {
            self.done.pop_front();
        }
        self.done.push_back(Observation {
            until: partial.last_sent,
            kilobytes: partial.kilobytes,
            lost: partial.lost.min(partial.kilobytes),
            rate: partial.kilobytes * 8e3 / duration.as_secs_f64(),
        });
        (self.partial, self.since) = (None, Some(partial.last_sent));
        self.count += 1;
        true
    }

    /// Weighted part of the bytes that was lost, without the best and the worst observation: one burst is
    /// no property of the path.
    pub(super) fn mean_loss(&self) -> f64 {
        let (mut all, mut lost) = (0.0, 0.0);
        let mut best: Option<(f64, f64, f64)> = None;
        let mut worst: Option<(f64, f64, f64, f64)> = None;
        for (weight, observation) in self.weighted() {
            let (kilobytes, gone) = (weight * observation.kilobytes, weight * observation.lost);
            all += kilobytes;
            lost += gone;
            let part = if kilobytes > 0.0 { gone / kilobytes } else { 0.0 };
            if best.is_none_or(|best| part < best.0) {
                best = Some((part, kilobytes, gone));
            }
            if worst.is_none_or(|worst| part > worst.0) {
                worst = Some((part, kilobytes, gone, observation.rate));
            }
        }
        let plain = if all > 0.0 { lost / all } else { 0.0 };
        let (Some(best), Some(worst)) = (best, worst) else { return plain };
        let rest = all - best.1 - worst.1;
        if self.done.len() <= MIN_WITHOUT_EXTREMES
            || rest <= 0.0
            || self.median_rate() * MEDIAN_RATE_FACTOR <= worst.3
        {
            return plain;
        }
        ((lost - best.2 - worst.2) / rest).clamp(0.0, 1.0)
    }

    /// Bit/s sent and the part lost of it, over the newest two seconds.
    pub(super) fn recent(&self) -> (f64, f64) {
        let newest = || self.done.iter().rev().take(RECENT_OBSERVATIONS);
        let (kilobytes, lost) =
            newest().fold((0.0, 0.0), |(all, lost), o| (all + o.kilobytes, lost + o.lost));
        let seconds: f64 = newest().map(|o| o.kilobytes * 8e3 / o.rate.max(1.0)).sum();
        if kilobytes > 0.0 && seconds > 0.0 {
            (kilobytes * 8e3 / seconds, lost / kilobytes)
        } else {
            (0.0, 0.0)
        }
    }

    fn median_rate(&self) -> f64 {
        let mut rates: Vec<f64> = self.done.iter().map(|observation| observation.rate).collect();
        rates.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        match (rates.get(middle), rates.len() % 2) {
            (Some(upper), 0) => (upper + rates.get(middle.wrapping_sub(1)).copied().unwrap_or(*upper)) / 2.0,
            (Some(rate), _) => *rate,
            (None, _) => 0.0,
        }
    }

    /// A packet counted as lost has come after all.
    fn undo_loss(&mut self, sent: Instant, kilobytes: f64) {
        if let Some(observation) =
            self.done.iter_mut().find(|observation| sent <= observation.until && observation.lost > 0.0)
        {
            observation.lost = (observation.lost - kilobytes).max(0.0);
        } else if let Some(partial) = &mut self.partial {
            partial.lost = (partial.lost - kilobytes).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(sent: Instant, arrived: bool, correction: bool) -> PacketResult {
        PacketResult { correction, ..PacketResult::new(sent, arrived.then_some(0.0), 1_000) }
    }

    /// A packet every 10 ms for some seconds, every n-th lost.
    fn observed(seconds: u64, lose_every: u64) -> (Observations, Instant) {
        let start = Instant::now();
        let mut observations = Observations::default();
        for n in 0..seconds * 100 {
            let sent = start + Duration::from_millis(n * 10);
            observations.add(&[result(sent, lose_every == 0 || n % lose_every != 0, false)]);
        }
        (observations, start)
    }

    #[test]
    fn loss_and_rate_are_those_sent() {
        let (observations, _) = observed(10, 10);
        assert!((observations.mean_loss() - 0.1).abs() < 0.03, "{}", observations.mean_loss());
        assert!((observations.median_rate() - 8e5).abs() < 1e5);
        assert!(observations.weighted().count() <= MAX_OBSERVATIONS);
    }

    #[test]
    fn a_correction_undoes_a_loss() {
        let (mut observations, start) = observed(1, 10);
        let lost = |o: &Observations| o.weighted().map(|(_, observation)| observation.lost).sum::<f64>();
        let before = lost(&observations);
        observations.add(&[result(start + Duration::from_millis(100), true, true)]);
        assert!((before - lost(&observations) - 1.0).abs() < 1e-9);
        // One of before the first observation there is does no harm.
        observations.add(&[result(start, true, true), result(start + Duration::from_secs(99), true, true)]);
    }

    #[test]
    fn a_single_burst_is_left_out_of_the_mean() {
        let (mut observations, start) = observed(3, 0);
        for n in 300..330 {
            observations.add(&[result(start + Duration::from_millis(n * 10), false, false)]);
        }
        assert!(observations.mean_loss() < 0.05, "{}", observations.mean_loss());
    }
}
