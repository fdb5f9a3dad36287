//! Simulated link: a bottleneck with a drop-tail queue, and paths with delay, jitter, reordering and loss.

use std::collections::VecDeque;

/// xorshift64*: the same numbers in every run.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 to 1.
    pub(super) fn part(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What all flows of a world share. Times are milliseconds since the start.
#[derive(Debug)]
pub(super) struct Link {
    /// From when on which rate holds, seconds and bit/s.
    pub(super) rates: Vec<(f64, f64)>,
    pub(super) queue_limit: f64,
    /// From when on how many packets the queue holds.
    pub(super) packet_limits: Vec<(f64, usize)>,
    /// When each packet of the queue leaves it.
    leaving: VecDeque<f64>,
    busy_until: f64,
}

impl Link {
    pub(super) fn new(bps: f64) -> Self {
        Self {
            rates: vec![(0.0, bps)],
            queue_limit: 300.0,
            packet_limits: vec![(0.0, usize::MAX)],
            leaving: VecDeque::new(),
            busy_until: 0.0,
        }
    }

    pub(super) fn queue(&self, now: f64) -> f64 {
        (self.busy_until - now).max(0.0)
    }

    /// When the packet has left the bottleneck; `None`: the queue was full.
    pub(super) fn carry(&mut self, now: f64, bytes: f64) -> Option<f64> {
        while self.leaving.front().is_some_and(|at| *at <= now) {
            self.leaving.pop_front();
        }
        if self.queue(now) > self.queue_limit || self.leaving.len() >= at(&self.packet_limits, now) {
            return None;
        }
        let bps = at(&self.rates, now);
        self.busy_until = self.busy_until.max(now) + bytes * 8e3 / bps;
        self.leaving.push_back(self.busy_until);
        Some(self.busy_until)
    }
}

/// The value of a schedule in seconds at a time in milliseconds.
pub(super) fn at<T: Copy>(schedule: &[(f64, T)], now: f64) -> T {
    let current = schedule.iter().rev().find(|(from, _)| from * 1e3 <= now);
    current.or(schedule.first()).expect("a schedule has a first value").1
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Loss {
    Random(f64),
    /// Two states; chances of entering and of leaving the one in which everything is lost.
    Gilbert {
        enter: f64,
        leave: f64,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Jitter {
    None,
    /// As netem's Pareto distribution with this deviation; packets overtake each other.
    Pareto(f64),
}

#[derive(Debug)]
pub(super) struct Path {
    /// From when on which delay one way holds, seconds and milliseconds.
    pub(super) delays: Vec<(f64, f64)>,
    pub(super) jitter: Vec<(f64, Jitter)>,
    pub(super) loss: Vec<(f64, Loss)>,
    /// A spike of delay: from, to (seconds) and how much (milliseconds).
    pub(super) spike: Option<(f64, f64, f64)>,
    in_burst: bool,
    random: Random,
}

impl Path {
    pub(super) fn new(round_trip: f64, seed: u64) -> Self {
        Self {
            delays: vec![(0.0, round_trip / 2.0)],
            jitter: vec![(0.0, Jitter::None)],
            loss: vec![(0.0, Loss::Random(0.0))],
            spike: None,
            in_burst: false,
            random: Random::new(seed),
        }
    }

    /// One way, milliseconds.
    pub(super) fn delay(&self, now: f64) -> f64 {
        at(&self.delays, now)
    }

    /// When a packet that enters now arrives.
    pub(super) fn carry(&mut self, now: f64) -> Option<f64> {
        let lost = match at(&self.loss, now) {
            Loss::Random(chance) => self.random.part() < chance,
            Loss::Gilbert { enter, leave } => {
                let turn = if self.in_burst { leave } else { enter };
                self.in_burst ^= self.random.part() < turn;
                self.in_burst
            }
        };
        let jitter = match at(&self.jitter, now) {
            Jitter::None => 0.0,
            Jitter::Pareto(deviation) => {
                let heavy = self.random.part().max(1e-9).powf(-1.0 / 3.0) - 1.5;
                deviation * (heavy * 4.0 / 3.0).min(4.0)
            }
        };
        let spike = match self.spike {
            Some((from, to, most)) if (from * 1e3..to * 1e3).contains(&now) => {
                most * (now / 1e3 - from) / (to - from)
            }
            Some(_) | None => 0.0,
        };
        (!lost).then_some(now + (self.delay(now) + jitter + spike).max(0.0))
    }
}
