//! Queue of video frames that wait to leave; drops whole frames only. Sans-IO.

use std::collections::VecDeque;

use rtc::interceptor::{Packet, TaggedPacket};
use rtc::shared::marshal::MarshalSize;

/// Frames whose memory is kept; hardly more than two wait at once.
const MAX_SPARE: usize = 4;

/// One frame: all packets of a stream with one timestamp.
struct Frame {
    ssrc: u32,
    timestamp: u32,
    key: bool,
    /// A packet of it has left: the rest has to follow.
    begun: bool,
    /// Its last packet (with the marker) is here.
    complete: bool,
    packets: VecDeque<TaggedPacket>,
    bits: f64,
}

#[derive(Default)]
pub(super) struct VideoQueue {
    frames: VecDeque<Frame>,
    /// Memory of packets of earlier frames.
    spare: Vec<VecDeque<TaggedPacket>>,
    packets: usize,
    bits: f64,
    delta_bits: f64,
}

/// Of an RTP packet on the wire, without SRTP and what is below.
pub(super) fn bits(packet: &rtc::rtp::Packet) -> f64 {
    (packet.marshal_size() * 8) as f64
}

impl VideoQueue {
    /// Whether the packet would begin a frame.
    pub(super) fn begins_frame(&self, packet: &rtc::rtp::Packet) -> bool {
        let of = (packet.header.ssrc, packet.header.timestamp);
        self.frames.back().is_none_or(|frame| (frame.ssrc, frame.timestamp) != of)
    }

    /// Takes an RTP packet; others are not for this queue.
    pub(super) fn push(&mut self, message: TaggedPacket, key: bool) {
        let Packet::Rtp(packet) = &message.message.packet else { return };
        if self.begins_frame(packet) {
            // A frame without a marker ends where the next begins.
            if self.frames.back().is_some_and(|frame| frame.packets.is_empty()) {
                let ended = self.frames.pop_back();
                self.keep_memory(ended);
            }
            let packets = self.spare.pop().unwrap_or_default();
            self.frames.push_back(Frame {
                ssrc: packet.header.ssrc,
                timestamp: packet.header.timestamp,
                key,
                begun: false,
                complete: false,
                packets,
                bits: 0.0,
            });
        }
        let (bits, last) = (bits(packet), packet.header.marker);
        let Some(frame) = self.frames.back_mut() else { return };
        frame.complete |= last;
        frame.bits += bits;
        frame.packets.push_back(message);
        self.packets += 1;
        self.bits += bits;
        if !frame.key {
            self.delta_bits += bits;
        }
    }

    pub(super) fn pop(&mut self) -> Option<TaggedPacket> {
        let at = self.frames.iter().position(|frame| !frame.packets.is_empty())?;
        let frame = self.frames.get_mut(at)?;
        let message = frame.packets.pop_front()?;
        frame.begun = true;
        let left = if let Packet::Rtp(packet) = &message.message.packet { bits(packet) } else { 0.0 };
        frame.bits -= left;
        let (key, done) = (frame.key, frame.packets.is_empty() && frame.complete);
        self.take(1, left, key);
        if done {
            let ended = self.frames.remove(at);
            self.keep_memory(ended);
        }
        Some(message)
    }

    fn keep_memory(&mut self, ended: Option<Frame>) {
        if self.spare.len() < MAX_SPARE {
            self.spare.extend(ended.map(|frame| frame.packets).filter(VecDeque::is_empty));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets == 0
    }

    pub(super) fn packets(&self) -> usize {
        self.packets
    }

    pub(super) fn bits(&self) -> f64 {
        self.bits
    }

    /// Bits of frames that are not key frames.
    pub(super) fn delta_bits(&self) -> f64 {
        self.delta_bits
    }

    /// Drops frames of which nothing has left, but for key frames; gives how many.
    pub(super) fn drop_deltas(&mut self) -> u64 {
        self.drop_where(|frame| !frame.begun && !frame.key)
    }

    /// Drops every frame of which nothing has left; gives how many.
    pub(super) fn drop_waiting(&mut self) -> u64 {
        self.drop_where(|frame| !frame.begun)
    }

    fn drop_where(&mut self, dropped: impl Fn(&Frame) -> bool) -> u64 {
        let mut count = 0;
        for frame in std::mem::take(&mut self.frames) {
            if dropped(&frame) {
                count += 1;
                self.take(frame.packets.len(), frame.bits, frame.key);
            } else {
                self.frames.push_back(frame);
            }
        }
        count
    }

    fn take(&mut self, packets: usize, bits: f64, key: bool) {
        self.packets -= packets;
        self.bits = if self.packets == 0 { 0.0 } else { self.bits - bits };
        if !key {
            self.delta_bits = (self.delta_bits - bits).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rtc::rtp::header::Header;

    use super::*;
    use crate::interceptor::test_packets::rtp;

    fn packet(timestamp: u32, marker: bool) -> TaggedPacket {
        rtp(Instant::now(), Header { ssrc: 1, timestamp, marker, ..Default::default() }, vec![0; 88])
    }

    fn timestamp(message: &TaggedPacket) -> u32 {
        let Packet::Rtp(packet) = &message.message.packet else { panic!("rtp expected") };
        packet.header.timestamp
    }

    #[test]
    fn a_frame_that_has_begun_is_finished_and_key_frames_stay() {
        let mut queue = VideoQueue::default();
        for (frame, key) in [(1, false), (2, false), (3, true), (4, false)] {
            queue.push(packet(frame, false), key);
            queue.push(packet(frame, true), key);
        }
        assert_eq!((queue.packets(), queue.bits(), queue.delta_bits()), (8, 6_400.0, 4_800.0));
        assert_eq!(queue.pop().as_ref().map(timestamp), Some(1));
        assert_eq!(queue.drop_deltas(), 2);
        assert_eq!(queue.delta_bits(), 800.0);
        let rest: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|m| timestamp(&m)).collect();
        assert_eq!(rest, [1, 3, 3]);
        assert!(queue.is_empty() && queue.bits() == 0.0 && queue.delta_bits() == 0.0);
    }

    #[test]
    fn packets_that_come_after_the_first_has_left_belong_to_a_begun_frame() {
        let mut queue = VideoQueue::default();
        queue.push(packet(1, false), false);
        assert!(queue.pop().is_some());
        queue.push(packet(1, false), false);
        assert_eq!(queue.drop_waiting(), 0);
        // The next begins without the marker of the last.
        queue.push(packet(2, true), false);
        assert_eq!(queue.drop_waiting(), 1);
        assert_eq!(queue.pop().as_ref().map(timestamp), Some(1));
        assert!(queue.is_empty());
    }
}
