//! Video source that returns what is shown: the camera of an echo robot. It keeps the newest frame only.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::slot::{Slot, Taken};
use crate::{FrameSink, SourceError, VideoFrame, VideoSource};

/// Both ends of the mirror; clones are the same mirror.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    newest: Arc<Slot<VideoFrame>>,
}

impl FrameSink for Mirror {
    fn frame(&self, frame: VideoFrame) {
        self.newest.put(frame);
    }
}

impl VideoSource for Mirror {
    fn describe(&self) -> String {
        "Echo".into()
    }

    fn next_frame(&mut self, timeout: Duration) -> Result<Option<VideoFrame>, SourceError> {
        match self.newest.take(timeout) {
            Taken::Value(frame) => Ok(Some(VideoFrame { at: Instant::now(), timestamp: 0, ..frame })),
            Taken::Nothing | Taken::Closed => Ok(None),
        }
    }
}
