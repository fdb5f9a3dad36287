//! The camera or shared screen of a call, and what its events mean for it.

use std::sync::Arc;
use std::time::Instant;

use super::{CallMediaConfig, MediaEvent, Outputs};
use crate::audio::PathControl;
use crate::video::{Mirror, SourceEvent, VideoFormat, VideoOutputs, VideoSender, VideoSenderConfig};
use crate::{DeviceChange, DeviceEvent, DeviceKind};

pub(super) fn start_camera(
    config: &CallMediaConfig,
    epoch: Instant,
    outputs: &Outputs,
    mirror: Mirror,
    path: Option<PathControl>,
) -> VideoSender {
    let tell = outputs.events.clone();
    let events = move |event| {
        if let (Some(path), SourceEvent::Paused | SourceEvent::Resumed) = (&path, &event) {
            path.set_picture_paused(matches!(event, SourceEvent::Paused));
        }
        source_event(event, &*tell);
    };
    VideoSender::start(
        VideoSenderConfig {
            source: config.camera.clone(),
            mirror,
            format: VideoFormat::default(),
            codec: config.video_codec,
            bitrate: config.start_bitrate.min(config.max_bitrate),
            epoch,
            on: config.camera_on,
            sending: false,
        },
        VideoOutputs {
            encoded: outputs.video.clone(),
            self_view: outputs.self_view.clone(),
            events: Arc::new(events),
        },
    )
}

/// What happens to a picture source, as a call tells it.
pub(crate) fn source_event(event: SourceEvent, tell: &dyn Fn(MediaEvent)) {
    let (happened, name, problem) = match event {
        SourceEvent::Opened { .. } => return,
        SourceEvent::ShareLost { problem, message } => {
            return tell(MediaEvent::SharingLost { problem, message });
        }
        SourceEvent::Paused => return tell(MediaEvent::PicturePaused),
        SourceEvent::Resumed => return tell(MediaEvent::PictureResumed),
        SourceEvent::Lost { label, problem, .. } => (DeviceChange::Lost, label, Some(problem)),
        SourceEvent::Back { label } => (DeviceChange::Back, label, None),
        SourceEvent::Switched { label, problem } => (DeviceChange::Switched, label, Some(problem)),
    };
    tell(MediaEvent::Device(DeviceEvent { device: DeviceKind::Camera, happened, name, problem }));
}
