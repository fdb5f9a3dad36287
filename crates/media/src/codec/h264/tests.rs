//! Tests with streams of other encoders.

use super::*;
use crate::codec::Unplayable;

/// The access units of a stream with one slice a picture.
fn access_units(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut open = Vec::new();
    for unit in units(stream) {
        open.extend_from_slice(&[0, 0, 0, 1]);
        open.extend_from_slice(unit);
        if matches!(unit[0] & 0x1f, 1 | 5) {
            out.push(std::mem::take(&mut open));
        }
    }
    out
}

#[test]
fn main_profile_pictures_come_at_once_and_none_is_lost() {
    let stream = access_units(include_bytes!("../testdata/grey-main.h264"));
    assert_eq!(stream.len(), 75);
    let mut decoder = H264Decoder::new().expect("a decoder");
    let mut before = 0;
    for (number, unit) in stream.iter().chain(&stream).enumerate() {
        let decoded = decoder.decode(unit).expect("sound");
        assert!(!decoded.needs_key && !decoded.damaged && !decoded.reorders, "{number}");
        assert_eq!(decoded.behind, 0, "{number}");
        let grey = decoded.frame.expect("the picture of this access unit").i420[0];
        // The grey rises, and begins anew at black.
        assert!(
            grey > before || before > 200,
            "picture {number} ({grey}) is not newer than the last ({before})"
        );
        before = grey;
    }
}

#[test]
fn what_cannot_be_shown_is_refused_with_the_reason_before_decoding() {
    let mut decoder = H264Decoder::new().expect("a decoder");
    for (format, size, interlaced, why) in [
        ((1, 8), (320, 180), false, Unplayable::TooLarge),
        ((1, 8), (20, 15), true, Unplayable::Interlaced),
        ((1, 10), (20, 15), false, Unplayable::BitDepth),
        ((2, 8), (20, 15), false, Unplayable::Chroma),
    ] {
        let data = [&[0, 0, 0, 1][..], &sps::tests::written(format, size, interlaced)].concat();
        let error = decoder.decode(&data).expect_err("not playable");
        assert_eq!(error.unplayable(), Some(why));
    }
    let playable = access_units(include_bytes!("../testdata/grey-main.h264"));
    assert!(decoder.decode(&playable[0]).expect("sound").frame.is_some());
}
