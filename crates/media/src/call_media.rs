//! Media of one call: microphone and camera out, audio and video of its members in. It knows neither the network nor the
//! call's state; packets enter by [`SharedReceiver`](crate::SharedReceiver) and leave by
//! [`EncodedSink`](crate::EncodedSink).
//!
//! ```text
//!  microphone, camera ─► encoded once ─────────────────────────────────► EncodedSink
//!  member ─► jitter buffer, decoder ─┬► mix ─► speaker
//!  member ─► jitter buffer, decoder ─┘
//!      └───► video pipeline, lip sync ─► the member's view
//! ```

mod camera;
mod config;
mod event;
mod media_stats;
mod member;
mod outputs;
mod round_trips;
mod stats;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub(crate) use self::camera::source_event;
use self::camera::start_camera;
pub use self::config::{CallMediaConfig, Processing, START_BITRATE_BPS};
pub use self::event::MediaEvent;
pub use self::media_stats::MediaStats;
pub use self::member::MemberMedia;
use self::member::Members;
pub use self::outputs::{MemberOutputs, Outputs};
use self::round_trips::RoundTrips;
pub use self::stats::{MemberStats, SentStats};
use crate::audio::{Audio, AudioFeatures};
use crate::video::{Mirror, VideoLayer, VideoSender};
use crate::{DeviceProblem, PictureFeedback};

/// The running media of one call; dropping it ends and joins every thread that captures, encodes and plays. Those of
/// members end with their [`MemberMedia`].
pub struct CallMedia {
    epoch: Instant,
    audio: Option<Audio>,
    camera: Option<VideoSender>,
    has_video: bool,
    /// What a camera called `echo` shows.
    mirror: Option<Mirror>,
    members: Arc<Members>,
    camera_on: AtomicBool,
    max_bitrate: u32,
    events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
}

impl std::fmt::Debug for CallMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallMedia").field("sent", &self.sent_stats()).finish_non_exhaustive()
    }
}

impl CallMedia {
    /// Starts capture, self-view and playout, of nobody yet. Never fails for a missing device: that is an event.
    pub fn start(config: CallMediaConfig, outputs: Outputs) -> CallMedia {
        let epoch = Instant::now();
        let audio =
            config.audio.then(|| Audio::start(&config, epoch, outputs.audio.clone(), outputs.events.clone()));
        let mirror = Mirror::default();
        let path = audio.as_ref().map(Audio::path);
        let camera =
            config.video.then(|| start_camera(&config, epoch, &outputs, mirror.clone(), path.clone()));
        let sender_ms = camera.as_ref().map(VideoSender::round_trip_ms).unwrap_or_default();
        Self {
            epoch,
            audio,
            camera,
            has_video: config.video,
            mirror: (config.camera == "echo").then_some(mirror),
            members: Arc::new(Members::new(RoundTrips::new(path, sender_ms))),
            camera_on: AtomicBool::new(config.camera_on),
            max_bitrate: config.max_bitrate,
            events: outputs.events,
        }
    }

    /// A member comes: their voice is mixed to the others', their pictures go to a view of their own.
    pub fn join(&self, outputs: MemberOutputs) -> MemberMedia {
        MemberMedia::start(self, &outputs)
    }

    /// Off sends silence, so that the stream lives on.
    pub fn set_microphone(&self, on: bool) {
        if let Some(audio) = &self.audio {
            audio.set_microphone(on);
        }
    }

    /// Changes to another microphone (see [`CallMediaConfig::microphone`]); the one in use is heard until the
    /// other one is, and what comes in is not touched.
    pub fn set_microphone_device(&self, id: &str) {
        if let Some(audio) = &self.audio {
            audio.set_source(id);
        }
    }

    /// Changes to another speaker (see [`CallMediaConfig::speaker`]), as [`Self::set_microphone_device`].
    pub fn set_speaker_device(&self, id: &str) {
        if let Some(audio) = &self.audio {
            audio.set_speaker(id);
        }
    }

    /// Changes to another camera (see [`CallMediaConfig::camera`]); it begins with a key frame.
    pub fn set_camera_device(&self, id: &str) {
        if let Some(camera) = &self.camera {
            camera.set_source(id);
        }
    }

    /// Switches parts of the microphone's processing on and off.
    pub fn set_processing(&self, processing: Processing) {
        if let Some(audio) = &self.audio {
            audio.set_processing(processing);
        }
    }

    /// Off closes the camera and sends nothing.
    pub fn set_camera(&self, on: bool) {
        self.camera_on.store(on, Ordering::Relaxed);
        if let Some(camera) = &self.camera {
            camera.set_on(on);
        }
    }

    /// Sends a screen or window (`screen:…`, or any other source id) instead of the camera, from a key
    /// frame on; `None` ends that, and the camera is sent again if it is on. What cannot be shared, and a
    /// call without pictures, is answered by [`MediaEvent::SharingLost`].
    pub fn share(&self, source: Option<&str>) {
        match (&self.camera, source) {
            (Some(camera), source) => camera.share(source),
            (None, None) => {}
            (None, Some(_)) => {
                let message = "a voice call has no pictures".to_owned();
                (self.events)(MediaEvent::SharingLost { problem: DeviceProblem::Failed, message });
            }
        }
    }

    /// Encodes a layer of the picture like that from now on, at no more than the configured maximum; `None`: nobody
    /// gets it. The first layer is there from the start.
    pub fn set_video_layer(&self, layer: usize, wanted: Option<VideoLayer>) {
        if let Some(camera) = &self.camera {
            let bounded =
                |wanted: VideoLayer| VideoLayer { bitrate: wanted.bitrate.min(self.max_bitrate), ..wanted };
            camera.set_layer(layer, wanted.map(bounded));
        }
    }

    /// Tells what the path carries, bit/s, headers and pictures included; returns what sound takes of that. Sound
    /// follows it in bit rate, packet length and redundancy.
    pub fn set_total_bitrate(&self, bits_per_second: u32) -> u32 {
        self.audio.as_ref().map_or(0, |audio| audio.set_total_bitrate(bits_per_second))
    }

    /// Tells what the other end can make use of in the sound sent.
    pub fn set_audio_features(&self, takes: AudioFeatures) {
        if let Some(audio) = &self.audio {
            audio.set_features(takes);
        }
    }

    /// Tells the encoder of sound how much the other end loses, as a fraction 0..1; of several, the worst.
    pub fn set_audio_loss(&self, fraction: f32) {
        if let Some(audio) = &self.audio {
            audio.set_loss(fraction);
        }
    }

    /// Somebody begins to get a layer: it has a key frame soon. Unlike a request this is not held to be answered by
    /// the last one.
    pub fn begin_video_layer(&self, layer: usize) {
        if let Some(camera) = &self.camera {
            camera.begin_layer(layer);
        }
    }

    /// Somebody asks for a key frame of a layer.
    pub fn force_key_frame(&self, layer: usize) {
        if let Some(camera) = &self.camera {
            camera.force_key(layer);
        }
    }

    /// The only one who gets a layer tells what it keeps or has lost of it, see [`VideoLayer::long_term`].
    pub fn picture_feedback(&self, layer: usize, feedback: PictureFeedback) {
        if let Some(camera) = &self.camera {
            camera.picture_feedback(layer, feedback);
        }
    }

    /// Lets encoded media flow; capture and self-view run without it.
    pub fn set_sending(&self, sending: bool) {
        if let Some(audio) = &self.audio {
            audio.set_sending(sending);
        }
        if let Some(camera) = &self.camera {
            camera.set_sending(sending);
        }
    }

    /// What is sent and, of members, what is received of the one who has been here longest.
    pub fn stats(&self) -> MediaStats {
        MediaStats::of(&self.sent_stats(), &self.members.first_stats().unwrap_or_default())
    }

    /// What is sent, and this end's devices.
    pub fn sent_stats(&self) -> SentStats {
        let audio = self.audio.as_ref().map(Audio::stats).unwrap_or_default();
        let video = self.camera.as_ref().map(VideoSender::stats).unwrap_or_default();
        SentStats::new(audio, video, !self.camera_on.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
