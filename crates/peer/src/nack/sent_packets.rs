//! Sent-packet history: what can be sent again, as RTX (RFC 4588) where negotiated, and how often. Sans-IO.
//!
//! As in libwebrtc's `rtp_packet_history.cc` a repeat is refused within a round trip, and the same packets
//! serve as padding.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bellwire_media::Codec;
use bytes::{BufMut, BytesMut};
use rtc::interceptor::StreamInfo;
use rtc::rtp;
use rtc::shared::marshal::MarshalSize;

use super::second_copies::is_reference;
use crate::codecs::codec_of;

/// Two seconds at 10 Mbit/s.
const MAX_PACKETS: usize = 2_048;
/// Kept for so long and a round trip: the other side gives up about then.
const MAX_AGE: Duration = Duration::from_secs(2);
const DEFAULT_ROUND_TRIP: Duration = Duration::from_millis(100);
const MIN_ROUND_TRIP: Duration = Duration::from_millis(20);
const MAX_ROUND_TRIP: Duration = Duration::from_secs(3);
/// Padding is chosen among so many of the newest packets.
const PADDING_CHOICE: usize = 64;
/// With smaller packets a probe would be a flood of them.
const MIN_PADDING_BYTES: usize = 100;
/// Using a packet as padding once more is worth this many bytes less.
const PADDING_REPEAT_BYTES: usize = 300;

/// Why a packet is not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Never sent, or too long ago.
    Unknown,
    /// On its way already.
    Repeat,
}

/// A packet of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentId {
    pub(crate) ssrc: u32,
    pub(crate) number: u16,
}

#[derive(Debug)]
struct Sent {
    packet: rtp::Packet,
    first: Instant,
    /// It or a copy.
    last: Instant,
    copies: u32,
    paddings: usize,
    /// A copy waits in the pacer.
    waits: bool,
}

impl Sent {
    /// However old: while the picture is paused on a thin path, only probes show when it may come back.
    fn is_padding(&self) -> bool {
        self.packet.payload.len() >= MIN_PADDING_BYTES
    }
}

/// A packet to send again.
#[derive(Debug)]
pub(crate) struct Retransmission {
    pub(crate) packet: rtp::Packet,
    /// How often it was sent again before.
    pub(crate) before: u32,
    /// Other pictures are decoded from that of the packet.
    pub(crate) reference: bool,
}

#[derive(Debug)]
struct Stream {
    codec: Option<Codec>,
    /// SSRC and payload type of repairs.
    repair: Option<(u32, u8)>,
    next_repair: u16,
    packets: VecDeque<Sent>,
}

impl Stream {
    fn at(&mut self, number: u16) -> Option<&mut Sent> {
        let first = self.packets.front()?.packet.header.sequence_number;
        let distance = |number: u16| number.wrapping_sub(first);
        let found = self
            .packets
            .binary_search_by_key(&distance(number), |sent| distance(sent.packet.header.sequence_number));
        self.packets.get_mut(found.ok()?)
    }

    fn retransmission(&mut self, number: u16) -> Option<rtp::Packet> {
        let repair = self.repair;
        let next = self.next_repair;
        let original = &self.at(number)?.packet;
        let Some((ssrc, payload_type)) = repair else { return Some(original.clone()) };
        let mut payload = BytesMut::with_capacity(2 + original.payload.len());
        payload.put_u16(number);
        payload.extend_from_slice(&original.payload);
        // Extensions go along (RFC 4588 4): the section's name makes the stream known to the other side.
        let header =
            rtp::header::Header { ssrc, payload_type, sequence_number: next, ..original.header.clone() };
        let packet = rtp::Packet { header, payload: payload.freeze() };
        self.next_repair = next.wrapping_add(1);
        Some(packet)
    }
}

#[derive(Debug)]
pub(crate) struct SentPackets {
    streams: HashMap<u32, Stream>,
    round_trip: Duration,
}

impl Default for SentPackets {
    fn default() -> Self {
        Self { streams: HashMap::new(), round_trip: DEFAULT_ROUND_TRIP }
    }
}

impl SentPackets {
    /// Packets of this stream are kept from now on.
    pub(crate) fn keep(&mut self, info: &StreamInfo) {
        let repair = info.ssrc_rtx.zip(info.payload_type_rtx);
        let codec = codec_of(&info.mime_type);
        let stream = self.streams.entry(info.ssrc).or_insert_with(|| Stream {
            codec,
            repair,
            next_repair: rand::random(),
            packets: VecDeque::new(),
        });
        (stream.codec, stream.repair) = (codec, repair);
    }

    /// Drops what is kept of a stream. Its repairs go on where they were, should it be kept again.
    pub(crate) fn forget(&mut self, ssrc: u32) {
        if let Some(stream) = self.streams.get_mut(&ssrc) {
            (stream.repair, stream.packets) = (None, VecDeque::new());
        }
    }

    pub(crate) fn set_round_trip(&mut self, round_trip: Option<Duration>) {
        self.round_trip = round_trip.unwrap_or(DEFAULT_ROUND_TRIP).clamp(MIN_ROUND_TRIP, MAX_ROUND_TRIP);
    }

    /// A packet leaves for the first time.
    pub(crate) fn sent(&mut self, now: Instant, packet: &rtp::Packet) {
        let max_age = MAX_AGE + self.round_trip;
        let Some(stream) = self.streams.get_mut(&packet.header.ssrc) else { return };
        let newest = stream.packets.back().map(|sent| sent.packet.header.sequence_number);
        if newest.is_some_and(|newest| {
            let ahead = packet.header.sequence_number.wrapping_sub(newest);
            ahead == 0 || ahead > u16::MAX / 4
        }) {
            // Numbers begin anew.
            stream.packets.clear();
        }
        while stream.packets.len() >= MAX_PACKETS
            || stream.packets.front().is_some_and(|s| now.saturating_duration_since(s.first) > max_age)
        {
            stream.packets.pop_front();
        }
        let packet = packet.clone();
        stream.packets.push_back(Sent {
            packet,
            first: now,
            last: now,
            copies: 0,
            paddings: 0,
            waits: false,
        });
    }

    /// Whether a packet asked for is to be sent again; if so it counts as waiting until
    /// [`Self::retransmit`] or [`Self::dropped`].
    pub(crate) fn request(&mut self, now: Instant, id: SentId) -> Result<(), Refusal> {
        let round_trip = self.round_trip;
        let max_age = MAX_AGE + round_trip;
        let sent = self.streams.get_mut(&id.ssrc).and_then(|stream| stream.at(id.number));
        let sent = sent.filter(|sent| now.saturating_duration_since(sent.first) <= max_age);
        let Some(sent) = sent else { return Err(Refusal::Unknown) };
        let lately = now.saturating_duration_since(sent.last) < round_trip;
        if sent.waits || (lately && (sent.copies > 0 || sent.paddings > 0)) {
            return Err(Refusal::Repeat);
        }
        sent.waits = true;
        Ok(())
    }

    /// Its turn has come: the packet to send.
    pub(crate) fn retransmit(&mut self, now: Instant, id: SentId) -> Option<Retransmission> {
        let stream = self.streams.get_mut(&id.ssrc)?;
        let packet = stream.retransmission(id.number)?;
        let codec = stream.codec;
        let sent = stream.at(id.number)?;
        (sent.last, sent.waits) = (now, false);
        sent.copies += 1;
        let reference = codec.is_none_or(|codec| is_reference(codec, &sent.packet.payload));
        Some(Retransmission { packet, before: sent.copies - 1, reference })
    }

    /// The same once more, a moment later. It takes nothing from the time at which the packet may be asked for again.
    pub(crate) fn second_copy(&mut self, id: SentId) -> Option<rtp::Packet> {
        self.streams.get_mut(&id.ssrc)?.retransmission(id.number)
    }

    /// It waited too long and is not sent; how many bytes it would have been.
    pub(crate) fn dropped(&mut self, id: SentId) -> usize {
        let sent = self.streams.get_mut(&id.ssrc).and_then(|stream| stream.at(id.number));
        sent.map_or(0, |sent| {
            sent.waits = false;
            sent.packet.marshal_size()
        })
    }

    pub(crate) fn has_padding(&self) -> bool {
        self.streams
            .values()
            .filter(|stream| stream.repair.is_some())
            .flat_map(|stream| stream.packets.iter().rev().take(PADDING_CHOICE))
            .any(|sent| sent.is_padding())
    }

    /// A recent packet again, large and seldom used so; of more than `most` bytes only where all are larger. Only as
    /// RTX: elsewhere the other side would take a duplicate for media.
    pub(crate) fn padding(&mut self, now: Instant, most: usize) -> Option<rtp::Packet> {
        let streams = self.streams.values_mut().filter(|stream| stream.repair.is_some());
        let stream = streams.max_by_key(|stream| stream.packets.back().map(|sent| sent.first))?;
        let recent = stream.packets.iter_mut().rev().take(PADDING_CHOICE);
        let sent = recent.filter(|sent| sent.is_padding()).max_by_key(|s| {
            let bytes = s.packet.payload.len();
            // Of those that are too large the smallest.
            let worth = if bytes <= most { bytes + 4_096 } else { 4_096_usize.saturating_sub(bytes) };
            (bytes <= most, worth.saturating_sub(s.paddings * PADDING_REPEAT_BYTES))
        })?;
        sent.paddings += 1;
        sent.last = now;
        let number = sent.packet.header.sequence_number;
        stream.retransmission(number)
    }
}

#[cfg(test)]
mod tests {
    use rtc::rtp::header::Header;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn history(repair: Option<u32>) -> SentPackets {
        let mut history = SentPackets::default();
        let info = StreamInfo {
            ssrc: 7,
            ssrc_rtx: repair,
            payload_type_rtx: repair.map(|_| 97),
            ..Default::default()
        };
        history.keep(&info);
        history.set_round_trip(Some(ms(100)));
        history
    }

    fn send(history: &mut SentPackets, now: Instant, number: u16, size: usize) {
        let mut header = Header {
            ssrc: 7,
            payload_type: 96,
            sequence_number: number,
            timestamp: 5,
            marker: true,
            ..Default::default()
        };
        header.set_extension(3, bytes::Bytes::from_static(b"v")).expect("fits");
        history.sent(now, &rtp::Packet { header, payload: vec![9; size].into() });
    }

    fn id(number: u16) -> SentId {
        SentId { ssrc: 7, number }
    }

    #[test]
    fn a_packet_goes_again_as_rtx_with_its_number_in_front() {
        let (mut history, now) = (history(Some(8)), Instant::now());
        send(&mut history, now, 0x1234, 3);
        assert_eq!(history.request(now, id(0x1234)), Ok(()));
        let copy = history.retransmit(now, id(0x1234)).expect("kept").packet;
        assert_eq!((copy.header.ssrc, copy.header.payload_type), (8, 97));
        assert_eq!((copy.header.timestamp, copy.header.marker), (5, true));
        assert_eq!(copy.payload[..], [0x12, 0x34, 9, 9, 9]);
        assert_eq!(copy.header.get_extension(3).as_deref(), Some(&b"v"[..]));
        let again = history.retransmit(now, id(0x1234)).expect("kept").packet;
        assert_eq!(again.header.sequence_number, copy.header.sequence_number.wrapping_add(1));
    }

    #[test]
    fn without_rtx_it_goes_again_as_it_was_and_never_as_padding() {
        let (mut history, now) = (history(None), Instant::now());
        send(&mut history, now, 5, 3);
        let copy = history.retransmit(now, id(5)).expect("kept").packet;
        assert_eq!((copy.header.ssrc, copy.header.sequence_number, copy.payload.len()), (7, 5, 3));
        assert!(history.padding(now, 1_500).is_none() && !history.has_padding());
    }

    #[test]
    fn a_repeat_within_a_round_trip_is_refused_and_so_is_what_waits_or_is_unknown() {
        let (mut history, now) = (history(Some(8)), Instant::now());
        send(&mut history, now, 5, 3);
        assert_eq!(history.request(now + ms(50), id(6)), Err(Refusal::Unknown));
        assert_eq!(history.request(now + ms(50), SentId { ssrc: 9, number: 5 }), Err(Refusal::Unknown));
        assert_eq!(history.request(now + ms(50), id(5)), Ok(()));
        assert_eq!(history.request(now + ms(50), id(5)), Err(Refusal::Repeat));
        assert!(history.retransmit(now + ms(60), id(5)).is_some());
        assert!(history.second_copy(id(5)).is_some());
        assert_eq!(history.request(now + ms(159), id(5)), Err(Refusal::Repeat));
        assert_eq!(history.request(now + ms(160), id(5)), Ok(()));
        history.dropped(id(5));
        assert_eq!(history.request(now + ms(161), id(5)), Ok(()));
        history.dropped(id(5));
        assert_eq!(history.request(now + ms(2_101), id(5)), Err(Refusal::Unknown), "too old");
    }

    #[test]
    fn the_history_is_bounded_in_number_and_time_and_wraps() {
        let (mut history, now) = (history(Some(8)), Instant::now());
        for number in 0..70_000_u32 {
            send(&mut history, now, crate::sequence::wrapped(i64::from(number)), 1);
        }
        let stream = &history.streams[&7];
        assert_eq!(stream.packets.len(), MAX_PACKETS);
        assert_eq!(history.request(now, id(crate::sequence::wrapped(69_999))), Ok(()));
        assert_eq!(history.request(now, id(crate::sequence::wrapped(69_999 - 2_048))), Err(Refusal::Unknown));
        send(&mut history, now + ms(2_200), crate::sequence::wrapped(70_000), 1);
        assert_eq!(history.streams[&7].packets.len(), 1);
    }

    #[test]
    fn padding_repeats_large_packets_of_the_newest_in_turn() {
        let (mut history, now) = (history(Some(8)), Instant::now());
        for (number, size) in [(1, 90), (2, 1_100), (3, 1_050), (4, 20)] {
            send(&mut history, now, number, size);
        }
        let numbers: Vec<u8> = (0..4).filter_map(|_| Some(history.padding(now, 1_500)?.payload[1])).collect();
        assert_eq!(numbers, [2, 3, 2, 3], "small ones are no padding");
        assert!(history.has_padding());
        assert!(
            history.padding(now + ms(60_000), 1_500).is_some(),
            "the picture has been paused for a minute"
        );
    }

    #[test]
    fn padding_is_as_large_as_it_may_be() {
        let (mut history, now) = (history(Some(8)), Instant::now());
        for (number, size) in [(1, 1_100), (2, 300), (3, 400), (4, 900)] {
            send(&mut history, now, number, size);
        }
        let mut number = |most| history.padding(now, most).expect("padding").payload[1];
        assert_eq!([number(500), number(2_000), number(200)], [3, 1, 2], "the smallest where all are larger");
    }
}
