//! Tests of temporal layers: with the pictures of the upper one lost, the rest stays clean, and nobody waits or asks.

use std::time::{Duration, Instant};

use super::film;
use crate::codec::h264::annex_b::units;
use crate::codec::{EncoderConfig, open_decoder, open_encoder};
use crate::video::packetize::Packetizer;
use crate::video::pattern::PatternSource;
use crate::video::receiver::pipeline::Bench;
use crate::video::{VideoFormat, psnr_y, scale_to_fit};
use crate::{Codec, EncodedFrame, Packet};

fn config(width: u32, height: u32, bitrate: u32) -> EncoderConfig {
    EncoderConfig {
        width,
        height,
        fps: 30.0,
        bitrate,
        max_slice: 0,
        screen: false,
        temporal_layers: 2,
        threads: 1,
        long_term: false,
    }
}

/// Whether other pictures are decoded from this one.
fn is_reference(data: &[u8]) -> bool {
    units(data).iter().any(|unit| matches!(unit[0] & 0x1f, 1 | 5) && unit[0] & 0x60 != 0)
}

#[test]
fn without_the_upper_layer_the_film_is_as_clean_as_with_it() {
    let film: Vec<_> = film(100).iter().map(|frame| scale_to_fit(frame, 640, 360)).collect();
    let mut encoder = open_encoder(Codec::H264, config(640, 360, 800_000)).expect("an encoder");
    let mut whole = open_decoder(Codec::H264).expect("a decoder");
    let mut base = open_decoder(Codec::H264).expect("a decoder");
    let (mut references, mut others) = (0, 0);
    for (number, frame) in film.iter().enumerate() {
        let Some(picture) = encoder.encode(frame, false).expect("encodes") else { continue };
        let all = whole.decode(&picture.data).expect("decodes").frame.expect("one in, one out");
        if !is_reference(&picture.data) {
            others += 1;
            continue;
        }
        references += 1;
        let decoded = base.decode(&picture.data).expect("decodes");
        assert!(!decoded.needs_key && !decoded.damaged, "picture {number}");
        let shown = decoded.frame.expect("one in, one out");
        assert_eq!(psnr_y(&shown, &all), 100.0, "picture {number}");
    }
    assert!(others >= 40 && references >= 40, "{references} and {others}");
}

/// Two hundred numbered pictures of both layers as packets, and whether others need them.
fn stream() -> Vec<(bool, Vec<Packet>)> {
    let format = VideoFormat { width: 320, height: 180, fps: 30 };
    let source = PatternSource::moving_bars(format, Instant::now());
    let mut encoder = open_encoder(Codec::H264, config(320, 180, 400_000)).expect("an encoder");
    let mut packetizer = Packetizer { payload_size: 150, ..Packetizer::new(65_500) };
    let mut stream = Vec::new();
    for number in 0..200_u32 {
        let frame = source.draw(u64::from(number));
        let Some(picture) = encoder.encode(&frame, false).expect("encodes") else { continue };
        let reference = is_reference(&picture.data);
        let frame = EncodedFrame {
            codec: Codec::H264,
            data: picture.data,
            timestamp: number * 3000,
            captured: frame.at,
            duration: Duration::from_millis(33),
            key: picture.key,
            layer: 0,
        };
        stream.push((reference, packetizer.cut(&frame, Instant::now())));
    }
    stream
}

/// Plays the stream; `lost` is asked of each packet: the picture, whether it is a reference, the packet and how many.
fn play(bench: &mut Bench, lost: impl Fn(usize, bool, usize, usize) -> bool) -> (u32, u32) {
    let (mut whole_references, mut others) = (0, 0);
    let stream = stream();
    for (number, (reference, packets)) in stream.into_iter().enumerate() {
        let of = packets.len();
        let kept = packets.into_iter().enumerate().filter(|(index, _)| !lost(number, reference, *index, of));
        let kept: Vec<_> = kept.map(|(_, packet)| packet).collect();
        if kept.len() == of {
            if reference { whole_references += 1 } else { others += 1 }
        }
        bench.receive(Duration::from_micros(33_333) * number as u32, Codec::H264, kept);
    }
    bench.wait_until(Duration::from_secs(10));
    (whole_references, others)
}

/// Whether a packet is lost, by its place in the picture and how many that has.
type Fault = fn(usize, usize) -> bool;

#[test]
fn lost_pictures_of_the_upper_layer_are_left_out_without_a_request() {
    let faults: [(&str, Fault); 4] = [
        ("whole pictures", |_, _| true),
        ("the first packet", |index, _| index == 0),
        ("the last packet", |index, of| index + 1 == of),
        ("all but the first", |index, _| index > 0),
    ];
    for (what, fault) in faults {
        let mut bench = Bench::new();
        let lost = |number, reference: bool, index, of| {
            (10..190).contains(&number) && !reference && fault(index, of)
        };
        let (references, others) = play(&mut bench, lost);
        let stats = bench.stats();
        assert!(references > 90, "{what}");
        assert_eq!(bench.requests(), 0, "{what}");
        assert_eq!((stats.gaps, stats.damaged, stats.freezes), (0, 0, 0), "{what}: {stats:?}");
        assert!(stats.frames_skipped > 80, "{what}: {stats:?}");
        assert!(bench.seen().len() as u32 >= references + others - 1, "{what}: {}", bench.seen().len());
        assert!(bench.seen().iter().all(|seen| seen.number == Some(seen.timestamp / 3000)), "{what}");
    }
}

#[test]
fn a_lost_reference_is_waited_for_and_then_a_key_frame_asked_for() {
    let mut bench = Bench::new();
    play(&mut bench, |number, reference, _, _| reference && (100..103).contains(&number));
    let stats = bench.stats();
    assert!(stats.gaps >= 1 && bench.requests() >= 1, "{stats:?}");
    assert!(stats.damaged == 0, "{stats:?}");
}

#[test]
fn a_repair_that_comes_in_time_is_used() {
    let mut bench = Bench::new();
    let stream = stream();
    let mut shown = 0;
    let mut late: Option<Vec<Packet>> = None;
    for (number, (reference, packets)) in stream.into_iter().enumerate() {
        let at = Duration::from_micros(33_333) * number as u32;
        shown += 1;
        if number > 10 && !reference && number % 10 == 1 {
            late = Some(packets);
            continue;
        }
        bench.receive(at, Codec::H264, packets);
        if let Some(packets) = late.take() {
            bench.receive(at + Duration::from_millis(15), Codec::H264, packets);
        }
    }
    bench.wait_until(Duration::from_secs(10));
    let stats = bench.stats();
    assert_eq!((stats.frames_skipped, stats.gaps), (0, 0), "{stats:?}");
    assert!(bench.seen().len() >= shown - 1, "{} of {shown}", bench.seen().len());
}

#[test]
fn what_follows_a_lost_key_frame_is_not_shown_though_its_numbers_come_as_far() {
    let format = VideoFormat { width: 320, height: 180, fps: 30 };
    let source = PatternSource::moving_bars(format, Instant::now());
    for before in 1..8 {
        let one_layer = EncoderConfig { temporal_layers: 1, ..config(320, 180, 400_000) };
        let mut encoder = open_encoder(Codec::H264, one_layer).expect("an encoder");
        let (mut packetizer, mut bench) = (Packetizer::new(9), Bench::new());
        for number in 0..before + 18 {
            let frame = source.draw(u64::from(number));
            let Some(picture) = encoder.encode(&frame, number == before).expect("encodes") else { continue };
            let (captured, duration) = (frame.at, Duration::from_millis(33));
            let (codec, timestamp) = (Codec::H264, number * 3000);
            let (data, key) = (picture.data, picture.key);
            let frame = EncodedFrame { codec, data, timestamp, captured, duration, key, layer: 0 };
            let packets = packetizer.cut(&frame, Instant::now());
            let packets = if number == before { Vec::new() } else { packets };
            bench.receive(Duration::from_micros(33_333) * number, Codec::H264, packets);
        }
        bench.wait_until(Duration::from_secs(3));
        assert_eq!((bench.seen().len() as u32, bench.requests()), (before, 1), "{:?}", bench.stats());
    }
}
