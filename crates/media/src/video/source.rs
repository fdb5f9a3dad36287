//! Video sources: the trait, its error, and what a source is asked for.

use std::time::Duration;

use serde::Serialize;

use crate::{DeviceProblem, VideoFrame};

/// Where pictures come from: camera, file, test pattern, screen.
pub trait VideoSource: Send {
    /// What a person would call it.
    fn describe(&self) -> String;
    /// Blocks up to `timeout`; `Ok(None)` = nothing yet; `Err` = the source is gone, reopen it.
    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError>;
    /// Whether there is a picture that only waits for its time.
    fn is_ready(&self) -> bool {
        false
    }
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    #[error("there is no camera")]
    NoCamera,
    #[error("no such video source: {0}")]
    NotFound(String),
    #[error("the video source is in use by another program")]
    Busy,
    #[error("not allowed to use the video source")]
    Denied,
    #[error("the video source failed: {0}")]
    Failed(String),
    /// Words for people: it was there, and is no longer.
    #[error("{0}")]
    Gone(String),
    /// Words for people: this machine has no such thing.
    #[error("{0}")]
    Unsupported(String),
}

impl SourceError {
    /// What it means for the device behind the source.
    pub fn problem(&self) -> DeviceProblem {
        match self {
            Self::NoCamera | Self::NotFound(_) | Self::Gone(_) => DeviceProblem::Missing,
            Self::Busy => DeviceProblem::Busy,
            Self::Denied => DeviceProblem::Denied,
            Self::Failed(_) | Self::Unsupported(_) => DeviceProblem::Failed,
        }
    }
}

/// The size and rate asked of a source; it gives what it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoFormat {
    pub width: u32,
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
}

impl Default for VideoFormat {
    fn default() -> Self {
        Self { width: 1280, height: 720, fps: 30 }
    }
}

/// A source that can be opened now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceInfo {
    /// What [`open_source`](super::open_source) takes.
    pub id: String,
    /// What a person would call it.
    pub label: String,
}
