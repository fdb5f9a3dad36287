//! Quality ladder: frame size and rate for a bit rate, a quantiser and a processor. A pure decision.
//!
//! ```text
//!  bit rate ──────► step ─┐
//!  quantiser ─────► ± 1 ──┼─► the lower one ─► hysteresis ─► step, or sound only
//!  encoder load ──► bound ┘
//! ```

use std::time::{Duration, Instant};

use crate::codec::Quantiser;

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

const fn step(min_bitrate_bps: u32, width: u32, height: u32, fps: u32) -> QualityStep {
    QualityStep { min_bitrate_bps, width, height, fps }
}

/// From the best to the lowest; the last has no minimum.
const CAMERA_STEPS: [QualityStep; 9] = [
    step(3_000_000, 1920, 1080, 30),
    step(1_200_000, 1280, 720, 30),
    step(500_000, 960, 540, 30),
    step(150_000, 640, 360, 30),
    step(90_000, 480, 270, 30),
    step(70_000, 320, 180, 30),
    step(45_000, 320, 180, 15),
    step(25_000, 160, 90, 30),
    step(0, 160, 90, 15),
];
/// For text, which small pictures cannot carry: the rate gives way before the size does.
const SCREEN_STEPS: [QualityStep; 5] = [
    step(1_000_000, 1920, 1080, 15),
    step(400_000, 1280, 720, 10),
    step(150_000, 1280, 720, 5),
    step(60_000, 960, 540, 3),
    step(0, 960, 540, 1),
];
/// A step is kept until the bit rate falls below this share of its minimum.
const DOWNGRADE_PERCENT: u64 = 85;
/// An easy picture gets a step for this share of its minimum.
const EASY_PERCENT: u64 = 60;
/// A change of size costs a key frame, so upgrades are slow.
const MIN_TIME_BEFORE_UPGRADE: Duration = Duration::from_secs(3);
/// An upgrade that lasted no longer was a mistake, and the next one takes twice as long, up to the limit.
const UPGRADE_TRIAL: Duration = Duration::from_secs(15);
const MAX_TIME_BEFORE_UPGRADE: Duration = Duration::from_secs(24);
/// How long the quantiser must be too coarse, and too fine.
const COARSE_TIME: Duration = Duration::from_secs(2);
const FINE_TIME: Duration = Duration::from_secs(5);
/// More frames of the same size cost no key frame: they are tried sooner, and from a coarser picture on.
const SMOOTHER_TIME: Duration = Duration::from_secs(2);
/// From this far between fine and coarse on: twice the frames at the same rate cost about 3 steps of H.264's quantiser.
const SMOOTHER_FRACTION: f32 = 0.7;
/// Weight of a new picture's quantiser: half a second at 30 frames a second.
const QUANTISER_SMOOTHING: f32 = 0.07;
/// Steps the quantiser takes away at most.
const MAX_QUANTISER_STEPS: usize = 2;
/// Pause before the encoder is trusted with more again; doubled each time it fails.
const MIN_RELIEF: Duration = Duration::from_secs(10);
const MAX_RELIEF: Duration = Duration::from_secs(160);
/// Time an overload may last before the next step down: the last one has to take effect.
const MIN_TIME_BETWEEN_RELIEFS: Duration = Duration::from_secs(2);
/// Below this for some time, sound alone is sent; above the other one, pictures again. Bits per second.
const PAUSE_BPS: u32 = 20_000;
const RESUME_BPS: u32 = 35_000;
const PAUSE_TIME: Duration = Duration::from_secs(3);
const RESUME_TIME: Duration = Duration::from_secs(2);
/// What no wavering around [`RESUME_BPS`] reaches: the path is another one, or back. It is above the rate that a new path is
/// begun with, so that it has been measured. Pictures go on as soon as that is more than one report's word.
const RESUME_SOON_BPS: u32 = 350_000;
const RESUME_SOON_TIME: Duration = Duration::from_millis(100);

/// How busy the encoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncoderLoad {
    /// It does not keep up.
    High,
    Normal,
    /// It would keep up with a larger picture.
    Low,
}

/// Hysteresis: a wavering bit rate does not change the frame size.
#[derive(Debug)]
pub struct QualityLadder {
    steps: &'static [QualityStep],
    /// The step the bit rate gives, and since when.
    by_rate: Option<(usize, Instant)>,
    quantiser: QuantiserRule,
    upgrades: UpgradeRule,
    load: LoadRule,
    /// Sound only.
    paused: bool,
    /// Since when the bit rate has been asking for the opposite of `paused`.
    turning: Option<Instant>,
    /// Since when the path has carried far more than pictures need.
    back_since: Option<Instant>,
    /// The best step that is of use for the source, and the chosen one.
    first: usize,
    shown: usize,
}

#[derive(Debug, Default)]
struct QuantiserRule {
    mean: Option<f32>,
    /// Steps taken away because pictures were too coarse.
    steps: usize,
    coarse_since: Option<Instant>,
    fine_since: Option<Instant>,
    /// Whether the picture is easy enough for a step that the bit rate alone would not give.
    easy: bool,
}

/// How soon a larger picture is tried after one that the path did not carry for long.
#[derive(Debug)]
struct UpgradeRule {
    /// The last upgrade, as long as no downgrade followed it.
    last: Option<Instant>,
    patience: Duration,
}

impl UpgradeRule {
    fn upgraded(&mut self, now: Instant) {
        self.last = Some(now);
    }

    fn downgraded(&mut self, now: Instant) {
        self.patience = match self.last.take() {
            Some(at) if now.saturating_duration_since(at) < UPGRADE_TRIAL => {
                (self.patience * 2).min(MAX_TIME_BEFORE_UPGRADE)
            }
            // It lasted, or there was none.
            Some(_) => MIN_TIME_BEFORE_UPGRADE,
            None => self.patience,
        };
    }
}

#[derive(Debug, Default)]
struct LoadRule {
    /// The best step the processor is trusted with.
    best: usize,
    changed: Option<Instant>,
    /// Whether the last change was to a better one.
    raised: bool,
    /// How long it must have time to spare before it is trusted with more.
    patience: Duration,
    spare_since: Option<Instant>,
}

impl Default for QualityLadder {
    fn default() -> Self {
        Self::new(&CAMERA_STEPS)
    }
}

impl QualityLadder {
    fn new(steps: &'static [QualityStep]) -> Self {
        Self {
            steps,
            by_rate: None,
            quantiser: QuantiserRule::default(),
            upgrades: UpgradeRule { last: None, patience: MIN_TIME_BEFORE_UPGRADE },
            load: LoadRule::default(),
            paused: false,
            turning: None,
            back_since: None,
            first: 0,
            shown: 0,
        }
    }

    /// The steps for a shared screen.
    pub fn screen() -> Self {
        Self::new(&SCREEN_STEPS)
    }

    /// The picture is wanted in another size: what the bit rate and the quantiser were before says nothing about it. How
    /// busy the encoder was still does.
    pub fn begin_anew(&mut self) {
        self.by_rate = None;
        self.quantiser = QuantiserRule::default();
        self.upgrades = UpgradeRule { last: None, patience: MIN_TIME_BEFORE_UPGRADE };
    }

    /// The step for this bit rate, in bits per second, and for a source whose longer side has `longest` pixels; `None`
    /// where the bit rate is enough for sound only.
    pub fn choose(&mut self, bitrate: u32, longest: u32, now: Instant) -> Option<QualityStep> {
        self.pause(bitrate, now);
        let last = self.steps.len() - 1;
        let rate = self.for_rate(bitrate, now);
        // Steps larger than the source are none.
        let useful = self.steps.iter().rposition(|step| step.width >= longest).unwrap_or(0);
        let width = self.steps[useful].width;
        let first = self.steps.iter().position(|step| step.width == width).unwrap_or(0);
        let rate = rate.max(first).saturating_sub(usize::from(self.quantiser.easy)).max(first);
        self.first = first;
        self.shown = (rate + self.quantiser.steps).max(self.load.best).min(last);
        (!self.paused).then(|| self.steps[self.shown])
    }

    fn for_rate(&mut self, bitrate: u32, now: Instant) -> usize {
        let steps = self.steps;
        let best = steps.iter().position(|step| bitrate >= step.min_bitrate_bps).unwrap_or(steps.len() - 1);
        let (held, since) = *self.by_rate.get_or_insert((best, now));
        let resized = steps[best].width != steps[held].width;
        let patience = if resized { self.upgrades.patience } else { MIN_TIME_BEFORE_UPGRADE };
        let up = best < held && now.saturating_duration_since(since) >= patience;
        let reaches = |index: usize, percent: u64| {
            u64::from(bitrate) * 100 >= u64::from(steps[index].min_bitrate_bps) * percent
        };
        let down = best > held && !reaches(held, DOWNGRADE_PERCENT);
        if up || down {
            match (resized, up) {
                (false, _) => {}
                (true, true) => self.upgrades.upgraded(now),
                (true, false) => self.upgrades.downgraded(now),
            }
            // What the quantiser said was about another size.
            self.quantiser =
                QuantiserRule { steps: if up { self.quantiser.steps } else { 0 }, ..Default::default() };
            self.by_rate = Some((best, now));
            return best;
        }
        if self.quantiser.easy && (held == 0 || !reaches(held - 1, EASY_PERCENT * DOWNGRADE_PERCENT / 100)) {
            self.quantiser.easy = false;
        }
        held
    }

    fn pause(&mut self, bitrate: u32, now: Instant) {
        let (turns, time) = if self.paused {
            (bitrate >= RESUME_BPS, RESUME_TIME)
        } else {
            (bitrate < PAUSE_BPS, PAUSE_TIME)
        };
        let back =
            lasts(&mut self.back_since, self.paused && bitrate >= RESUME_SOON_BPS, RESUME_SOON_TIME, now);
        if lasts(&mut self.turning, turns, time, now) || back {
            self.paused = !self.paused;
            (self.turning, self.back_since) = (None, None);
            // The steps of a path that carried no picture say nothing about one that does.
            self.by_rate = self.by_rate.filter(|_| self.paused);
        }
    }

    /// Takes in how coarsely a picture of the chosen step was quantised at this bit rate.
    pub fn quantised(&mut self, quantiser: Quantiser, bitrate: u32, now: Instant) {
        let resizes = |index: usize| self.steps[index].width != self.steps[self.shown].width;
        let grows = self.shown.checked_sub(1).is_none_or(resizes);
        let shrinks = self.steps.get(self.shown + 1).is_none_or(|_| resizes(self.shown + 1));
        let (fine_below, fine_time) = if grows {
            (quantiser.fine, FINE_TIME.max(self.upgrades.patience))
        } else {
            (quantiser.fine + SMOOTHER_FRACTION * (quantiser.coarse - quantiser.fine), SMOOTHER_TIME)
        };
        let rule = &mut self.quantiser;
        let mean =
            rule.mean.map_or(quantiser.value, |mean| mean + (quantiser.value - mean) * QUANTISER_SMOOTHING);
        rule.mean = Some(mean);
        let coarse = lasts(&mut rule.coarse_since, mean > quantiser.coarse, COARSE_TIME, now);
        let fine = lasts(&mut rule.fine_since, mean < fine_below, fine_time, now);
        if coarse && (rule.easy || rule.steps < MAX_QUANTISER_STEPS) {
            let steps = if rule.easy { rule.steps } else { rule.steps + 1 };
            *rule = QuantiserRule { steps, ..QuantiserRule::default() };
            if shrinks {
                self.upgrades.downgraded(now);
            }
        } else if fine && rule.steps > 0 {
            *rule = QuantiserRule { steps: rule.steps - 1, ..QuantiserRule::default() };
            if grows {
                self.upgrades.upgraded(now);
            }
        } else if fine && !rule.easy {
            let above = self.by_rate.and_then(|(held, _)| self.steps.get(held.checked_sub(1)?));
            let worth = above.is_some_and(|above| {
                u64::from(bitrate) * 100 >= u64::from(above.min_bitrate_bps) * EASY_PERCENT
            });
            if worth {
                *rule = QuantiserRule { easy: true, ..QuantiserRule::default() };
                if grows {
                    self.upgrades.upgraded(now);
                }
            }
        }
    }

    /// A key frame of the chosen step would take too long to send: the step is too large for now. False if there is no
    /// smaller one.
    pub fn too_large(&mut self, now: Instant) -> bool {
        let shown = self.steps[self.shown];
        // A lower frame rate makes no smaller key frame.
        let smaller = self.steps.iter().position(|step| step.width < shown.width);
        let Some(smaller) = smaller.filter(|smaller| *smaller > self.shown) else { return false };
        // Of a screen the frame rate gives way first, and a large key frame is no reason to give up both.
        if smaller > self.shown + 1 && self.steps[smaller].fps < shown.fps {
            return false;
        }
        let by_rate = self.by_rate.map_or(self.first, |(held, _)| held.max(self.first));
        let steps = smaller.saturating_sub(by_rate);
        if steps > MAX_QUANTISER_STEPS {
            return false;
        }
        self.quantiser = QuantiserRule { steps, ..QuantiserRule::default() };
        // Tried again at once it would cost a key frame each time.
        self.upgrades.downgraded(now);
        true
    }

    /// Takes in how busy the encoder is with the chosen step.
    pub fn loaded(&mut self, load: EncoderLoad, now: Instant) {
        let (rule, last) = (&mut self.load, self.steps.len() - 1);
        let since_change = rule.changed.map(|at| now.saturating_duration_since(at));
        match load {
            EncoderLoad::High => {
                rule.spare_since = None;
                if since_change.is_some_and(|since| since < MIN_TIME_BETWEEN_RELIEFS) || self.shown >= last {
                    return;
                }
                // It was trusted too early.
                let failed = rule.raised && since_change.is_some_and(|since| since < MIN_RELIEF);
                if failed {
                    rule.patience = (rule.patience * 2).min(MAX_RELIEF);
                } else if rule.raised || rule.patience.is_zero() {
                    rule.patience = MIN_RELIEF;
                }
                (rule.best, rule.changed, rule.raised) = (self.shown + 1, Some(now), false);
            }
            EncoderLoad::Normal => rule.spare_since = None,
            EncoderLoad::Low => {
                let since = *rule.spare_since.get_or_insert(now);
                if rule.best > self.first && now.saturating_duration_since(since) >= rule.patience {
                    rule.best -= 1;
                    (rule.changed, rule.raised, rule.spare_since) = (Some(now), true, None);
                }
            }
        }
    }
}

/// Whether `is` has been so for this time.
fn lasts(since: &mut Option<Instant>, is: bool, time: Duration, now: Instant) -> bool {
    if !is {
        *since = None;
        return false;
    }
    now.saturating_duration_since(*since.get_or_insert(now)) >= time
}

impl QualityStep {
    /// The box for a picture of this shape: an upright picture gets an upright box.
    pub fn bounds(&self, width: u32, height: u32) -> (u32, u32) {
        if width >= height { (self.width, self.height) } else { (self.height, self.width) }
    }
}

#[cfg(test)]
mod tests;
