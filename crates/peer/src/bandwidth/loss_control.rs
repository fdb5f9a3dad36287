//! Loss-based rate control. Light loss is caused by radio, not by the queue: only heavy loss counts. Sans-IO.

use std::time::{Duration, Instant};

use super::Limits;

const MIN_PACKETS: u32 = 20;
const MIN_INTERVAL: Duration = Duration::from_millis(300);
/// Above this loss the rate falls by half of it.
const DECREASE_ABOVE_FRACTION: f64 = 0.10;
/// Below this loss it grows.
const INCREASE_BELOW_FRACTION: f64 = 0.02;
/// Growth a second.
const GROWTH_PER_SECOND: f64 = 1.2;

#[derive(Debug)]
pub(crate) struct LossControl {
    limits: Limits,
    bps: f64,
    sent: u32,
    lost: u32,
    judged: Option<Instant>,
}

impl LossControl {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, bps: limits.max, sent: 0, lost: 0, judged: None }
    }

    pub(crate) fn bps(&self) -> f64 {
        self.bps
    }

    pub(crate) fn count(&mut self, arrived: bool) {
        self.sent += 1;
        self.lost += u32::from(!arrived);
    }

    /// `rate`: what the delay allows; heavy loss starts from the lower of both.
    pub(crate) fn judge(&mut self, now: Instant, rate: f64) {
        let passed = self.judged.map_or(MIN_INTERVAL, |at| now.saturating_duration_since(at));
        if self.sent < MIN_PACKETS || passed < MIN_INTERVAL {
            return;
        }
        let part = f64::from(self.lost) / f64::from(self.sent);
        if part > DECREASE_ABOVE_FRACTION {
            self.bps = self.bps.min(rate) * (1.0 - 0.5 * part);
        } else if part < INCREASE_BELOW_FRACTION {
            self.bps *= GROWTH_PER_SECOND.powf(passed.as_secs_f64().min(1.0));
        }
        self.bps = self.bps.clamp(self.limits.min, self.limits.max);
        (self.sent, self.lost, self.judged) = (0, 0, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(parts: &[(u32, u32)]) -> f64 {
        let mut loss = LossControl::new(Limits { start: 1e6, min: 1e5, max: 4e6 });
        let start = Instant::now();
        for (round, (arrived, lost)) in parts.iter().enumerate() {
            for n in 0..(arrived + lost) {
                loss.count(n >= *lost);
            }
            loss.judge(start + Duration::from_millis(400) * u32::try_from(round).unwrap_or(0), 2e6);
        }
        loss.bps()
    }

    #[test]
    fn heavy_loss_lowers_light_loss_raises_and_the_rest_holds() {
        assert!((judged(&[(80, 20)]) - 1.8e6).abs() < 1.0);
        assert!((judged(&[(80, 20), (95, 5)]) - 1.8e6).abs() < 1.0);
        assert!(judged(&[(80, 20), (100, 0)]) > 1.8e6);
        assert!((judged(&[(95, 5)]) - 4e6).abs() < 1.0);
    }

    #[test]
    fn a_few_packets_are_not_judged() {
        assert!((judged(&[(5, 5)]) - 4e6).abs() < 1.0);
    }
}
