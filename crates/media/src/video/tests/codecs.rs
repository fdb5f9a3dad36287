//! Tests of both codecs on the film: PSNR, bit rate, damage, malice.

use proptest::prelude::*;

use super::film;
use crate::codec::h264::annex_b::units;
use crate::codec::{EncoderConfig, VideoDecoder, VideoEncoder, open_decoder, open_encoder, video_codecs};
use crate::video::{psnr_y, scale_to_fit};
use crate::{Codec, VideoFrame};

fn config(frame: &VideoFrame, bitrate: u32) -> EncoderConfig {
    EncoderConfig {
        width: frame.width,
        height: frame.height,
        fps: 25.0,
        bitrate,
        max_slice: 0,
        screen: false,
        temporal_layers: 1,
        threads: 1,
        long_term: false,
    }
}

fn codec(codec: Codec, config: EncoderConfig) -> (Box<dyn VideoEncoder>, Box<dyn VideoDecoder>) {
    (open_encoder(codec, config).expect("an encoder"), open_decoder(codec).expect("a decoder"))
}

#[test]
fn the_film_at_720p_and_one_and_a_half_megabits_stays_itself() {
    let film = film(usize::MAX);
    assert_eq!(film.len(), 132);
    for &kind in video_codecs() {
        let (mut encoder, mut decoder) = codec(kind, config(&film[0], 1_500_000));
        let (mut sum, mut bytes, mut skipped) = (0.0, 0, 0);
        let mut shown = None;
        for (index, frame) in film.iter().enumerate() {
            match encoder.encode(frame, false).expect("encodes") {
                Some(picture) => {
                    assert_eq!(picture.key, index == 0, "{kind:?} picture {index}");
                    bytes += picture.data.len();
                    let decoded = decoder.decode(&picture.data).expect("decodes");
                    assert!(!decoded.needs_key && !decoded.damaged, "{kind:?} picture {index}");
                    shown = Some(decoded.frame.expect("one in, one out"));
                }
                // What stands still counts with what it should have shown.
                None => skipped += 1,
            }
            sum += psnr_y(frame, shown.as_ref().expect("the first picture is never left out"));
        }
        let mean = sum / film.len() as f64;
        let kbps = bytes as f64 * 8.0 / 1000.0 / (film.len() as f64 / 25.0);
        assert!(mean >= 32.0, "{kind:?}: {mean:.2} dB at {kbps:.0} kbit/s, {skipped} left out");
        assert!(kbps < 1_900.0, "{kind:?}: {kbps:.0} kbit/s");
        assert!(skipped < 14, "{kind:?}: {skipped} left out");
    }
}

/// As the lab's film does where it begins again.
#[test]
fn a_cut_is_no_reason_for_a_key_frame() {
    let film: Vec<_> = film(30).iter().map(|frame| scale_to_fit(frame, 320, 180)).collect();
    for &kind in video_codecs() {
        let (mut encoder, mut decoder) = codec(kind, config(&film[0], 500_000));
        for (index, frame) in film.iter().enumerate() {
            let mut frame = frame.clone();
            if index >= 15 {
                frame.i420 = frame.i420.iter().rev().map(|sample| 255 - sample).collect::<Vec<_>>().into();
            }
            let Some(picture) = encoder.encode(&frame, false).expect("encodes") else { continue };
            assert_eq!(picture.key, index == 0, "{kind:?} picture {index}");
            let decoded = decoder.decode(&picture.data).expect("decodes");
            assert!(decoded.frame.is_some() && !decoded.damaged, "{kind:?} picture {index}");
        }
    }
}

#[test]
fn of_a_screen_no_picture_is_left_out() {
    let film = film(40);
    for &kind in video_codecs() {
        let config = EncoderConfig { screen: true, ..config(&film[0], 300_000) };
        let (mut encoder, mut decoder) = codec(kind, config);
        for (index, frame) in film.iter().enumerate() {
            let picture = encoder.encode(frame, index == 20).expect("encodes");
            let picture = picture.unwrap_or_else(|| panic!("{kind:?} left out picture {index}"));
            assert_eq!(picture.key, index == 0 || index == 20, "{kind:?} picture {index}");
            let decoded = decoder.decode(&picture.data).expect("decodes");
            assert!(decoded.frame.is_some() && !decoded.damaged, "{kind:?} picture {index}");
        }
    }
}

#[test]
fn the_bit_rate_follows_in_both_directions() {
    let film: Vec<_> = film(66).iter().map(|frame| scale_to_fit(frame, 640, 360)).collect();
    for &kind in video_codecs() {
        let (mut encoder, _) = codec(kind, config(&film[0], 300_000));
        let mut measured = Vec::new();
        for bitrate in [300_000, 1_200_000, 250_000] {
            encoder.set_bitrate(bitrate).expect("takes a bit rate");
            // To and fro, so that no cut costs bits; the first second settles.
            let mut bytes = 0;
            for frame in film.iter().chain(film.iter().rev()).skip(25) {
                let coded = encoder.encode(frame, false).expect("encodes");
                bytes += coded.map_or(0, |picture| picture.data.len());
            }
            measured.push(bytes * 8 * 25 / (film.len() * 2 - 25));
        }
        assert!(measured[1] > 2 * measured[0], "{kind:?} {measured:?}");
        assert!(measured[2] * 2 < measured[1], "{kind:?} {measured:?}");
        assert!(measured[1] > 600_000 && measured[1] < 1_600_000, "{kind:?} {measured:?}");
    }
}

#[test]
fn a_forced_key_frame_comes_at_once_and_heals() {
    let film: Vec<_> = film(60).iter().map(|frame| scale_to_fit(frame, 640, 360)).collect();
    for &kind in video_codecs() {
        let (mut encoder, mut decoder) = codec(kind, config(&film[0], 1_000_000));
        let mut asked = false;
        let mut healed = None;
        for (index, frame) in film.iter().enumerate() {
            let Some(picture) = encoder.encode(frame, index == 40).expect("encodes") else { continue };
            if index == 40 {
                assert!(picture.key, "{kind:?}");
            }
            // Five pictures never arrive.
            if (20..25).contains(&index) {
                continue;
            }
            let decoded = decoder.decode(&picture.data).expect("survives");
            asked |= decoded.needs_key;
            if index >= 40 {
                assert!(!decoded.needs_key, "{kind:?} picture {index}");
                healed = decoded.frame.map(|shown| psnr_y(frame, &shown));
            }
        }
        // VP8 cannot know that pictures are missing; the assembler tells.
        assert!(asked || kind == Codec::Vp8, "{kind:?}");
        assert!(healed.expect("pictures after the key frame") > 30.0, "{kind:?} {healed:?}");
    }
}

#[test]
fn a_torn_h264_picture_is_still_shown_and_confessed() {
    let film: Vec<_> = film(30).iter().map(|frame| scale_to_fit(frame, 640, 360)).collect();
    let config = EncoderConfig { max_slice: 1000, ..config(&film[0], 1_500_000) };
    let (mut encoder, mut decoder) = codec(Codec::H264, config);
    let mut torn = None;
    for (index, frame) in film.iter().enumerate() {
        let Some(picture) = encoder.encode(frame, false).expect("encodes") else { continue };
        let mut units = units(&picture.data);
        if torn.is_none() && index > 15 && units.len() > 3 {
            units.remove(1);
            let data: Vec<u8> = units.iter().flat_map(|nal| [&[0, 0, 0, 1][..], nal].concat()).collect();
            torn = Some(decoder.decode(&data).expect("survives"));
            continue;
        }
        let decoded = decoder.decode(&picture.data).expect("survives");
        let Some(torn) = &torn else {
            assert!(!decoded.needs_key, "picture {index}");
            continue;
        };
        // A hole may only be noticed when the next picture begins.
        assert!(torn.needs_key || decoded.needs_key);
        assert!(torn.damaged || decoded.damaged);
        let likeness = decoded.frame.map(|shown| psnr_y(frame, &shown));
        assert!(likeness > Some(18.0), "{likeness:?}");
        return;
    }
    panic!("no picture of more than three slices");
}

#[test]
fn wrong_sizes_are_refused() {
    let frame = scale_to_fit(&film(1)[0], 320, 180);
    for &kind in video_codecs() {
        let config = config(&frame, 300_000);
        assert!(open_encoder(kind, EncoderConfig { width: 15, ..config }).is_err());
        assert!(open_encoder(kind, EncoderConfig { height: 100_000, ..config }).is_err());
        let mut encoder = open_encoder(kind, EncoderConfig { width: 640, ..config }).expect("an encoder");
        assert!(encoder.encode(&frame, false).is_err());
        let lying = VideoFrame { width: 640, ..frame.clone() };
        assert!(encoder.encode(&lying, false).is_err());
    }
    assert!(open_decoder(Codec::Opus).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn decoders_survive_whatever_a_stranger_sends(
        noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6),
        flips in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..20))
    {
        let start = crate::video::pattern::PatternSource::moving_bars(
            crate::video::VideoFormat { width: 160, height: 120, fps: 30 }, std::time::Instant::now());
        for &kind in video_codecs() {
            let (mut encoder, mut decoder) = codec(kind, config(&start.draw(0), 300_000));
            for data in &noise {
                let _ = decoder.decode(data);
            }
            for number in 0..4 {
                let Some(picture) = encoder.encode(&start.draw(number), false).expect("encodes") else { continue };
                let mut data = picture.data.to_vec();
                // The first bytes hold the size; a remote 4096x2304 would only slow the test.
                for &(at, bits) in &flips {
                    let length = data.len();
                    if number > 0 && length > 40 {
                        data[30 + usize::from(at) % (length - 30)] ^= bits;
                    }
                }
                let _ = decoder.decode(&data);
            }
        }
    }
}
