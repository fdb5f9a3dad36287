//! Configuration that an engine is started with.

use std::path::PathBuf;
use std::sync::Arc;

use bellwire_media::{Codec, FrameSink};

/// Devices and limits; all of them have usable defaults.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// `default`, a device id, `file:/x.wav`, `file:/x.mp4`, `test:tone`, `echo` or `none`.
    pub microphone: String,
    /// `default`, a device id, `file:/out.wav` (records) or `none`.
    pub speaker: String,
    /// `camera:…`, `test:pattern`, `file:/x.mp4`, `echo` or `none`.
    pub camera: String,
    /// What is sent while sharing: `screen:` (all of it), `screen:WINDOW`, or any camera id.
    pub screen: String,
    /// Echo cancellation, noise suppression and gain control.
    pub processing: bool,
    /// Play ringtone and ring-back on the speaker.
    pub tones: bool,
    /// Video codecs offered and accepted, best first.
    pub video_codecs: Vec<Codec>,
    /// Bits per second.
    pub start_bitrate: u32,
    pub max_bitrate: u32,
    /// File of the call log; `None`: kept in memory, gone with the program.
    pub call_log: Option<PathBuf>,
    /// Only use paths through a TURN server.
    pub relay_only: bool,
}

/// How calls start, from the next one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallDefaults {
    /// The microphone is on.
    pub microphone: bool,
    /// The camera is on.
    pub camera: bool,
    /// Only paths through a TURN server: the other side does not learn our addresses.
    pub relay_only: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            microphone: "default".into(),
            speaker: "default".into(),
            camera: "default".into(),
            screen: "screen:".into(),
            processing: true,
            tones: true,
            video_codecs: vec![Codec::H264, Codec::Vp8],
            start_bitrate: bellwire_media::START_BITRATE_BPS,
            max_bitrate: 2_500_000,
            call_log: None,
            relay_only: false,
        }
    }
}

/// Where pictures are shown; the owner of the windows provides them.
#[derive(Clone)]
pub struct Screens {
    pub remote: Arc<dyn FrameSink>,
    pub own: Arc<dyn FrameSink>,
}

impl std::fmt::Debug for Screens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Screens")
    }
}
