use std::sync::Mutex;

use bellwire_media::{PacketReceiver, SenderReport};

use super::*;
use crate::description::Sources;
use crate::description::formats::{Format, SoundParameters};
use crate::incoming_streams::{IncomingKind, IncomingStreams};
use crate::interceptor::test_packets;

fn format(payload_type: u8, codec: Codec) -> Format {
    Format {
        sound: SoundParameters { red: (codec == Codec::Opus).then_some(63), ..SoundParameters::default() },
        sets: (payload_type == 102).then(|| Bytes::from_static(&[0, 0, 0, 1, 0x67])),
        ..Format::plain(payload_type, codec)
    }
}

#[derive(Default)]
struct Seen {
    packets: Mutex<Vec<(Codec, u16, usize)>>,
    /// Number, timestamp and length.
    copies: Mutex<Vec<(u16, u32, usize)>>,
    anew: Mutex<Vec<TrackKind>>,
    sets: Mutex<usize>,
}

impl PacketReceiver for Seen {
    fn packet(&self, codec: Codec, packet: MediaPacket) {
        self.packets.lock().expect("no panic").push((codec, packet.sequence, packet.payload.len()));
    }

    fn copy(&self, packet: MediaPacket) {
        let copy = (packet.sequence, packet.timestamp, packet.payload.len());
        self.copies.lock().expect("no panic").push(copy);
    }

    fn begins_anew(&self, kind: TrackKind) {
        self.anew.lock().expect("no panic").push(kind);
    }

    fn parameter_sets(&self, sets: &[u8]) {
        assert_eq!(sets, [0, 0, 0, 1, 0x67]);
        *self.sets.lock().expect("no panic") += 1;
    }

    fn sender_report(&self, _kind: TrackKind, _report: SenderReport) {}

    fn round_trip(&self, _rtt: Duration) {}
}

/// A connection's end with the time in hand.
struct Bench {
    seen: Arc<Seen>,
    shared: Arc<Shared>,
    delivery: DeliveryInterceptor,
    start: Instant,
}

impl Bench {
    fn new(declared: Option<u32>) -> Self {
        let seen = Arc::new(Seen::default());
        let shared = Arc::new(Shared::new(Some(seen.clone()), 300_000));
        let incoming = |formats| IncomingKind { formats, ..IncomingKind::default() };
        let sources = declared.map(|media| Sources { media, repair: None });
        shared.expect(IncomingStreams {
            audio: incoming(vec![format(111, Codec::Opus)]),
            video: IncomingKind {
                sources,
                ..incoming(vec![format(102, Codec::H264), format(96, Codec::Vp8)])
            },
        });
        Self { seen, delivery: DeliveryInterceptor::new(shared.clone()), shared, start: Instant::now() }
    }

    /// SSRC, sequence number, payload type and payload length, so many milliseconds after the start.
    fn send(&mut self, ms: u64, (ssrc, sequence_number, payload_type, length): (u32, u16, u8, usize)) {
        let header = rtp::header::Header { ssrc, sequence_number, payload_type, ..Default::default() };
        let packet = test_packets::rtp(self.start + Duration::from_millis(ms), header, vec![1; length]);
        self.delivery.received(packet, &mut PacketQueue::new());
    }

    fn seen(&self) -> Vec<(Codec, u16, usize)> {
        self.seen.packets.lock().expect("no panic").clone()
    }

    fn anew(&self) -> Vec<TrackKind> {
        self.seen.anew.lock().expect("no panic").clone()
    }

    fn asked(&self) -> u32 {
        self.shared.remote_video_ssrc.load(Ordering::Relaxed)
    }
}

fn delivered(packets: &[(u32, u16, u8, usize)]) -> Vec<(Codec, u16, usize)> {
    let mut bench = Bench::new(None);
    packets.iter().for_each(|packet| bench.send(0, *packet));
    bench.seen()
}

#[test]
fn redundant_sound_is_taken_apart() {
    let mut bench = Bench::new(None);
    let mut send = |sequence_number: u16, payload: Vec<u8>| {
        let header = rtp::header::Header {
            ssrc: 2,
            sequence_number,
            payload_type: 63,
            timestamp: 9600,
            ..Default::default()
        };
        let packet = test_packets::rtp(bench.start, header, payload);
        bench.delivery.received(packet, &mut PacketQueue::new());
    };
    // Two copies of three and two bytes, and four bytes of its own.
    send(7, vec![0xef, 0x1e, 0, 3, 0xef, 0x0f, 0, 2, 0x6f, 0x78, 1, 1, 0x78, 2, 0x78, 3, 3, 3]);
    send(8, vec![0xef, 0x0f, 0, 200, 0x6f, 1]);
    assert_eq!(bench.seen(), [(Codec::Opus, 7, 4), (Codec::Opus, 8, 0)]);
    let copies = bench.seen.copies.lock().expect("no panic").clone();
    assert_eq!(copies, [(5, 9600 - 1920, 3), (6, 9600 - 960, 2)]);
}

#[test]
fn every_number_of_a_known_stream_reaches_media() {
    use Codec::{H264, Opus, Vp8};
    let sent = [
        (1, 10, 102, 0), // padding before the first picture
        (1, 11, 102, 9),
        (1, 12, 102, 0),  // padding
        (1, 13, 96, 0),   // padding in a type of another codec
        (1, 14, 120, 0),  // padding in a type that was not negotiated
        (1, 15, 120, 33), // a type that was not negotiated
        (1, 16, 102, 9),
        (2, 7, 111, 5),
        (2, 8, 13, 4),  // comfort noise
        (3, 9, 120, 5), // an unknown stream
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

/// A probe of the other side's sends old packets again (RFC 4588), also in the codec of before.
#[test]
fn what_was_delivered_is_not_delivered_again() {
    use Codec::{H264, Opus, Vp8};
    let mut bench = Bench::new(None);
    let first = [(1, 10, 102, 9), (1, 11, 102, 0), (1, 13, 96, 9), (2, 7, 111, 5), (2, 8, 13, 4)];
    first.into_iter().for_each(|packet| bench.send(0, packet));
    first.into_iter().for_each(|packet| bench.send(40, packet));
    // What was missing, twice; and one that fills a number without a payload.
    [(1, 12, 96, 9), (1, 12, 96, 9), (1, 14, 96, 0)].into_iter().for_each(|packet| bench.send(80, packet));
    let expected =
        [(H264, 10, 9), (H264, 11, 0), (Vp8, 13, 9), (Opus, 7, 5), (Opus, 8, 0), (Vp8, 12, 9), (Vp8, 14, 0)];
    assert_eq!(bench.seen(), expected);
    // Repeats alone show that the stream is not over.
    bench.send(200, first[2]);
    (0..5).for_each(|number| bench.send(300, (9, number, 102, 9)));
    assert!(bench.anew().is_empty());
}

#[test]
fn what_is_held_twice_of_a_stream_that_takes_over_is_delivered_once() {
    let mut bench = Bench::new(None);
    bench.send(0, (1, 1, 102, 9));
    for number in [500, 501, 501, 500, 502] {
        bench.send(200, (2, number, 102, 9));
    }
    bench.send(200, (2, 501, 102, 9));
    let numbers: Vec<u16> = bench.seen().iter().map(|&(_, number, _)| number).collect();
    assert_eq!(numbers, [1, 500, 501, 502]);
}

#[test]
fn layers_and_further_tracks_are_not_mixed_into_the_picture() {
    let mut bench = Bench::new(None);
    for picture in 0..200_u16 {
        // Three layers of a camera and a second microphone, key frames in many packets.
        for part in 0..if picture % 50 == 0 { 20 } else { 2 } {
            for ssrc in [11, 12, 13] {
                bench.send(u64::from(picture) * 33, (ssrc, picture * 20 + part, 102, 9));
            }
        }
        bench.send(u64::from(picture) * 33, (21, picture, 111, 9));
        bench.send(u64::from(picture) * 33, (22, 1000 + picture, 111, 9));
    }
    let seen = bench.seen();
    let pictures = seen.iter().filter(|(codec, ..)| *codec == Codec::H264).count();
    assert_eq!(pictures, 196 * 2 + 4 * 20, "those of one layer");
    assert!(seen.iter().all(|&(codec, number, _)| codec == Codec::H264 || number < 200), "one microphone");
    assert!(bench.anew().is_empty());
    assert_eq!(bench.asked(), 11, "key frames are asked of the layer shown");
    assert_eq!(*bench.seen.sets.lock().expect("no panic"), pictures, "sets of the description go along");
}

#[test]
fn a_stream_that_takes_over_is_followed_from_its_first_packet() {
    let mut bench = Bench::new(None);
    (0..10).for_each(|number| bench.send(u64::from(number) * 33, (1, number, 102, 9)));
    (0..30).for_each(|number| bench.send(330 + u64::from(number) * 33, (2, 500 + number, 102, 9)));
    let numbers: Vec<u16> = bench.seen().iter().map(|&(_, number, _)| number).collect();
    assert_eq!(numbers, (0..10).chain(500..530).collect::<Vec<u16>>());
    assert_eq!(bench.anew(), [TrackKind::Video]);
    assert_eq!(bench.asked(), 2);
    // Stragglers of the stream before are nothing to the new one.
    bench.send(1400, (1, 10, 102, 9));
    assert_eq!(bench.seen().len(), 40);
}

#[test]
fn the_stream_that_is_declared_is_taken_at_once() {
    let mut bench = Bench::new(Some(7));
    bench.send(0, (1, 1, 102, 9));
    bench.send(1, (7, 50, 102, 9));
    bench.send(2, (1, 2, 102, 9));
    bench.send(3, (7, 51, 102, 9));
    let numbers: Vec<u16> = bench.seen().iter().map(|&(_, number, _)| number).collect();
    assert_eq!(numbers, [1, 50, 51]);
    assert_eq!(bench.anew(), [TrackKind::Video]);
}

#[test]
fn a_flood_of_streams_neither_reaches_media_nor_grows() {
    let mut bench = Bench::new(None);
    for number in 0..1000_u32 {
        bench.send(u64::from(number) * 20, (1, number as u16, 102, 9));
        for stranger in 0..100 {
            // New ones each time, and one that goes on.
            bench.send(u64::from(number) * 20, (1000 + number * 100 + stranger, 7, 102, 1200));
            bench.send(u64::from(number) * 20, (2, stranger as u16, 102, 1200));
        }
        let held = bench.delivery.video.rival.as_ref().map_or(0, |(_, held)| held.len());
        assert!(held <= MAX_HELD_PACKETS);
    }
    assert_eq!(bench.seen().len(), 1000, "the picture goes on");
    assert!(bench.anew().is_empty());
}
