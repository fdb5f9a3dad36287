//! Events of a call's media.

use std::time::Instant;

use crate::{DeviceEvent, DeviceProblem, PictureFeedback};

/// What happens to a call's media. Messages are for people.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    /// The picture cannot go on without a key frame from the sender (already rate-limited).
    KeyFrameWanted,
    /// What the sender of the picture is to be told, where it was agreed.
    PictureFeedback(PictureFeedback),
    /// The first remote picture was shown.
    FirstVideo(Instant),
    /// The first remote sound was handed to the speaker.
    FirstAudio(Instant),
    /// A device went, came or changed.
    Device(DeviceEvent),
    /// What was shared cannot be sent (any more); the camera is sent again, if it is on.
    SharingLost { problem: DeviceProblem, message: String },
    /// The path carries sound only: the camera's or screen's picture is not sent for now.
    PicturePaused,
    /// It is sent again.
    PictureResumed,
    /// Ten times a second; dBFS, -90 is silence.
    Levels {
        microphone_db: f32,
        speaker_db: f32,
        /// The user speaks into the muted microphone.
        muted_speech: bool,
    },
}
