//! Delivery of received RTP to media, at the application end of the interceptor chain.
//!
//! It does so here, in the driver, rather than through the connection's remote tracks: their queue
//! is bounded, drops what comes before the track is announced, and costs a task switch a packet.
//! Packets end here; nothing behind this interceptor sees them.

mod delivered;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_media::{Codec, Packet as MediaPacket, TrackKind, packet_samples};
use bytes::Bytes;
use rtc::interceptor::{Packet, TaggedPacket};
use rtc::rtp;

use self::delivered::Delivered;
use crate::codecs::kind_of;
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::red;
use crate::shared::Shared;

/// A stream silent for so long may be followed by another one. Layers of one camera (simulcast) are not that
/// far apart.
const STREAM_SILENCE: Duration = Duration::from_millis(150);
/// After so many packets of another stream without one of the selected, the other takes over.
const PACKETS_TO_SWITCH: usize = 5;
/// Packets of another stream that are held until it takes over: a key frame or two.
const MAX_HELD_PACKETS: usize = 256;

/// The one stream of a kind that is heard or seen. Others (further tracks, further layers of a camera) are
/// not
/// mixed in: each has its own numbers and times.
#[derive(Default)]
struct SelectedStream {
    stream: Option<Stream>,
    /// Another stream's packets since the last one of the stream in use.
    rival: Option<(u32, Vec<HeldPacket>)>,
}

/// A packet that may come to be of use, and when it came.
type HeldPacket = (Codec, rtp::Packet, Instant);

struct Stream {
    ssrc: u32,
    /// The codec last received.
    codec: Codec,
    declared: bool,
    heard: Instant,
    delivered: Delivered,
}

pub(crate) struct DeliveryInterceptor {
    shared: Arc<Shared>,
    audio: SelectedStream,
    video: SelectedStream,
}

impl DeliveryInterceptor {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, audio: SelectedStream::default(), video: SelectedStream::default() }
    }

    /// Whatever uses up a number of the stream in use goes to media, because a number that never comes is a
    /// loss: padding that probes the path (without a payload, and in any payload type where the other end has
    /// no
    /// RTX) and payload types that were not negotiated, emptied here. It goes there once: what is repeated fills no
    /// gap.
    fn receive(&mut self, packet: &rtp::Packet, now: Instant) {
        let header = &packet.header;
        let agreed = self.shared.codec_of(header);
        let codec = match agreed {
            Some(codec) if !packet.payload.is_empty() => codec,
            // Padding in front of the first picture says nothing about which stream this is.
            _ => {
                let streams = [&mut self.audio.stream, &mut self.video.stream];
                let stream = streams.into_iter().flatten().find(|stream| stream.ssrc == header.ssrc);
                if let Some(stream) = stream
                    && !stream.delivered.repeats(header)
                {
                    let codec = stream.codec;
                    self.give(codec, agreed == Some(codec), packet, now);
                }
                return;
            }
        };
        let kind = kind_of(codec);
        let declared = self.shared.declares(kind, header.ssrc);
        let current = match kind {
            TrackKind::Audio => &mut self.audio,
            TrackKind::Video => &mut self.video,
        };
        let begun =
            || Stream { ssrc: header.ssrc, codec, declared, heard: now, delivered: Delivered::default() };
        let Some(stream) = &mut current.stream else {
            current.stream.insert(begun()).delivered.repeats(header);
            return self.begin(kind, header.ssrc, codec, packet, now);
        };
        if stream.ssrc == header.ssrc {
            stream.heard = now;
            current.rival = None;
            if !stream.delivered.repeats(header) {
                stream.codec = codec;
                self.give(codec, true, packet, now);
            }
            return;
        }
        let held = match &mut current.rival {
            Some((ssrc, held)) if *ssrc == header.ssrc => held,
            other => &mut other.insert((header.ssrc, Vec::new())).1,
        };
        if held.len() < MAX_HELD_PACKETS {
            held.push((codec, packet.clone(), now));
        }
        let silent =
            now.saturating_duration_since(stream.heard) >= STREAM_SILENCE && held.len() >= PACKETS_TO_SWITCH;
        if !silent && (!declared || stream.declared) {
            return;
        }
        let mut held = std::mem::take(held);
        current.rival = None;
        let stream = current.stream.insert(begun());
        held.retain(|(_, packet, _)| !stream.delivered.repeats(&packet.header));
        if let Some(receiver) = self.shared.receiver() {
            receiver.begins_anew(kind);
        }
        for (codec, packet, arrived) in held {
            self.begin(kind, packet.header.ssrc, codec, &packet, arrived);
        }
    }

    fn begin(&self, kind: TrackKind, ssrc: u32, codec: Codec, packet: &rtp::Packet, now: Instant) {
        // Key frames are asked of the stream that is shown, and its clock alone is of use.
        let current = match kind {
            TrackKind::Audio => &self.shared.remote_audio_ssrc,
            TrackKind::Video => &self.shared.remote_video_ssrc,
        };
        current.store(ssrc, Ordering::Relaxed);
        self.give(codec, true, packet, now);
    }

    /// Gives media a packet of the stream in use, whose payload is of the stream's codec or nothing to it.
    fn give(&self, codec: Codec, fits: bool, packet: &rtp::Packet, arrived: Instant) {
        let Some(receiver) = self.shared.receiver() else { return };
        let header = &packet.header;
        if let Some(sets) = self.shared.sets_of(header).filter(|_| codec == Codec::H264) {
            receiver.parameter_sets(&sets);
        }
        if fits && codec == Codec::H264 {
            self.shared.remote_h264.store(header.payload_type, Ordering::Relaxed);
        }
        let mut payload = if fits { packet.payload.clone() } else { Bytes::new() };
        if let Some(inner) =
            self.shared.in_red(header).filter(|_| codec == Codec::Opus && !payload.is_empty())
        {
            // What is malformed uses up its number, as padding does.
            payload = match red::parse(&payload, inner) {
                Some(parts) => {
                    self.give_copies(&parts.copies, header, arrived);
                    parts.own
                }
                None => Bytes::new(),
            };
        }
        let packet = MediaPacket {
            sequence: header.sequence_number,
            timestamp: header.timestamp,
            marker: header.marker,
            payload,
            arrived,
        };
        receiver.packet(codec, packet);
    }
}

impl DeliveryInterceptor {
    /// Gives media the packets that a packet of RED repeats. Their numbers are not said; they follow from how much
    /// earlier they are where all since have the same length and none was left out.
    fn give_copies(&self, copies: &[(u32, Bytes)], header: &rtp::header::Header, arrived: Instant) {
        let Some(receiver) = self.shared.receiver() else { return };
        for (offset, payload) in copies {
            let length = packet_samples(payload).unwrap_or(960);
            let back = (offset / length).max(1) as u16;
            receiver.copy(MediaPacket {
                sequence: header.sequence_number.wrapping_sub(back),
                timestamp: header.timestamp.wrapping_sub(*offset),
                marker: false,
                payload: payload.clone(),
                arrived,
            });
        }
    }
}

impl PacketFilter for DeliveryInterceptor {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        let TaggedPacket { now, message: inner, .. } = &message;
        let Packet::Rtp(packet) = &inner.packet else {
            inbound.push_back(message);
            return;
        };
        self.receive(packet, *now);
    }
}

#[cfg(test)]
mod tests;
