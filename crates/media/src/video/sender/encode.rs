//! Video encoder thread of one layer: picks a size for the bit rate, scales, encodes, stamps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use super::encoder_load::LoadMeter;
use super::key_frames::{KeyFrames, Request};
use super::layer::{Layer, Order};
use super::references::References;
use super::temporal_layers::LayerRule;
use super::{Content, Picture, Shared, SourceEvent, VideoLayer, VideoOutputs, VideoSenderConfig};
use crate::codec::{CodecError, EncodedPicture, EncoderConfig, VideoEncoder, open_encoder};
use crate::slot::Taken;
use crate::video::image::{Scaler, fit};
use crate::video::quality_ladder::{QualityLadder, QualityStep};
use crate::video::rate_meter::FrameRateLimit;
use crate::video::source::VideoFormat;
use crate::{Codec, EncodedFrame, VideoFrame};

/// A key frame that takes longer to send makes the picture smaller: all that follows waits for it, openh264 leaves out
/// pictures once it owes half a second, and sound waits for a picture that comes late.
const MAX_KEY_FRAME_SECONDS: f64 = 0.35;
/// Text is worth a longer wait.
const MAX_SCREEN_KEY_FRAME_SECONDS: f64 = 0.6;
/// A camera's first picture is encoded for this part of the bit rate: whoever waits for it sees it that much sooner, and
/// the next ones refine it.
const FIRST_PICTURE_DIVISOR: u32 = 2;
/// Each try with a smaller picture costs an encoder.
const MAX_SMALLER: usize = 2;
/// From so many pixels on, the encoder gets a second thread, and a third and fourth, where the machine has twice as
/// many: capture, decoder and sound need some, too.
const TWO_THREADS_PIXELS: u32 = 1280 * 720;
const FOUR_THREADS_PIXELS: u32 = 1920 * 1080;
/// Lowest bit rate of an encoder.
const MIN_BITRATE_BPS: u32 = 30_000;
/// RTP clock of video.
const CLOCK_HZ: u128 = 90_000;

pub(super) struct Encode {
    layer: usize,
    shared: Arc<Shared>,
    outputs: VideoOutputs,
    format: VideoFormat,
    epoch: Instant,
    ladder: QualityLadder,
    screen_ladder: QualityLadder,
    beat: FrameRateLimit,
    scaler: Scaler,
    running: Option<RunningEncoder>,
    pace: MeasuredFrameRate,
    keys: KeyFrames,
    recoveries: KeyFrames,
    load: LoadMeter,
    layers: LayerRule,
    cores: usize,
    last_timestamp: Option<u32>,
    encode_ms: f32,
    failing: bool,
    /// Whether sound alone is sent.
    paused: bool,
    /// The beginnings of pictures and of this layer, as of the last key frame.
    begun: Option<(u64, u64)>,
    max_side: u32,
}

/// An encoder with its last settings.
struct RunningEncoder {
    encoder: Box<dyn VideoEncoder>,
    codec: Codec,
    content: Content,
    layers: u32,
    size: (u32, u32),
    bitrate: u32,
    fps: f32,
    long_term: bool,
    references: References,
}

impl RunningEncoder {
    /// Whether it encodes this content with this codec in so many temporal layers, in this size.
    fn is(&self, kind: (Codec, Content, u32), size: (u32, u32)) -> bool {
        (self.codec, self.content, self.layers, self.size) == (kind.0, kind.1, kind.2, size)
    }

    /// Passes on what the other end keeps, and from which picture it wants another one to be predicted.
    fn hear(&mut self, kept: Option<u32>, recovery: Option<u32>) {
        if let Some(reference) = kept.and_then(|kept| self.references.find(kept)) {
            self.encoder.confirm(reference);
        }
        if let Some(reference) = recovery.and_then(|from| self.references.find(from)) {
            self.encoder.recover(reference);
        }
    }
}

/// The rate at which pictures really come.
#[derive(Default)]
struct MeasuredFrameRate {
    last: Option<Instant>,
    interval: Option<Duration>,
}

impl MeasuredFrameRate {
    fn picture(&mut self, at: Instant) {
        let Some(last) = self.last.replace(at) else { return };
        let gap = at.saturating_duration_since(last);
        // A pause says nothing about the rate.
        if gap.is_zero() || gap > Duration::from_millis(500) {
            return;
        }
        self.interval = Some(self.interval.map_or(gap, |usual| (usual * 15 + gap) / 16));
    }

    fn fps(&self, most: u32) -> f32 {
        let most = most as f32;
        self.interval.map_or(most, |interval| (1.0 / interval.as_secs_f32()).clamp(most.min(5.0), most))
    }
}

impl Encode {
    pub(super) fn new(
        layer: usize,
        config: &VideoSenderConfig,
        shared: Arc<Shared>,
        outputs: &VideoOutputs,
    ) -> Self {
        Self {
            layer,
            shared,
            outputs: outputs.clone(),
            format: config.format,
            epoch: config.epoch,
            ladder: QualityLadder::default(),
            screen_ladder: QualityLadder::screen(),
            beat: FrameRateLimit::default(),
            scaler: Scaler::default(),
            running: None,
            pace: MeasuredFrameRate::default(),
            keys: KeyFrames::default(),
            recoveries: KeyFrames::recoveries(),
            load: LoadMeter::default(),
            layers: LayerRule::default(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            last_timestamp: None,
            encode_ms: 0.0,
            failing: false,
            paused: false,
            begun: None,
            max_side: u32::MAX,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let picture = match self.state().take(Duration::from_secs(60)) {
                Taken::Value(picture) => picture,
                Taken::Nothing => continue,
                Taken::Closed => return,
            };
            let (wanted, begun) = {
                let control = self.shared.control();
                let wanted = control.wanted().is_some_and(|wanted| wanted.choice == picture.choice);
                (wanted && control.sending, control.beginnings)
            };
            let Some(order) = self.state().order().filter(|_| wanted) else { continue };
            match self.encode(&picture, &order, (begun, order.beginnings)) {
                Ok(()) => self.failing = false,
                Err(error) => {
                    self.running = None;
                    if std::mem::replace(&mut self.failing, true) {
                        debug!(%error, "Video encoder failed again");
                    } else {
                        warn!(%error, "Video encoder failed");
                    }
                }
            }
        }
    }

    fn state(&self) -> &Layer {
        &self.shared.layers[self.layer]
    }

    fn encode(&mut self, picture: &Picture, order: &Order, begun: (u64, u64)) -> Result<(), CodecError> {
        let began = Instant::now();
        let Picture { frame, content, .. } = picture;
        if self.running.as_ref().is_some_and(|running| running.content != *content) {
            self.pace = MeasuredFrameRate::default();
            self.beat = FrameRateLimit::default();
            self.load.reset();
        }
        let wanted = order.layer;
        if std::mem::replace(&mut self.max_side, wanted.max_side) != wanted.max_side {
            self.ladder.begin_anew();
        }
        // Nobody got the layer for a while.
        self.paused &= self.state().is_paused();
        let bitrate = wanted.bitrate.max(MIN_BITRATE_BPS);
        let Some(step) = self.step(frame, *content, wanted, began) else { return Ok(()) };
        if !self.beat.passes(frame.at, step.fps) {
            return Ok(());
        }
        self.pace.picture(frame.at);
        let key_wanted = self.key_wanted(order, begun, began);
        let recovery = if key_wanted { None } else { self.recovery_wanted(order, began) };
        // Of a screen each picture counts; VP8 is sent in one layer.
        let layers = match (*content, wanted.codec) {
            (Content::Camera, Codec::H264) => self.layers.layers(wanted.loss, began),
            (Content::Camera | Content::Screen, Codec::H264 | Codec::Vp8 | Codec::Opus) => 1,
        };
        let (mut step, mut size) = (step, self.size(frame, *content, step));
        let mut tries = 0;
        let first = self.last_timestamp.is_none() && self.layer == 0 && *content == Content::Camera;
        let encoder_bitrate =
            if first { (bitrate / FIRST_PICTURE_DIVISOR).max(MIN_BITRATE_BPS) } else { bitrate };
        let encoded = loop {
            let scaled = self.scaler.scale(frame, size.0, size.1);
            let fps = self.pace.fps(step.fps);
            // A change is made with the next key frame, for whatever reason that is one.
            let kind = (wanted.codec, *content, layers);
            let stays = self.running.as_ref().filter(|running| !key_wanted && running.is(kind, size));
            let long_term = stays.map_or(wanted.long_term, |running| running.long_term);
            let running = self.running(kind, long_term, size, encoder_bitrate, fps)?;
            running.hear(order.kept, recovery);
            let encoded = running.encoder.encode(&scaled, key_wanted)?;
            let seconds = match content {
                Content::Camera => MAX_KEY_FRAME_SECONDS,
                Content::Screen => MAX_SCREEN_KEY_FRAME_SECONDS,
            };
            let most = f64::from(bitrate) * seconds / 8.0;
            let too_large =
                encoded.as_ref().is_some_and(|picture| picture.key && picture.data.len() as f64 > most);
            if !too_large || tries == MAX_SMALLER || !self.ladder(*content).too_large(began) {
                break encoded;
            }
            tries += 1;
            let Some(smaller) = self.step(frame, *content, wanted, began) else { break encoded };
            let smaller_size = self.size(frame, *content, smaller);
            if smaller_size == size {
                break encoded;
            }
            debug!(width = size.0, bitrate, "Key frame takes too long to send");
            (step, size) = (smaller, smaller_size);
        };
        let took = began.elapsed();
        self.observe(frame, *content, bitrate, took);
        match encoded {
            Some(picture) => {
                if picture.key {
                    self.begun = Some(begun);
                    self.state().forget_request(order.key_requested);
                }
                if picture.key || picture.recovers {
                    self.state().forget_recovery(order.recovery);
                }
                self.send(frame, picture, wanted.codec, size, bitrate);
            }
            None => self.state().progress().stats.frames_skipped += 1,
        }
        Ok(())
    }

    fn ladder(&mut self, content: Content) -> &mut QualityLadder {
        match content {
            Content::Camera => &mut self.ladder,
            Content::Screen => &mut self.screen_ladder,
        }
    }

    /// The step of the ladder; `None` while sound alone is sent.
    fn step(
        &mut self,
        frame: &VideoFrame,
        content: Content,
        wanted: VideoLayer,
        now: Instant,
    ) -> Option<QualityStep> {
        let most = match content {
            Content::Camera => self.format.width.max(self.format.height),
            Content::Screen => u32::MAX,
        };
        let longest = frame.width.max(frame.height).min(most).min(wanted.max_side);
        let step = self.ladder(content).choose(wanted.bitrate, longest, now);
        if std::mem::replace(&mut self.paused, step.is_none()) != step.is_none() {
            // What is sent after the pause begins with a key frame.
            self.running = None;
            let before = self.shared.is_paused();
            self.state().progress().stats.paused = step.is_none();
            let paused = self.shared.is_paused();
            if paused != before {
                (self.outputs.events)(if paused { SourceEvent::Paused } else { SourceEvent::Resumed });
            }
        }
        step
    }

    /// Whether this picture must be a key frame, for a reason of this end or because another one asked.
    fn key_wanted(&self, order: &Order, begun: (u64, u64), now: Instant) -> bool {
        if self.begun != Some(begun) && self.keys.needed(now) {
            return true;
        }
        let Some(asked) = order.key_requested else { return false };
        let round_trip = self.shared.round_trip();
        match self.keys.request(asked, now, round_trip) {
            Request::Now => true,
            Request::Later => false,
            Request::Stale => {
                self.state().forget_request(Some(asked));
                false
            }
        }
    }

    /// The picture from which this one is to be predicted, because the other end lost what came after it.
    fn recovery_wanted(&self, order: &Order, now: Instant) -> Option<u32> {
        let request = order.recovery?;
        let round_trip = self.shared.round_trip();
        if self.running.as_ref().is_none_or(|running| running.references.find(request.from).is_none()) {
            self.state().forget_recovery(order.recovery);
            if !self.keys.is_on_its_way(request.asked, round_trip) {
                self.state().request_key_frame(request.asked);
            }
            return None;
        }
        match self.recoveries.request(request.asked, now, round_trip) {
            Request::Now => Some(request.from),
            Request::Later => None,
            Request::Stale => {
                self.state().forget_recovery(order.recovery);
                None
            }
        }
    }

    /// Tells the ladder how the picture went.
    fn observe(&mut self, frame: &VideoFrame, content: Content, bitrate: u32, took: Duration) {
        let now = Instant::now();
        let dropped = self.state().dropped();
        let load = self.load.frame(frame.at, took, dropped);
        let quantiser = self.running.as_mut().and_then(|running| running.encoder.quantiser());
        let ladder = self.ladder(content);
        ladder.loaded(load, now);
        if let Some(quantiser) = quantiser {
            ladder.quantised(quantiser, bitrate, now);
            self.state().progress().stats.quantiser = Some(quantiser.value);
        }
        let took = took.as_secs_f32() * 1000.0;
        self.encode_ms = if self.encode_ms == 0.0 { took } else { self.encode_ms * 0.95 + took * 0.05 };
    }

    fn size(&self, frame: &VideoFrame, content: Content, step: QualityStep) -> (u32, u32) {
        let (width, height) = step.bounds(frame.width, frame.height);
        let (most_width, most_height) = match content {
            Content::Camera => QualityStep { width: self.format.width, height: self.format.height, ..step }
                .bounds(frame.width, frame.height),
            Content::Screen => (width, height),
        };
        fit(frame.width, frame.height, width.min(most_width), height.min(most_height))
    }

    /// The encoder for these settings: the present one with changed settings, or a new one.
    fn running(
        &mut self,
        kind: (Codec, Content, u32),
        long_term: bool,
        size: (u32, u32),
        bitrate: u32,
        fps: f32,
    ) -> Result<&mut RunningEncoder, CodecError> {
        let (codec, content, layers) = kind;
        let fits = |running: &RunningEncoder| running.is(kind, size) && running.long_term == long_term;
        let fitting = self.running.take().filter(fits);
        let mut running = match fitting {
            Some(running) => running,
            None => {
                info!(?codec, width = size.0, height = size.1, bitrate, "Video encoder started");
                let config = EncoderConfig {
                    width: size.0,
                    height: size.1,
                    fps,
                    bitrate,
                    max_slice: 0,
                    screen: content == Content::Screen,
                    temporal_layers: layers,
                    threads: threads(size, self.cores),
                    long_term,
                };
                self.load.reset();
                RunningEncoder {
                    encoder: open_encoder(codec, config)?,
                    codec,
                    content,
                    layers,
                    size,
                    bitrate,
                    fps,
                    long_term,
                    references: References::default(),
                }
            }
        };
        if running.bitrate != bitrate {
            running.encoder.set_bitrate(bitrate)?;
            running.bitrate = bitrate;
        }
        if (running.fps - fps).abs() > running.fps * 0.1 {
            running.encoder.set_frame_rate(fps)?;
            running.fps = fps;
        }
        Ok(self.running.insert(running))
    }

    fn send(
        &mut self,
        frame: &VideoFrame,
        picture: EncodedPicture,
        codec: Codec,
        size: (u32, u32),
        bitrate: u32,
    ) {
        let now = Instant::now();
        let timestamp = self.timestamp(frame.at);
        let ticks = self.last_timestamp.replace(timestamp).map_or(3000, |last| timestamp.wrapping_sub(last));
        if picture.key {
            self.keys.sent(now, picture.data.len(), bitrate);
        }
        if picture.key || picture.recovers {
            self.recoveries.sent(now, picture.data.len(), bitrate);
        }
        if let Some(running) = &mut self.running {
            running.references.sent(timestamp, picture.key, picture.keeps);
        }
        let encode_ms = self.encode_ms;
        let mut progress = self.state().progress();
        progress.encoded.add(now, picture.data.len());
        let stats = &mut progress.stats;
        stats.frames_encoded += 1;
        stats.key_frames += u64::from(picture.key);
        stats.recoveries += u64::from(picture.recovers);
        (stats.width, stats.height) = size;
        stats.encode_ms = encode_ms;
        stats.codec = Some(codec);
        drop(progress);
        self.outputs.encoded.send(EncodedFrame {
            codec,
            data: picture.data,
            timestamp,
            captured: frame.at,
            // A pause before this picture is no duration.
            duration: Duration::from_nanos(u64::from(ticks.min(90_000)) * 100_000 / 9),
            key: picture.key,
            layer: self.layer as u8,
        });
    }

    /// Never the same twice and never backwards, though a new source may count from earlier.
    fn timestamp(&self, at: Instant) -> u32 {
        let ticks = |time: Duration| (time.as_nanos() * CLOCK_HZ / 1_000_000_000) as u32;
        let exact = match at.checked_duration_since(self.epoch) {
            Some(after) => ticks(after),
            None => ticks(self.epoch - at).wrapping_neg(),
        };
        match self.last_timestamp {
            Some(last) if exact.wrapping_sub(last).cast_signed() <= 0 => last.wrapping_add(1),
            Some(_) | None => exact,
        }
    }
}

fn threads((width, height): (u32, u32), cores: usize) -> u32 {
    match width * height {
        pixels if pixels >= FOUR_THREADS_PIXELS && cores >= 8 => 4,
        pixels if pixels >= TWO_THREADS_PIXELS && cores >= 4 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::threads;

    #[test]
    fn large_pictures_get_threads_where_there_are_cores_to_spare() {
        for (size, cores, wanted) in [
            ((1280, 720), 2, 1),
            ((1280, 720), 4, 2),
            ((1920, 1080), 4, 2),
            ((1920, 1080), 8, 4),
            ((960, 540), 16, 1),
            ((320, 180), 64, 1),
        ] {
            assert_eq!(threads(size, cores), wanted, "{size:?} on {cores} cores");
        }
    }
}
