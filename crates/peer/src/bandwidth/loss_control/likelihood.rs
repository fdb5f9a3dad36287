//! Maximum likelihood of the channel: how well an inherent loss and a bandwidth explain what was lost. Sans-IO.
//!
//! A channel loses a part of everything (`inherent_loss`, radio), and besides what is sent above its
//! `bandwidth` (a full queue). Of several candidates the one wins under which the observed losses are likeliest,
//! with a slight preference for higher rates.

use super::observations::Observations;

const MIN_INHERENT_LOSS: f64 = 1e-3;
/// Inherent loss is believed up to an offset and a share that falls with the bandwidth: a path that loses
/// more is better served by sending less.
const INHERENT_LOSS_OFFSET: f64 = 0.05;
const INHERENT_LOSS_BALANCE_BPS: f64 = 100e3;
const NEWTON_STEP: f64 = 0.75;
/// Preference for higher bandwidth, by kbit/s and by their logarithm.
const BANDWIDTH_BIAS: f64 = 0.0002;
const LOG_BANDWIDTH_BIAS: f64 = 0.02;
/// Above this mean loss lower bandwidth is preferred instead.
const BIAS_TURNS_AT_LOSS: f64 = 0.2;
const BIAS_SMOOTHING: f64 = 0.002;

#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    pub(super) inherent_loss: f64,
    /// Bit/s.
    pub(super) bandwidth: f64,
}

impl Channel {
    /// The same with its inherent loss within what is believed at this bandwidth.
    pub(super) fn feasible(self) -> Self {
        let most = if self.bandwidth > 0.0 {
            (INHERENT_LOSS_OFFSET + INHERENT_LOSS_BALANCE_BPS / self.bandwidth).min(1.0)
        } else {
            1.0
        };
        Self {
            inherent_loss: self.inherent_loss.clamp(MIN_INHERENT_LOSS, most.max(MIN_INHERENT_LOSS)),
            ..self
        }
    }

    /// One step of Newton's method towards the likeliest inherent loss.
    pub(super) fn fitted(self, observations: &Observations) -> Self {
        let (mut first, mut second) = (0.0, 0.0);
        for (weight, observation) in observations.weighted() {
            let lossy = self.loss_at(observation.rate);
            let received = observation.kilobytes - observation.lost;
            first += weight * (observation.lost / lossy - received / (1.0 - lossy));
            second -=
                weight * (observation.lost / (lossy * lossy) + received / ((1.0 - lossy) * (1.0 - lossy)));
        }
        if second >= 0.0 {
            return self.feasible();
        }
        Self { inherent_loss: self.inherent_loss - NEWTON_STEP * first / second, ..self }.feasible()
    }

    /// Logarithm of the likelihood of what was observed, with the preference for higher bandwidth. `mean_loss`
    /// decides whether there is one; `None`: there is.
    pub(super) fn objective(self, observations: &Observations, mean_loss: Option<f64>) -> f64 {
        let mean_loss = mean_loss.unwrap_or(0.0);
        let turn =
            (BIAS_TURNS_AT_LOSS - mean_loss) / (BIAS_SMOOTHING + (BIAS_TURNS_AT_LOSS - mean_loss).abs());
        let kbps = self.bandwidth / 1e3;
        let bias = turn * (BANDWIDTH_BIAS * kbps + LOG_BANDWIDTH_BIAS * kbps.ln_1p());
        observations
            .weighted()
            .map(|(weight, observation)| {
                let lossy = self.loss_at(observation.rate);
                let received = observation.kilobytes - observation.lost;
                let likelihood = observation.lost * lossy.ln() + received * (1.0 - lossy).ln();
                weight * (likelihood + bias * observation.kilobytes)
            })
            .sum()
    }

    fn loss_at(self, rate: f64) -> f64 {
        let mut loss = self.inherent_loss.clamp(0.0, 1.0);
        if rate > self.bandwidth && rate > 0.0 {
            loss += (1.0 - loss) * (rate - self.bandwidth) / rate;
        }
        loss.clamp(1e-6, 1.0 - 1e-6)
    }
}
