//! Raw video frames, their sources and sinks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::DeviceProblem;

/// An I420 picture: Y plane `width*height`, then U and V of `width/2 * height/2` each, no padding.
/// Width and height are even.
#[derive(Clone)]
pub struct VideoFrame {
    pub width: u32,
    pub height: u32,
    pub i420: Arc<[u8]>,
    /// When the picture was captured, or when it is due on screen.
    pub at: Instant,
    /// RTP timestamp the picture was received with; 0 for local pictures.
    pub timestamp: u32,
}

impl std::fmt::Debug for VideoFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VideoFrame({}x{})", self.width, self.height)
    }
}

/// Where pictures are shown. Called from media threads; must not block (keep the newest, drop the rest).
pub trait FrameSink: Send + Sync {
    fn frame(&self, frame: VideoFrame);
}

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
