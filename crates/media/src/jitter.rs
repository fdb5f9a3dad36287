//! Audio jitter buffer: packets and `now` go in, decisions what to play come out. It reads no clock, decodes
//! nothing and holds a bounded number of packets.
//!
//! Where playout stands is measured, not guessed from how many packets wait: the fastest packets of
//! the last seconds say when a sample *would* have come without jitter, and the delay is how long
//! after that it is played. The wanted delay is what 97 of 100 recent packets needed.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::Packet;
use crate::codec::opus::{MAX_PACKET_SAMPLES, OPUS_CLOCK_HZ, packet_samples};

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
/// Larger than a packet on any path.
const MAX_PAYLOAD_BYTES: usize = 1500;
/// Packets whose lateness is remembered (10 s of 20 ms packets).
const DELAY_WINDOW_PACKETS: usize = 500;
/// A packet this far from its place, by timestamp or by arrival, belongs to another timeline.
const MAX_TIMELINE_JUMP_SAMPLES: i64 = 2 * OPUS_CLOCK_HZ as i64;
/// After so many packets of another timeline in a row, the buffer restarts there.
const FOREIGN_PACKETS_TO_RESTART: u32 = 3;
/// After so many packets in a row that are too late to play, the buffer restarts there.
const LATE_PACKETS_TO_RESTART: u32 = 25;
/// After so many packets in a row later than the longest delay the buffer restarts: the path is longer now.
const SLOW_PACKETS_TO_RESTART: u32 = 100;
const INITIAL_DELAY: Duration = Duration::from_millis(40);
const MIN_DELAY: Duration = Duration::from_millis(20);
const MAX_DELAY: Duration = Duration::from_millis(500);
/// Margin above the quantile: playout takes whole 10 ms steps.
const DELAY_MARGIN: Duration = Duration::from_millis(10);
/// Further above the wanted delay, packets are skipped instead of played faster.
const SKIP_THRESHOLD: Duration = Duration::from_millis(250);

/// What to play next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Play so many samples of silence: nothing has come yet, or nothing has come for long.
    Silence { samples: u32 },
    /// Decode this.
    Play(Bytes),
    /// Decode the redundancy `from` carries about the packet before it, `samples` long, and leave
    /// out the first `skip` samples, which were concealed already.
    Recover { from: Bytes, samples: u32, skip: u32 },
    /// Conceal so many samples.
    Conceal { samples: u32 },
}

/// How the caller should stretch what it decodes, to bring the delay to what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Keep,
    Faster,
    Slower,
}

/// Counts since the start, in packets but for `missing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JitterStats {
    pub received: u64,
    pub malformed: u64,
    pub duplicate: u64,
    pub late: u64,
    /// Thrown away to catch up, or because the buffer was full.
    pub skipped: u64,
    /// Restored from the packet after them.
    pub recovered: u64,
    /// Times the buffer started over on another timeline.
    pub restarts: u64,
    /// Samples that were sent and missing at playout. A silent sender sends none.
    pub missing: u64,
}

#[derive(Debug)]
struct BufferedPacket {
    sequence: u16,
    payload: Bytes,
    samples: i64,
}

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
    transits: VecDeque<i64>,
    fastest: i64,
    quantile: Duration,
    /// Samples handed out for `next` while it was missing.
    stalled: u32,
    /// Samples concealed since a packet was played.
    concealed: u32,
    /// The packet played last said that there is nothing to hear.
    quiet: bool,
    newest_sequence: Option<u16>,
    foreign: u32,
    foreign_newest: u32,
    late_run: u32,
    slow_run: u32,
    /// Recent share of lost packets, decaying over about ten seconds.
    loss: f32,
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
            transits: VecDeque::with_capacity(DELAY_WINDOW_PACKETS),
            fastest: 0,
            quantile: Duration::ZERO,
            stalled: 0,
            concealed: 0,
            quiet: false,
            newest_sequence: None,
            foreign: 0,
            foreign_newest: 0,
            late_run: 0,
            slow_run: 0,
            loss: 0.0,
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
        let length = Some(&packet.payload).filter(|payload| payload.len() <= MAX_PAYLOAD_BYTES);
        let Some(samples) = length.and_then(|payload| packet_samples(payload)) else {
            self.stats.malformed += 1;
            return;
        };
        let Some(origin) = self.origin else {
            self.begin(&packet, samples);
            return;
        };
        let timestamp = self.newest + i64::from(packet.timestamp.wrapping_sub(self.newest as u32) as i32);
        let transit = transit(origin, timestamp, packet.arrived);
        let place = self.next.map_or(self.newest, |next| next + i64::from(self.stalled));
        if (timestamp - place).abs() > MAX_TIMELINE_JUMP_SAMPLES
            || (transit - self.fastest).abs() > MAX_TIMELINE_JUMP_SAMPLES
        {
            self.foreign_packet(&packet, samples);
            return;
        }
        let step =
            self.newest_sequence.map_or(1, |newest| packet.sequence.wrapping_sub(newest).cast_signed());
        let played = self.next.is_some_and(|next| timestamp + i64::from(samples) <= next);
        if played && step > 0 {
            // A later packet of an earlier time: the sender's clock went back.
            self.stats.late += 1;
            self.foreign_packet(&packet, samples);
            return;
        }
        if step > 0 {
            self.newest_sequence = Some(packet.sequence);
        }
        self.foreign = 0;
        if transit - self.fastest > samples_in(MAX_DELAY) {
            // After a standstill: no buffer helps against that, so it is nothing to learn from.
            self.slow_run += 1;
            if self.slow_run >= SLOW_PACKETS_TO_RESTART {
                self.restart(&packet, samples);
                return;
            }
        } else {
            self.slow_run = 0;
            self.observe(transit);
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
        self.store(timestamp, &packet, samples);
    }

    /// Says what to play next, given that `queued` samples handed out before are still unplayed.
    /// Whatever it says is taken as played.
    pub(crate) fn next(&mut self, now: Instant, queued: u32) -> Step {
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
        let (length, sequence) = (first.samples, first.sequence);
        let from = first.payload.clone();
        let lost = self.last_sequence.is_none_or(|last| !self.follows(last, sequence));
        let gap = start - next;
        // What the sender lost of it; the rest is a pause.
        let sent = if lost { self.packets_between(sequence) * length } else { 0 };
        let stalled = i64::from(std::mem::take(&mut self.stalled));
        self.miss(stalled.min(sent) + (stalled - gap.max(0)).max(0));
        let stalled = stalled.min(gap);
        let missing = gap - stalled;
        if gap < MIN_CONCEAL_SAMPLES || missing < MIN_CONCEAL_SAMPLES {
            if lost && gap >= MIN_CONCEAL_SAMPLES {
                self.lose();
            }
            return self.play(start);
        }
        if lost && gap == length {
            self.lose();
            self.next = Some(start);
            self.stats.recovered += 1;
            return Step::Recover { from, samples: length as u32, skip: stalled as u32 };
        }
        // The last packet of a gap is left for its successor's redundancy.
        let tail = if lost && missing > length { length } else { 0 };
        let samples = (missing - tail).min(960) / MIN_CONCEAL_SAMPLES * MIN_CONCEAL_SAMPLES;
        if samples < MIN_CONCEAL_SAMPLES {
            return self.play(start);
        }
        if lost {
            self.lose();
            self.miss(samples.min((sent - stalled).max(0)));
        }
        self.next = Some(next + stalled + samples);
        self.conceal(samples as u32, lost)
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

    /// Whether to play faster or slower, given that `queued` samples handed out are still unplayed.
    pub(crate) fn pace(&self, now: Instant, queued: u32) -> Pace {
        let Some(delay) = self.delay(now, queued) else { return Pace::Keep };
        let target = self.target();
        if delay > target + Duration::from_millis(20) {
            Pace::Faster
        } else if delay + Duration::from_millis(10) < target {
            Pace::Slower
        } else {
            Pace::Keep
        }
    }

    /// The delay that would let nearly every packet come in time.
    pub(crate) fn target(&self) -> Duration {
        if self.transits.len() < 25 {
            return INITIAL_DELAY;
        }
        // A packet is restored from its successor, so that has to be here when it is missed.
        let repair = if self.loss > 0.004 { Duration::from_millis(20) } else { Duration::ZERO };
        (self.quantile + DELAY_MARGIN + repair).clamp(MIN_DELAY, MAX_DELAY)
    }

    /// How long after it could have come at the earliest the sample `queued` before the next one is
    /// played; `None` while not playing.
    pub(crate) fn delay(&self, now: Instant, queued: u32) -> Option<Duration> {
        let (origin, begin) = self.origin?;
        let position = self.next? - i64::from(queued);
        let expected = position - begin + self.fastest;
        let elapsed = samples_in(now.saturating_duration_since(origin));
        Some(duration_of(elapsed - expected))
    }

    /// RTP timestamp of the sample `queued` before the next one; `None` while not playing.
    pub(crate) fn position(&self, queued: u32) -> Option<u32> {
        Some((self.next? - i64::from(queued)) as u32)
    }

    pub(crate) fn stats(&self) -> JitterStats {
        self.stats
    }

    fn begin(&mut self, packet: &Packet, samples: u32) {
        let timestamp = i64::from(packet.timestamp);
        self.origin = Some((packet.arrived, timestamp));
        self.newest = timestamp;
        self.newest_sequence = Some(packet.sequence);
        self.fastest = 0;
        self.transits.push_back(0);
        self.store(timestamp, packet, samples);
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

    fn store(&mut self, timestamp: i64, packet: &Packet, samples: u32) {
        if self.packets.contains_key(&timestamp) {
            self.stats.duplicate += 1;
            return;
        }
        let waiting = BufferedPacket {
            sequence: packet.sequence,
            payload: packet.payload.clone(),
            samples: i64::from(samples).min(MAX_PACKET_SAMPLES as i64),
        };
        self.packets.insert(timestamp, waiting);
        if self.packets.len() > MAX_PACKETS {
            self.packets.pop_first();
            self.stats.skipped += 1;
        }
    }

    fn observe(&mut self, transit: i64) {
        if self.transits.len() == DELAY_WINDOW_PACKETS {
            self.transits.pop_front();
        }
        self.transits.push_back(transit);
        self.fastest = self.transits.iter().copied().min().unwrap_or(0);
        let mut sorted: Vec<i64> = self.transits.iter().copied().collect();
        let rank = (sorted.len() * 97 / 100).min(sorted.len() - 1);
        let (_, value, _) = sorted.select_nth_unstable(rank);
        self.quantile = duration_of(*value - self.fastest);
    }

    fn first_due(&self, now: Instant) -> Option<i64> {
        let (origin, _) = self.origin?;
        let due = now >= origin + INITIAL_DELAY;
        self.packets.first_key_value().filter(|_| due).map(|(start, _)| *start)
    }

    /// Skips packets where the delay is far too longly long, e.g. after the network stood still.
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
            && self.delay(now, queued).is_some_and(|delay| delay > target + DELAY_MARGIN)
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
        self.conceal(STALL_STEP_SAMPLES, false)
    }

    /// Sound that goes on for a while, and ends in silence where nothing was lost.
    fn conceal(&mut self, samples: u32, lost: bool) -> Step {
        self.concealed = self.concealed.saturating_add(samples);
        let longest = if self.quiet { MAX_COMFORT_NOISE_SAMPLES } else { MAX_CONCEALED_SAMPLES };
        if lost || self.concealed <= longest { Step::Conceal { samples } } else { Step::Silence { samples } }
    }

    fn play(&mut self, start: i64) -> Step {
        let Some(packet) = self.packets.remove(&start) else { return self.stall() };
        self.next = Some(start + packet.samples);
        self.last_sequence = Some(packet.sequence);
        self.stalled = 0;
        self.concealed = 0;
        self.quiet = packet.payload.len() <= MAX_DTX_PAYLOAD_BYTES;
        self.loss *= 0.998;
        Step::Play(packet.payload)
    }

    fn lose(&mut self) {
        self.loss = (self.loss + 0.02).min(1.0);
    }
}

/// How long a packet was under way, in samples, against the first packet.
fn transit((origin, begin): (Instant, i64), timestamp: i64, arrived: Instant) -> i64 {
    let elapsed = match arrived.checked_duration_since(origin) {
        Some(after) => samples_in(after),
        None => -samples_in(origin.saturating_duration_since(arrived)),
    };
    elapsed - (timestamp - begin)
}

fn samples_in(duration: Duration) -> i64 {
    (duration.as_micros() as i64).saturating_mul(i64::from(OPUS_CLOCK_HZ)) / 1_000_000
}

fn duration_of(samples: i64) -> Duration {
    Duration::from_micros(samples.max(0) as u64 * 1_000_000 / u64::from(OPUS_CLOCK_HZ))
}

#[cfg(test)]
mod tests;
