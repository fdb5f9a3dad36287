//! Configuration of a call's media.

use crate::Codec;

/// Bit rate of video and first estimate of a connection at the start of a call, as in libwebrtc. Probes find out
/// within a second or two whether the path carries more; a start above what it carries fills its queue at once.
pub const START_BITRATE_BPS: u32 = 300_000;

/// Which parts of the microphone's processing are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processing {
    /// Echo cancellation.
    pub echo: bool,
    /// Noise suppression.
    pub noise: bool,
    /// Automatic gain.
    pub gain: bool,
}

impl Default for Processing {
    fn default() -> Self {
        Self { echo: true, noise: true, gain: true }
    }
}

/// How the media of a call starts.
#[derive(Clone, Debug)]
pub struct CallMediaConfig {
    pub audio: bool,
    /// Whether this is a video call: without it no camera is opened and no picture decoded.
    pub video: bool,
    pub microphone_on: bool,
    pub camera_on: bool,
    /// `default`, a device id, `file:/x.wav`, `file:/x.mp4`, `test:tone`, `echo` (what is heard) or `none`.
    pub microphone: String,
    /// `default`, a device id, `none`, or `file:/out.wav`, which records instead of playing.
    pub speaker: String,
    /// A video source id, e.g. `camera:…`, `file:/x.mp4`, `test:pattern`, `echo` (what is seen), `none`.
    pub camera: String,
    pub processing: Processing,
    pub video_codec: Codec,
    /// Bits per second of video to begin with.
    pub start_bitrate: u32,
    /// Bits per second of video never exceeded.
    pub max_bitrate: u32,
}

impl Default for CallMediaConfig {
    fn default() -> Self {
        Self {
            audio: true,
            video: true,
            microphone_on: true,
            camera_on: true,
            microphone: "default".into(),
            speaker: "default".into(),
            camera: "none".into(),
            processing: Processing::default(),
            video_codec: Codec::H264,
            start_bitrate: START_BITRATE_BPS,
            max_bitrate: 2_500_000,
        }
    }
}
