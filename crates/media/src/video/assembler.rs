//! Frame assembler: packets in, whole frames out in decoding order. It reads no clock and decodes nothing.
//!
//! ```text
//!             in order            a packet is missing
//!   Flowing ───────────► Flowing ─────────────────────► Flowing, waiting for the repair
//!      ▲                                                   │ repaired: go on
//!      │ a whole key frame or recovery point               │ waited long enough
//!      └──────────────────────────── Lost ◄────────────────┘   (asks for a key frame)
//! ```
//!
//! A missing picture that no other is decoded from (the upper temporal layer) is left out instead, see [`skip`]. Where
//! the sender keeps long-term references, a picture predicted from one is asked for first, see [`recovery`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::depacketize::{self, Part};
use recovery::Recovery;
use repair_time::PacketRate;
use sequence_numbers::{Placement, SequenceNumbers};
use skip::FrameNumbers;

use crate::codec::h264::sps::SliceLayout;
use crate::{Codec, Packet};

/// Packets and bytes held at most; above that the oldest go and a key frame is asked for.
const MAX_PACKETS: usize = 2048;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Shortest interval between key frame requests.
const MIN_KEY_REQUEST_INTERVAL: Duration = Duration::from_millis(300);
/// Longest interval, however often the answer cannot be decoded.
const MAX_KEY_REQUEST_INTERVAL: Duration = Duration::from_secs(60);
/// Shortest and longest wait for a retransmission, whatever the round trip.
const MIN_REPAIR_WAIT: Duration = Duration::from_millis(100);
const MAX_REPAIR_WAIT: Duration = Duration::from_millis(1_500);
/// Four requests, each repeated after a round trip and a quarter, and the time to notice.
const ROUND_TRIPS_TO_REPAIR: f64 = 4.75;
/// With a complete key frame behind the gap, only reordering is waited for.
const REORDER_WAIT_BEFORE_KEY: Duration = Duration::from_millis(30);
/// A packet that is missing for longer was lost and sent again, not overtaken.
const MIN_REPAIR: Duration = Duration::from_millis(15);
/// How long a picture of a sender that sets the marker on each slice is held for more of it.
const SLICE_WAIT: Duration = Duration::from_millis(30);
/// After so many pictures without a marker, the sender is taken to set none.
const PICTURES_WITHOUT_MARKER: u32 = 3;
/// How long the newest picture of such a sender is held for more of it.
const MARKER_WAIT: Duration = Duration::from_millis(100);

/// One whole picture, as a decoder takes it.
#[derive(Clone, Debug)]
pub struct AssembledFrame {
    pub codec: Codec,
    pub data: Bytes,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    pub key: bool,
    /// Decoding begins here though this is no key frame; only after so many more pictures all is right.
    pub joins: Option<u16>,
    /// When its last packet came.
    pub arrived: Instant,
    /// Whether it waited for a packet that was lost.
    pub repaired: bool,
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
    /// Gaps left out because no other picture needs what is missing.
    pub skipped: u64,
}

#[derive(Debug)]
struct PendingPicture {
    packet: Packet,
    part: Part,
    /// It came so long after a later one that it was lost and sent again.
    repaired: bool,
}

/// Whether the marker is on the last packet of a picture only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkerUse {
    Unknown,
    Honest,
    Lying,
}

/// Whether a picture is whole.
enum End {
    At(u64),
    /// It seems to be, but more of it may come until then.
    Perhaps(Instant),
    Open,
}

/// The state of one stream of one codec.
#[derive(Debug)]
pub struct FrameAssembler {
    codec: Codec,
    /// By sequence number, counted on beyond 65535.
    held: BTreeMap<u64, PendingPicture>,
    bytes: usize,
    numbers: SequenceNumbers,
    markers: MarkerUse,
    /// Timestamp of the last picture taken, if a marker ended it.
    ended: Option<u32>,
    /// Pictures in a row without a marker.
    unmarked: u32,
    /// Until when a picture that may be whole is held.
    held_until: Option<Instant>,
    /// The first sequence number not yet used; `None` before the first picture.
    next: Option<u64>,
    /// Whether a picture begins at `next`.
    next_starts: bool,
    /// Only a key frame can be used.
    lost: bool,
    /// Since when a packet has been missing.
    gap_since: Option<Instant>,
    /// How long a picture may come late and be shown in time.
    slack: Duration,
    /// When the present gap may be left out.
    skip_at: Option<Instant>,
    frame_numbers: FrameNumbers,
    recovery: Recovery,
    round_trip: Duration,
    rate: PacketRate,
    asked: Option<Instant>,
    /// Requests since a picture was decoded.
    in_vain: u32,
    /// Whether packets came since the last key frame request: without any, no sender would answer.
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
            numbers: SequenceNumbers::default(),
            // A VP8 frame is one piece; its marker is on the last packet only.
            markers: if codec == Codec::H264 { MarkerUse::Unknown } else { MarkerUse::Honest },
            ended: None,
            unmarked: 0,
            held_until: None,
            next: None,
            next_starts: false,
            lost: true,
            gap_since: None,
            slack: Duration::ZERO,
            skip_at: None,
            frame_numbers: FrameNumbers::default(),
            recovery: Recovery::default(),
            round_trip: Duration::from_millis(100),
            rate: PacketRate::default(),
            asked: None,
            in_vain: 0,
            alive: false,
            refused: 0,
            stats: AssemblerStats::default(),
        }
    }

    /// The path's round-trip time, which decides how long a repair is waited for.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    /// How long a picture may come late and still be shown in time: so long a repair is waited for though the picture
    /// could be left out.
    pub fn set_slack(&mut self, slack: Duration) {
        self.slack = slack;
    }

    /// Of the description's sequence parameter set; the stream's own goes before.
    pub(crate) fn describe(&mut self, layout: SliceLayout) {
        self.frame_numbers.describe(layout);
    }

    /// The decoder cannot go on without a key frame.
    pub fn need_key(&mut self) {
        self.lost = true;
        self.recovery.forget();
    }

    /// The decoder can make nothing of this stream's key frames: another one is asked for, but ever more
    /// rarely, until [`Self::accepted`].
    pub fn refuse(&mut self) {
        self.lost = true;
        self.recovery.forget();
        self.refused = self.refused.saturating_add(1);
    }

    /// A picture was decoded.
    pub fn accepted(&mut self) {
        self.refused = 0;
    }

    pub fn stats(&self) -> AssemblerStats {
        AssemblerStats { useless: self.stats.useless + self.numbers.strays, ..self.stats }
    }

    /// Another sender's stream begins: nothing of before goes on.
    pub fn begin_anew(&mut self) {
        let strays = self.numbers.strays;
        self.numbers = SequenceNumbers::default();
        self.numbers.strays = strays;
        self.forget();
    }

    /// Takes one packet in; duplicates and latecomers are counted and dropped.
    pub fn push(&mut self, packet: Packet) {
        self.stats.packets += 1;
        match self.numbers.place(packet, self.next) {
            Placement::At(number, packet) => self.keep(number, packet),
            Placement::Anew { number, packets, continues } => {
                if !continues {
                    self.forget();
                }
                for (number, packet) in (number..).zip(packets) {
                    self.keep(number, packet);
                }
            }
            Placement::Nowhere => {}
        }
    }

    fn forget(&mut self) {
        self.held.clear();
        self.bytes = 0;
        self.next = None;
        self.next_starts = false;
        self.ended = None;
        self.lost = true;
        self.alive = false;
        self.gap_since = None;
        self.skip_at = None;
        self.frame_numbers.forget();
        self.recovery.forget();
    }

    fn keep(&mut self, sequence: u64, packet: Packet) {
        let too_late = self.next.is_some_and(|next| sequence < next);
        if too_late || self.held.contains_key(&sequence) {
            self.stats.useless += 1;
            return;
        }
        let part = depacketize::inspect(self.codec, &packet.payload);
        self.rate.add(packet.arrived);
        // Padding is also sent with the camera off: a request would have no answer.
        self.alive |= !part.empty;
        self.bytes += packet.payload.len();
        // Gaps overlap: a picture may have been repaired while the one before it was waited for.
        let after = self.held.range(sequence..).next();
        let repaired = after.is_some_and(|(_, after)| {
            after.repaired || packet.arrived.saturating_duration_since(after.packet.arrived) >= MIN_REPAIR
        });
        self.held.insert(sequence, PendingPicture { packet, part, repaired });
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
        self.held_until = None;
        self.skip_at = None;
        loop {
            if self.lost {
                return self.resume(now, false);
            }
            let next = self.next?;
            if self.marker_lied(next) {
                self.markers = MarkerUse::Lying;
                self.lost = true;
                continue;
            }
            match self.whole(next, now) {
                End::At(end) => {
                    self.gap_since = None;
                    if self.was_left_out_before(next, end) {
                        self.lost = true;
                        continue;
                    }
                    self.recovery.settle();
                    if let Some(frame) = self.take(next, end) {
                        return Some(frame);
                    }
                    continue;
                }
                End::Perhaps(until) => {
                    self.gap_since = None;
                    self.held_until = Some(until);
                    return None;
                }
                End::Open => {}
            }
            if !self.has_gap(next) {
                self.gap_since = None;
                return None;
            }
            let since = *self.gap_since.get_or_insert(now);
            let waited = now.saturating_duration_since(since);
            if let Some(frame) = self.skip(next, since, now) {
                return Some(frame);
            }
            if waited >= REORDER_WAIT_BEFORE_KEY
                && let Some(key) = self.resume(now, true)
            {
                self.stats.gaps += 1;
                return Some(key);
            }
            if waited < self.patience() && !self.is_hopeless(next, waited) {
                return None;
            }
            self.stats.gaps += 1;
            self.gap_since = None;
            self.lost = true;
        }
    }

    /// When [`Self::poll`] and [`Self::take_key_request`] should be called again though no packet came.
    pub fn deadline(&self) -> Option<Instant> {
        let other = if !self.lost {
            self.gap_since.map(|since| since + self.patience())
        } else if self.alive {
            self.asked_until()
        } else {
            None
        };
        let recovery = self.recovery_due().filter(|_| !self.lost);
        other.into_iter().chain(recovery).chain(self.held_until).chain(self.skip_at).min()
    }

    /// Whether to ask the sender for a key frame now; says so rarely enough to be obeyed each time.
    pub fn take_key_request(&mut self, now: Instant) -> bool {
        if !self.lost || !self.alive || self.asked_until().is_some_and(|until| now < until) {
            return false;
        }
        self.asked = Some(now);
        self.in_vain = self.in_vain.saturating_add(1);
        self.alive = false;
        true
    }

    /// Until when nothing else is asked for.
    fn asked_until(&self) -> Option<Instant> {
        let asked = self.asked.map(|asked| asked + self.request_pause());
        asked.max(self.key_expected()).max(self.recovery_expected())
    }

    /// Until when a key frame of which parts are here may become whole.
    fn key_expected(&self) -> Option<Instant> {
        let begins = |part: Part| part.key || part.sets || part.recovery.is_some();
        let newest =
            self.held.values().filter(|held| begins(held.part)).map(|held| held.packet.arrived).max();
        newest.map(|arrived| arrived + self.patience())
    }

    fn request_pause(&self) -> Duration {
        let pause = self.round_trip.clamp(MIN_KEY_REQUEST_INTERVAL, Duration::from_secs(2));
        (pause * (1 << self.refused.min(8))).min(MAX_KEY_REQUEST_INTERVAL.max(pause))
    }

    /// Time for a request, the repair's way, and one more try for a short way.
    fn patience(&self) -> Duration {
        (self.round_trip.mul_f64(ROUND_TRIPS_TO_REPAIR) + Duration::from_millis(60))
            .clamp(MIN_REPAIR_WAIT, MAX_REPAIR_WAIT)
    }

    /// Whether the picture that a marker ended goes on.
    fn marker_lied(&self, next: u64) -> bool {
        let held = self.held.get(&next);
        held.is_some_and(|held| held.part.continues && self.ended == Some(held.packet.timestamp))
    }

    /// Whether all of the picture that begins at `start` is there, and its last sequence number.
    fn whole(&self, start: u64, now: Instant) -> End {
        let mut timestamp = None;
        let mut last = start;
        let mut marked: Option<&PendingPicture> = None;
        let mut newest: Option<&PendingPicture> = None;
        for (expected, (&sequence, held)) in (start..).zip(self.held.range(start..)) {
            if sequence != expected {
                newest = None;
                break;
            }
            if marked.is_some() {
                if held.part.empty || !held.part.continues || timestamp != Some(held.packet.timestamp) {
                    return End::At(last);
                }
                marked = None;
            }
            // Padding is part of no picture: before one it goes with it, behind one it is passed over.
            if held.part.empty && !(held.packet.marker && timestamp == Some(held.packet.timestamp)) {
                last = sequence;
                continue;
            }
            match timestamp {
                None => timestamp = Some(held.packet.timestamp),
                Some(of_picture) if of_picture != held.packet.timestamp => return End::At(last),
                Some(_) => {}
            }
            last = sequence;
            newest = Some(held);
            if held.packet.marker {
                marked = Some(held);
            }
        }
        let (held, wait) = match (marked, newest) {
            (Some(held), _) => (held, SLICE_WAIT),
            (None, Some(held)) if self.unmarked >= PICTURES_WITHOUT_MARKER => (held, MARKER_WAIT),
            (None, _) => return End::Open,
        };
        let until = held.packet.arrived + wait;
        let trusted = marked.is_some() && (self.markers == MarkerUse::Honest || !held.part.slice);
        if trusted || now >= until { End::At(last) } else { End::Perhaps(until) }
    }

    /// Whether something is missing at or after `start`, as against not having been sent yet.
    fn has_gap(&self, start: u64) -> bool {
        let Some((&last, _)) = self.held.last_key_value() else { return false };
        let present = self.held.range(start..).count() as u64;
        last >= start && last - start + 1 != present
    }

    fn drop_before(&mut self, start: u64) {
        let kept = self.held.split_off(&start);
        let dropped = std::mem::replace(&mut self.held, kept);
        self.bytes -= dropped.values().map(|held| held.packet.payload.len()).sum::<usize>();
    }

    /// Takes the packets of one picture out and joins them; `None` when there was nothing inside.
    fn take(&mut self, start: u64, end: u64) -> Option<AssembledFrame> {
        let mut picture = Vec::with_capacity(self.held.range(start..=end).count());
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
        let part = picture.iter().fold(Part::EMPTY, |all, held| all.and(held.part));
        let (last, before) = picture.split_last()?;
        let timestamp = last.packet.timestamp;
        self.frame_numbers.took(part);
        if part.slice {
            self.ended = last.packet.marker.then_some(timestamp);
            self.unmarked = if last.packet.marker { 0 } else { self.unmarked.saturating_add(1) };
            if before.iter().any(|held| held.packet.marker && held.part.slice) {
                self.markers = MarkerUse::Lying;
            } else if self.markers == MarkerUse::Unknown {
                self.markers = MarkerUse::Honest;
            }
        }
        let arrived = picture.iter().map(|held| held.packet.arrived).max()?;
        let payloads = picture.iter().map(|held| &*held.packet.payload);
        self.keeps(timestamp, part.key, payloads.clone());
        let data = depacketize::join(self.codec, payloads);
        self.stats.frames += 1;
        let frame = AssembledFrame {
            codec: self.codec,
            data,
            timestamp,
            key: part.key,
            joins: None,
            arrived,
            repaired: picture.iter().any(|held| held.repaired),
        };
        (!frame.data.is_empty()).then_some(frame)
    }
}

mod recovery;
mod repair_time;
mod resume;
mod sequence_numbers;
mod skip;
#[cfg(test)]
mod tests;
