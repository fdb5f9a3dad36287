//! Tests of pictures nobody looks at, in stepped time.

use std::time::{Duration, Instant};

use crate::codec::{EncoderConfig, open_encoder, video_codecs};
use crate::video::VideoFormat;
use crate::video::packetize::Packetizer;
use crate::video::pattern::PatternSource;
use crate::video::receiver::pipeline::Bench;
use crate::{Codec, EncodedFrame, Packet};

/// A sender of numbered pictures.
struct Sender {
    source: PatternSource,
    encoder: Box<dyn crate::codec::VideoEncoder>,
    packetizer: Packetizer,
    codec: Codec,
    number: u32,
}

impl Sender {
    fn new(codec: Codec) -> Self {
        let format = VideoFormat { width: 320, height: 180, fps: 30 };
        let config = EncoderConfig {
            width: 320,
            height: 180,
            fps: 30.0,
            bitrate: 400_000,
            max_slice: 0,
            screen: false,
            temporal_layers: 1,
            threads: 1,
            long_term: false,
        };
        Self {
            source: PatternSource::moving_bars(format, Instant::now()),
            encoder: open_encoder(codec, config).expect("an encoder"),
            packetizer: Packetizer::new(65_500),
            codec,
            number: 0,
        }
    }

    /// The next picture's packets and when it is sent; none where the encoder left it out.
    fn next(&mut self, key: bool) -> (Duration, Vec<Packet>) {
        let number = self.number;
        self.number += 1;
        let frame = self.source.draw(u64::from(number));
        let at = Duration::from_micros(u64::from(number) * 33_333);
        let Some(picture) = self.encoder.encode(&frame, key).expect("encodes") else {
            return (at, Vec::new());
        };
        let frame = EncodedFrame {
            codec: self.codec,
            data: picture.data,
            timestamp: number * 3000,
            captured: frame.at,
            duration: Duration::from_millis(33),
            key: picture.key,
            layer: 0,
        };
        (at, self.packetizer.cut(&frame, Instant::now()))
    }

    fn play(&mut self, bench: &mut Bench, pictures: u32) {
        for _ in 0..pictures {
            let (at, packets) = self.next(false);
            bench.receive(at, self.codec, packets);
        }
    }
}

#[test]
fn hidden_pictures_are_not_decoded_and_come_back_with_the_key_frame_asked_for_once() {
    for &codec in video_codecs() {
        let (mut bench, mut sender) = (Bench::new(), Sender::new(codec));
        sender.play(&mut bench, 60);
        let before = bench.stats();
        assert!(before.frames_decoded > 50 && bench.requests() == 0, "{codec:?}: {before:?}");
        bench.set_visible(false);
        sender.play(&mut bench, 300);
        let hidden = bench.stats();
        assert_eq!(hidden.frames_decoded, before.frames_decoded, "{codec:?}");
        assert_eq!((hidden.freezes, bench.requests()), (0, 0), "{codec:?}: nobody waits for a picture");
        bench.set_visible(true);
        // The request takes five pictures' time to be answered.
        sender.play(&mut bench, 5);
        assert_eq!((bench.requests(), bench.stats().frames_decoded), (1, before.frames_decoded), "{codec:?}");
        let back = sender.number;
        let (at, packets) = sender.next(true);
        bench.receive(at, codec, packets);
        sender.play(&mut bench, 60);
        bench.wait_until(at + Duration::from_secs(4));
        let after = bench.stats();
        assert_eq!((bench.requests(), after.freezes, after.gaps), (1, 0, 0), "{codec:?}: {after:?}");
        let seen = bench.seen();
        let first = seen.iter().find(|shown| shown.number >= Some(60));
        assert_eq!(first.and_then(|shown| shown.number), Some(back), "{codec:?}");
        assert_eq!(seen.last().and_then(|shown| shown.number), Some(back + 60), "{codec:?}");
    }
}

/// Who is never looked at is not waited for, and what they said of their stream at its beginning is not forgotten.
#[test]
fn who_is_hidden_from_the_start_can_be_shown_later() {
    let (mut bench, mut sender) = (Bench::new(), Sender::new(Codec::H264));
    bench.set_visible(false);
    sender.play(&mut bench, 90);
    let hidden = bench.stats();
    assert_eq!((hidden.frames_decoded, hidden.longest_freeze_ms), (0, 0), "{hidden:?}");
    bench.set_visible(true);
    sender.play(&mut bench, 2);
    let (at, packets) = sender.next(true);
    // Parameter sets are sent once only by some.
    let without_sets = packets.into_iter().filter(|packet| packet.payload[0] & 0x1f != 24);
    let packets: Vec<_> =
        without_sets.map(|packet| Packet { sequence: packet.sequence.wrapping_sub(1), ..packet }).collect();
    sender.packetizer.sequence = sender.packetizer.sequence.wrapping_sub(1);
    bench.receive(at, Codec::H264, packets);
    sender.play(&mut bench, 30);
    let shown = bench.stats();
    assert!(shown.frames_shown > 25 && shown.longest_freeze_ms < 500, "{shown:?}");
}
