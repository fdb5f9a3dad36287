//! Tests of the estimator against a simulated bottleneck in stepped time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Estimator, Limits, PacketResult};

const STEP_TIME: Duration = Duration::from_millis(5);
const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);
const PACKET_BYTES: usize = 1_200;

/// A link with a queue: packets leave at its rate, those that find it full are lost.
struct BottleneckLink {
    bps: f64,
    /// One way, besides the queue.
    delay: Duration,
    queue_limit: Duration,
    /// Every n-th packet is lost on the way, whatever the queue; 0: none.
    lose_every: u32,
    busy_until: Instant,
    seen: u32,
}

impl BottleneckLink {
    fn carry(&mut self, now: Instant, size: usize) -> Option<Instant> {
        self.seen += 1;
        let start = self.busy_until.max(now);
        if start - now > self.queue_limit
            || (self.lose_every > 0 && self.seen.is_multiple_of(self.lose_every))
        {
            return None;
        }
        self.busy_until = start + Duration::from_secs_f64(size as f64 * 8.0 / self.bps);
        Some(self.busy_until + self.delay)
    }

    fn queue(&self, now: Instant) -> Duration {
        self.busy_until.saturating_duration_since(now)
    }
}

struct SimulatedPath {
    start: Instant,
    now: Instant,
    link: BottleneckLink,
    estimator: Estimator,
    budget: f64,
    /// Sent packets and when they arrive.
    flying: VecDeque<(PacketResult, Option<Instant>)>,
    next_feedback: Instant,
    /// Part of the target that is sent.
    use_part: f64,
    worst_queue: Duration,
}

impl SimulatedPath {
    fn new(bps: f64, limits: Limits) -> Self {
        let start = Instant::now() + Duration::from_secs(10);
        let link = BottleneckLink {
            bps,
            delay: Duration::from_millis(25),
            queue_limit: Duration::from_millis(300),
            lose_every: 0,
            busy_until: start,
            seen: 0,
        };
        Self {
            start,
            now: start,
            link,
            estimator: Estimator::new(limits),
            budget: 0.0,
            flying: VecDeque::new(),
            next_feedback: start + FEEDBACK_INTERVAL,
            use_part: 0.95,
            worst_queue: Duration::ZERO,
        }
    }

    fn step(&mut self) {
        self.now += STEP_TIME;
        self.budget += self.estimator.target() * self.use_part * STEP_TIME.as_secs_f64();
        while self.budget >= (PACKET_BYTES * 8) as f64 {
            self.budget -= (PACKET_BYTES * 8) as f64;
            let arrival = self.link.carry(self.now, PACKET_BYTES);
            // The other side's clock has another zero.
            let arrived = arrival.map(|at| (at - self.start).as_secs_f64() * 1e3 + 5e5);
            self.flying.push_back((PacketResult { sent: self.now, arrived, size: PACKET_BYTES }, arrival));
        }
        self.worst_queue = self.worst_queue.max(self.link.queue(self.now));
        if self.now >= self.next_feedback {
            self.next_feedback += FEEDBACK_INTERVAL;
            let back = self.now - self.link.delay;
            let known = self.flying.iter().take_while(|(result, at)| match at {
                Some(at) => *at <= back,
                // Known to be lost once later ones have come.
                None => result.sent + Duration::from_millis(400) <= back,
            });
            let known = known.count();
            let results: Vec<PacketResult> = self.flying.drain(..known).map(|(result, _)| result).collect();
            if !results.is_empty() {
                self.estimator.feedback(self.now, &results);
            }
        }
    }

    fn run(&mut self, seconds: f64) {
        let until = self.now + Duration::from_secs_f64(seconds);
        self.worst_queue = Duration::ZERO;
        while self.now < until {
            self.step();
        }
    }

    /// Mean target over some seconds.
    fn mean(&mut self, seconds: f64) -> f64 {
        let until = self.now + Duration::from_secs_f64(seconds);
        let (mut sum, mut count) = (0.0, 0.0);
        while self.now < until {
            self.step();
            sum += self.estimator.target();
            count += 1.0;
        }
        sum / count
    }
}

const LIMITS: Limits = Limits { start: 300e3, min: 60e3, max: 6e6 };

#[test]
fn it_finds_the_capacity_quickly_and_stays_under_it() {
    let mut world = SimulatedPath::new(2.5e6, LIMITS);
    world.run(4.0);
    let early = world.estimator.target();
    assert!(early > 1.4e6, "after 4 s: {early}");
    world.run(4.0);
    let mean = world.mean(20.0);
    assert!((1.7e6..2.75e6).contains(&mean), "steady: {mean}");
    world.run(10.0);
    assert!(world.worst_queue < Duration::from_millis(200), "queue {:?}", world.worst_queue);
}

#[test]
fn it_backs_off_when_the_path_narrows_and_does_not_collapse() {
    let mut world = SimulatedPath::new(2.5e6, LIMITS);
    world.run(15.0);
    world.link.bps = 1e6;
    world.run(4.0);
    let target = world.estimator.target();
    assert!(target < 1.1e6, "4 s after: {target}");
    let mean = world.mean(15.0);
    assert!((0.6e6..1.1e6).contains(&mean), "narrow: {mean}");
}

#[test]
fn it_comes_back_when_the_path_widens() {
    let mut world = SimulatedPath::new(2.5e6, LIMITS);
    world.run(15.0);
    world.link.bps = 0.5e6;
    world.run(15.0);
    world.link.bps = 2.5e6;
    world.run(25.0);
    let target = world.estimator.target();
    assert!(target > 1.6e6, "25 s after: {target}");
}

#[test]
fn a_short_outage_is_recovered_from() {
    let mut world = SimulatedPath::new(2e6, LIMITS);
    world.run(15.0);
    world.link.bps = 0.1e6;
    world.run(2.0);
    world.link.bps = 2e6;
    world.run(20.0);
    let target = world.estimator.target();
    assert!(target > 1.2e6, "20 s after: {target}");
}

#[test]
fn light_random_loss_does_not_matter() {
    let mut world = SimulatedPath::new(2.5e6, LIMITS);
    world.link.lose_every = 20;
    world.run(10.0);
    let mean = world.mean(15.0);
    assert!(mean > 1.4e6, "with 5 % loss: {mean}");
}

#[test]
fn heavy_loss_without_delay_is_answered() {
    let mut world = SimulatedPath::new(50e6, LIMITS);
    world.link.lose_every = 4;
    world.run(15.0);
    let target = world.estimator.target();
    assert!(target < 0.5e6, "with 25 % loss: {target}");
}

#[test]
fn an_estimate_that_is_not_used_does_not_run_away() {
    let mut world = SimulatedPath::new(50e6, LIMITS);
    world.use_part = 0.2;
    world.run(30.0);
    let target = world.estimator.target();
    // Sending 20 % of the target, nothing above 1.5 times what was seen is known to work.
    assert!(target < 0.6e6, "{target}");
}

#[test]
fn a_wide_path_is_used_up_to_the_limit() {
    let mut world = SimulatedPath::new(50e6, LIMITS);
    world.run(15.0);
    assert!(world.estimator.target() > 5.5e6, "{}", world.estimator.target());
}
