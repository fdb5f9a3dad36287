//! Tests of files as phones, editors and other tools write them; see `testdata/README.md`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Mp4Video, Mp4VideoReader};
use crate::audio::SoundClip;
use crate::video::image::Planes;
use crate::{SourceError, VideoFrame};

fn review(name: &str) -> PathBuf {
    crate::test_files::in_crate("src/file/testdata/review").join(name)
}

fn pictures(name: &str) -> Vec<(Duration, VideoFrame)> {
    let clip = Mp4Video::open(&review(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut reader = Mp4VideoReader::new(Arc::new(clip)).expect("a decoder");
    std::iter::from_fn(|| reader.next_picture().unwrap_or_else(|error| panic!("{name}: {error}"))).collect()
}

/// Seconds at which the picture becomes white.
fn flashes(name: &str) -> Vec<f64> {
    let mut white = false;
    let mut found = Vec::new();
    for (shown, frame) in pictures(name) {
        let luma = &frame.i420[..(frame.width * frame.height) as usize];
        let is = luma.iter().map(|byte| u64::from(*byte)).sum::<u64>() / luma.len() as u64 > 150;
        if is && !std::mem::replace(&mut white, is) {
            found.push(shown.as_secs_f64());
        }
        white = is;
    }
    found
}

/// Seconds at which a beep begins.
fn beeps(name: &str) -> Vec<f64> {
    let clip = SoundClip::load(&review(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut loud = false;
    let mut found = Vec::new();
    for (index, piece) in clip.samples.chunks(48).enumerate() {
        let power = (piece.iter().map(|s| s * s).sum::<f32>() / piece.len() as f32).sqrt();
        if power > 0.1 && !loud {
            loud = true;
            found.push(index as f64 / 1000.0);
        }
        loud &= power >= 0.01;
    }
    found
}

fn near(name: &str, found: &[f64], wanted: f64) {
    let first = found.first().copied().unwrap_or(f64::NAN);
    assert!((first - wanted).abs() < 0.06, "{name}: {found:?}, not {wanted}");
}

#[test]
fn flash_and_beep_come_when_the_edits_say() {
    for (name, flash) in
        [("edit-empty.mp4", 2.0), ("edit-trim.mp4", 0.8), ("avc3.mp4", 2.0), ("zero-box-control.mp4", 2.0)]
    {
        near(name, &flashes(name), flash);
        near(name, &beeps(name), flash);
    }
}

#[test]
fn a_box_of_no_size_keeps_nobody_for_ever() {
    // It is where neither sound nor pictures are described: both can be played.
    near("pictures", &flashes("zero-box.mp4"), 2.0);
    near("sound", &beeps("zero-box.mp4"), 2.0);
}

/// A film changed before it is played.
fn patched(name: &str, patch: impl Fn(&mut Vec<u8>)) -> tempfile::NamedTempFile {
    let mut film = std::fs::read(review(name)).expect("the film is there");
    patch(&mut film);
    let file = tempfile::NamedTempFile::new().expect("a folder");
    std::fs::write(file.path(), film).expect("it can be written");
    file
}

fn places(film: &[u8], name: &[u8; 4]) -> Vec<usize> {
    let places = film.windows(4).enumerate().filter(|(_, found)| *found == name);
    places.map(|(at, _)| at + 4).collect()
}

/// Cameras write sound uncompressed: two minutes of it are some millions of samples.
#[test]
fn sound_of_another_coding_does_no_harm_to_the_pictures_and_is_said() {
    for (coding, words) in [(b"sowt", "PCM"), (b"twos", "PCM"), (b"alac", "ALAC"), (b"Opus", "Opus")] {
        let film = patched("zero-box-control.mp4", |film| {
            let entry = places(film, b"mp4a")[0];
            film[entry - 4..entry].copy_from_slice(coding);
            let sizes = places(film, b"stsz").into_iter().find(|at| *at > entry).expect("there is one");
            film[sizes + 4..sizes + 8].copy_from_slice(&4_u32.to_be_bytes());
            film[sizes + 8..sizes + 12].copy_from_slice(&6_000_000_u32.to_be_bytes());
        });
        let clip = Mp4Video::open(film.path()).expect("the pictures can be played");
        assert!(clip.pictures() > 50 && clip.loop_length() < Duration::from_secs(10), "{clip:?}");
        let error = SoundClip::load(film.path()).map(|_| ()).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// As recorders that were cut short, or stream, leave it.
#[test]
fn a_film_is_as_long_as_its_tables_whatever_its_header_says() {
    let whole = Mp4Video::open(&review("zero-box-control.mp4")).expect("sound").loop_length();
    for length in [0, 1, 100, u32::MAX] {
        let film = patched("zero-box-control.mp4", |film| {
            for head in places(film, b"mdhd") {
                film[head + 16..head + 20].copy_from_slice(&length.to_be_bytes());
            }
        });
        let clip = Mp4Video::open(film.path()).unwrap_or_else(|error| panic!("{length}: {error}"));
        assert!(clip.loop_length().abs_diff(whole) < Duration::from_millis(50), "{length}: {clip:?}");
        let sound = SoundClip::load(film.path()).unwrap_or_else(|error| panic!("{length}: {error}"));
        assert!(sound.samples.len() as f64 / 48_000.0 < whole.as_secs_f64() + 0.1, "{length}");
    }
}

#[test]
fn turned_films_stand_upright() {
    let colour = |frame: &VideoFrame, x: u32, y: u32| {
        let planes = Planes::of(frame).expect("a sound picture");
        let at = (y / 2 * (frame.width / 2) + x / 2) as usize;
        if planes.v[at] > 180 {
            "red"
        } else if planes.u[at] > 180 {
            "blue"
        } else {
            "other"
        }
    };
    for (name, size, red, blue) in [
        // Against the clock: what was left is below (ISO/IEC 14496-12, 8.3.2).
        ("rotated90.mp4", (180, 320), (90, 280), (90, 40)),
        ("rotated180.mp4", (320, 180), (280, 90), (40, 90)),
    ] {
        let (_, frame) = pictures(name).remove(0);
        assert_eq!((frame.width, frame.height), size, "{name}");
        assert_eq!(colour(&frame, red.0, red.1), "red", "{name}");
        assert_eq!(colour(&frame, blue.0, blue.1), "blue", "{name}");
    }
}

#[test]
fn what_cannot_be_played_is_refused_in_words() {
    for (name, word) in [("tenbit.mp4", "8 bits"), ("h422.mp4", "4:2:0"), ("hevc.mp4", "H.264")] {
        let error = Mp4Video::open(&review(name)).expect_err(name);
        assert!(matches!(&error, SourceError::Failed(words) if words.contains(word)), "{name}: {error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(Mp4Video::open(folder.path()), Err(SourceError::Failed(_))), "a folder is no film");
}
