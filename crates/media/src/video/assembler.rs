//! Packets in, whole pictures out in order of decoding. It reads no clock and decodes nothing.
//!
//! ```text
//!             in order            a packet is missing
//!   Flowing ───────────► Flowing ─────────────────────► Flowing, waiting for the repair
//!      ▲                                                   │ repaired: go on
//!      │ a whole key frame                                 │ waited long enough
//!      └──────────────────────────── Lost ◄────────────────┘   (asks for a key frame)
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::depacketize::{self, Part};
use crate::{Codec, Packet};

/// Packets and bytes held at most; above that the oldest go and a key frame is asked for.
const MAX_PACKETS: usize = 2048;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Sequence numbers this far from the newest belong to another stream (RFC 3550 A.1).
const MAX_LEAP: u64 = 3000;
/// Never asks for key frames faster than this.
const KEY_REQUEST_PAUSE: Duration = Duration::from_millis(300);
/// Nor more rarely, however often the answer cannot be decoded.
const LONGEST_REQUEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a repair is waited for, whatever the round trip.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_millis(600);
/// With a whole key frame behind the gap, only mere reordering is waited for.
const WAIT_BEFORE_KEY: Duration = Duration::from_millis(30);

/// One whole picture, as a decoder takes it.
#[derive(Clone, Debug)]
pub struct AssembledFrame {
    pub codec: Codec,
    pub data: Bytes,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    pub key: bool,
    /// When its last packet came.
    pub arrived: Instant,
}

/// Figures since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssemblerStats {
    pub packets: u64,
    /// Came again, or after their picture was given up.
    pub useless: u64,
    pub frames: u64,
    /// Gaps that were given up.
    pub gaps: u64,
}

#[derive(Debug)]
struct Held {
    packet: Packet,
    part: Part,
}

/// The state of one stream of one codec.
#[derive(Debug)]
pub struct FrameAssembler {
    codec: Codec,
    /// By sequence number, counted on beyond 65535.
    held: BTreeMap<u64, Held>,
    bytes: usize,
    newest: Option<u64>,
    /// The first sequence number not yet used; `None` before the first picture.
    next: Option<u64>,
    /// Whether a picture begins at `next`.
    next_starts: bool,
    /// Only a key frame can be used.
    lost: bool,
    /// Since when a packet has been missing.
    gap_since: Option<Instant>,
    /// The number that would confirm a leap to another stream.
    leap: Option<u16>,
    round_trip: Duration,
    asked: Option<Instant>,
    /// Whether packets came since a key frame was last asked for: without any there is nobody to ask.
    alive: bool,
    /// Key frames in a row the decoder could make nothing of.
    refused: u32,
    stats: AssemblerStats,
}

impl FrameAssembler {
    pub fn new(codec: Codec) -> Self {
        Self {
            codec,
            held: BTreeMap::new(),
            bytes: 0,
            newest: None,
            next: None,
            next_starts: false,
            lost: true,
            gap_since: None,
            leap: None,
            round_trip: Duration::from_millis(100),
            asked: None,
            alive: false,
            refused: 0,
            stats: AssemblerStats::default(),
        }
    }

    /// The path's round-trip time, which decides how long a repair is waited for.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    /// The decoder cannot go on without a key frame.
    pub fn need_key(&mut self) {
        self.lost = true;
    }

    /// The decoder can make nothing of this stream's key frames: another one is asked for, but ever more
    /// rarely, until [`Self::accepted`].
    pub fn refuse(&mut self) {
        self.lost = true;
        self.refused = self.refused.saturating_add(1);
    }

    /// A picture was decoded.
    pub fn accepted(&mut self) {
        self.refused = 0;
    }

    pub fn stats(&self) -> AssemblerStats {
        self.stats
    }

    /// Takes one packet in; duplicates and latecomers are counted and dropped.
    pub fn push(&mut self, packet: Packet) {
        self.stats.packets += 1;
        let Some(sequence) = self.count_on(packet.sequence) else { return };
        let too_late = self.next.is_some_and(|next| sequence < next);
        if too_late || self.held.contains_key(&sequence) {
            self.stats.useless += 1;
            return;
        }
        let part = depacketize::inspect(self.codec, &packet.payload);
        // Padding alone is sent with the camera off too: nobody would answer.
        self.alive |= !part.empty;
        self.bytes += packet.payload.len();
        self.held.insert(sequence, Held { packet, part });
        while self.held.len() > MAX_PACKETS || self.bytes > MAX_BYTES {
            let Some((oldest, held)) = self.held.pop_first() else { break };
            self.bytes -= held.packet.payload.len();
            self.next = Some(oldest + 1);
            self.next_starts = false;
            self.lost = true;
        }
    }

    /// The next whole picture, if there is one; call until `None` after every push and at the deadline.
    pub fn poll(&mut self, now: Instant) -> Option<AssembledFrame> {
        loop {
            if self.lost {
                return self.resume();
            }
            let next = self.next?;
            if let Some(end) = self.whole(next) {
                self.gap_since = None;
                if let Some(frame) = self.take(next, end) {
                    return Some(frame);
                }
                continue;
            }
            if !self.has_gap(next) {
                self.gap_since = None;
                return None;
            }
            let since = *self.gap_since.get_or_insert(now);
            let waited = now.saturating_duration_since(since);
            if waited >= WAIT_BEFORE_KEY
                && let Some(key) = self.resume()
            {
                self.stats.gaps += 1;
                return Some(key);
            }
            if waited < self.patience() {
                return None;
            }
            self.stats.gaps += 1;
            self.gap_since = None;
            self.lost = true;
        }
    }

    /// When [`Self::poll`] and [`Self::take_key_request`] should be called again though no packet came.
    pub fn deadline(&self) -> Option<Instant> {
        if !self.lost {
            return self.gap_since.map(|since| since + self.patience());
        }
        if !self.alive {
            return None;
        }
        self.asked.map(|asked| asked + self.request_pause()).max(self.key_expected())
    }

    /// Whether to ask the sender for a key frame now; says so rarely enough to be obeyed each time.
    pub fn take_key_request(&mut self, now: Instant) -> bool {
        let soon = self.asked.map(|asked| asked + self.request_pause()).max(self.key_expected());
        if !self.lost || !self.alive || soon.is_some_and(|soon| now < soon) {
            return false;
        }
        self.asked = Some(now);
        self.alive = false;
        true
    }

    /// Until when a key frame of which parts are here may become whole.
    fn key_expected(&self) -> Option<Instant> {
        let newest = self.held.values().filter(|held| held.part.key).map(|held| held.packet.arrived).max();
        newest.map(|arrived| arrived + self.patience())
    }

    fn request_pause(&self) -> Duration {
        let pause = self.round_trip.clamp(KEY_REQUEST_PAUSE, Duration::from_secs(2));
        (pause * (1 << self.refused.min(8))).min(LONGEST_REQUEST_PAUSE.max(pause))
    }

    /// Time for a request, the repair's way, and one more try for a short way.
    fn patience(&self) -> Duration {
        (self.round_trip * 2 + Duration::from_millis(60)).clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }

    /// The sequence number without its wrap-around; `None` for one that fits no stream yet.
    fn count_on(&mut self, sequence: u16) -> Option<u64> {
        let Some(newest) = self.newest else {
            // Far from zero, so that what came before it has a number too.
            let first = (1 << 32) + u64::from(sequence);
            self.newest = Some(first);
            return Some(first);
        };
        let step = sequence.wrapping_sub(newest as u16).cast_signed();
        let counted = newest.checked_add_signed(i64::from(step))?;
        if counted.abs_diff(newest) > MAX_LEAP {
            // One stray packet is nothing; two in a row are a sender that began anew.
            if self.leap.replace(sequence.wrapping_add(1)) != Some(sequence) {
                self.stats.useless += 1;
                return None;
            }
            self.held.clear();
            self.bytes = 0;
            self.next = None;
            self.lost = true;
            self.gap_since = None;
            let restart = (newest | 0xffff) + 0x1_0001 + u64::from(sequence);
            self.newest = Some(restart);
            return Some(restart);
        }
        self.leap = None;
        self.newest = Some(newest.max(counted));
        Some(counted)
    }

    /// The last sequence number of the picture that begins at `start`, if all of it is there.
    fn whole(&self, start: u64) -> Option<u64> {
        let mut timestamp = None;
        let mut last = start;
        for (expected, (&sequence, held)) in (start..).zip(self.held.range(start..)) {
            if sequence != expected {
                return None;
            }
            // Padding is part of no picture: before one it goes with it, behind one it is passed over.
            if held.part.empty && !(held.packet.marker && timestamp == Some(held.packet.timestamp)) {
                last = sequence;
                continue;
            }
            match timestamp {
                None => timestamp = Some(held.packet.timestamp),
                Some(of_picture) if of_picture != held.packet.timestamp => return Some(last),
                Some(_) => {}
            }
            last = sequence;
            if held.packet.marker {
                return Some(last);
            }
        }
        None
    }

    /// Whether something is missing at or after `start`, as against not having been sent yet.
    fn has_gap(&self, start: u64) -> bool {
        let Some((&last, _)) = self.held.last_key_value() else { return false };
        let present = self.held.range(start..).count() as u64;
        last >= start && last - start + 1 != present
    }

    /// Takes the packets of one picture out and joins them; `None` when there was nothing inside.
    fn take(&mut self, start: u64, end: u64) -> Option<AssembledFrame> {
        let mut picture = Vec::new();
        for sequence in start..=end {
            if let Some(held) = self.held.remove(&sequence) {
                self.bytes -= held.packet.payload.len();
                if !held.part.empty {
                    picture.push(held);
                }
            }
        }
        self.next = Some(end + 1);
        self.next_starts = true;
        let timestamp = picture.first()?.packet.timestamp;
        let arrived = picture.iter().map(|held| held.packet.arrived).max()?;
        let key = picture.iter().any(|held| held.part.key);
        let data = depacketize::join(self.codec, picture.iter().map(|held| &*held.packet.payload));
        self.stats.frames += 1;
        (!data.is_empty()).then_some(AssembledFrame { codec: self.codec, data, timestamp, key, arrived })
    }

    /// Goes on at the first whole key frame held, and forgets all before it.
    fn resume(&mut self) -> Option<AssembledFrame> {
        let mut before: Option<(u64, u32, bool)> = None;
        let mut found = None;
        for (&sequence, held) in &self.held {
            let follows = before.is_some_and(|(last, timestamp, marker)| {
                last + 1 == sequence && (marker || timestamp != held.packet.timestamp)
            });
            before = Some((sequence, held.packet.timestamp, held.packet.marker));
            let starts = held.part.starts || follows || (self.next_starts && self.next == Some(sequence));
            if !starts || held.part.empty {
                continue;
            }
            if let Some(end) = self.whole(sequence)
                && self.held.range(sequence..=end).any(|(_, held)| held.part.key)
            {
                found = Some((sequence, end));
                break;
            }
        }
        let (start, end) = found?;
        let kept = self.held.split_off(&start);
        let dropped = std::mem::replace(&mut self.held, kept);
        self.bytes -= dropped.values().map(|held| held.packet.payload.len()).sum::<usize>();
        let frame = self.take(start, end)?;
        self.lost = false;
        // A request answered by what cannot be shown counts on for the pause before the next.
        if self.refused == 0 {
            self.asked = None;
        }
        self.gap_since = None;
        Some(frame)
    }
}

#[cfg(test)]
mod tests;
