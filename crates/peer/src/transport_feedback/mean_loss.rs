//! Loss of a path over some seconds, of all that is sent over it. Sans-IO.
//!
//! What a receiver report says of the sound is no measure of it: who is silent or muted sends two packets a second, and
//! one of them lost is a third.

use std::time::{Duration, Instant};

use bellwire_media::LossSmoother;

use crate::bandwidth::PacketResult;

/// A share of fewer packets, or of a shorter time, says little.
const MIN_PACKETS: u32 = 50;
const MIN_TIME: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct MeanLoss {
    since: Option<Instant>,
    arrived: u32,
    lost: u32,
    mean: Option<f32>,
    smoother: LossSmoother,
}

impl MeanLoss {
    pub(super) fn feedback(&mut self, now: Instant, results: &[PacketResult]) {
        for result in results {
            match (result.arrived, result.correction) {
                (None, _) => self.lost += 1,
                (Some(_), false) => self.arrived += 1,
                (Some(_), true) => {
                    self.lost = self.lost.saturating_sub(1);
                    self.arrived += 1;
                }
            }
        }
        let since = *self.since.get_or_insert(now);
        let packets = self.arrived.saturating_add(self.lost);
        if packets >= MIN_PACKETS && now.saturating_duration_since(since) >= MIN_TIME {
            self.mean = Some(self.smoother.hear(self.mean, self.lost as f32 / packets as f32));
            (self.since, self.arrived, self.lost) = (Some(now), 0, 0);
        }
    }

    /// A fraction 0..1; 0 before anything is known.
    pub(super) fn fraction(&self) -> f32 {
        self.mean.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_all_packets_counts_and_a_few_do_not() {
        let (mut loss, start) = (MeanLoss::default(), Instant::now());
        let result = |lost: bool| PacketResult::new(start, (!lost).then_some(1.0), 1_000);
        for ms in (0..20_000_u64).step_by(400) {
            loss.feedback(start + Duration::from_millis(ms), &[result(ms == 8_000)]);
        }
        assert!(loss.fraction() < 0.03, "one of somebody who is muted: {}", loss.fraction());
        for ms in (20_000..40_000_u64).step_by(50) {
            let results: Vec<_> = (0..10).map(|n| result(n == 0 && ms % 100 == 0)).collect();
            loss.feedback(start + Duration::from_millis(ms), &results);
        }
        assert!((0.03..0.08).contains(&loss.fraction()), "{}", loss.fraction());
        let late = PacketResult { correction: true, ..result(false) };
        for ms in (40_000..60_000_u64).step_by(50) {
            let results = [[result(true); 5], [late; 5]].concat();
            loss.feedback(start + Duration::from_millis(ms), &results);
        }
        assert!(loss.fraction() < 0.01, "what came late is not lost: {}", loss.fraction());
    }
}
