//! Tests of pictures that several encoder threads make: each thread makes slices of its own, and packets, layers and
//! decoder take them as one picture.

use std::time::{Duration, Instant};

use super::film;
use crate::codec::h264::annex_b::units;
use crate::codec::{EncoderConfig, open_decoder, open_encoder};
use crate::video::packetize::Packetizer;
use crate::video::receiver::pipeline::Bench;
use crate::video::{FrameAssembler, psnr_y};
use crate::{Codec, EncodedFrame, VideoFrame};

fn config(temporal_layers: u32, threads: u32) -> EncoderConfig {
    EncoderConfig {
        width: 1280,
        height: 720,
        fps: 25.0,
        bitrate: 2_000_000,
        max_slice: 0,
        screen: false,
        temporal_layers,
        threads,
        long_term: false,
    }
}

/// The pictures as they are sent, with their place in the film.
fn encoded(film: &[VideoFrame], config: EncoderConfig) -> Vec<(usize, EncodedFrame)> {
    let mut encoder = open_encoder(Codec::H264, config).expect("an encoder");
    let encode = |(number, frame)| {
        let picture = encoder.encode(frame, false).expect("encodes")?;
        let frame = EncodedFrame {
            codec: Codec::H264,
            data: picture.data,
            timestamp: number as u32 * 3600,
            captured: Instant::now(),
            duration: Duration::from_millis(40),
            key: picture.key,
            layer: 0,
        };
        Some((number, frame))
    };
    film.iter().enumerate().filter_map(encode).collect()
}

fn slices(data: &[u8]) -> usize {
    units(data).iter().filter(|unit| matches!(unit[0] & 0x1f, 1 | 5)).count()
}

/// Mean PSNR of the pictures after packets, assembler and decoder; all of them must come out.
fn quality(film: &[VideoFrame], pictures: &[(usize, EncodedFrame)]) -> f64 {
    let (mut packetizer, mut assembler) = (Packetizer::new(65_500), FrameAssembler::new(Codec::H264));
    let mut decoder = open_decoder(Codec::H264).expect("a decoder");
    let now = Instant::now();
    let mut sum = 0.0;
    for (number, picture) in pictures {
        packetizer.cut(picture, now).into_iter().for_each(|packet| assembler.push(packet));
        // A sender that may set the marker on each slice is waited for at first.
        let whole = assembler.poll(now + Duration::from_millis(200)).expect("one in, one out");
        assert_eq!(whole.data, picture.data);
        let decoded = decoder.decode(&whole.data).expect("decodes");
        assert!(!decoded.needs_key && !decoded.damaged);
        sum += psnr_y(&film[*number], &decoded.frame.expect("one in, one out"));
    }
    sum / pictures.len() as f64
}

#[test]
fn pictures_of_several_threads_arrive_whole_and_as_good() {
    let film = film(50);
    let alone = encoded(&film, config(1, 1));
    let usual = quality(&film, &alone);
    for (layers, threads) in [(1, 2), (2, 2), (1, 4), (2, 4)] {
        let pictures = encoded(&film, config(layers, threads));
        assert!(pictures.len() + 3 >= alone.len(), "{layers} layers, {threads} threads: {}", pictures.len());
        assert!(pictures.iter().all(|(_, picture)| slices(&picture.data) == threads as usize));
        let mean = quality(&film, &pictures);
        // A second layer costs up to 0.7 dB, a slice's edge little.
        let least = usual - if layers == 2 { 1.2 } else { 0.5 };
        assert!(mean > least, "{layers} layers, {threads} threads: {mean:.2} dB, alone {usual:.2} dB");
    }
}

#[test]
fn an_upper_layer_picture_without_one_of_its_slices_is_left_out() {
    let pictures = encoded(&film(50), config(2, 2));
    let mut packetizer = Packetizer::new(1);
    let (mut bench, mut lost) = (Bench::new(), 0);
    for (number, picture) in &pictures {
        let mut packets = packetizer.cut(picture, Instant::now());
        let upper = units(&picture.data).iter().all(|unit| unit[0] & 0x60 == 0);
        if upper && *number > 10 && packets.len() > 1 {
            lost += 1;
            packets.remove(packets.len() / 2);
        }
        bench.receive(Duration::from_millis(40) * *number as u32, Codec::H264, packets);
    }
    bench.wait_until(Duration::from_secs(5));
    let stats = bench.stats();
    assert!(lost > 10, "{lost}");
    assert_eq!((bench.requests(), stats.gaps, stats.damaged), (0, 0, 0), "{stats:?}");
    assert!(stats.frames_skipped + 2 >= lost, "{lost} lost, {stats:?}");
}
