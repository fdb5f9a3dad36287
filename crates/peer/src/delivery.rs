//! The application end of the interceptor chain: hands received RTP to media.
//!
//! It does so here, in the driver, rather than through the connection's remote tracks: their queue
//! is bounded, drops what comes before the track is announced, and costs a task switch a packet.
//! Packets end here; nothing behind this interceptor sees them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bellwire_media::{Codec, Packet as MediaPacket};
use bytes::Bytes;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

use crate::shared::Shared;

/// A call has two streams; each may begin anew under another SSRC.
const MAX_STREAMS: usize = 8;

pub(crate) struct Delivery {
    shared: Arc<Shared>,
    /// The codec last received of each stream, oldest stream first.
    streams: VecDeque<(u32, Codec)>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Delivery {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, streams: VecDeque::new(), inbound: VecDeque::new(), outbound: VecDeque::new() }
    }

    /// The packet as media takes it. Whatever uses up a number of a known stream goes there, because a number
    /// that never comes is a loss: padding that probes the path (without a payload, and in any payload type
    /// where the other end has no RTX) and payload types nobody agreed on, emptied here.
    fn for_media(&mut self, packet: &rtp::Packet, now: Instant) -> Option<(Codec, MediaPacket)> {
        let header = &packet.header;
        let agreed = self.shared.codec_of(header);
        let codec = match agreed {
            Some(codec) if !packet.payload.is_empty() => {
                self.learn(header.ssrc, codec);
                codec
            }
            // Padding in front of the first picture says nothing about which stream this is.
            _ => self.streams.iter().find(|&&(ssrc, _)| ssrc == header.ssrc)?.1,
        };
        let payload = if agreed == Some(codec) { packet.payload.clone() } else { Bytes::new() };
        let packet = MediaPacket {
            sequence: header.sequence_number,
            timestamp: header.timestamp,
            marker: header.marker,
            payload,
            arrived: now,
        };
        Some((codec, packet))
    }

    /// Keeps in mind which codec the stream carries by now.
    fn learn(&mut self, ssrc: u32, codec: Codec) {
        if let Some(stream) = self.streams.iter_mut().find(|(known, _)| *known == ssrc) {
            stream.1 = codec;
            return;
        }
        if self.streams.len() >= MAX_STREAMS {
            self.streams.pop_front();
        }
        self.streams.push_back((ssrc, codec));
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Delivery {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        let TaggedPacket { now, message: inner, .. } = &message;
        let Packet::Rtp(packet) = &inner.packet else {
            self.inbound.push_back(message);
            return Ok(());
        };
        if let Some((codec, packet)) = self.for_media(packet, *now)
            && let Some(receiver) = self.shared.receiver()
        {
            receiver.packet(codec, packet);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Delivery {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use bellwire_media::{PacketReceiver, SenderReport, TrackKind};
    use rtc::interceptor::AttributedPacket;
    use rtc::shared::TransportContext;

    use super::*;
    use crate::arrivals::{Arrivals, Incoming};
    use crate::description::formats::Format;

    fn format(payload_type: u8, codec: Codec) -> Format {
        Format {
            payload_type,
            codec,
            sends: true,
            rank: 0,
            known_as: String::new(),
            answered: None,
            feedback: Vec::new(),
            repair: None,
        }
    }

    #[derive(Default)]
    struct Seen(Mutex<Vec<(Codec, u16, usize)>>);

    impl PacketReceiver for Seen {
        fn packet(&self, codec: Codec, packet: MediaPacket) {
            self.0.lock().expect("no panic").push((codec, packet.sequence, packet.payload.len()));
        }

        fn sender_report(&self, _kind: TrackKind, _report: SenderReport) {}

        fn round_trip(&self, _rtt: Duration) {}
    }

    /// What media gets of packets of SSRC, sequence number, payload type and payload length.
    fn delivered(packets: &[(u32, u16, u8, usize)]) -> Vec<(Codec, u16, usize)> {
        let seen = Arc::new(Seen::default());
        let shared = Arc::new(Shared::new(Some(seen.clone()), 300_000));
        let incoming = |formats| Incoming { formats, ..Incoming::default() };
        shared.expect(Arrivals {
            audio: incoming(vec![format(111, Codec::Opus)]),
            video: incoming(vec![format(102, Codec::H264), format(96, Codec::Vp8)]),
        });
        let mut delivery = Delivery::new(shared);
        for &(ssrc, sequence_number, payload_type, length) in packets {
            let header = rtp::header::Header { ssrc, sequence_number, payload_type, ..Default::default() };
            let payload = Bytes::from(vec![1; length]);
            let packet = TaggedPacket {
                now: Instant::now(),
                transport: TransportContext::default(),
                message: AttributedPacket::new(Packet::Rtp(rtp::Packet { header, payload })),
            };
            delivery.handle_read(packet).expect("never refuses");
        }
        let seen = seen.0.lock().expect("no panic").clone();
        seen
    }

    #[test]
    fn every_number_of_a_known_stream_reaches_media() {
        use Codec::{H264, Opus, Vp8};
        let sent = [
            (1, 10, 102, 0), // padding before the first picture
            (1, 11, 102, 9),
            (1, 12, 102, 0),  // padding
            (1, 13, 96, 0),   // padding in a type of another codec
            (1, 14, 120, 0),  // padding in a type nobody agreed on
            (1, 15, 120, 33), // something nobody agreed on
            (1, 16, 102, 9),
            (2, 7, 111, 5),
            (2, 8, 13, 4),  // comfort noise
            (3, 9, 120, 5), // a stream nobody knows
        ];
        assert_eq!(
            delivered(&sent),
            [
                (H264, 11, 9),
                (H264, 12, 0),
                (H264, 13, 0),
                (H264, 14, 0),
                (H264, 15, 0),
                (H264, 16, 9),
                (Opus, 7, 5),
                (Opus, 8, 0)
            ]
        );
        // The sender changes its codec: what fills the gaps belongs to the new one.
        assert_eq!(
            delivered(&[(1, 1, 102, 9), (1, 2, 96, 9), (1, 3, 96, 0)]),
            [(H264, 1, 9), (Vp8, 2, 9), (Vp8, 3, 0)]
        );
    }

    #[test]
    fn streams_without_end_are_forgotten() {
        let many: Vec<_> = (0..100).flat_map(|ssrc| [(ssrc, 1, 102, 9), (ssrc, 2, 102, 0)]).collect();
        assert_eq!(delivered(&many).len(), 200);
        let returning = [&many[..], &[(0, 3, 102, 0), (99, 3, 102, 0)]].concat();
        assert_eq!(delivered(&returning).len(), 201, "only the newest streams are known");
    }
}
