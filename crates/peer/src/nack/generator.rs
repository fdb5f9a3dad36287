//! NACK generator: the interceptor that asks the other side for missing packets (RFC 4585 6.2.1).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_media::TrackKind;
use rtc::interceptor::{Attribute, AttributedPacket, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};
use rtc::shared::TransportContext;

use super::requests::{Gap, Origin, Requests};
use crate::codecs::{codec_of, kind_of};
use crate::incoming_streams::KnownStreams;
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::shared::Shared;

/// Sound is not waited for longer, so a later repair is of no use. (Opus also has FEC of its own.)
const MAX_AUDIO_ROUND_TRIP: Duration = Duration::from_millis(100);
/// So that a message stays far below any packet size limit.
const MAX_PAIRS_PER_MESSAGE: usize = 128;

struct Stream {
    kind: TrackKind,
    requests: Requests,
}

pub(crate) struct NackGenerator {
    shared: Arc<Shared>,
    streams: HashMap<u32, Stream>,
    /// Repair streams: nothing repairs them.
    repairs: HashSet<u32>,
    known: KnownStreams,
    sender_ssrc: u32,
}

/// Whether plain retransmission was negotiated (`a=rtcp-fb:… nack`).
pub(crate) fn negotiates_nack(info: &StreamInfo) -> bool {
    info.rtcp_feedback.iter().any(|feedback| feedback.typ == "nack" && feedback.parameter.is_empty())
}

impl NackGenerator {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            streams: HashMap::new(),
            repairs: HashSet::new(),
            known: KnownStreams::default(),
            sender_ssrc: rand::random_range(1..=u32::MAX),
        }
    }

    fn bind(&mut self, info: &StreamInfo) {
        self.repairs.extend(info.ssrc_rtx);
        if let Some(codec) = codec_of(&info.mime_type)
            && negotiates_nack(info)
            && !self.repairs.contains(&info.ssrc)
        {
            let kind = kind_of(codec);
            self.streams
                .entry(info.ssrc)
                .or_insert_with(|| Stream { kind, requests: Requests::default() })
                .kind = kind;
        }
    }
}

impl NackGenerator {
    /// Who asks for a key frame has given up what is missing.
    fn forget_before_key_frame(&mut self, now: Instant) {
        if self.shared.take_key_frame_asked() {
            let round_trip = self.shared.round_trip();
            for stream in self.streams.values_mut().filter(|stream| stream.kind == TrackKind::Video) {
                stream.requests.forget_before_key_frame(now, round_trip);
            }
        }
    }
}

fn asks(kind: TrackKind, round_trip: Option<Duration>) -> bool {
    match kind {
        TrackKind::Video => true,
        TrackKind::Audio => round_trip.is_some_and(|rtt| rtt < MAX_AUDIO_ROUND_TRIP),
    }
}

impl PacketFilter for NackGenerator {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        self.forget_before_key_frame(message.now);
        if let Some(info) = self.known.learn(&self.shared, &message.message.packet) {
            self.bind(&info);
        }
        if let Packet::Rtp(packet) = &message.message.packet
            && let Some(stream) = self.streams.get_mut(&packet.header.ssrc)
        {
            let origin = if message.message.has(&Attribute::Retransmission) {
                Origin::Retransmission
            } else {
                Origin::Media
            };
            let round_trip = self.shared.round_trip();
            let gap =
                stream.requests.received(message.now, packet.header.sequence_number, origin, round_trip);
            match (gap, stream.kind) {
                (Gap::TooLarge, TrackKind::Video) => self.shared.ask_key_frame(),
                (Gap::TooLarge, TrackKind::Audio) | (Gap::Bridgeable, _) => {}
            }
        }
        inbound.push_back(message);
    }

    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        self.forget_before_key_frame(now);
        let round_trip = self.shared.round_trip();
        for (ssrc, stream) in &mut self.streams {
            let numbers = stream.requests.take_due(now, round_trip);
            if numbers.is_empty() || !asks(stream.kind, round_trip) {
                continue;
            }
            for nacks in nack_pairs_from_sequence_numbers(&numbers).chunks(MAX_PAIRS_PER_MESSAGE) {
                let nack = TransportLayerNack {
                    sender_ssrc: self.sender_ssrc,
                    media_ssrc: *ssrc,
                    nacks: nacks.to_vec(),
                };
                outbound.push_back(TaggedPacket {
                    now,
                    transport: TransportContext::default(),
                    message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(nack)])),
                });
            }
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let round_trip = self.shared.round_trip();
        self.streams.values().filter_map(|stream| stream.requests.next_due(round_trip)).min()
    }

    fn bind_remote(&mut self, info: &StreamInfo) {
        self.known.note(info);
        self.bind(info);
    }

    fn unbind_remote(&mut self, info: &StreamInfo) {
        self.known.forget(info);
        self.streams.remove(&info.ssrc);
        if let Some(repair) = info.ssrc_rtx {
            self.repairs.remove(&repair);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use rtc::interceptor::{Interceptor, RTCPFeedback};
    use rtc::rtp::header::Header;
    use rtc::sansio::Protocol;

    use super::*;
    use crate::interceptor::{Filtered, test_packets::rtp};

    fn stream(ssrc: u32, mime_type: &str) -> StreamInfo {
        StreamInfo {
            ssrc,
            ssrc_rtx: Some(ssrc + 1),
            mime_type: mime_type.to_owned(),
            rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
            ..Default::default()
        }
    }

    fn packet(now: Instant, ssrc: u32, sequence_number: u16) -> TaggedPacket {
        rtp(now, Header { ssrc, sequence_number, ..Default::default() }, vec![1])
    }

    fn asked(generator: &mut Filtered<NackGenerator>, now: Instant) -> Vec<(u32, u16)> {
        generator.handle_timeout(now).expect("never refuses");
        let mut numbers = Vec::new();
        while let Some(message) = generator.poll_write() {
            let Packet::Rtcp(packets) = message.message.packet else { continue };
            for nack in packets.iter().filter_map(|p| p.as_any().downcast_ref::<TransportLayerNack>()) {
                let named = nack.nacks.iter().flat_map(|pair| pair.packet_list());
                numbers.extend(named.map(|number| (nack.media_ssrc, number)));
            }
        }
        numbers
    }

    #[test]
    fn pictures_are_asked_for_and_repair_streams_and_sound_on_long_paths_are_not() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut generator = Filtered::new(NackGenerator::new(Arc::clone(&shared)));
        generator.bind_remote_stream(&stream(10, "video/VP8"));
        // The repair stream once more in its own right, as the connection does.
        generator.bind_remote_stream(&StreamInfo { ssrc_rtx: None, ..stream(11, "video/VP8") });
        generator.bind_remote_stream(&stream(20, "audio/opus"));
        generator.bind_remote_stream(&StreamInfo { rtcp_feedback: Vec::new(), ..stream(30, "video/VP8") });
        let now = Instant::now();
        let lose = |generator: &mut Filtered<NackGenerator>, number: u16| {
            for ssrc in [10, 11, 20, 30] {
                for n in [number, number + 2, number + 20] {
                    generator.handle_read(packet(now, ssrc, n)).expect("never refuses");
                }
            }
        };
        lose(&mut generator, 1);
        let first = asked(&mut generator, now);
        assert!(first.iter().all(|(ssrc, _)| *ssrc == 10), "{first:?}");
        assert_eq!(first.len(), 18);
        shared.round_trip_us.store(40_000, Ordering::Relaxed);
        lose(&mut generator, 30);
        let next = now + Duration::from_millis(20);
        assert_eq!(asked(&mut generator, next).iter().filter(|(ssrc, _)| *ssrc == 20).count(), 26);
    }

    #[test]
    fn who_asked_for_a_key_frame_asks_for_nothing_of_before_it() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut generator = Filtered::new(NackGenerator::new(Arc::clone(&shared)));
        generator.bind_remote_stream(&stream(10, "video/VP8"));
        let now = Instant::now();
        for number in [0, 100, 200] {
            generator.handle_read(packet(now, 10, number)).expect("never refuses");
        }
        let later = now + Duration::from_secs(1);
        for number in [201, 203, 240] {
            generator.handle_read(packet(later, 10, number)).expect("never refuses");
        }
        shared.note_key_frame_asked();
        let numbers = asked(&mut generator, later + Duration::from_millis(50));
        assert_eq!(numbers.len(), 37, "what went missing just now may be of the key frame: {numbers:?}");
        assert!(numbers.iter().all(|(_, number)| *number > 200), "{numbers:?}");
    }

    /// After a queue overflowed there were 270 messages a second, as much as the sound.
    #[test]
    fn much_that_is_missing_is_asked_for_in_few_messages() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut generator = Filtered::new(NackGenerator::new(Arc::clone(&shared)));
        generator.bind_remote_stream(&stream(10, "video/VP8"));
        let start = Instant::now();
        let (mut messages, mut numbers) = (0, 0);
        for ms in 0..1_000_u64 {
            let now = start + Duration::from_millis(ms);
            if ms % 16 == 0 {
                // Three of four are lost.
                generator.handle_read(packet(now, 10, (ms / 4) as u16)).expect("never refuses");
            }
            if generator.poll_timeout().is_some_and(|due| due <= now) {
                let asked = asked(&mut generator, now).len();
                messages += usize::from(asked > 0);
                numbers += asked;
            }
        }
        assert!(numbers > 400, "{numbers}");
        assert!(messages <= 60, "{messages}");
    }

    #[test]
    fn a_thousand_missing_packets_are_several_messages_and_more_a_key_frame() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut generator = Filtered::new(NackGenerator::new(Arc::clone(&shared)));
        generator.bind_remote_stream(&stream(10, "video/VP8"));
        let now = Instant::now();
        for number in (0..2_000).step_by(18) {
            generator.handle_read(packet(now, 10, number)).expect("never refuses");
        }
        assert!(shared.key_frame_needed.load(Ordering::Relaxed));
        assert!(asked(&mut generator, now).len() <= 1_000);
    }
}
