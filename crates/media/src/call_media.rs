//! Media of one call: microphone and camera out, audio and video in. It knows neither the network nor the
//! call's state; packets enter by [`SharedReceiver`] and leave by [`EncodedSink`].

mod config;
mod event;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use serde::Serialize;

pub use self::config::{CallMediaConfig, Processing, START_BITRATE_BPS};
pub use self::event::MediaEvent;
use crate::audio::{Audio, AudioFeatures, Inbox, Origin, PathControl};
use crate::lip_sync::LipSync;
use crate::video::{
    Mirror, SourceEvent, VideoFormat, VideoOutputs, VideoReceiver, VideoReceiverConfig, VideoSender,
    VideoSenderConfig,
};
use crate::{
    Codec, DeviceChange, DeviceEvent, DeviceKind, DeviceProblem, EncodedSink, FrameSink, Packet,
    PacketReceiver, SenderReport, SharedReceiver, TrackKind, VideoFrame,
};

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
    /// Pictures the encoder was too busy for.
    pub frames_dropped: u64,
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
    /// The longest time without a new picture since the first packet; that there is none yet counts.
    pub longest_freeze_ms: u32,
    /// From the first packet of video to the first picture.
    pub first_picture_ms: Option<u32>,
    /// Pictures decoded, whether shown or not.
    pub frames_decoded: u64,
    /// Times a picture nobody needs was left out instead of waited for.
    pub frames_left_out: u64,
    /// Pictures the encoder's rate control left out.
    pub frames_skipped: u64,
    pub key_frames_sent: u64,
    pub key_frames_requested: u64,
    /// What jitter and repairs of the video add to the shortest way, ms.
    pub video_delay_ms: u32,
    /// From a picture's capture to its display, ms, smoothed; none until the sender's reports came.
    pub capture_to_display_ms: Option<f32>,
    /// Mean time to encode and to decode a picture, ms.
    pub encode_ms: f32,
    pub decode_ms: f32,
    /// Quantiser of the last picture sent, in the codec's own scale (H.264: 0..51).
    pub quantiser: Option<f32>,
    /// The path carries sound only, so no picture is sent.
    pub picture_paused: bool,
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
    /// Samples made up because their packet was missing, as a fraction 0..1 of all played. Pauses of the
    /// sender are none.
    pub concealed: f32,
    /// Audio packets that came too late to be played, and that were restored from later ones.
    pub audio_late: u64,
    pub audio_restored: u64,
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
    /// Of the camera or of what is shared.
    pub picture_source: String,
}

/// The running media of one call; dropping it ends and joins every thread.
pub struct CallMedia {
    audio: Option<Audio>,
    camera: Option<VideoSender>,
    screen: Option<Arc<VideoReceiver>>,
    receiver: Arc<Incoming>,
    clock: Arc<LipSync>,
    camera_on: AtomicBool,
    max_bitrate: u32,
    events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
}

impl std::fmt::Debug for CallMedia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallMedia").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl CallMedia {
    /// Starts capture, self-view and playout. Never fails for a missing device: that is an event.
    pub fn start(config: CallMediaConfig, outputs: Outputs) -> CallMedia {
        let epoch = Instant::now();
        let clock = Arc::new(LipSync::new(epoch));
        let audio = config.audio.then(|| {
            Audio::start(&config, epoch, outputs.audio.clone(), clock.clone(), outputs.events.clone())
        });
        let mirror = Mirror::default();
        let path = audio.as_ref().map(Audio::path);
        let camera = config.video.then(|| start_camera(&config, epoch, &outputs, mirror.clone(), path));
        let mirror = (config.camera == "echo").then_some(mirror);
        let screen = config.video.then(|| Arc::new(start_screen(&outputs, &clock, mirror)));
        let receiver = Arc::new(Incoming {
            audio: audio.as_ref().map(Audio::inbox),
            path: audio.as_ref().map(Audio::path),
            video: screen.as_ref().map_or_else(Weak::new, Arc::downgrade),
            clock: clock.clone(),
            sender_round_trip_ms: camera.as_ref().map(VideoSender::round_trip_ms).unwrap_or_default(),
        });
        let camera_on = AtomicBool::new(config.camera_on);
        let max_bitrate = config.max_bitrate;
        Self { audio, camera, screen, receiver, clock, camera_on, max_bitrate, events: outputs.events }
    }

    /// Where received packets go in; may outlive the call.
    pub fn receiver(&self) -> SharedReceiver {
        self.receiver.clone()
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

    pub fn set_video_codec(&self, codec: Codec) {
        if let Some(camera) = &self.camera {
            camera.set_codec(codec);
        }
    }

    /// Sets the encoder's target in bits per second, bounded by the configured maximum.
    pub fn set_video_bitrate(&self, bits_per_second: u32) {
        if let Some(camera) = &self.camera {
            camera.set_bitrate(bits_per_second.min(self.max_bitrate));
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

    /// Tells the encoders how much the other end loses, as a fraction 0..1.
    pub fn set_audio_loss(&self, fraction: f32) {
        if let Some(audio) = &self.audio {
            audio.set_loss(fraction);
        }
        if let Some(camera) = &self.camera {
            camera.set_loss(fraction);
        }
    }

    /// Makes the next picture sent a key frame.
    pub fn force_key_frame(&self) {
        if let Some(camera) = &self.camera {
            camera.force_key();
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

    pub fn stats(&self) -> MediaStats {
        let audio = self.audio.as_ref().map(Audio::stats).unwrap_or_default();
        let sent = self.camera.as_ref().map(VideoSender::stats).unwrap_or_default();
        let received = self.screen.as_ref().map(|screen| screen.stats()).unwrap_or_default();
        MediaStats {
            frames_sent: sent.frames_encoded,
            frames_dropped: sent.frames_dropped,
            frames_received: received.frames_shown,
            fps_sent: sent.fps,
            fps_received: received.fps,
            width_sent: sent.width,
            height_sent: sent.height,
            width_received: received.width,
            height_received: received.height,
            freezes: received.freezes,
            freeze_ms: received.freeze_ms,
            longest_freeze_ms: received.longest_freeze_ms,
            first_picture_ms: received.first_picture_ms,
            frames_decoded: received.frames_decoded,
            frames_left_out: received.frames_skipped,
            frames_skipped: sent.frames_skipped,
            key_frames_sent: sent.key_frames,
            key_frames_requested: received.key_requests,
            video_delay_ms: received.playout_delay_ms,
            capture_to_display_ms: self.clock.display_delay_ms(),
            encode_ms: sent.encode_ms,
            decode_ms: received.decode_ms,
            quantiser: sent.quantiser,
            picture_paused: sent.paused,
            video_kbps_sent: sent.kbps,
            video_kbps_received: received.kbps,
            audio_kbps_sent: audio.kbps_sent,
            audio_kbps_received: audio.kbps_received,
            jitter_ms: audio.delay_ms,
            audio_level_sent_db: audio.level_sent_db,
            audio_level_received_db: audio.level_received_db,
            concealed: audio.concealed,
            audio_late: audio.packets.late,
            audio_restored: audio.packets.recovered,
            underruns: audio.underruns,
            microphone_muted: audio.muted,
            camera_off: !self.camera_on.load(Ordering::Relaxed),
            video_codec_sent: sent.codec.map(codec_name).unwrap_or_default().into(),
            video_codec_received: received.codec.map(codec_name).unwrap_or_default().into(),
            av_offset_ms: self.clock.offset_ms(),
            microphone: audio.microphone,
            speaker: audio.speaker,
            picture_source: sent.source,
        }
    }
}

fn start_camera(
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

fn start_screen(outputs: &Outputs, clock: &Arc<LipSync>, mirror: Option<Mirror>) -> VideoReceiver {
    let (tell, tell_unplayable) = (outputs.events.clone(), outputs.events.clone());
    VideoReceiver::start(VideoReceiverConfig {
        clock: Some(clock.clone()),
        sink: Arc::new(FirstSeen {
            view: outputs.remote_view.clone(),
            mirror,
            events: outputs.events.clone(),
            seen: AtomicBool::new(false),
        }),
        key_frame_wanted: Arc::new(move || tell(MediaEvent::KeyFrameWanted)),
        unplayable: Arc::new(move |why| {
            tell_unplayable(MediaEvent::Device(DeviceEvent::received_video(why)))
        }),
    })
}

fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "opus",
        Codec::H264 => "H264",
        Codec::Vp8 => "VP8",
    }
}

/// Tells of the first picture on its way to the view.
struct FirstSeen {
    view: Arc<dyn FrameSink>,
    mirror: Option<Mirror>,
    events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    seen: AtomicBool,
}

impl FrameSink for FirstSeen {
    fn frame(&self, frame: VideoFrame) {
        if let Some(mirror) = &self.mirror {
            mirror.frame(frame.clone());
        }
        self.view.frame(frame);
        if !self.seen.swap(true, Ordering::Relaxed) {
            (self.events)(MediaEvent::FirstVideo(Instant::now()));
        }
    }
}

/// Takes packets apart by kind; keeps nothing alive.
struct Incoming {
    audio: Option<Arc<Inbox>>,
    path: Option<PathControl>,
    video: Weak<VideoReceiver>,
    clock: Arc<LipSync>,
    /// For the sender of pictures.
    sender_round_trip_ms: Arc<AtomicU32>,
}

impl PacketReceiver for Incoming {
    fn packet(&self, codec: Codec, packet: Packet) {
        match codec {
            Codec::Opus => {
                if let Some(audio) = &self.audio {
                    audio.push(packet, Origin::Itself);
                }
            }
            Codec::H264 | Codec::Vp8 => {
                if let Some(video) = self.video.upgrade() {
                    video.push(codec, packet);
                }
            }
        }
    }

    fn copy(&self, packet: Packet) {
        if let Some(audio) = &self.audio {
            audio.push(packet, Origin::Copy);
        }
    }

    fn begins_anew(&self, kind: TrackKind) {
        if let (TrackKind::Video, Some(video)) = (kind, self.video.upgrade()) {
            video.begin_anew();
        }
    }

    fn parameter_sets(&self, sets: &[u8]) {
        if let Some(video) = self.video.upgrade() {
            video.set_parameter_sets(sets);
        }
    }

    fn sender_report(&self, kind: TrackKind, report: SenderReport) {
        self.clock.report(kind, report);
        if kind == TrackKind::Video {
            self.clock.report_came(report, Instant::now());
        }
    }

    fn round_trip(&self, rtt: Duration) {
        self.clock.set_round_trip(rtt);
        self.sender_round_trip_ms
            .store(u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX), Ordering::Relaxed);
        if let Some(path) = &self.path {
            path.set_round_trip(rtt);
        }
        if let Some(video) = self.video.upgrade() {
            video.set_round_trip(rtt);
        }
    }
}

#[cfg(test)]
mod tests;
