//! Sending pipeline of one call: a source on one thread, the encoder of each layer on another, and the newest frame
//! between them.

mod capture;
mod encode;
mod encoder_load;
mod key_frames;
mod layer;
mod references;
mod temporal_layers;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use self::layer::Layer;
pub use self::layer::{MAX_LAYERS, VideoLayer};
use super::mirror::Mirror;
use super::source::VideoFormat;
use crate::thread::Thread;
use crate::{Codec, DeviceProblem, EncodedSink, FrameSink, PictureFeedback, VideoFrame};

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
    /// Of all layers together, as are those skipped and dropped, the key frames and the payload.
    pub frames_encoded: u64,
    /// Pictures the encoder's rate control left out.
    pub frames_skipped: u64,
    /// Pictures the encoder was too busy for.
    pub frames_dropped: u64,
    pub key_frames: u64,
    /// Pictures predicted from a long-term reference, because one after that was lost.
    pub recoveries: u64,
    /// Of the largest layer, as are rate, time, quantiser and codec.
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
    /// What further layers are started with.
    plan: (VideoSenderConfig, VideoOutputs),
    capture: Option<Thread>,
    /// By layer; one that was used stays until the end.
    encoders: Mutex<[Option<Thread>; MAX_LAYERS]>,
}

#[derive(Debug)]
struct Shared {
    control: Mutex<Control>,
    changed: Condvar,
    layers: [Layer; MAX_LAYERS],
    capture: Mutex<CaptureProgress>,
    round_trip_ms: Arc<AtomicU32>,
}

/// What came of capture.
#[derive(Debug, Default)]
struct CaptureProgress {
    frames: u64,
    /// The source in use, empty where none is.
    source: String,
}

/// A picture on its way to the encoders.
#[derive(Clone, Debug)]
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
    on: bool,
    sending: bool,
    /// Counts the times that pictures began anew: each layer then needs a key frame.
    beginnings: u64,
    closed: bool,
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
            self.beginnings += 1;
        }
    }
}

impl Shared {
    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn capture(&self) -> MutexGuard<'_, CaptureProgress> {
        self.capture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No layer that somebody gets has the bit rate for a picture.
    fn is_paused(&self) -> bool {
        let mut wanted = self.layers.iter().filter(|layer| layer.is_wanted()).peekable();
        wanted.peek().is_some() && wanted.all(Layer::is_paused)
    }

    fn round_trip(&self) -> Duration {
        Duration::from_millis(u64::from(self.round_trip_ms.load(Ordering::Relaxed)))
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
                on: config.on,
                sending: config.sending,
                beginnings: 0,
                closed: false,
            }),
            changed: Condvar::new(),
            layers: std::array::from_fn(|_| Layer::default()),
            capture: Mutex::new(CaptureProgress::default()),
            round_trip_ms: Arc::default(),
        });
        let capture = capture::Capture::new(&config, shared.clone(), &outputs);
        let capture = Some(Thread::spawn("video-capture", move || capture.run()));
        let first = VideoLayer { codec: config.codec, bitrate: config.bitrate, ..VideoLayer::default() };
        let sender = Self { shared, plan: (config, outputs), capture, encoders: Mutex::default() };
        sender.set_layer(0, Some(first));
        sender
    }

    /// Off closes the camera and sends nothing of it; on again opens it and begins with a key frame.
    pub fn set_on(&self, on: bool) {
        self.shared.change(|control| {
            control.beginnings += u64::from(on && !control.on);
            control.on = on;
        });
    }

    /// Lets encoded pictures flow, from a key frame on; capture and self-view run without it.
    pub fn set_sending(&self, sending: bool) {
        self.shared.change(|control| {
            control.beginnings += u64::from(sending && !control.sending);
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
                control.beginnings += 1;
            }
        });
    }

    /// Encodes a layer like that from now on, the first picture as a key frame; `None`: nobody gets it. A layer
    /// beyond [`MAX_LAYERS`] is ignored.
    pub fn set_layer(&self, layer: usize, wanted: Option<VideoLayer>) {
        let Some(state) = self.shared.layers.get(layer) else { return };
        let before = self.shared.is_paused();
        state.set_wanted(wanted);
        if before && !self.shared.is_paused() {
            (self.plan.1.events)(SourceEvent::Resumed);
        }
        let mut encoders = self.encoders.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.is_some() && encoders[layer].is_none() {
            let (config, outputs) = &self.plan;
            let encode = encode::Encode::new(layer, config, self.shared.clone(), outputs);
            encoders[layer] = Some(Thread::spawn("video-encode", move || encode.run()));
        }
    }

    /// Of the first layer.
    pub fn set_codec(&self, codec: Codec) {
        self.shared.layers[0].change(|layer| layer.codec = codec);
    }

    /// Bits per second of the first layer from now on; the picture's size and rate follow.
    pub fn set_bitrate(&self, bits_per_second: u32) {
        self.shared.layers[0].change(|layer| layer.bitrate = bits_per_second);
    }

    /// Somebody begins to get the layer, and can make nothing of it before a key frame.
    pub fn begin_layer(&self, layer: usize) {
        if let Some(layer) = self.shared.layers.get(layer) {
            layer.begin();
        }
    }

    /// Somebody who gets the layer asks for a key frame. Requests made before the last one can have come are ignored,
    /// and the next one waits for a round trip, at least 300 ms and twice as long as the last one takes to send.
    pub fn force_key(&self, layer: usize) {
        if let Some(layer) = self.shared.layers.get(layer) {
            layer.request_key_frame(Instant::now());
        }
    }

    /// The only one who gets the layer tells what it keeps or has lost of it. What names a picture of before the last
    /// key frame, or none, is a request for a key frame once that one has had time to be repaired; so is a loss where no
    /// long-term references are kept. Both are answered as rarely as [`Self::force_key`].
    pub fn picture_feedback(&self, layer: usize, feedback: PictureFeedback) {
        if let Some(layer) = self.shared.layers.get(layer) {
            layer.hear(feedback, Instant::now());
        }
    }

    /// Where the path's round-trip time is kept, in ms, for whoever learns it.
    pub(crate) fn round_trip_ms(&self) -> Arc<AtomicU32> {
        self.shared.round_trip_ms.clone()
    }

    pub fn stats(&self) -> VideoSenderStats {
        let now = Instant::now();
        let mut all = VideoSenderStats::default();
        for layer in &self.shared.layers {
            layer.add_to(&mut all, now);
        }
        let capture = self.shared.capture();
        all.frames_captured = capture.frames;
        all.source.clone_from(&capture.source);
        all.paused = self.shared.is_paused();
        all
    }
}

impl Drop for VideoSender {
    fn drop(&mut self) {
        self.shared.change(|control| control.closed = true);
        for layer in &self.shared.layers {
            layer.close();
        }
        self.capture = None;
        *self.encoders.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }
}
