//! Interarrival jitter (RFC 3550, section 6.4.1) of our packets on their way to the other side. Sans-IO.

use std::time::{Duration, Instant};

use super::PacketResult;

const GAIN: f64 = 1.0 / 16.0;
/// Larger differences are pauses or a clock set anew.
const MAX_DIFFERENCE_MS: f64 = 1_000.0;

#[derive(Debug, Default)]
pub(super) struct Jitter {
    ms: f64,
    before: Option<(Instant, f64)>,
}

impl Jitter {
    pub(super) fn feedback(&mut self, results: &[PacketResult]) {
        for result in results {
            let Some(arrived) = result.arrived else { continue };
            if let Some((sent_before, arrived_before)) = self.before.replace((result.sent, arrived)) {
                let later = result.sent.saturating_duration_since(sent_before).as_secs_f64();
                let earlier = sent_before.saturating_duration_since(result.sent).as_secs_f64();
                let difference = (arrived - arrived_before - (later - earlier) * 1e3).abs();
                if difference < MAX_DIFFERENCE_MS {
                    self.ms += GAIN * (difference - self.ms);
                }
            }
        }
    }

    /// Mean difference between the delays of two packets.
    pub(super) fn time(&self) -> Duration {
        Duration::try_from_secs_f64(self.ms() / 1e3).unwrap_or_default()
    }

    pub(super) fn ms(&self) -> f64 {
        self.ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_mean_change_of_the_transit_time() {
        let start = Instant::now();
        let mut jitter = Jitter::default();
        for n in 0..400 {
            let late = if n % 2 == 0 { 8.0 } else { 0.0 };
            jitter.feedback(&[PacketResult::new(
                start + Duration::from_millis(20 * n),
                Some(5e5 + 20.0 * n as f64 + late),
                100,
            )]);
        }
        assert!((jitter.ms() - 8.0).abs() < 0.1, "{}", jitter.ms());
    }
}
