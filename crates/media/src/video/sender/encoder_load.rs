//! Encoder load: whether encoding keeps up with the frames that come. Time is a parameter.

use std::time::{Duration, Instant};

use crate::video::quality_ladder::EncoderLoad;

/// Share of the interval between frames that encoding one takes: above the first it does not keep up, below the second
/// there is time for twice the pixels (after libwebrtc's `OveruseFrameDetector`).
const HIGH_SHARE: f32 = 0.85;
const LOW_SHARE: f32 = 0.4;
/// Weight of a new frame: about a second at 30 frames a second.
const SMOOTHING: f32 = 0.03;
/// So many frames must have been measured: the first ones of an encoder are slow.
const MIN_FRAMES: u32 = 30;
/// Frames that found the encoder busy, of those of the last while: above this it does not keep up.
const MAX_DROPPED_SHARE: f32 = 0.2;

#[derive(Debug, Default)]
pub(super) struct LoadMeter {
    share: Option<f32>,
    dropped_share: f32,
    dropped: u64,
    frames: u32,
    last: Option<Instant>,
}

impl LoadMeter {
    /// Another size: what was measured says nothing about it.
    pub(super) fn reset(&mut self) {
        *self = Self { dropped: self.dropped, ..Self::default() };
    }

    /// A frame captured at `at` took so long to encode; `dropped` frames found the encoder busy since the start.
    pub(super) fn frame(&mut self, at: Instant, took: Duration, dropped: u64) -> EncoderLoad {
        let newly = dropped.saturating_sub(std::mem::replace(&mut self.dropped, dropped));
        let Some(last) = self.last.replace(at) else { return EncoderLoad::Normal };
        // Dropped frames were due in between.
        let interval = at.saturating_duration_since(last) / u32::try_from(newly + 1).unwrap_or(u32::MAX);
        if interval.is_zero() || interval > Duration::from_secs(1) {
            return EncoderLoad::Normal;
        }
        let share = took.as_secs_f32() / interval.as_secs_f32();
        let known = self.share.unwrap_or(share);
        let mean = known + (share.min(4.0) - known) * SMOOTHING;
        self.share = Some(mean);
        let lost = newly as f32 / (newly + 1) as f32;
        self.dropped_share += (lost - self.dropped_share) * SMOOTHING;
        self.frames = self.frames.saturating_add(1);
        if self.frames < MIN_FRAMES {
            EncoderLoad::Normal
        } else if mean > HIGH_SHARE || self.dropped_share > MAX_DROPPED_SHARE {
            EncoderLoad::High
        } else if mean < LOW_SHARE && self.dropped_share < MAX_DROPPED_SHARE / 4.0 {
            EncoderLoad::Low
        } else {
            EncoderLoad::Normal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The load after so many frames, of which each takes `took_ms`, 33 ms apart, with drops at each `nth`.
    fn after(meter: &mut LoadMeter, frames: u32, took_ms: u64, nth: u32) -> EncoderLoad {
        let (mut at, mut load) = (meter.last.unwrap_or_else(Instant::now), EncoderLoad::Normal);
        let mut dropped = meter.dropped;
        for number in 1..=frames {
            let lost = nth > 0 && number % nth == 0;
            dropped += u64::from(lost);
            at += Duration::from_millis(if lost { 66 } else { 33 });
            load = meter.frame(at, Duration::from_millis(took_ms), dropped);
        }
        load
    }

    #[test]
    fn a_busy_encoder_is_told_from_an_idle_one() {
        let mut meter = LoadMeter::default();
        assert_eq!(after(&mut meter, 60, 5, 0), EncoderLoad::Low);
        assert_eq!(after(&mut meter, 1, 200, 0), EncoderLoad::Low, "a single stall is none");
        assert_eq!(after(&mut meter, 100, 20, 0), EncoderLoad::Normal);
        assert_eq!(after(&mut meter, 100, 40, 0), EncoderLoad::High);
        meter.reset();
        assert_eq!(after(&mut meter, 20, 40, 0), EncoderLoad::Normal, "too early to say");
    }

    #[test]
    fn frames_that_find_it_busy_are_a_load() {
        let mut meter = LoadMeter::default();
        assert_eq!(after(&mut meter, 100, 10, 10), EncoderLoad::Normal);
        assert_eq!(after(&mut meter, 200, 10, 2), EncoderLoad::High);
    }
}
