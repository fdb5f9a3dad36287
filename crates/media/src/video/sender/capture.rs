//! Video capture thread, which owns the source: opens and closes it, and tries again when it fails.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, info};

use super::layer::Layer;
use super::{Content, Picture, Shared, SourceEvent, VideoOutputs, VideoSenderConfig, Wanted};
use crate::video::camera;
use crate::video::mirror::Mirror;
use crate::video::rate_meter::FrameRateLimit;
use crate::video::source::VideoFormat;
use crate::video::source_table::open_source_at;
use crate::{DeviceProblem, SourceError, VideoSource};

/// Delay before a failed source is opened again.
const REOPEN_DELAY: Duration = Duration::from_secs(1);
/// How long a request to close the source may wait for a frame.
const CLOSE_CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// Interval between searches for the wanted camera while another one stands in.
const WANTED_CAMERA_POLL_INTERVAL: Duration = Duration::from_secs(3);
/// A file without a frame by then is reported, though one may still come.
const FIRST_FRAME_TIMEOUT: Duration = Duration::from_millis(800);
/// How long a camera may be busy before that is reported.
const BUSY_REPORT_DELAY: Duration = Duration::from_secs(3);
const CAMERA: &str = "camera:";
const FILE: &str = "file:";
const MAX_SENT_FPS: u32 = 30;
/// Requested screen format; also the largest frame sent of it.
const SCREEN: VideoFormat = VideoFormat { width: 1920, height: 1080, fps: 15 };

pub(super) struct Capture {
    shared: Arc<Shared>,
    outputs: VideoOutputs,
    mirror: Mirror,
    format: VideoFormat,
    epoch: Instant,
    beat: FrameRateLimit,
    /// Whether a person knows that there is no picture.
    lost: bool,
    /// A failure that is not reported yet: label and problem.
    trouble: Option<(String, DeviceProblem)>,
    /// Since when a source that is in use elsewhere is tried.
    busy: Option<Instant>,
}

/// How playing a source ended.
enum End {
    /// It is no longer requested.
    Unwanted,
    Failed(SourceError),
    /// The camera in whose place it played is there again.
    Relieved,
}

/// A source that was opened.
struct Opened {
    source: Box<dyn VideoSource>,
    /// It is not the wanted one, because of that.
    instead: Option<DeviceProblem>,
}

impl Capture {
    pub(super) fn new(config: &VideoSenderConfig, shared: Arc<Shared>, outputs: &VideoOutputs) -> Self {
        Self {
            shared,
            outputs: outputs.clone(),
            mirror: config.mirror.clone(),
            format: config.format,
            epoch: config.epoch,
            beat: FrameRateLimit::default(),
            lost: false,
            trouble: None,
            busy: None,
        }
    }

    pub(super) fn run(mut self) {
        let mut choice = None;
        while let Some(wanted) = self.wait_until_wanted() {
            if choice.replace(wanted.choice) != Some(wanted.choice) {
                // The failures of the last source do not count for another one.
                (self.trouble, self.busy) = (None, None);
            }
            let mut ran = false;
            let (end, label) = match self.open(&wanted) {
                Ok(opened) => {
                    self.busy = None;
                    let label = opened.source.describe();
                    (self.play(opened, &label, &wanted, &mut ran), label)
                }
                Err(error) => (End::Failed(error), String::new()),
            };
            self.shared.capture().source.clear();
            self.shared.layers.iter().for_each(Layer::clear);
            if let End::Failed(error) = end {
                debug!(%error, "Video source lost");
                if wanted.content == Content::Screen {
                    self.end_sharing(&wanted, &error);
                    continue;
                }
                if label.is_empty() || !ran {
                    self.fail(&error);
                } else {
                    // It ran: another camera may do, or the same one again.
                    self.trouble = Some((label, error.problem()));
                }
                self.pause(&wanted);
            }
        }
    }

    fn open(&self, wanted: &Wanted) -> Result<Opened, SourceError> {
        if wanted.id == "echo" {
            return Ok(Opened { source: Box::new(self.mirror.clone()), instead: None });
        }
        let format = match wanted.content {
            Content::Camera => self.format,
            Content::Screen => SCREEN,
        };
        let error = match open_source_at(&wanted.id, format, self.epoch) {
            Ok(source) => return Ok(Opened { source, instead: None }),
            Err(error) => error,
        };
        // Only for one that is not connected: what another program looks through is no stand-in's business.
        let missing = error.problem() == DeviceProblem::Missing;
        if missing && wanted.content == Content::Camera && wanted.id.starts_with(CAMERA) {
            let other = open_source_at("default", format, self.epoch);
            return other
                .map(|source| Opened { source, instead: Some(DeviceProblem::Missing) })
                .map_err(|_| error);
        }
        Err(error)
    }

    /// Tells once that there is no picture.
    fn fail(&mut self, error: &SourceError) {
        let problem = error.problem();
        // The previous owner may still be releasing it.
        let since = *self.busy.get_or_insert_with(Instant::now);
        if problem == DeviceProblem::Busy && self.trouble.is_none() && since.elapsed() < BUSY_REPORT_DELAY {
            return;
        }
        let (label, problem) = self.trouble.take().unwrap_or((String::new(), problem));
        if !std::mem::replace(&mut self.lost, true) {
            (self.outputs.events)(SourceEvent::Lost { label, problem, message: error.to_string() });
        }
    }

    /// The camera replaces a frozen screen, if it is on.
    fn end_sharing(&self, wanted: &Wanted, error: &SourceError) {
        self.shared.change(|control| {
            if control.choice == wanted.choice {
                control.share(None);
            }
        });
        let (problem, message) = (error.problem(), error.to_string());
        (self.outputs.events)(SourceEvent::ShareLost { problem, message });
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
        let until = Instant::now() + REOPEN_DELAY;
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

    /// Passes frames on until the source is closed or fails; `ran` once there was one.
    fn play(&mut self, opened: Opened, label: &str, wanted: &Wanted, ran: &mut bool) -> End {
        let Opened { mut source, instead } = opened;
        let begun = Instant::now();
        let mut looked = Instant::now();
        while self.is_wanted(wanted) {
            let frame = match source.next_frame(CLOSE_CHECK_INTERVAL) {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    let late = !*ran && begun.elapsed() > FIRST_FRAME_TIMEOUT && !source.is_ready();
                    if late && wanted.id.starts_with(FILE) {
                        self.fail(&SourceError::Failed("no picture has come yet".into()));
                    }
                    continue;
                }
                Err(error) => return End::Failed(error),
            };
            if !std::mem::replace(ran, true) {
                self.greet(label, wanted.content, instead);
            }
            if instead.is_some() && looked.elapsed() > WANTED_CAMERA_POLL_INTERVAL {
                looked = Instant::now();
                if wanted.id.strip_prefix(CAMERA).is_some_and(camera::is_there) {
                    self.lost = true;
                    return End::Relieved;
                }
            }
            if !self.beat.passes(frame.at, MAX_SENT_FPS) {
                continue;
            }
            self.shared.capture().frames += 1;
            if self.shared.control().sending {
                let (choice, content) = (wanted.choice, wanted.content);
                let picture = Picture { frame: frame.clone(), choice, content };
                self.shared.layers.iter().for_each(|layer| layer.put(&picture));
            }
            self.outputs.self_view.frame(frame);
        }
        End::Unwanted
    }

    /// A source is only believed once it has given a picture.
    fn greet(&mut self, label: &str, content: Content, instead: Option<DeviceProblem>) {
        info!("Video source runs");
        label.clone_into(&mut self.shared.capture().source);
        let label = label.to_owned();
        if content == Content::Screen {
            return (self.outputs.events)(SourceEvent::Opened { label });
        }
        let trouble = self.trouble.take();
        let was_lost = std::mem::take(&mut self.lost);
        (self.outputs.events)(match instead.or(trouble.map(|(_, problem)| problem)) {
            Some(problem) if instead.is_some() => SourceEvent::Switched { label, problem },
            Some(_) => SourceEvent::Back { label },
            None if was_lost => SourceEvent::Back { label },
            None => SourceEvent::Opened { label },
        });
    }
}
