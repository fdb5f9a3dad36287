//! Tests of the video pipelines: real codecs on a real film, and both pipelines joined by packets.

mod codecs;
#[cfg(target_os = "linux")]
pub(crate) mod display;
mod files;
mod hidden;
mod layers;
mod long_term;
pub(crate) mod pipeline;
mod sharing;
pub(crate) mod streams;
mod text;
mod threads;

use std::sync::Arc;

use crate::VideoFrame;
use crate::file::{Mp4Video, Mp4VideoReader};

/// The film's pictures, from the first.
pub(crate) fn film(most: usize) -> Vec<VideoFrame> {
    let path = crate::test_files::asset("media/big-buck-bunny-720p25.mp4");
    let clip = Arc::new(Mp4Video::open(&path).expect("the film is sound"));
    let mut reader = Mp4VideoReader::new(clip).expect("a decoder");
    std::iter::from_fn(|| reader.next_picture().expect("the film is sound"))
        .map(|(_, frame)| frame)
        .take(most)
        .collect()
}
