//! Test of a page of text as a shared screen and as camera picture: how readable its letters stay.

use std::time::Instant;

use crate::VideoFrame;
use crate::codec::{EncoderConfig, open_decoder, open_encoder, video_codecs};
use crate::video::psnr_y;

const SIZE: (usize, usize) = (1920, 1080);
const FPS: usize = 15;
const BITRATE: u32 = 1_500_000;

/// A page of letters with strokes one pixel wide, scrolled down by so many rows.
fn page(scrolled: usize) -> VideoFrame {
    let (width, height) = SIZE;
    let mut i420 = vec![235; width * height];
    for (row, line) in i420.chunks_exact_mut(width).enumerate() {
        let row = row + scrolled;
        let (text_line, y) = (row / 22, row % 22);
        if y >= 14 {
            continue;
        }
        for (column, pixel) in line.iter_mut().enumerate().skip(60).take(1600) {
            let (letter, x) = ((column - 60) / 9, (column - 60) % 9);
            // Any letter is as good as another: each has an own pattern of strokes.
            let mut chance =
                (letter as u32).wrapping_mul(2_654_435_761) ^ (text_line as u32).wrapping_mul(40_503);
            chance = (chance ^ (chance >> 15)).wrapping_mul(2_246_822_519);
            let space = chance.is_multiple_of(6);
            let upright = x == 1 || (x == 6 && chance & 64 != 0);
            let across =
                matches!((y, chance >> 8 & 3), (0, 0 | 1) | (7, 1 | 2) | (13, 2 | 3)) && (1..7).contains(&x);
            if !space && (upright || across) {
                *pixel = 20;
            }
        }
    }
    i420.resize(width * height * 3 / 2, 128);
    VideoFrame {
        width: width as u32,
        height: height as u32,
        i420: i420.into(),
        at: Instant::now(),
        timestamp: 0,
    }
}

/// How much of the differences between neighbours is left, 1 is all.
fn sharpness(original: &VideoFrame, seen: &VideoFrame) -> f64 {
    let edges = |frame: &VideoFrame| -> f64 {
        let luma = &frame.i420[..SIZE.0 * SIZE.1];
        luma.windows(2).map(|pair| f64::from(pair[0].abs_diff(pair[1])).powi(2)).sum()
    };
    edges(seen) / edges(original)
}

/// Reading with a turn of the wheel every second: mean likeness and sharpness of what is seen half a
/// second after each, and pictures left out.
fn read(kind: crate::Codec, screen: bool) -> (f64, f64, usize) {
    let (width, height) = (SIZE.0 as u32, SIZE.1 as u32);
    let config = EncoderConfig {
        width,
        height,
        fps: FPS as f32,
        bitrate: BITRATE,
        max_slice: 0,
        screen,
        temporal_layers: 1,
        threads: 1,
        long_term: false,
    };
    let mut encoder = open_encoder(kind, config).expect("an encoder");
    let mut decoder = open_decoder(kind).expect("a decoder");
    let (mut likeness, mut sharp, mut looks, mut left_out) = (0.0, 0.0, 0.0, 0);
    let mut seen = None;
    for turn in 0..3 {
        let page = page(turn * 66);
        for index in 0..FPS {
            match encoder.encode(&page, false).expect("encodes") {
                Some(picture) => {
                    let decoded = decoder.decode(&picture.data).expect("decodes");
                    assert!(!decoded.damaged && !decoded.needs_key, "{kind:?}");
                    seen = decoded.frame.or(seen);
                }
                None => left_out += 1,
            }
            if index == FPS / 2 || index == FPS - 1 {
                let seen = seen.as_ref().expect("a picture");
                likeness += psnr_y(&page, seen);
                sharp += sharpness(&page, seen);
                looks += 1.0;
            }
        }
    }
    (likeness / looks, sharp / looks, left_out)
}

#[test]
fn text_is_sharper_as_a_screen_than_as_a_camera() {
    for &kind in video_codecs() {
        let (screen, camera) = (read(kind, true), read(kind, false));
        println!(
            "{kind:?} 1920x1080 at {FPS}/s and {} kbit/s: screen {:.1} dB, sharpness {:.2}, {} left out; \
             camera {:.1} dB, {:.2}, {} left out",
            BITRATE / 1000,
            screen.0,
            screen.1,
            screen.2,
            camera.0,
            camera.1,
            camera.2
        );
        assert_eq!(screen.2, 0, "{kind:?} left pictures out");
        assert!(screen.0 > camera.0, "{kind:?}: {screen:?} and {camera:?}");
        assert!(screen.1 > 0.9, "{kind:?}: {screen:?}");
    }
}
