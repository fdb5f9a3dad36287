//! Raw video frames and their sinks.

use std::sync::Arc;
use std::time::Instant;

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
