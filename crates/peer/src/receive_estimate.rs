//! Receiver-side bandwidth estimate from incoming RTP, for other ends that wait for REMB. Sans-IO.
//!
//! ```text
//!  packet ─► order in its stream ─► gaps ─► lost packets ─┐
//!     │                                                   ├─ each 50 ms ─► estimate
//!     └─► time it left by the other side's clock ─────────┘
//! ```
//! As libwebrtc's `modules/remote_bitrate_estimator` does, by `abs-send-time` or else by the times of the pictures.

mod gaps;
mod send_clock;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use self::gaps::{Gaps, Order};
use self::send_clock::SendClock;
use crate::bandwidth::{Limits, PacketResult, ReceiveSide};

/// As often as transport-wide feedback would come.
const INTERVAL: Duration = Duration::from_millis(50);
/// A stream silent for so long is over, or paused (libwebrtc's `kStreamTimeOut`).
const STREAM_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_STREAMS: usize = 32;
/// Packets of one interval that are timed.
const MAX_TIMED: usize = 1_024;
/// After this silence the times of another stream may be used.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(1);
/// Packets without a time count as much later at most.
const MAX_UNTIMED_AGE: Duration = Duration::from_millis(500);
/// Within a stream no later packet leaves this much earlier: its clock was set anew.
const MAX_BACKWARDS: Duration = Duration::from_millis(100);

/// What is said of when a packet left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendTime {
    /// By `abs-send-time`: 24 bits, 2^18 ticks a second.
    Absolute(u32),
    /// RTP timestamp of a picture that left soon after it was taken, 90 kHz.
    Picture(u32),
    Unknown,
}

impl SendTime {
    /// By what the extension says, else by the timestamp of a picture.
    pub(crate) fn read(absolute: Option<&[u8]>, timestamp: Option<u32>) -> Self {
        match (absolute, timestamp) {
            (Some([high, middle, low]), _) => Self::Absolute(u32::from_be_bytes([0, *high, *middle, *low])),
            (_, Some(timestamp)) => Self::Picture(timestamp),
            (_, None) => Self::Unknown,
        }
    }
}

/// One RTP packet that came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    pub(crate) ssrc: u32,
    pub(crate) number: u16,
    /// Bytes, with the header.
    pub(crate) size: usize,
    /// Of a stream of pictures, and no repair.
    pub(crate) picture: bool,
    pub(crate) sent: SendTime,
}

#[derive(Debug)]
struct Stream {
    gaps: Gaps,
    heard: Instant,
    pictures: bool,
    /// When the newest timed packet left.
    sent: Option<Instant>,
}

/// Whose clock the times are by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Absolute,
    Stream(u32),
}

#[derive(Debug)]
pub(crate) struct ReceiveEstimate {
    estimate: ReceiveSide,
    streams: HashMap<u32, Stream>,
    source: Option<Source>,
    clock: SendClock,
    /// When the last timed packet came, and when it left.
    timed: Option<(Instant, Instant)>,
    /// Bytes that came since then without a time.
    untimed: usize,
    /// Zero of the times of arrival.
    start: Option<Instant>,
    results: Vec<PacketResult>,
    /// Since when packets wait to be evaluated.
    since: Option<Instant>,
}

impl ReceiveEstimate {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            estimate: ReceiveSide::new(limits),
            streams: HashMap::new(),
            source: None,
            clock: SendClock::absolute(),
            timed: None,
            untimed: 0,
            start: None,
            results: Vec::new(),
            since: None,
        }
    }

    pub(crate) fn received(&mut self, now: Instant, packet: Incoming) {
        self.since.get_or_insert(now);
        let start = *self.start.get_or_insert(now);
        let order = self.place(now, packet);
        let sent = order.and_then(|order| self.sent(now, packet, order));
        let Some(sent) = sent.filter(|_| self.results.len() < MAX_TIMED) else {
            self.untimed = self.untimed.saturating_add(packet.size);
            return;
        };
        let before = self.timed.replace((now, sent));
        let untimed = std::mem::take(&mut self.untimed);
        let recent = before.is_some_and(|(at, _)| now.saturating_duration_since(at) < MAX_UNTIMED_AGE);
        self.results.push(PacketResult::new(
            sent,
            Some(now.saturating_duration_since(start).as_secs_f64() * 1e3),
            packet.size.saturating_add(if recent { untimed } else { 0 }),
        ));
    }

    /// When [`ReceiveEstimate::evaluate`] is to be called.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.since.and_then(|since| since.checked_add(INTERVAL))
    }

    pub(crate) fn evaluate(&mut self, now: Instant, round_trip: Option<Duration>) {
        self.since = None;
        // Where nothing has a time, there is nothing to compare.
        let Some((_, sent)) = self.timed else { return };
        let lost = self.streams.values_mut().flat_map(|stream| stream.gaps.take_lost(now));
        self.results.extend(lost.map(|size| PacketResult::new(sent, None, size)));
        if !self.results.is_empty() {
            self.estimate.evaluate(now, &self.results, round_trip);
            self.results.clear();
        }
    }

    /// What the path towards us carries, bit/s; `None` before enough has come to tell.
    pub(crate) fn bps(&self) -> Option<f64> {
        self.estimate.bps()
    }

    /// SSRCs of the pictures that come in.
    pub(crate) fn pictures(&self, now: Instant) -> Vec<u32> {
        let live = |stream: &Stream| now.saturating_duration_since(stream.heard) < STREAM_TIMEOUT;
        let pictures = self.streams.iter().filter(|(_, stream)| stream.pictures && live(stream));
        let mut ssrcs: Vec<u32> = pictures.map(|(ssrc, _)| *ssrc).collect();
        ssrcs.sort_unstable();
        ssrcs
    }

    /// `None`: there are too many streams.
    fn place(&mut self, now: Instant, packet: Incoming) -> Option<Order> {
        if !self.streams.contains_key(&packet.ssrc) && self.streams.len() >= MAX_STREAMS {
            self.streams.retain(|_, stream| now.saturating_duration_since(stream.heard) < STREAM_TIMEOUT);
            if self.streams.len() >= MAX_STREAMS {
                return None;
            }
        }
        let new = || Stream { gaps: Gaps::default(), heard: now, pictures: packet.picture, sent: None };
        let stream = self.streams.entry(packet.ssrc).or_insert_with(new);
        stream.heard = now;
        Some(stream.gaps.received(now, packet.number, packet.size))
    }

    /// When the packet left, by the other side's clock moved to ours.
    fn sent(&mut self, now: Instant, packet: Incoming, order: Order) -> Option<Instant> {
        let (source, counter) = match packet.sent {
            SendTime::Absolute(counter) => (Source::Absolute, counter),
            // What comes late may have been sent again.
            SendTime::Picture(timestamp) if order == Order::Next => (Source::Stream(packet.ssrc), timestamp),
            SendTime::Picture(_) | SendTime::Unknown => return None,
        };
        let silent = |(at, _)| now.saturating_duration_since(at) >= SOURCE_TIMEOUT;
        if self.source != Some(source) {
            let free = self.source.is_none() || self.timed.is_none_or(silent);
            if source != Source::Absolute && !free {
                return None;
            }
            self.source = Some(source);
            self.begin_clock();
        }
        let before = self.streams.get(&packet.ssrc).and_then(|stream| stream.sent);
        let goes_back = |sent: Instant| {
            order == Order::Next && before.is_some_and(|before| before > sent + MAX_BACKWARDS)
        };
        let sent = self.clock.sent(now, counter).filter(|sent| !goes_back(*sent));
        let sent = match sent {
            Some(sent) => sent,
            None => {
                self.begin_clock();
                self.clock.sent(now, counter)?
            }
        };
        if let Some(stream) = self.streams.get_mut(&packet.ssrc).filter(|_| order == Order::Next) {
            stream.sent = Some(sent);
        }
        Some(sent)
    }

    fn begin_clock(&mut self) {
        self.clock = match self.source {
            Some(Source::Absolute) | None => SendClock::absolute(),
            Some(Source::Stream(_)) => SendClock::of_pictures(),
        };
        self.estimate.clock_changed();
        // Times by the clock of before say nothing any more.
        self.results.clear();
        self.streams.values_mut().for_each(|stream| stream.sent = None);
    }
}

#[cfg(test)]
mod tests;
