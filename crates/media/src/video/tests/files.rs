//! Tests of files that cannot be a camera: each is reported, and hanging up waits for none.

use super::pipeline::{Seen, send};
use crate::video::{SourceEvent, VideoSenderConfig};
use crate::{DeviceProblem, EncodedFrame};

fn lost(path: &std::path::Path) -> DeviceProblem {
    let encoded: std::sync::Arc<Seen<EncodedFrame>> = Seen::new();
    let source = format!("file:{}", path.display());
    let sending = send(VideoSenderConfig { source, ..VideoSenderConfig::default() }, encoded.clone());
    let problem = sending.events.wait("the loss", |all| match all.first() {
        Some(SourceEvent::Lost { problem, message, .. }) => {
            assert!(!message.is_empty());
            Some(*problem)
        }
        Some(other) => panic!("{other:?}"),
        None => None,
    });
    assert_eq!(encoded.count(), 0);
    problem
}

#[test]
fn a_file_that_gives_no_picture_is_told_of() {
    let review = crate::test_files::in_crate("src/file/testdata/review");
    let folder = tempfile::tempdir().expect("a folder");
    let broken = |name: &str, from: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(review.join(from)).expect("the film is there");
        change(&mut bytes);
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the folder is writable");
        path
    };
    // Everything between is zeros: it opens, and nothing of it can be decoded.
    let hollow = |bytes: &mut Vec<u8>| {
        let at = bytes.windows(4).position(|name| name == b"mdat").expect("it has pictures") + 4;
        let behind = bytes.windows(4).position(|name| name == b"moov").filter(|moov| *moov > at);
        let end = behind.map_or(bytes.len(), |moov| moov - 4);
        bytes[at..end].fill(0);
    };
    let files = [
        (review.join("tenbit.mp4"), DeviceProblem::Failed),
        (review.join("h422.mp4"), DeviceProblem::Failed),
        (review.join("hevc.mp4"), DeviceProblem::Failed),
        (broken("hollow.mp4", "avc3.mp4", &hollow), DeviceProblem::Failed),
        (broken("empty.mp4", "avc3.mp4", &|bytes| bytes.clear()), DeviceProblem::Failed),
        (broken("cut.mp4", "avc3.mp4", &|bytes| bytes.truncate(300)), DeviceProblem::Failed),
        (folder.path().to_path_buf(), DeviceProblem::Failed),
        (folder.path().join("none.mp4"), DeviceProblem::Missing),
    ];
    for (path, problem) in files {
        assert_eq!(lost(&path), problem, "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_nobody_writes_to_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.mp4");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    assert_eq!(lost(&pipe), DeviceProblem::Failed);
}
