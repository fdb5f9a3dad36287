//! Pacer: spreads video over time at a little more than the estimate; audio never waits behind it.
//!
//! A key frame sent at once fills the bottleneck's queue, and every packet behind it, sound first
//! of all, is late. Order of sending: sound and RTCP at once, then retransmissions, then new video.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_media::TrackKind;
use rtc::interceptor::{Attribute, Packet, StreamInfo, TaggedPacket};
use rtc::shared::marshal::MarshalSize;

use crate::codecs::{codec_of, kind_of};
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::shared::Shared;

/// How much faster than the estimate packets leave, so that a frame is sent before the next comes.
const RATE_HEADROOM_FACTOR: f64 = 2.5;
/// The queue drains within this time, even if the encoder ignores the estimate.
const MAX_QUEUE_SECONDS: f64 = 0.5;
/// Unused budget is kept for this long, in seconds.
const BURST_SECONDS: f64 = 0.005;
/// Lowest rate.
const MIN_RATE_BPS: f64 = 100_000.0;
/// When full, new packets are dropped and a key frame is requested.
const MAX_QUEUED_PACKETS: usize = 4_096;

pub(crate) struct Pacer {
    shared: Arc<Shared>,
    audio: HashSet<u32>,
    retransmissions: VecDeque<TaggedPacket>,
    media: VecDeque<TaggedPacket>,
    queued_bits: f64,
    /// Bits that may leave now; negative after a packet larger than what was left.
    budget: f64,
    updated: Option<Instant>,
}

impl Pacer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            audio: HashSet::new(),
            retransmissions: VecDeque::new(),
            media: VecDeque::new(),
            queued_bits: 0.0,
            budget: 0.0,
            updated: None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bit rates are far below 2^52")]
    fn rate(&self) -> f64 {
        let target = self.shared.target.load(Ordering::Relaxed) as f64;
        (target * RATE_HEADROOM_FACTOR).max(self.queued_bits / MAX_QUEUE_SECONDS).max(MIN_RATE_BPS)
    }

    fn release(&mut self, now: Instant, outbound: &mut PacketQueue) {
        let rate = self.rate();
        let passed = self.updated.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.updated = Some(now);
        self.budget = (self.budget + rate * passed).min(rate * BURST_SECONDS);
        while self.budget >= 0.0 {
            let Some(mut message) = self.retransmissions.pop_front().or_else(|| self.media.pop_front())
            else {
                break;
            };
            let bits = bits(&message);
            self.budget -= bits;
            self.queued_bits = (self.queued_bits - bits).max(0.0);
            // The estimator must see when it left, not when it was queued.
            message.now = now;
            outbound.push_back(message);
        }
    }

    fn is_waiting(&self) -> bool {
        !(self.retransmissions.is_empty() && self.media.is_empty())
    }
}

#[expect(clippy::cast_precision_loss, reason = "packet sizes are small")]
fn bits(message: &TaggedPacket) -> f64 {
    let Packet::Rtp(packet) = &message.message.packet else { return 0.0 };
    (packet.marshal_size() * 8) as f64
}

impl PacketFilter for Pacer {
    fn sent(&mut self, message: TaggedPacket, outbound: &mut PacketQueue) {
        let paced = matches!(&message.message.packet, Packet::Rtp(packet) if !self.audio.contains(&packet.header.ssrc));
        if !paced {
            outbound.push_back(message);
            return;
        }
        if self.media.len() + self.retransmissions.len() >= MAX_QUEUED_PACKETS {
            self.shared.want_key_frame();
            return;
        }
        let now = message.now;
        self.queued_bits += bits(&message);
        if message.message.has(&Attribute::Retransmission) {
            self.retransmissions.push_back(message);
        } else {
            self.media.push_back(message);
        }
        self.release(now, outbound);
    }

    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        if self.is_waiting() {
            self.release(now, outbound);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        if !self.is_waiting() {
            return None;
        }
        // At least a millisecond: finer timers cost wake-ups and smooth nothing.
        let wait = (-self.budget / self.rate()).max(0.001);
        Some(self.updated? + Duration::from_secs_f64(wait))
    }

    fn bind_local(&mut self, info: &StreamInfo) {
        if codec_of(&info.mime_type).map(kind_of) == Some(TrackKind::Audio) {
            self.audio.insert(info.ssrc);
        }
    }

    fn unbind_local(&mut self, info: &StreamInfo) {
        self.audio.remove(&info.ssrc);
    }
}

#[cfg(test)]
mod tests {
    use rtc::interceptor::Interceptor;
    use rtc::rtp::header::Header;
    use rtc::sansio::Protocol;

    use super::*;
    use crate::interceptor::{Filtered, test_packets::rtp};

    const AUDIO: u32 = 1;
    const VIDEO: u32 = 2;

    fn pacer(target: u32) -> Filtered<Pacer> {
        let mut pacer = Filtered::new(Pacer::new(Arc::new(Shared::new(None, target))));
        let info = StreamInfo { ssrc: AUDIO, mime_type: "audio/opus".to_owned(), ..Default::default() };
        pacer.bind_local_stream(&info);
        pacer
    }

    fn packet(now: Instant, ssrc: u32, size: usize) -> TaggedPacket {
        rtp(now, Header { ssrc, ..Default::default() }, vec![0; size])
    }

    fn ssrc(message: &TaggedPacket) -> u32 {
        let Packet::Rtp(packet) = &message.message.packet else { return 0 };
        packet.header.ssrc
    }

    #[test]
    fn a_burst_of_video_is_spread_and_sound_overtakes_it() {
        let mut pacer = pacer(1_000_000);
        let start = Instant::now();
        for _ in 0..50 {
            pacer.handle_write(packet(start, VIDEO, 1_188)).expect("never refuses");
        }
        pacer.handle_write(packet(start, AUDIO, 100)).expect("never refuses");
        let at_once: Vec<_> = std::iter::from_fn(|| pacer.poll_write()).collect();
        assert!(at_once.len() < 5, "{} packets left at once", at_once.len());
        assert_eq!(ssrc(at_once.last().expect("something left")), AUDIO);
        // 50 packets of 9600 bit at 2.5 Mbit/s take 192 ms.
        let mut last = start;
        let mut left = at_once.len() - 1;
        while let Some(due) = pacer.poll_timeout() {
            assert!(due > last);
            last = due;
            pacer.handle_timeout(due).expect("never refuses");
            while let Some(sent) = pacer.poll_write() {
                assert_eq!(sent.now, due);
                left += 1;
            }
        }
        assert_eq!(left, 50);
        let took = last - start;
        assert!(took > Duration::from_millis(150) && took < Duration::from_millis(230), "{took:?}");
    }

    #[test]
    fn an_encoder_far_above_the_estimate_is_drained_all_the_same() {
        let mut pacer = pacer(100_000);
        let start = Instant::now();
        for _ in 0..400 {
            pacer.handle_write(packet(start, VIDEO, 1_188)).expect("never refuses");
        }
        let mut last = start;
        while let Some(due) = pacer.poll_timeout() {
            last = due;
            pacer.handle_timeout(due).expect("never refuses");
        }
        // The rate follows what waits, so the end is asymptotic: bounded, not exactly `MAX_QUEUE_SECONDS`.
        assert!(last - start < Duration::from_secs(3), "{:?}", last - start);
    }

    #[test]
    fn repairs_go_before_new_pictures() {
        let mut pacer = pacer(100_000);
        let start = Instant::now();
        for _ in 0..4 {
            pacer.handle_write(packet(start, VIDEO, 1_188)).expect("never refuses");
        }
        while pacer.poll_write().is_some() {}
        let mut repair = packet(start, 3, 500);
        repair.message.add(Attribute::Retransmission);
        pacer.handle_write(repair).expect("never refuses");
        let due = pacer.poll_timeout().expect("something waits");
        pacer.handle_timeout(due).expect("never refuses");
        assert_eq!(pacer.poll_write().map(|m| ssrc(&m)), Some(3));
    }
}
