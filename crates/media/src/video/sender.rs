//! Sending pipeline of one call: a source on one thread, the encoder on another, and the newest frame between
//! them.

mod capture;
mod encode;
mod encoder_load;
mod key_frames;
mod temporal_layers;

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

use super::mirror::Mirror;
use super::rate_meter::RateMeter;
use super::source::VideoFormat;
use crate::slot::Slot;
use crate::thread::Thread;
use crate::{Codec, DeviceProblem, EncodedSink, FrameSink, VideoFrame};

/// How sending starts; most of it can be changed later.
#[derive(Clone, Debug)]
pub struct VideoSenderConfig {
    /// A source id, see [`super::open_source`], or `echo` for the mirror.
    pub source: String,
    /// Where the pictures of `echo` come from.
    pub mirror: Mirror,
    /// What is asked of the camera; also the largest picture sent of it.
    pub format: VideoFormat,
    pub codec: Codec,
    /// Bits per second.
    pub bitrate: u32,
    /// The instant RTP timestamp 0 stands for; the call's audio counts from the same. Files play as if
    /// started then.
    pub epoch: Instant,
    /// Whether the camera is open.
    pub on: bool,
    /// Whether pictures are encoded; self-view needs no sending.
    pub sending: bool,
}

impl Default for VideoSenderConfig {
    fn default() -> Self {
        Self {
            source: "none".into(),
            mirror: Mirror::default(),
            format: VideoFormat::default(),
            codec: Codec::H264,
            bitrate: 800_000,
            epoch: Instant::now(),
            on: true,
            sending: true,
        }
    }
}

/// What happens to the source. Messages are for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceEvent {
    /// It runs for the first time, or again after it was switched off.
    Opened { label: String },
    /// It failed or is not there; it is tried again every second. `label` of the one lost, may be empty.
    Lost { label: String, problem: DeviceProblem, message: String },
    /// It runs again after it was lost.
    Back { label: String },
    /// Another camera runs in the place of the wanted one.
    Switched { label: String, problem: DeviceProblem },
    /// What was shared instead of it failed; sharing is over.
    ShareLost { problem: DeviceProblem, message: String },
    /// The bit rate is enough for sound only: no pictures are sent.
    Paused,
    /// Pictures are sent again.
    Resumed,
}

/// Where everything goes. All are called from the pipeline's threads and must not block.
#[derive(Clone)]
pub struct VideoOutputs {
    pub encoded: Arc<dyn EncodedSink>,
    pub self_view: Arc<dyn FrameSink>,
    pub events: Arc<dyn Fn(SourceEvent) + Send + Sync>,
}

impl std::fmt::Debug for VideoOutputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VideoOutputs")
    }
}

/// Figures since the start; rates are those of the last second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VideoSenderStats {
    /// Pictures the source gave, at no more than 30 a second.
    pub frames_captured: u64,
    pub frames_encoded: u64,
    /// Pictures the encoder's rate control left out.
    pub frames_skipped: u64,
    /// Pictures the encoder was too busy for.
    pub frames_dropped: u64,
    pub key_frames: u64,
    pub width: u32,
    pub height: u32,
    /// Pictures encoded per second.
    pub fps: f32,
    /// Encoded payload.
    pub kbps: f32,
    /// Mean time to encode a picture, scaling included, ms.
    pub encode_ms: f32,
    /// Of the last picture, in the codec's own scale (H.264: 0..51).
    pub quantiser: Option<f32>,
    /// The bit rate is enough for sound only.
    pub paused: bool,
    /// Empty until a picture was encoded.
    pub codec: Option<Codec>,
    /// The source in use, empty where none is.
    pub source: String,
}

/// Owns the pipeline's threads; dropping it ends and joins them.
#[derive(Debug)]
pub struct VideoSender {
    shared: Arc<Shared>,
    threads: Vec<Thread>,
}

#[derive(Debug)]
struct Shared {
    control: Mutex<Control>,
    changed: Condvar,
    /// Newest wins: a busy encoder gets the newest picture, the rest is counted.
    slot: Slot<Picture>,
    progress: Mutex<Progress>,
    round_trip_ms: Arc<AtomicU32>,
}

/// A picture on its way to the encoder.
#[derive(Debug)]
struct Picture {
    frame: VideoFrame,
    /// Of the source it comes from: after a change the old one's last pictures are dropped.
    choice: u64,
    content: Content,
}

/// What kind of picture a source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Camera,
    Screen,
}

/// A requested source.
#[derive(Debug)]
struct Wanted {
    id: String,
    choice: u64,
    content: Content,
}

#[derive(Clone, Debug)]
struct Control {
    /// The camera.
    source: String,
    /// What is sent instead of it.
    share: Option<String>,
    /// Counts changes of the source, so that the same one can be chosen anew.
    choice: u64,
    codec: Codec,
    bitrate: u32,
    loss: f32,
    on: bool,
    sending: bool,
    /// This end needs a key frame.
    key_wanted: bool,
    /// Since when the other end has been asking for one.
    key_requested: Option<Instant>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Progress {
    stats: VideoSenderStats,
    encoded: RateMeter,
}

impl Control {
    /// A screen that is shared, otherwise a camera that is on.
    fn wanted(&self) -> Option<Wanted> {
        let (id, content) = match &self.share {
            _ if self.closed => return None,
            Some(screen) => (screen, Content::Screen),
            None if self.on => (&self.source, Content::Camera),
            None => return None,
        };
        Some(Wanted { id: id.clone(), choice: self.choice, content })
    }

    fn share(&mut self, source: Option<&str>) {
        if self.share.as_deref() != source {
            self.share = source.map(str::to_owned);
            self.choice += 1;
            self.key_wanted = true;
        }
    }
}

impl Shared {
    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Control)) {
        change(&mut self.control());
        self.changed.notify_all();
    }
}

impl VideoSender {
    /// Starts capture and encoding. Never fails for a missing source: that is an event.
    pub fn start(config: VideoSenderConfig, outputs: VideoOutputs) -> Self {
        let shared = Arc::new(Shared {
            control: Mutex::new(Control {
                source: config.source.clone(),
                share: None,
                choice: 0,
                codec: config.codec,
                bitrate: config.bitrate,
                loss: 0.0,
                on: config.on,
                sending: config.sending,
                key_wanted: false,
                key_requested: None,
                closed: false,
            }),
            changed: Condvar::new(),
            slot: Slot::default(),
            progress: Mutex::new(Progress::default()),
            round_trip_ms: Arc::default(),
        });
        let capture = capture::Capture::new(&config, shared.clone(), &outputs);
        let encode = encode::Encode::new(&config, shared.clone(), &outputs);
        let threads = vec![
            Thread::spawn("video-capture", move || capture.run()),
            Thread::spawn("video-encode", move || encode.run()),
        ];
        Self { shared, threads }
    }

    /// Off closes the camera and sends nothing of it; on again opens it and begins with a key frame.
    pub fn set_on(&self, on: bool) {
        self.shared.change(|control| {
            control.key_wanted |= on && !control.on;
            control.on = on;
        });
    }

    /// Lets encoded pictures flow, from a key frame on; capture and self-view run without it.
    pub fn set_sending(&self, sending: bool) {
        self.shared.change(|control| {
            control.key_wanted |= sending && !control.sending;
            control.sending = sending;
        });
    }

    /// Sends this source instead of the camera, as text is sent: sharp, at a low rate; `None`: the camera
    /// again, if it is on. The next picture is a key frame. A source that fails ends the sharing.
    pub fn share(&self, source: Option<&str>) {
        self.shared.change(|control| control.share(source));
    }

    /// Changes to another camera, from a key frame on; nothing happens if it is this one already.
    pub fn set_source(&self, id: &str) {
        self.shared.change(|control| {
            if control.source == id {
                return;
            }
            id.clone_into(&mut control.source);
            // A screen that is shared goes on undisturbed.
            if control.share.is_none() {
                control.choice += 1;
                control.key_wanted = true;
            }
        });
    }

    pub fn set_codec(&self, codec: Codec) {
        self.shared.change(|control| control.codec = codec);
    }

    /// Bits per second from now on; the picture's size and rate follow.
    pub fn set_bitrate(&self, bits_per_second: u32) {
        self.shared.change(|control| control.bitrate = bits_per_second);
    }

    /// How much the other end loses, as a fraction 0..1.
    pub fn set_loss(&self, fraction: f32) {
        self.shared.change(|control| control.loss = fraction);
    }

    /// The other end asks for a key frame. Requests made before the last one can have come are ignored, and the next
    /// one waits for a round trip, at least 300 ms and twice as long as the last one takes to send.
    pub fn force_key(&self) {
        self.shared.change(|control| {
            control.key_requested.get_or_insert_with(Instant::now);
        });
    }

    /// Where the path's round-trip time is kept, in ms, for whoever learns it.
    pub(crate) fn round_trip_ms(&self) -> Arc<AtomicU32> {
        self.shared.round_trip_ms.clone()
    }

    pub fn stats(&self) -> VideoSenderStats {
        let dropped = self.shared.slot.replaced();
        let mut progress = self.shared.progress();
        let (fps, kbps) = progress.encoded.rates(Instant::now());
        VideoSenderStats { fps, kbps, frames_dropped: dropped, ..progress.stats.clone() }
    }
}

impl Drop for VideoSender {
    fn drop(&mut self) {
        self.shared.change(|control| control.closed = true);
        self.shared.slot.close();
        self.threads.clear();
    }
}
