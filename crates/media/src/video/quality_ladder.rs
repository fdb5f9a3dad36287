//! Quality ladder: frame size and rate for a bit rate. A pure decision.

use std::time::{Duration, Instant};

/// One step: the largest frame size and rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityStep {
    /// Bits per second from which on the step is worth its pixels.
    pub min_bitrate_bps: u32,
    /// The longer side at most.
    pub width: u32,
    /// The shorter side at most.
    pub height: u32,
    /// Frames per second at most.
    pub fps: u32,
}

/// From the best to the lowest; the last has no minimum.
const CAMERA_STEPS: [QualityStep; 4] = [
    QualityStep { min_bitrate_bps: 1_200_000, width: 1280, height: 720, fps: 30 },
    QualityStep { min_bitrate_bps: 500_000, width: 960, height: 540, fps: 30 },
    QualityStep { min_bitrate_bps: 150_000, width: 640, height: 360, fps: 30 },
    QualityStep { min_bitrate_bps: 0, width: 320, height: 180, fps: 15 },
];
/// For text, which small pictures cannot carry: the rate gives way before the size does.
const SCREEN_STEPS: [QualityStep; 4] = [
    QualityStep { min_bitrate_bps: 1_000_000, width: 1920, height: 1080, fps: 15 },
    QualityStep { min_bitrate_bps: 400_000, width: 1280, height: 720, fps: 10 },
    QualityStep { min_bitrate_bps: 150_000, width: 1280, height: 720, fps: 5 },
    QualityStep { min_bitrate_bps: 0, width: 960, height: 540, fps: 3 },
];
/// A step is kept until the bit rate falls below this share of its minimum.
const DOWNGRADE_PERCENT: u64 = 85;
/// A change of size costs a key frame, so upgrades are slow.
const MIN_TIME_BEFORE_UPGRADE: Duration = Duration::from_secs(3);

/// Hysteresis: a wavering bit rate does not change the frame size.
#[derive(Debug)]
pub struct QualityLadder {
    steps: &'static [QualityStep; 4],
    current: Option<(usize, Instant)>,
}

impl Default for QualityLadder {
    fn default() -> Self {
        Self { steps: &CAMERA_STEPS, current: None }
    }
}

impl QualityLadder {
    /// The steps for a shared screen.
    pub fn screen() -> Self {
        Self { steps: &SCREEN_STEPS, current: None }
    }

    /// The step for this bit rate, in bits per second.
    pub fn choose(&mut self, bitrate: u32, now: Instant) -> QualityStep {
        let steps = self.steps;
        let best = steps.iter().position(|step| bitrate >= step.min_bitrate_bps).unwrap_or(steps.len() - 1);
        let Some((held, since)) = self.current else {
            self.current = Some((best, now));
            return steps[best];
        };
        let up = best < held && now.saturating_duration_since(since) >= MIN_TIME_BEFORE_UPGRADE;
        let down = best > held
            && u64::from(bitrate) * 100 < u64::from(steps[held].min_bitrate_bps) * DOWNGRADE_PERCENT;
        if up || down {
            self.current = Some((best, now));
            return steps[best];
        }
        steps[held]
    }
}

impl QualityStep {
    /// The box for a picture of this shape: an upright picture gets an upright box.
    pub fn bounds(&self, width: u32, height: u32) -> (u32, u32) {
        if width >= height { (self.width, self.height) } else { (self.height, self.width) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_rates_find_their_step() {
        let now = Instant::now();
        for (bitrate, width) in [(0, 320), (149_999, 320), (150_000, 640), (500_000, 960), (1_200_000, 1280)]
        {
            assert_eq!(QualityLadder::default().choose(bitrate, now).width, width);
        }
        assert_eq!(CAMERA_STEPS[1].bounds(480, 640), (540, 960));
    }

    #[test]
    fn a_screen_keeps_its_size_until_little_is_left() {
        let now = Instant::now();
        for (bitrate, width, fps) in
            [(2_000_000, 1920, 15), (900_000, 1280, 10), (200_000, 1280, 5), (100_000, 960, 3)]
        {
            let step = QualityLadder::screen().choose(bitrate, now);
            assert_eq!((step.width, step.fps), (width, fps));
        }
    }

    #[test]
    fn wavering_changes_nothing_and_rising_takes_time() {
        let mut ladder = QualityLadder::default();
        let now = Instant::now();
        assert_eq!(ladder.choose(1_200_000, now).width, 1280);
        assert_eq!(ladder.choose(1_050_000, now).width, 1280);
        assert_eq!(ladder.choose(1_000_000, now).width, 960);
        assert_eq!(ladder.choose(1_300_000, now).width, 960);
        assert_eq!(ladder.choose(100_000, now).width, 320);
        assert_eq!(ladder.choose(1_300_000, now + MIN_TIME_BEFORE_UPGRADE).width, 1280);
    }
}
