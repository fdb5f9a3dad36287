//! Audio jitter buffer: packets and `now` go in, decisions what to play come out. It reads no clock, decodes
//! nothing and holds a bounded number of packets.
//!
//! Where playout stands is measured, not guessed from how many packets wait: the fastest packets of
//! the last seconds say when a sample *would* have come without jitter, and the delay is how long
//! after that it is played. [`delay::DelayEstimator`] says how long it should be.
//!
//! A packet that is missing may come as a copy in a later one (RFC 2198), which is stored like the packet itself,
//! or be restored from what later packets say of it; either is as late as the packet that carries it, and the
//! wanted delay learns that as it learns jitter.

mod arrivals;
mod buffered_packet;
mod delay;
mod pace;
mod step;
mod time;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use self::arrivals::Arrivals;
use self::buffered_packet::{BufferedPacket, samples_of};
use self::delay::{DelayEstimator, MAX_DELAY};
pub(crate) use self::step::{Carrier, JitterStats, Pace, Step, Urgency};
pub(crate) use self::time::samples_in;
use self::time::{duration_of, transit};
use crate::Packet;
use crate::clock_drift::ClockDrift;
use crate::codec::opus::{MAX_PACKET_SAMPLES, OPUS_CLOCK_HZ};

/// Samples in the shortest piece Opus can conceal (2.5 ms).
const MIN_CONCEAL_SAMPLES: i64 = 120;
/// Samples concealed at a time while nothing has come: short, so that a late packet is not missed by much.
const STALL_STEP_SAMPLES: u32 = 480;
/// How long concealment replaces missing packets before silence does.
const MAX_CONCEALED_SAMPLES: u32 = OPUS_CLOCK_HZ / 10;
/// How long comfort noise is generated while the sender is silent: with DTX it sends a
/// packet every 400 ms.
const MAX_COMFORT_NOISE_SAMPLES: u32 = OPUS_CLOCK_HZ / 2;
/// Packets no longer than this are DTX (RFC 7587 3.1.3).
const MAX_DTX_PAYLOAD_BYTES: usize = 2;
/// Packets held at most; beyond, the oldest go.
const MAX_PACKETS: usize = 128;
/// Packets without sound remembered.
const MAX_FILLER_PACKETS: usize = 64;
/// A packet this far from its place, by timestamp or by arrival, belongs to another timeline.
const MAX_TIMELINE_JUMP_SAMPLES: i64 = 2 * OPUS_CLOCK_HZ as i64;
/// After so many packets of another timeline in a row, the buffer restarts there.
const FOREIGN_PACKETS_TO_RESTART: u32 = 3;
/// After so many packets in a row that are too late to play, the buffer restarts there.
const LATE_PACKETS_TO_RESTART: u32 = 25;
/// After so many packets in a row later than the longest delay the buffer restarts: the path is longer now.
const SLOW_PACKETS_TO_RESTART: u32 = 100;
const INITIAL_DELAY: Duration = Duration::from_millis(40);
/// Packets are skipped until the delay is so close to what is wanted.
const SKIP_MARGIN: Duration = Duration::from_millis(10);
/// Further above the wanted delay, packets are skipped instead of played faster.
const SKIP_THRESHOLD: Duration = Duration::from_millis(250);
/// A gap is waited for no longer than this, however far back redundancy reaches.
const MAX_REPAIR_SAMPLES: i64 = OPUS_CLOCK_HZ as i64 / 5;
/// Longest piece restored in one step: 20 ms.
const REPAIR_STEP_SAMPLES: i64 = 960;

/// See the module.
#[derive(Debug)]
pub(crate) struct JitterBuffer {
    /// By unwrapped timestamp.
    packets: BTreeMap<i64, BufferedPacket>,
    /// Unwrapped timestamp of the next sample to hand out; `None` until playing.
    next: Option<i64>,
    /// Sequence number of the packet before `next`.
    last_sequence: Option<u16>,
    /// Sequence numbers used up without any sound, oldest first.
    filler: VecDeque<u16>,
    /// When the first packet came and what it was called.
    origin: Option<(Instant, i64)>,
    newest: i64,
    delay: DelayEstimator,
    /// Of the sender's clock.
    drift: ClockDrift,
    /// Least target, for a picture that is shown later than its sound could be heard.
    floor: Duration,
    /// The wanted delay, which comes down slowly, and when it was seen last.
    eased: Option<(Instant, Duration)>,
    /// How many samples before a packet its redundancy reaches back, as last seen.
    reach: i64,
    /// Samples handed out for `next` while it was missing.
    stalled: u32,
    /// Samples concealed since a packet was played.
    concealed: u32,
    /// Samples of the last [`Step::Recover`] that were sent.
    unrestored: i64,
    /// The sender is silent: it said so, and what it sent since were packets with pauses between.
    quiet: bool,
    /// End of the packet played last.
    played_until: i64,
    arrivals: Arrivals,
    foreign: u32,
    foreign_newest: u32,
    late_run: u32,
    slow_run: u32,
    stats: JitterStats,
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl JitterBuffer {
    pub(crate) fn new() -> Self {
        Self {
            packets: BTreeMap::new(),
            next: None,
            last_sequence: None,
            filler: VecDeque::with_capacity(MAX_FILLER_PACKETS),
            origin: None,
            newest: 0,
            delay: DelayEstimator::default(),
            drift: ClockDrift::default(),
            floor: Duration::ZERO,
            eased: None,
            reach: REPAIR_STEP_SAMPLES,
            stalled: 0,
            concealed: 0,
            unrestored: 0,
            quiet: false,
            played_until: 0,
            arrivals: Arrivals::default(),
            foreign: 0,
            foreign_newest: 0,
            late_run: 0,
            slow_run: 0,
            stats: JitterStats::default(),
        }
    }

    /// Takes a packet in.
    pub(crate) fn insert(&mut self, packet: Packet) {
        self.stats.received += 1;
        if packet.payload.is_empty() {
            // Padding and the like: no sound, but no loss either.
            if self.filler.len() == MAX_FILLER_PACKETS {
                self.filler.pop_front();
            }
            self.filler.push_back(packet.sequence);
            return;
        }
        let Some(samples) = samples_of(&packet) else {
            self.stats.malformed += 1;
            return;
        };
        let Some(origin) = self.origin else {
            self.begin(&packet, samples);
            return;
        };
        let timestamp = self.unwrapped(packet.timestamp);
        let transit = transit(origin, timestamp, packet.arrived);
        if self.is_elsewhere(timestamp, transit) {
            self.foreign_packet(&packet, samples);
            return;
        }
        let played = self.is_played(timestamp, samples);
        if played && self.arrivals.step(packet.sequence) > 0 {
            // A later packet of an earlier time: the sender's clock went back.
            self.stats.late += 1;
            self.foreign_packet(&packet, samples);
            return;
        }
        self.foreign = 0;
        if self.arrivals.has(packet.sequence) {
            self.stats.duplicate += 1;
            return;
        }
        self.arrivals.note(packet.sequence);
        if transit - self.delay.fastest() > samples_in(MAX_DELAY) {
            // After a standstill: no buffer helps against that, so it is nothing to learn from.
            self.slow_run += 1;
            if self.slow_run >= SLOW_PACKETS_TO_RESTART {
                self.restart(&packet, samples);
                return;
            }
        } else {
            self.slow_run = 0;
            self.delay.observe(timestamp + transit, transit);
            self.drift.observe(timestamp + transit, transit);
        }
        self.newest = self.newest.max(timestamp);
        if played {
            self.stats.late += 1;
            self.late_run += 1;
            if self.late_run >= LATE_PACKETS_TO_RESTART {
                self.restart(&packet, samples);
            }
            return;
        }
        self.late_run = 0;
        self.store(timestamp, &packet, samples, transit);
    }

    /// Takes in a copy of an earlier packet that a later one carries (RFC 2198), before that one.
    pub(crate) fn insert_copy(&mut self, packet: &Packet) {
        let (Some(origin), Some(samples)) = (self.origin, samples_of(packet)) else { return };
        let timestamp = self.unwrapped(packet.timestamp);
        let transit = transit(origin, timestamp, packet.arrived);
        if self.is_elsewhere(timestamp, transit) || self.arrivals.has(packet.sequence) {
            return;
        }
        if transit - self.delay.fastest() <= samples_in(MAX_DELAY) {
            self.delay.need(timestamp + transit, transit);
        }
        if !self.is_played(timestamp, samples) && !self.packets.contains_key(&timestamp) {
            self.store(timestamp, packet, samples, transit);
            if let Some(stored) = self.packets.get_mut(&timestamp) {
                stored.copy = true;
            }
        }
    }

    /// The timestamp without its wraps, near the newest one.
    fn unwrapped(&self, timestamp: u32) -> i64 {
        self.newest + i64::from(timestamp.wrapping_sub(self.newest as u32).cast_signed())
    }

    /// Whether a packet is of another timeline than what is played.
    fn is_elsewhere(&self, timestamp: i64, transit: i64) -> bool {
        let place = self.next.map_or(self.newest, |next| next + i64::from(self.stalled));
        (timestamp - place).abs() > MAX_TIMELINE_JUMP_SAMPLES
            || (transit - self.delay.fastest()).abs() > MAX_TIMELINE_JUMP_SAMPLES
    }

    fn is_played(&self, timestamp: i64, samples: u32) -> bool {
        self.next.is_some_and(|next| timestamp + i64::from(samples) <= next)
    }

    /// Says what to play next, given that `queued` samples handed out before are still unplayed.
    /// Whatever it says is taken as played.
    pub(crate) fn next(&mut self, now: Instant, queued: u32) -> Step {
        self.ease(now);
        let Some(mut next) = self.next.or_else(|| self.first_due(now)) else {
            return Step::Silence { samples: STALL_STEP_SAMPLES };
        };
        next = self.catch_up(next, now, queued);
        while let Some(entry) = self.packets.first_entry() {
            if *entry.key() + entry.get().samples > next {
                break;
            }
            entry.remove();
            self.stats.late += 1;
        }
        let Some((&start, first)) = self.packets.first_key_value() else {
            self.next = Some(next);
            return self.stall();
        };
        let (length, sequence, transit) = (first.samples, first.sequence, first.transit);
        let from = first.payload.clone();
        let lost = self.last_sequence.is_none_or(|last| !self.follows(last, sequence));
        let gap = start - next;
        // What the sender lost of it; the rest is a pause.
        let sent = if lost { self.packets_between(sequence) * length } else { 0 };
        let stalled = i64::from(std::mem::take(&mut self.stalled));
        self.miss(stalled.min(sent) + (stalled - gap.max(0)).max(0));
        let stalled = stalled.min(gap);
        let missing = gap - stalled;
        if lost && gap >= MIN_CONCEAL_SAMPLES {
            // It could be restored where the packet after it were here already.
            let repair = gap.min(sent).min(self.reach).min(MAX_REPAIR_SAMPLES);
            self.delay.need(start + transit, transit + repair);
        }
        // Whole steps only, and the last packet of a gap in one piece: its successor's redundancy is of it all.
        let tail = if lost && missing > length { length } else { 0 };
        let samples = (missing - tail).min(REPAIR_STEP_SAMPLES.max(length * i64::from(lost && tail == 0)))
            / MIN_CONCEAL_SAMPLES
            * MIN_CONCEAL_SAMPLES;
        if samples < MIN_CONCEAL_SAMPLES {
            return self.play(start);
        }
        self.next = Some(next + stalled + samples);
        if lost {
            self.unrestored = samples.min((sent - stalled).max(0));
            let later = self.packets.iter().find(|(_, packet)| !packet.copy).filter(|(at, _)| **at > start);
            let later = later.map(|(at, packet)| Carrier {
                packet: packet.payload.clone(),
                ahead: (at - start + missing) as u32,
            });
            return Step::Recover {
                samples: samples as u32,
                from: Carrier { packet: from, ahead: missing as u32 },
                later,
            };
        }
        self.conceal(samples as u32)
    }

    /// Takes in whether the last [`Step::Recover`] could be done, and how many samples before the first packet
    /// redundancy reaches. What is not restored is concealed by whoever tells this.
    pub(crate) fn repaired(&mut self, restored: bool, reach: usize) {
        let missing = std::mem::take(&mut self.unrestored);
        // Packets of silence carry none; that does not mean that those of speech do not.
        self.reach = (reach as i64).max(self.reach * 7 / 8);
        if restored {
            self.stats.recovered += 1;
        } else {
            self.miss(missing);
        }
    }

    /// Packets that are missing between the last one played and `sequence`.
    fn packets_between(&self, sequence: u16) -> i64 {
        let between = self.last_sequence.map_or(0, |last| sequence.wrapping_sub(last).wrapping_sub(1));
        i64::from(between).saturating_sub(self.filler.len() as i64).max(1)
    }

    fn miss(&mut self, samples: i64) {
        self.stats.missing += u64::try_from(samples).unwrap_or(0);
    }

    /// Whether nothing but filler was sent between two packets.
    fn follows(&self, last: u16, sequence: u16) -> bool {
        let between = usize::from(sequence.wrapping_sub(last).wrapping_sub(1));
        between <= self.filler.len()
            && (1..=between).all(|step| self.filler.contains(&last.wrapping_add(step as u16)))
    }

    /// How long after it could have come at the earliest the sample `queued` before the next one is
    /// played; `None` while not playing.
    pub(crate) fn delay(&self, now: Instant, queued: u32) -> Option<Duration> {
        let (origin, begin) = self.origin?;
        let position = self.next? - i64::from(queued);
        let expected = position - begin + self.delay.fastest();
        let elapsed = samples_in(now.saturating_duration_since(origin));
        Some(duration_of(elapsed - expected))
    }

    /// RTP timestamp of the sample `queued` before the next one; `None` while not playing.
    pub(crate) fn position(&self, queued: u32) -> Option<u32> {
        Some((self.next? - i64::from(queued)) as u32)
    }

    /// How much slower the sender's clock runs than this machine's: 0.0001 is 100 parts per million.
    pub(crate) fn drift(&self) -> f64 {
        self.drift.drift()
    }

    /// Mean run of packets lost in a row.
    pub(crate) fn loss_burst(&self) -> f32 {
        self.arrivals.burst()
    }

    pub(crate) fn stats(&self) -> JitterStats {
        self.stats
    }

    fn begin(&mut self, packet: &Packet, samples: u32) {
        let timestamp = i64::from(packet.timestamp);
        self.origin = Some((packet.arrived, timestamp));
        self.newest = timestamp;
        self.arrivals.note(packet.sequence);
        self.delay.observe(timestamp, 0);
        self.store(timestamp, packet, samples, 0);
    }

    fn restart(&mut self, packet: &Packet, samples: u32) {
        let stats = JitterStats { restarts: self.stats.restarts + 1, ..self.stats };
        *self = Self { stats, ..Self::new() };
        self.begin(packet, samples);
    }

    fn foreign_packet(&mut self, packet: &Packet, samples: u32) {
        let step = packet.timestamp.wrapping_sub(self.foreign_newest);
        let follows = self.foreign > 0 && step > 0 && step <= OPUS_CLOCK_HZ;
        self.foreign = if follows { self.foreign + 1 } else { 1 };
        self.foreign_newest = packet.timestamp;
        if self.foreign >= FOREIGN_PACKETS_TO_RESTART {
            self.restart(packet, samples);
        }
    }

    fn store(&mut self, timestamp: i64, packet: &Packet, samples: u32, transit: i64) {
        if self.packets.contains_key(&timestamp) {
            self.stats.duplicate += 1;
            return;
        }
        let waiting = BufferedPacket {
            sequence: packet.sequence,
            payload: packet.payload.clone(),
            samples: i64::from(samples).min(MAX_PACKET_SAMPLES as i64),
            transit,
            copy: false,
        };
        self.packets.insert(timestamp, waiting);
        if self.packets.len() > MAX_PACKETS {
            self.packets.pop_first();
            self.stats.skipped += 1;
        }
    }

    fn first_due(&self, now: Instant) -> Option<i64> {
        let (origin, _) = self.origin?;
        let due = now >= origin + INITIAL_DELAY;
        self.packets.first_key_value().filter(|_| due).map(|(start, _)| *start)
    }

    /// Skips packets where the delay is far too long, e.g. after the network stood still.
    fn catch_up(&mut self, mut next: i64, now: Instant, queued: u32) -> i64 {
        self.next = Some(next);
        let target = self.target();
        if self.delay(now, queued).is_none_or(|delay| delay <= target + SKIP_THRESHOLD) {
            return next;
        }
        // After a pause of the sender there is nothing to leave out.
        if let (Some((&start, first)), Some(last)) = (self.packets.first_key_value(), self.last_sequence)
            && start > next
            && self.follows(last, first.sequence)
        {
            self.miss(i64::from(self.stalled) - (start - next));
            self.stalled = 0;
            next = start;
            self.next = Some(next);
        }
        self.miss(if self.packets.len() > 1 { i64::from(self.stalled) } else { 0 });
        while self.packets.len() > 1
            && self.delay(now, queued).is_some_and(|delay| delay > target + SKIP_MARGIN)
        {
            if let Some((start, skipped)) = self.packets.pop_first() {
                next = start + skipped.samples;
                self.last_sequence = Some(skipped.sequence);
                self.next = Some(next);
                self.stalled = 0;
                self.stats.skipped += 1;
            }
        }
        next
    }

    fn stall(&mut self) -> Step {
        self.stalled = self.stalled.saturating_add(STALL_STEP_SAMPLES);
        self.conceal(STALL_STEP_SAMPLES)
    }

    /// Sound that goes on for a while, and ends in silence where nothing was lost.
    fn conceal(&mut self, samples: u32) -> Step {
        self.concealed = self.concealed.saturating_add(samples);
        let longest = if self.quiet { MAX_COMFORT_NOISE_SAMPLES } else { MAX_CONCEALED_SAMPLES };
        if self.concealed <= longest { Step::Conceal { samples } } else { Step::Silence { samples } }
    }

    fn play(&mut self, start: i64) -> Step {
        let Some(packet) = self.packets.remove(&start) else { return self.stall() };
        // While it is silent a sender refreshes the noise now and then, by packets like any other.
        let paused = start - self.played_until >= MIN_CONCEAL_SAMPLES
            && self.last_sequence.is_some_and(|last| self.follows(last, packet.sequence));
        self.quiet = packet.payload.len() <= MAX_DTX_PAYLOAD_BYTES || (self.quiet && paused);
        self.played_until = start + packet.samples;
        self.next = Some(start + packet.samples);
        self.last_sequence = Some(packet.sequence);
        self.stalled = 0;
        self.concealed = 0;
        self.stats.recovered += u64::from(packet.copy);
        Step::Play(packet.payload)
    }
}

#[cfg(test)]
mod tests;
