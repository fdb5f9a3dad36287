//! RTX unwrapping: turns retransmissions (RFC 4588) back into the packets they repeat, before the NACK
//! generator sees them.
//!
//! The connection itself unwraps them too, but only behind the NACK generator, which then asks for
//! a repaired packet again and again. This interceptor sits in front of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtc::interceptor::{Attribute, Packet, StreamInfo, TaggedPacket};

use crate::incoming_streams::KnownStreams;
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::shared::Shared;

struct Repairs {
    ssrc: u32,
    payload_type: u8,
}

pub(crate) struct RtxUnwrap {
    shared: Arc<Shared>,
    /// Repair SSRC to what it repairs.
    streams: HashMap<u32, Repairs>,
    known: KnownStreams,
}

impl RtxUnwrap {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, streams: HashMap::new(), known: KnownStreams::default() }
    }

    fn repairs(&mut self, info: &StreamInfo) {
        if let Some(repair) = info.ssrc_rtx {
            self.streams.insert(repair, Repairs { ssrc: info.ssrc, payload_type: info.payload_type });
        }
    }
}

impl PacketFilter for RtxUnwrap {
    fn received(&mut self, mut message: TaggedPacket, inbound: &mut PacketQueue) {
        if let Some(info) = self.known.learn(&self.shared, &message.message.packet) {
            self.repairs(&info);
        }
        if let Packet::Rtp(packet) = &mut message.message.packet
            && let Some(original) = self.streams.get(&packet.header.ssrc)
        {
            // A repair packet without the original's number is padding sent to probe the path.
            if let [high, low, ..] = packet.payload[..] {
                packet.header.sequence_number = u16::from_be_bytes([high, low]);
                packet.payload = packet.payload.slice(2..);
                packet.header.ssrc = original.ssrc;
                // A sender changes its codec within a stream; the number of the repair says which it was.
                let of = self.shared.repaired(&packet.header);
                packet.header.payload_type = of.unwrap_or(original.payload_type);
                message.message.add(Attribute::Retransmission);
                self.shared.counters.video.retransmissions_received.fetch_add(1, Ordering::Relaxed);
            }
        }
        inbound.push_back(message);
    }

    fn bind_remote(&mut self, info: &StreamInfo) {
        self.known.note(info);
        self.repairs(info);
    }

    fn unbind_remote(&mut self, info: &StreamInfo) {
        self.known.forget(info);
        if let Some(repair) = info.ssrc_rtx {
            self.streams.remove(&repair);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use std::time::Instant;

    use rtc::interceptor::Interceptor;
    use rtc::rtp::header::Header;
    use rtc::sansio::Protocol;

    use super::*;
    use crate::interceptor::{Filtered, test_packets::rtp};

    fn packet(ssrc: u32, sequence: u16, payload: &'static [u8]) -> TaggedPacket {
        let header = Header { ssrc, sequence_number: sequence, payload_type: 97, ..Default::default() };
        rtp(Instant::now(), header, payload)
    }

    fn through(unwrap: &mut Filtered<RtxUnwrap>, sent: TaggedPacket) -> (u32, u16, u8, Bytes) {
        unwrap.handle_read(sent).expect("never refuses");
        let packet = unwrap.poll_read().expect("one in, one out").message.packet;
        let Packet::Rtp(p) = packet else { panic!("rtp expected, got {packet:?}") };
        (p.header.ssrc, p.header.sequence_number, p.header.payload_type, p.payload)
    }

    #[test]
    fn a_repair_becomes_the_packet_it_repeats() {
        let mut unwrap = Filtered::new(RtxUnwrap::new(Arc::new(Shared::new(None, 1))));
        let info = StreamInfo { ssrc: 10, ssrc_rtx: Some(20), payload_type: 96, ..Default::default() };
        unwrap.bind_remote_stream(&info);
        let repaired = through(&mut unwrap, packet(20, 5, &[0x12, 0x34, 7, 8]));
        assert_eq!(repaired, (10, 0x1234, 96, Bytes::from_static(&[7, 8])));
        // Probing padding and other streams pass unchanged.
        assert_eq!(through(&mut unwrap, packet(20, 6, &[1])).0, 20);
        assert_eq!(through(&mut unwrap, packet(10, 9, &[1, 2, 3])).1, 9);
        unwrap.unbind_remote_stream(&info);
        assert_eq!(through(&mut unwrap, packet(20, 5, &[0x12, 0x34, 7])).0, 20);
    }

    /// A sender whose encoder fails goes on with another codec in the same stream.
    #[test]
    fn the_number_of_a_repair_says_which_codec_it_repairs() {
        use crate::description::formats::Format;
        use crate::incoming_streams::{IncomingKind, IncomingStreams};
        use bellwire_media::Codec;

        let format = |payload_type, codec, repair| Format {
            repair: Some(repair),
            ..Format::plain(payload_type, codec)
        };
        let formats = vec![format(125, Codec::H264, 107), format(96, Codec::Vp8, 97)];
        let shared = Arc::new(Shared::new(None, 1));
        shared.expect(IncomingStreams {
            video: IncomingKind { formats, ..IncomingKind::default() },
            ..IncomingStreams::default()
        });
        let mut unwrap = Filtered::new(RtxUnwrap::new(shared));
        let info = StreamInfo { ssrc: 10, ssrc_rtx: Some(20), payload_type: 125, ..Default::default() };
        unwrap.bind_remote_stream(&info);
        // Of the type 97, though the stream is known by its first codec.
        let repaired = through(&mut unwrap, packet(20, 5, &[0x12, 0x34, 7, 8]));
        assert_eq!(repaired, (10, 0x1234, 96, Bytes::from_static(&[7, 8])));
    }
}
