//! The thread that owns the source: opens it when wanted, closes it when not, tries again when it fails.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, info};

use super::{Content, Picture, Shared, SourceEvent, VideoOutputs, VideoSenderConfig, Wanted};
use crate::video::meter::Beat;
use crate::video::mirror::Mirror;
use crate::video::source::{VideoFormat, open_source_at};
use crate::{SourceError, VideoSource};

/// How long a failed source is left alone.
const RETRY: Duration = Duration::from_secs(1);
/// How long a wish to close the source may wait for a picture.
const LOOK_UP: Duration = Duration::from_millis(50);
const MAX_FPS: u32 = 30;
/// What is asked of a screen; also the largest picture sent of it.
const SCREEN: VideoFormat = VideoFormat { width: 1920, height: 1080, fps: 15 };

pub(super) struct Capture {
    shared: Arc<Shared>,
    outputs: VideoOutputs,
    mirror: Mirror,
    format: VideoFormat,
    epoch: Instant,
    beat: Beat,
    lost: bool,
}

impl Capture {
    pub(super) fn new(config: &VideoSenderConfig, shared: Arc<Shared>, outputs: &VideoOutputs) -> Self {
        let (format, epoch) = (config.format, config.epoch);
        let mirror = config.mirror.clone();
        Self { shared, outputs: outputs.clone(), mirror, format, epoch, beat: Beat::default(), lost: false }
    }

    pub(super) fn run(mut self) {
        while let Some(wanted) = self.wait_until_wanted() {
            let failure = match self.open(&wanted) {
                Ok(source) => self.play(source, &wanted),
                Err(error) => Some(error.to_string()),
            };
            self.shared.progress().stats.source.clear();
            self.shared.slot.clear();
            if let Some(message) = failure {
                debug!(message, "Video source lost");
                if wanted.content == Content::Screen {
                    self.end_sharing(&wanted, message);
                    continue;
                }
                if !std::mem::replace(&mut self.lost, true) {
                    (self.outputs.events)(SourceEvent::Lost { message });
                }
                self.pause(&wanted);
            }
        }
    }

    fn open(&self, wanted: &Wanted) -> Result<Box<dyn VideoSource>, SourceError> {
        if wanted.id == "echo" {
            return Ok(Box::new(self.mirror.clone()));
        }
        let format = match wanted.content {
            Content::Camera => self.format,
            Content::Screen => SCREEN,
        };
        open_source_at(&wanted.id, format, self.epoch)
    }

    /// Nobody is left with a frozen screen: the camera comes back, if it is on.
    fn end_sharing(&self, wanted: &Wanted, message: String) {
        self.shared.change(|control| {
            if control.choice == wanted.choice {
                control.share(None);
            }
        });
        (self.outputs.events)(SourceEvent::ShareLost { message });
    }

    /// `None` at the end of the pipeline.
    fn wait_until_wanted(&self) -> Option<Wanted> {
        let mut control = self.shared.control();
        loop {
            if control.closed {
                return None;
            }
            if let Some(wanted) = control.wanted() {
                return Some(wanted);
            }
            control = self.shared.changed.wait(control).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_wanted(&self, wanted: &Wanted) -> bool {
        self.shared.control().wanted().is_some_and(|now| now.choice == wanted.choice)
    }

    /// Waits before the next try, but not longer than the source is wanted.
    fn pause(&self, wanted: &Wanted) {
        let until = Instant::now() + RETRY;
        let mut control = self.shared.control();
        while control.wanted().is_some_and(|now| now.choice == wanted.choice) {
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
                self.greet(&label, wanted.content);
            }
            if !self.beat.passes(frame.at, MAX_FPS) {
                continue;
            }
            self.shared.progress().stats.frames_captured += 1;
            if self.shared.control().sending {
                let (choice, content) = (wanted.choice, wanted.content);
                self.shared.slot.put(Picture { frame: frame.clone(), choice, content });
            }
            self.outputs.self_view.frame(frame);
        }
        None
    }

    /// A source is only believed once it has given a picture.
    fn greet(&mut self, label: &str, content: Content) {
        info!("Video source runs");
        label.clone_into(&mut self.shared.progress().stats.source);
        let label = label.to_owned();
        (self.outputs.events)(if content == Content::Camera && std::mem::take(&mut self.lost) {
            SourceEvent::Back { label }
        } else {
            SourceEvent::Opened { label }
        });
    }
}
