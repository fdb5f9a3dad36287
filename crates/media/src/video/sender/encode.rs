//! Video encoder thread: picks a size for the bit rate, scales, encodes, stamps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use super::{Content, Control, Picture, Shared, VideoOutputs, VideoSenderConfig};
use crate::codec::{CodecError, EncodedPicture, EncoderConfig, VideoEncoder, open_encoder};
use crate::slot::Taken;
use crate::video::image::{Scaler, fit};
use crate::video::quality_ladder::{QualityLadder, QualityStep};
use crate::video::rate_meter::FrameRateLimit;
use crate::video::source::VideoFormat;
use crate::{Codec, EncodedFrame, VideoFrame};

/// Requests for key frames come in bursts; this is the shortest interval between key frames.
const MIN_KEY_FRAME_INTERVAL: Duration = Duration::from_millis(300);
/// Lowest bit rate of an encoder.
const MIN_BITRATE_BPS: u32 = 30_000;
/// RTP clock of video.
const CLOCK_HZ: u128 = 90_000;

pub(super) struct Encode {
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
    last_key: Option<Instant>,
    last_timestamp: Option<u32>,
    encode_ms: f32,
    failing: bool,
}

/// An encoder with its last settings.
struct RunningEncoder {
    encoder: Box<dyn VideoEncoder>,
    codec: Codec,
    content: Content,
    size: (u32, u32),
    bitrate: u32,
    fps: f32,
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
    pub(super) fn new(config: &VideoSenderConfig, shared: Arc<Shared>, outputs: &VideoOutputs) -> Self {
        Self {
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
            last_key: None,
            last_timestamp: None,
            encode_ms: 0.0,
            failing: false,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let picture = match self.shared.slot.take(Duration::from_secs(60)) {
                Taken::Value(picture) => picture,
                Taken::Nothing => continue,
                Taken::Closed => return,
            };
            let control = self.shared.control().clone();
            let wanted = control.wanted().is_some_and(|wanted| wanted.choice == picture.choice);
            if !wanted || !control.sending {
                continue;
            }
            match self.encode(&picture, &control) {
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

    fn encode(&mut self, picture: &Picture, control: &Control) -> Result<(), CodecError> {
        let began = Instant::now();
        let Picture { frame, content, .. } = picture;
        if self.running.as_ref().is_some_and(|running| running.content != *content) {
            self.pace = MeasuredFrameRate::default();
            self.beat = FrameRateLimit::default();
        }
        let bitrate = control.bitrate.max(MIN_BITRATE_BPS);
        let step = match content {
            Content::Camera => self.ladder.choose(bitrate, began),
            Content::Screen => self.screen_ladder.choose(bitrate, began),
        };
        if !self.beat.passes(frame.at, step.fps) {
            return Ok(());
        }
        self.pace.picture(frame.at);
        let size = match content {
            Content::Camera => self.size(frame, step),
            Content::Screen => {
                let (width, height) = step.bounds(frame.width, frame.height);
                fit(frame.width, frame.height, width, height)
            }
        };
        let scaled = self.scaler.scale(frame, size.0, size.1);
        let key_wanted = control.key_wanted
            && self
                .last_key
                .is_none_or(|last| began.saturating_duration_since(last) >= MIN_KEY_FRAME_INTERVAL);
        let fps = self.pace.fps(step.fps);
        let running = self.running((control.codec, *content), size, bitrate, fps)?;
        let picture = running.encoder.encode(&scaled, key_wanted)?;
        let took = began.elapsed().as_secs_f32() * 1000.0;
        self.encode_ms = if self.encode_ms == 0.0 { took } else { self.encode_ms * 0.95 + took * 0.05 };
        match picture {
            Some(picture) => self.send(frame, picture, control.codec, size),
            None => self.shared.progress().stats.frames_skipped += 1,
        }
        Ok(())
    }

    fn size(&self, frame: &VideoFrame, step: QualityStep) -> (u32, u32) {
        let (width, height) = step.bounds(frame.width, frame.height);
        let (most_width, most_height) =
            QualityStep { width: self.format.width, height: self.format.height, ..step }
                .bounds(frame.width, frame.height);
        fit(frame.width, frame.height, width.min(most_width), height.min(most_height))
    }

    /// The encoder for these settings: the present one with changed settings, or a new one.
    fn running(
        &mut self,
        (codec, content): (Codec, Content),
        size: (u32, u32),
        bitrate: u32,
        fps: f32,
    ) -> Result<&mut RunningEncoder, CodecError> {
        let fitting = self
            .running
            .take()
            .filter(|running| (running.codec, running.content, running.size) == (codec, content, size));
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
                };
                RunningEncoder { encoder: open_encoder(codec, config)?, codec, content, size, bitrate, fps }
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

    fn send(&mut self, frame: &VideoFrame, picture: EncodedPicture, codec: Codec, size: (u32, u32)) {
        let now = Instant::now();
        let timestamp = self.timestamp(frame.at);
        let ticks = self.last_timestamp.replace(timestamp).map_or(3000, |last| timestamp.wrapping_sub(last));
        if picture.key {
            self.last_key = Some(now);
            self.shared.control().key_wanted = false;
        }
        let mut progress = self.shared.progress();
        let encode_ms = self.encode_ms;
        progress.encoded.add(now, picture.data.len());
        let stats = &mut progress.stats;
        stats.frames_encoded += 1;
        stats.key_frames += u64::from(picture.key);
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
