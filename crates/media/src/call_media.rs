//! The media of one call: microphone and camera out, sound and pictures in. It knows neither the
//! network nor the call's state; packets enter by [`SharedReceiver`] and leave by [`EncodedSink`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{Codec, EncodedSink, FrameSink, Packet, PacketReceiver, SenderReport, SharedReceiver, TrackKind};

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
    /// `default`, a device id, `file:/x.wav`, `file:/x.mp4`, `test:tone` or `none`.
    pub microphone: String,
    /// `default`, a device id, `none`, or `file:/out.wav`, which records instead of playing.
    pub speaker: String,
    /// A video source id, e.g. `camera:…`, `file:/x.mp4`, `test:pattern`, `none`.
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
            start_bitrate: 800_000,
            max_bitrate: 2_500_000,
        }
    }
}

/// What happens to a call's media. Messages are for people.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    /// The picture cannot go on without a key frame from the sender (already rate-limited).
    KeyFrameWanted,
    /// The first remote picture was shown.
    FirstVideo(Instant),
    /// The first remote sound was handed to the speaker.
    FirstAudio(Instant),
    MicrophoneLost {
        message: String,
    },
    MicrophoneBack,
    SpeakerLost {
        message: String,
    },
    SpeakerBack,
    CameraLost {
        message: String,
    },
    CameraBack,
    /// Ten times a second; dBFS, -90 is silence.
    Levels {
        microphone_db: f32,
        speaker_db: f32,
    },
}

/// Where everything a call's media produces goes. All are called from media threads and must not block.
#[derive(Clone)]
pub struct Outputs {
    pub audio: Arc<dyn EncodedSink>,
    pub video: Arc<dyn EncodedSink>,
    pub remote_view: Arc<dyn FrameSink>,
    pub self_view: Arc<dyn FrameSink>,
    pub events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outputs")
    }
}

/// Figures of a call's media since its start, or of the last second where a rate is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MediaStats {
    pub frames_sent: u64,
    /// Pictures shown.
    pub frames_received: u64,
    pub fps_sent: f32,
    pub fps_received: f32,
    pub width_sent: u32,
    pub height_sent: u32,
    pub width_received: u32,
    pub height_received: u32,
    pub freezes: u32,
    pub freeze_ms: u32,
    /// Payload only, without RTP and below.
    pub video_kbps_sent: f32,
    pub video_kbps_received: f32,
    pub audio_kbps_sent: f32,
    pub audio_kbps_received: f32,
    /// Depth of the audio jitter buffer, ms.
    pub jitter_ms: f32,
    /// dBFS of the last second, after processing and mute; -90 is silence.
    pub audio_level_sent_db: f32,
    pub audio_level_received_db: f32,
    /// Samples made up because their packet was missing, as a fraction 0..1 of all played.
    pub concealed: f32,
    /// Audio packets that came too late to be played.
    pub audio_late: u64,
    /// 10 ms frames the speaker asked for and did not get.
    pub underruns: u64,
    pub microphone_muted: bool,
    pub camera_off: bool,
    /// Empty until something was sent.
    pub video_codec_sent: String,
    pub video_codec_received: String,
    /// How far video is shown after (+) or before (-) its audio, ms.
    pub av_offset_ms: f32,
    /// Names of the devices in use, empty where none is.
    pub microphone: String,
    pub speaker: String,
}

/// The running media of one call; dropping it ends and joins every thread.
#[derive(Debug)]
pub struct CallMedia {
    receiver: Arc<Incoming>,
}

impl CallMedia {
    /// Starts capture, self-view and playout. Never fails for a missing device: that is an event.
    pub fn start(config: CallMediaConfig, outputs: Outputs) -> CallMedia {
        let _ = (config, outputs);
        CallMedia { receiver: Arc::new(Incoming) }
    }

    /// Where received packets go in; may outlive the call.
    pub fn receiver(&self) -> SharedReceiver {
        self.receiver.clone()
    }

    pub fn set_microphone(&self, on: bool) {
        let _ = on;
    }

    pub fn set_camera(&self, on: bool) {
        let _ = on;
    }

    pub fn set_video_codec(&self, codec: Codec) {
        let _ = codec;
    }

    /// Sets the encoder's target in bits per second, bounded by the configured maximum.
    pub fn set_video_bitrate(&self, bits_per_second: u32) {
        let _ = bits_per_second;
    }

    /// Tells the audio encoder how much the other end loses, as a fraction 0..1.
    pub fn set_audio_loss(&self, fraction: f32) {
        let _ = fraction;
    }

    /// Makes the next picture sent a key frame.
    pub fn force_key_frame(&self) {}

    /// Lets encoded media flow; capture and self-view run without it.
    pub fn set_sending(&self, sending: bool) {
        let _ = sending;
    }

    pub fn stats(&self) -> MediaStats {
        MediaStats::default()
    }
}

#[derive(Debug)]
struct Incoming;

impl PacketReceiver for Incoming {
    fn packet(&self, codec: Codec, packet: Packet) {
        let _ = (codec, packet);
    }

    fn sender_report(&self, kind: TrackKind, report: SenderReport) {
        let _ = (kind, report);
    }

    fn round_trip(&self, rtt: Duration) {
        let _ = rtt;
    }
}
