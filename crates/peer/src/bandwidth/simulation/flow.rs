//! Simulated sender: sound, an encoder that follows the estimate, retransmissions, pacer and probes.

use std::collections::VecDeque;
use std::time::Instant;

use super::link::{Link, Path, Random, at};
use super::receiver::Receiver;
use crate::bandwidth::{Estimator, Limits, ProbeCluster};

/// UDP, IP and SRTP around an RTP packet, bytes.
const OVERHEAD: f64 = 46.0;
const PAYLOAD: f64 = 1_140.0;
const FRAME_MS: f64 = 1000.0 / 30.0;
const PACING_FACTOR: f64 = 2.5;
/// A request for a packet, with the headers below it.
const REQUEST_BYTES: f64 = 76.0;
const MIN_PADDING_BYTES: f64 = 200.0;

/// An encoder that is ahead of the pacer by more than this waits.
const MAX_BACKLOG_SECONDS: f64 = 0.5;

/// What the application wants to send.
#[derive(Clone, Copy, Debug)]
pub(super) enum Demand {
    /// All it may.
    Full,
    /// No more than this, bit/s.
    Quiet(f64),
    /// Nothing at all: the call is on hold.
    Nothing,
}

#[derive(Debug)]
struct Waiting {
    size: usize,
    /// How often it was sent before.
    tries: u32,
}

#[derive(Debug)]
struct Probing {
    cluster: ProbeCluster,
    since: f64,
    packets: u32,
    bytes: f64,
}

#[derive(Debug)]
pub(super) struct Flow {
    pub(super) estimator: Estimator,
    pub(super) demand: Vec<(f64, Demand)>,
    pub(super) starts: f64,
    /// Clusters are sent until then, seconds.
    pub(super) probes_until: f64,
    pub(super) forward: Path,
    pub(super) receiver: Receiver,
    queue: VecDeque<Waiting>,
    /// When the other side notices a lost packet.
    missing: VecDeque<(f64, Waiting)>,
    /// When a lost packet is sent again.
    repairs: VecDeque<(f64, Waiting)>,
    repaired: VecDeque<(f64, f64)>,
    budget: f64,
    probing: Option<Probing>,
    next_frame: f64,
    next_audio: f64,
    next_timeout: f64,
    random: Random,
    /// Target at every hundred milliseconds.
    pub(super) targets: Vec<f64>,
    pub(super) queue_drops: Vec<f64>,
    pub(super) probes: Vec<(f64, f64)>,
}

impl Flow {
    pub(super) fn new(start: Instant, limits: Limits, forward: Path, back: Path, seed: u64) -> Self {
        Self {
            estimator: Estimator::new(limits),
            demand: vec![(0.0, Demand::Full)],
            starts: 0.0,
            probes_until: f64::INFINITY,
            forward,
            receiver: Receiver::new(start, back),
            queue: VecDeque::new(),
            missing: VecDeque::new(),
            repairs: VecDeque::new(),
            repaired: VecDeque::new(),
            budget: 0.0,
            probing: None,
            next_frame: 0.0,
            next_audio: 0.0,
            next_timeout: 0.0,
            random: Random::new(seed),
            targets: Vec::new(),
            queue_drops: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// `back`: what the other side's reports and requests share with its media; `None`: nothing holds them up.
    pub(super) fn step(&mut self, now: f64, link: &mut Link, mut back: Option<&mut Link>) {
        if now < self.starts * 1e3 {
            return;
        }
        // Both sides of a call over like links may send alike.
        self.receiver.target = self.estimator.target();
        let results = self.receiver.feedback(now, back.as_deref_mut());
        while self.missing.front().is_some_and(|(noticed, _)| *noticed <= now) {
            let Some((noticed, repair)) = self.missing.pop_front() else { break };
            let left = back.as_deref_mut().map_or(Some(now), |back| back.carry(now, REQUEST_BYTES));
            if let Some(left) = left {
                self.repairs.push_back((left.max(noticed) + self.forward.delay(now), repair));
            }
        }
        let instant = self.receiver.instant(now);
        if !results.is_empty() {
            self.estimator.feedback(instant, &results);
        }
        if now >= self.next_timeout {
            self.next_timeout = now + 25.0;
            self.estimator.timeout(instant);
        }
        self.produce(now, link);
        self.pace(now, link);
        if (now / 100.0) as usize >= self.targets.len() {
            self.targets.resize((now / 100.0) as usize + 1, self.estimator.target());
        }
    }

    fn produce(&mut self, now: f64, link: &mut Link) {
        let target = self.estimator.target();
        let demand = at(&self.demand, now);
        let most = match demand {
            Demand::Full => f64::INFINITY,
            Demand::Quiet(bps) => bps,
            Demand::Nothing => return,
        };
        let (gap, size) = if target < 100e3 { (60.0, 100) } else { (20.0, 110) };
        if now >= self.next_audio {
            self.next_audio = now + gap;
            self.send(now, size, 9, None, link);
        }
        let audio = size as f64 * 8e3 / gap;
        while self.repairs.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, repair)) = self.repairs.pop_front() {
                self.repaired.push_back((now, repair.size as f64 * 8.0));
                self.queue.push_front(repair);
            }
        }
        while self.repaired.front().is_some_and(|(at, _)| now - at > 1e3) {
            self.repaired.pop_front();
        }
        if now >= self.next_frame {
            self.next_frame = now + FRAME_MS;
            let repairs: f64 = self.repaired.iter().map(|(_, bits)| bits).sum();
            let video = (target - audio - repairs.min(target / 2.0)).min(most - audio);
            let backlog: usize = self.queue.iter().map(|waiting| waiting.size * 8).sum();
            if video > 10e3 && (backlog as f64) < target * MAX_BACKLOG_SECONDS {
                let bytes = video * FRAME_MS / 8e3 * (0.8 + 0.4 * self.random.part());
                let packets = (bytes / PAYLOAD).ceil().max(1.0);
                for _ in 0..packets as usize {
                    self.queue.push_back(Waiting { size: (bytes / packets) as usize + 30, tries: 0 });
                }
            }
        }
    }

    fn pace(&mut self, now: f64, link: &mut Link) {
        if self.probing.is_none() && now < self.probes_until * 1e3 {
            let cluster = self.estimator.take_probe(self.receiver.instant(now));
            self.probing = cluster.map(|cluster| {
                self.probes.push((now / 1e3, cluster.bps));
                Probing { cluster, since: now, packets: 0, bytes: 0.0 }
            });
        }
        if let Some(mut probing) = self.probing.take() {
            let ProbeCluster { bps, min_packets, min_duration, .. } = probing.cluster;
            let enough = bps * min_duration.as_secs_f64() / 8.0;
            while probing.bytes <= bps * (now - probing.since) / 8e3 {
                let padding = (enough / f64::from(min_packets)).clamp(MIN_PADDING_BYTES, PAYLOAD);
                let next = self.queue.pop_front();
                let (size, tries) = next.map_or((padding as usize, 9), |next| (next.size, next.tries));
                self.send(now, size, tries, Some(&probing.cluster), link);
                probing.packets += 1;
                probing.bytes += size as f64;
                if probing.packets >= min_packets && probing.bytes >= enough {
                    return;
                }
            }
            self.probing = Some(probing);
            return;
        }
        let rate = self.estimator.target() * PACING_FACTOR;
        self.budget = (self.budget + rate / 1e3).min(rate * 0.005);
        while self.budget >= 0.0 {
            let Some(next) = self.queue.pop_front() else { break };
            self.budget -= next.size as f64 * 8.0;
            self.send(now, next.size, next.tries, None, link);
        }
    }

    fn send(&mut self, now: f64, size: usize, tries: u32, probe: Option<&ProbeCluster>, link: &mut Link) {
        let wire = size as f64 + OVERHEAD;
        self.estimator.sent(self.receiver.instant(now), size);
        let left = link.carry(now, wire);
        if left.is_none() {
            self.queue_drops.push(now / 1e3);
        }
        let arrives = left.and_then(|left| self.forward.carry(left));
        if arrives.is_none() && tries < 3 {
            let noticed = now + self.forward.delay(now) + link.queue(now) + 20.0;
            self.missing.push_back((noticed, Waiting { size, tries: tries + 1 }));
        }
        self.receiver.sent(now, size, wire, probe.map(|cluster| cluster.id), arrives);
    }
}
