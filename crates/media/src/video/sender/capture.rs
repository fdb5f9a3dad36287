//! The thread that owns the source: opens it when wanted, closes it when not, tries again when it fails.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, info};

use super::{Shared, SourceEvent, VideoOutputs, VideoSenderConfig};
use crate::video::meter::Beat;
use crate::video::mirror::Mirror;
use crate::video::source::{VideoFormat, open_source_at};
use crate::{SourceError, VideoSource};

/// How long a failed source is left alone.
const RETRY: Duration = Duration::from_secs(1);
/// How long a wish to close the source may wait for a picture.
const LOOK_UP: Duration = Duration::from_millis(50);
const MAX_FPS: u32 = 30;

pub(super) struct Capture {
    shared: Arc<Shared>,
    outputs: VideoOutputs,
    mirror: Mirror,
    format: VideoFormat,
    epoch: Instant,
    beat: Beat,
    lost: bool,
}

/// A source somebody wants open.
struct Wanted {
    id: String,
    choice: u64,
}

impl Capture {
    pub(super) fn new(config: &VideoSenderConfig, shared: Arc<Shared>, outputs: &VideoOutputs) -> Self {
        let (format, epoch) = (config.format, config.epoch);
        let mirror = config.mirror.clone();
        Self { shared, outputs: outputs.clone(), mirror, format, epoch, beat: Beat::default(), lost: false }
    }

    pub(super) fn run(mut self) {
        while let Some(wanted) = self.wait_until_wanted() {
            let failure = match self.open(&wanted.id) {
                Ok(source) => self.play(source, &wanted),
                Err(error) => Some(error.to_string()),
            };
            self.shared.progress().stats.source.clear();
            self.shared.slot.clear();
            if let Some(message) = failure {
                debug!(message, "Video source lost");
                if !std::mem::replace(&mut self.lost, true) {
                    (self.outputs.events)(SourceEvent::Lost { message });
                }
                self.pause(&wanted);
            }
        }
    }

    fn open(&self, id: &str) -> Result<Box<dyn VideoSource>, SourceError> {
        if id == "echo" {
            return Ok(Box::new(self.mirror.clone()));
        }
        open_source_at(id, self.format, self.epoch)
    }

    /// `None` at the end of the pipeline.
    fn wait_until_wanted(&self) -> Option<Wanted> {
        let mut control = self.shared.control();
        loop {
            if control.closed {
                return None;
            }
            if control.on {
                return Some(Wanted { id: control.source.clone(), choice: control.choice });
            }
            control = self.shared.changed.wait(control).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_wanted(&self, wanted: &Wanted) -> bool {
        let control = self.shared.control();
        control.on && !control.closed && control.choice == wanted.choice
    }

    /// Waits before the next try, but not longer than the source is wanted.
    fn pause(&self, wanted: &Wanted) {
        let until = Instant::now() + RETRY;
        let mut control = self.shared.control();
        while control.on && !control.closed && control.choice == wanted.choice {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            control =
                self.shared.changed.wait_timeout(control, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Passes pictures on until nobody wants them (`None`) or the source fails.
    fn play(&mut self, mut source: Box<dyn VideoSource>, wanted: &Wanted) -> Option<String> {
        let label = source.describe();
        let mut greeted = false;
        while self.is_wanted(wanted) {
            let frame = match source.next_frame(LOOK_UP) {
                Ok(Some(frame)) => frame,
                Ok(None) => continue,
                Err(error) => return Some(error.to_string()),
            };
            if !greeted {
                greeted = true;
                self.greet(&label);
            }
            if !self.beat.passes(frame.at, MAX_FPS) {
                continue;
            }
            self.shared.progress().stats.frames_captured += 1;
            if self.shared.control().sending {
                self.shared.slot.put(frame.clone());
            }
            self.outputs.self_view.frame(frame);
        }
        None
    }

    /// A source is only believed once it has given a picture.
    fn greet(&mut self, label: &str) {
        info!("Video source runs");
        label.clone_into(&mut self.shared.progress().stats.source);
        let label = label.to_owned();
        (self.outputs.events)(if std::mem::take(&mut self.lost) {
            SourceEvent::Back { label }
        } else {
            SourceEvent::Opened { label }
        });
    }
}
