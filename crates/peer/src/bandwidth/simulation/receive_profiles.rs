//! Profiles of an other end that obeys REMB: the estimate is ours, made of what comes out of the link.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::link::{Jitter, Link, Loss, Path, Random};
use crate::bandwidth::Limits;
use crate::receive_estimate::{Incoming, ReceiveEstimate, SendTime};

const LIMITS: Limits = Limits { start: 300e3, min: 50e3, max: 4e6 };
/// UDP, IP and SRTP around an RTP packet, bytes.
const OVERHEAD: f64 = 46.0;
const FRAME_MS: f64 = 1000.0 / 30.0;
/// A sender without transport-wide feedback grows by so much a second where nothing is lost.
const GROWTH_PER_SECOND: f64 = 1.08;
const PACING_FACTOR: f64 = 2.5;
const REMB_INTERVAL_MS: f64 = 1e3;

struct Call {
    start: Instant,
    link: Link,
    path: Path,
    absolute: bool,
    estimate: ReceiveEstimate,
    random: Random,
    /// What the sender sends, bit/s.
    rate: f64,
    /// By arrival in microseconds and number: size, when it left and when its picture was taken.
    arriving: BTreeMap<(u64, u32), (usize, f64, f64)>,
    packets: u32,
    next_frame: f64,
    told: (f64, f64),
    now: f64,
    /// Rate and queue of each step.
    steps: Vec<(f64, f64)>,
}

impl Call {
    fn new(bps: f64, round_trip: f64, absolute: bool) -> Self {
        Self {
            start: Instant::now() + Duration::from_secs(100),
            link: Link::new(bps),
            path: Path::new(round_trip, 5),
            absolute,
            estimate: ReceiveEstimate::new(LIMITS),
            random: Random::new(6),
            rate: LIMITS.start,
            arriving: BTreeMap::new(),
            packets: 0,
            next_frame: 0.0,
            told: (0.0, f64::INFINITY),
            now: 0.0,
            steps: Vec::new(),
        }
    }

    fn run(&mut self, until_seconds: f64) {
        while self.now < until_seconds * 1e3 {
            self.send();
            self.receive();
            self.rate = (self.rate * GROWTH_PER_SECOND.powf(1e-3)).min(self.told.1).clamp(50e3, 4e6);
            self.steps.push((self.rate, self.link.queue(self.now)));
            self.now += 1.0;
        }
    }

    fn send(&mut self) {
        if self.now < self.next_frame {
            return;
        }
        self.next_frame += FRAME_MS;
        let bytes = self.rate * FRAME_MS / 8e3 * (0.8 + 0.4 * self.random.part());
        let packets = (bytes / 1_140.0).ceil().max(1.0);
        let size = bytes / packets;
        for packet in 0..packets as u32 {
            let left = self.now + f64::from(packet) * size * 8e3 / (self.rate * PACING_FACTOR);
            let out = self.link.carry(left, size + OVERHEAD);
            if let Some(arrives) = out.and_then(|out| self.path.carry(out)) {
                self.arriving.insert(((arrives * 1e3) as u64, self.packets), (size as usize, left, self.now));
            }
            self.packets += 1;
        }
    }

    fn receive(&mut self) {
        while let Some((&(us, number), &(size, left, taken))) = self.arriving.first_key_value() {
            if us as f64 > self.now * 1e3 {
                break;
            }
            self.arriving.pop_first();
            let sent = if self.absolute {
                SendTime::Absolute((left * 262.144) as u32 & 0xff_ffff)
            } else {
                SendTime::Picture((taken * 90.0) as u32)
            };
            let packet = Incoming { ssrc: 7, number: number as u16, size, picture: true, sent };
            self.estimate.received(self.start + Duration::from_micros(us), packet);
        }
        let now = self.start + Duration::from_secs_f64(self.now / 1e3);
        if self.estimate.due().is_some_and(|due| due <= now) {
            let round_trip = Duration::from_secs_f64(self.path.delay(self.now) / 500.0);
            self.estimate.evaluate(now, Some(round_trip));
            let (at, told) = self.told;
            if let Some(bps) = self.estimate.bps()
                && (bps < 0.97 * told || self.now - at >= REMB_INTERVAL_MS)
            {
                self.told = (self.now, bps);
            }
        }
    }

    /// Mean rate between two times, bit/s.
    fn rate(&self, from: f64, to: f64) -> f64 {
        let steps = &self.steps[(from * 1e3) as usize..(to * 1e3) as usize];
        steps.iter().map(|(rate, _)| rate).sum::<f64>() / steps.len() as f64
    }

    /// The queue below which it is nine tenths of the time, milliseconds.
    fn queue(&self, from: f64, to: f64) -> f64 {
        let steps = &self.steps[(from * 1e3) as usize..(to * 1e3) as usize];
        let mut queue: Vec<f64> = steps.iter().map(|(_, queue)| *queue).collect();
        queue.sort_by(f64::total_cmp);
        queue[queue.len() * 9 / 10]
    }

    /// A line for each five seconds, for a person who looks at a profile with `--no-capture`.
    fn print(&self, name: &str) {
        println!("== {name}, {}", if self.absolute { "abs-send-time" } else { "times of pictures" });
        for from in (0..(self.now / 1e3) as usize).step_by(5) {
            let (from, to) = (from as f64, (from as f64 + 5.0).min(self.now / 1e3));
            println!("{from:3} s rate {:5.0} queue {:4.0}", self.rate(from, to) / 1e3, self.queue(from, to));
        }
    }
}

#[test]
fn a_sender_that_is_told_our_estimate_fills_the_link_and_not_its_queue() {
    for absolute in [true, false] {
        let mut call = Call::new(1e6, 60.0, absolute);
        call.run(60.0);
        call.print("1 Mbit/s");
        assert!(call.rate(25.0, 60.0) > 650e3, "{absolute}: {}", call.rate(25.0, 60.0));
        assert!(call.rate(25.0, 60.0) < 1e6, "{absolute}: {}", call.rate(25.0, 60.0));
        assert!(call.queue(5.0, 60.0) < 150.0, "{absolute}: {}", call.queue(5.0, 60.0));
    }
}

#[test]
fn a_link_that_becomes_thin_is_told_within_two_seconds() {
    for absolute in [true, false] {
        let mut call = Call::new(2e6, 60.0, absolute);
        call.link.rates = vec![(0.0, 2e6), (30.0, 400e3)];
        call.link.queue_limit = 1e3;
        call.run(60.0);
        call.print("2 Mbit/s, then 400 kbit/s");
        assert!(call.rate(28.0, 30.0) > 1e6, "{absolute}: {}", call.rate(28.0, 30.0));
        assert!(call.rate(32.0, 34.0) < 400e3, "{absolute}: {}", call.rate(32.0, 34.0));
        assert!(call.rate(45.0, 60.0) > 230e3, "{absolute}: {}", call.rate(45.0, 60.0));
        assert!(call.queue(36.0, 60.0) < 250.0, "{absolute}: {}", call.queue(36.0, 60.0));
    }
}

#[test]
fn a_path_with_loss_and_jitter_is_not_told_to_be_thin() {
    for absolute in [true, false] {
        let mut call = Call::new(3e6, 80.0, absolute);
        call.path.loss = vec![(0.0, Loss::Random(0.01))];
        call.path.jitter = vec![(0.0, Jitter::Pareto(5.0))];
        call.run(40.0);
        call.print("1 % loss and 5 ms of jitter");
        assert!(call.rate(30.0, 40.0) > 1e6, "{absolute}: {}", call.rate(30.0, 40.0));
    }
}
