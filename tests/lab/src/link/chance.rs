//! Chance on a link, reproducible by its seed: loss in bursts, jitter, duplicates, overtaking.

use super::{Distribution, LinkConfig, Loss};

/// Longest deviation of the heavy-tailed distribution, in units of the jitter, as in netem's table.
const PARETO_CUT: f64 = 4.0;

/// Splitmix64: small, and good enough for what is not cryptography.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    /// 0 (inclusive) to 1 (exclusive).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A number from 0 to 1 that resembles the one before.
#[derive(Debug)]
struct Correlated {
    random: Random,
    last: f64,
}

impl Correlated {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let last = random.next();
        Self { random, last }
    }

    fn next(&mut self, correlation: f64) -> f64 {
        self.last = self.random.next() * (1.0 - correlation) + self.last * correlation;
        self.last
    }
}

/// Something that happens to a share of packets.
#[derive(Debug)]
pub(super) struct Chance(Correlated);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Correlated::new(seed))
    }

    pub(super) fn happens(&mut self, percent: f64, correlation: f64) -> bool {
        percent > 0.0 && self.0.next(correlation) * 100.0 < percent
    }
}

/// Which packets are lost.
#[derive(Debug)]
pub(super) struct Losses {
    random: Random,
    /// In the state in which everything is lost.
    bad: bool,
}

impl Losses {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), bad: false }
    }

    pub(super) fn next(&mut self, loss: Loss) -> bool {
        match loss {
            Loss::None => {
                self.bad = false;
                false
            }
            Loss::Random(percent) => self.random.next() * 100.0 < percent,
            Loss::Gilbert { enter, leave } => {
                let chance = if self.bad { leave } else { enter };
                if self.random.next() * 100.0 < chance {
                    self.bad = !self.bad;
                }
                self.bad
            }
        }
    }
}

/// Deviation of each packet's delay.
#[derive(Debug)]
pub(super) struct Jitter(Correlated);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(Correlated::new(seed))
    }

    /// Milliseconds more or less than the delay.
    pub(super) fn next(&mut self, config: &LinkConfig) -> f64 {
        if config.jitter_ms == 0.0 {
            return 0.0;
        }
        let uniform = self.0.next(config.jitter_correlation);
        let deviation = match config.distribution {
            Distribution::Uniform => uniform * 2.0 - 1.0,
            // A Pareto variable with exponent 3 has mean 1.5 and deviation 0.87.
            Distribution::Pareto => (4.0 / 3.0 * (uniform.max(1e-9).powf(-1.0 / 3.0) - 1.5)).min(PARETO_CUT),
        };
        deviation * config.jitter_ms
    }
}
