//! Simulated world: flows over one bottleneck in steps of a millisecond, and what is measured in it.

use std::time::{Duration, Instant};

use super::LIMITS;
use super::flow::Flow;
use super::link::{Link, Path};
use crate::bandwidth::Limits;

#[derive(Debug)]
pub(super) struct World {
    pub(super) start: Instant,
    pub(super) now: f64,
    pub(super) link: Link,
    /// The way back, where it has a bottleneck too: the second flow's way, and that of the first one's reports.
    pub(super) back: Option<Link>,
    pub(super) flows: Vec<Flow>,
    /// Other numbers, another course of chance.
    seed: u64,
    /// Queue of the bottleneck at every step, milliseconds.
    queue: Vec<f32>,
}

impl World {
    pub(super) fn new(seed: u64, link: Link) -> Self {
        // Far from the clock's zero: times before the start occur.
        let start = Instant::now() + Duration::from_secs(100);
        Self { start, now: 0.0, link, back: None, flows: Vec::new(), seed: seed * 100, queue: Vec::new() }
    }

    /// A world of one flow.
    pub(super) fn of_one(bps: f64, round_trip: f64, limits: Limits) -> Self {
        Self::seeded(0, bps, round_trip, limits)
    }

    pub(super) fn seeded(seed: u64, bps: f64, round_trip: f64, limits: Limits) -> Self {
        let mut world = Self::new(seed, Link::new(bps));
        world.add(round_trip, limits);
        world
    }

    /// Two sides of a call whose link becomes another after two seconds, the same both ways.
    pub(super) fn of_two_sides(seed: u64, round_trip: f64, rates: &[(f64, f64)], packets: usize) -> Self {
        let link = || {
            let mut link = Link::new(0.0);
            link.rates = rates.to_vec();
            link.packet_limits = vec![(0.0, usize::MAX), (2.0, packets)];
            link.queue_limit = f64::INFINITY;
            link
        };
        let mut world = Self { back: Some(link()), ..Self::new(seed, link()) };
        world.add(round_trip, LIMITS);
        world.add(round_trip, LIMITS);
        world
    }

    pub(super) fn add(&mut self, round_trip: f64, limits: Limits) -> &mut Flow {
        let seed = self.seed + self.flows.len() as u64 * 3 + 1;
        let (forward, back) = (Path::new(round_trip, seed), Path::new(round_trip, seed + 1));
        self.flows.push(Flow::new(self.start, limits, forward, back, seed + 2));
        self.flows.last_mut().expect("just added")
    }

    pub(super) fn run(&mut self, until_seconds: f64) {
        while self.now < until_seconds * 1e3 {
            for (index, flow) in self.flows.iter_mut().enumerate() {
                match &mut self.back {
                    Some(back) if index == 1 => flow.step(self.now, back, Some(&mut self.link)),
                    back => flow.step(self.now, &mut self.link, back.as_mut()),
                }
            }
            self.queue.push(self.link.queue(self.now) as f32);
            self.now += 1.0;
        }
    }

    /// Mean target of a flow between two times, bit/s.
    pub(super) fn target(&self, flow: usize, from: f64, to: f64) -> f64 {
        mean(&self.flows[flow].targets, from, to)
    }

    /// Lowest target of a flow between two times, bit/s.
    pub(super) fn least_target(&self, flow: usize, from: f64, to: f64) -> f64 {
        let targets = &self.flows[flow].targets[(from * 10.0) as usize..(to * 10.0) as usize];
        targets.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Bit/s that arrived between two times.
    pub(super) fn received(&self, flow: usize, from: f64, to: f64) -> f64 {
        mean(&self.flows[flow].receiver.received, from, to) * 80.0
    }

    /// Seconds after `from` until half a second's arrivals first reach `bps`.
    pub(super) fn time_to(&self, flow: usize, from: f64, bps: f64) -> f64 {
        let mut to = from + 0.5;
        while to * 1e3 <= self.now {
            if self.received(flow, to - 0.5, to) >= bps {
                return to - from;
            }
            to += 0.1;
        }
        f64::INFINITY
    }

    /// The queue below which it is for this part of the time, milliseconds.
    pub(super) fn queue(&self, part: f64, from: f64, to: f64) -> f64 {
        let mut queue = self.queue[(from * 1e3) as usize..(to * 1e3) as usize].to_vec();
        queue.sort_by(f32::total_cmp);
        let index = ((queue.len() as f64 * part) as usize).min(queue.len() - 1);
        f64::from(queue[index])
    }

    /// Packets that found the queue full between two times.
    pub(super) fn drops(&self, from: f64, to: f64) -> usize {
        let within = |at: &&f64| (from..to).contains(*at);
        self.flows.iter().map(|flow| flow.queue_drops.iter().filter(within).count()).sum()
    }

    /// A line a second, for a person who looks at a profile with `--no-capture`.
    pub(super) fn print(&self, name: &str) {
        println!("== {name}");
        for second in 0..(self.now / 1e3) as usize {
            let (from, to) = (second as f64, second as f64 + 1.0);
            let rates: Vec<String> = (0..self.flows.len())
                .map(|flow| {
                    let (target, received) = (self.target(flow, from, to), self.received(flow, from, to));
                    format!("target {:5.0} received {:5.0}", target / 1e3, received / 1e3)
                })
                .collect();
            let probes: Vec<String> = (self.flows.iter().flat_map(|flow| &flow.probes))
                .filter(|(at, _)| (from..to).contains(at))
                .map(|(at, bps)| format!("{at:.2} s {:.0}", bps / 1e3))
                .collect();
            let (queue, drops) = (self.queue(0.95, from, to), self.drops(from, to));
            let probes = probes.join(", ");
            println!("{second:3} s {} queue {queue:4.0} drops {drops} probes {probes}", rates.join(" | "));
        }
    }
}

fn mean(bins: &[f64], from: f64, to: f64) -> f64 {
    let (from, to) = ((from * 10.0).round() as usize, (to * 10.0).round() as usize);
    let bins = bins.get(from..to.min(bins.len())).unwrap_or_default();
    bins.iter().sum::<f64>() / (to - from).max(1) as f64
}
