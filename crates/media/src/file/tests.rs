//! Tests of files as cameras: every frame, in display order, at its time.

mod review;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{FileSource, Mp4Video, Mp4VideoReader, loop_length};
use crate::video::read_frame_number;
use crate::{SourceError, VideoSource};

/// Sixty numbered pictures at 25 a second, High profile with three B-frames between references.
fn numbered() -> PathBuf {
    crate::test_files::in_crate("src/file/testdata/numbered-b-frames.mp4")
}

fn film() -> PathBuf {
    crate::test_files::asset("media/big-buck-bunny-720p25.mp4")
}

#[test]
fn b_frames_come_out_in_order_of_display() {
    let clip = Arc::new(Mp4Video::open(&numbered()).expect("the clip is sound"));
    let mut reader = Mp4VideoReader::new(clip).expect("a decoder");
    let mut seen = Vec::new();
    while let Some((shown, frame)) = reader.next_picture().expect("the clip is sound") {
        assert_eq!((frame.width, frame.height), (320, 180));
        let number = read_frame_number(&frame).expect("every picture is numbered");
        assert_eq!(shown, Duration::from_millis(40) * number);
        seen.push(number);
    }
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
}

#[test]
fn skipping_starts_at_a_key_frame() {
    let clip = Arc::new(Mp4Video::open(&numbered()).expect("the clip is sound"));
    let mut reader = Mp4VideoReader::new(clip).expect("a decoder");
    reader.skip_to(Duration::from_millis(40 * 47)).expect("a decoder");
    let (_, frame) = reader.next_picture().expect("the clip is sound").expect("there is more");
    assert_eq!(read_frame_number(&frame), Some(40));
}

#[test]
fn the_film_decodes_whole_and_knows_its_length() {
    let clip = Arc::new(Mp4Video::open(&film()).expect("the film is sound"));
    assert_eq!(clip.pictures(), 132);
    let length = loop_length(&film()).expect("the film is sound");
    assert_eq!(clip.loop_length(), length);
    assert!(length >= Duration::from_millis(5280) && length < Duration::from_millis(5500), "{length:?}");
    let mut reader = Mp4VideoReader::new(clip).expect("a decoder");
    let mut times = Vec::new();
    while let Some((shown, frame)) = reader.next_picture().expect("the film is sound") {
        assert_eq!((frame.width, frame.height), (1280, 720));
        times.push(shown);
    }
    assert_eq!(times, (0..132).map(|n| Duration::from_millis(40) * n).collect::<Vec<_>>());
}

#[test]
fn a_playing_clip_stands_where_its_start_puts_it_and_loops() {
    // Started long ago: eleven rounds and a bit.
    let length = loop_length(&numbered()).expect("the clip is sound");
    let start = Instant::now() - length * 11 - Duration::from_millis(1200);
    let mut source = FileSource::open(&numbered(), start).expect("the clip is sound");
    let mut last: Option<Duration> = None;
    let mut rounds = Vec::new();
    let until = Instant::now() + Duration::from_secs(60);
    while rounds.last() < Some(&13) && Instant::now() < until {
        let Some(frame) = source.next_frame(Duration::from_secs(1)).expect("the clip is sound") else {
            continue;
        };
        let number = read_frame_number(&frame).expect("every picture is numbered");
        let played = frame.at - start;
        // The number and the stamp agree however late the reader is.
        let round = (played.as_nanos() / length.as_nanos()) as u32;
        assert_eq!(played, length * round + Duration::from_millis(40) * number);
        assert!(last.is_none_or(|last| played > last));
        assert!(frame.at <= Instant::now());
        last = Some(played);
        rounds.push(round);
    }
    assert!(rounds.first() >= Some(&11) && rounds.last() == Some(&13), "{rounds:?}");
}

#[test]
fn what_is_no_clip_is_refused_in_plain_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(numbered()).expect("the clip is there");
    let open = |bytes: &[u8]| {
        let path = folder.path().join("clip.mp4");
        std::fs::write(&path, bytes).expect("the folder is writable");
        Mp4Video::open(&path)
    };
    assert!(matches!(Mp4Video::open(&folder.path().join("none.mp4")), Err(SourceError::NotFound(_))));
    assert!(open(b"").is_err());
    assert!(open(b"this is no film, however long one looks at it").is_err());
    // Cut short or scrambled, it may play in part but never brings anything down.
    for cut in [100, 700, 1500, 2500, whole.len() / 2] {
        let _ = open(&whole[..cut.min(whole.len())]);
    }
    for at in (0..whole.len().min(3000)).step_by(37) {
        let mut broken = whole.clone();
        broken[at] ^= 0x5a;
        if let Ok(clip) = open(&broken)
            && let Ok(mut reader) = Mp4VideoReader::new(Arc::new(clip))
        {
            while let Ok(Some(_)) = reader.next_picture() {}
        }
    }
}
