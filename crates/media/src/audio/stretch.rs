//! Time stretching of decoded audio without a change of pitch, by removing or repeating one period. Audio
//! without a clear period stays unchanged.

use crate::jitter::{Pace, Urgency};

/// 2.5 ms: the shortest period looked for.
const MIN_PERIOD_SAMPLES: usize = 120;
/// 10 ms: the longest.
const MAX_PERIOD_SAMPLES: usize = 480;
/// 5 ms: what is compared and cross-faded.
const OVERLAP_SAMPLES: usize = 240;
/// Below this mean square (-50 dBFS) a cut is inaudible.
const QUIET_MEAN_SQUARE: f32 = 1e-5;
/// Lowest normalised correlation of two periods.
const MIN_CORRELATION: f32 = 0.7;

/// Below this part (-30 dB) of the loudest lately it is as good as inaudible.
const QUIET_PART: f32 = 1e-3;
/// Each packet takes so much off what counts as the loudest: half in seven seconds.
const LOUDEST_DECAY: f32 = 0.998;
/// A gap this long is a pause between two phrases, where a change is not heard. Those within a phrase are shorter, and
/// there each change makes the voice stumble (PESQ while the delay swings by 100 ms every four seconds: 3.5 where any
/// gap will do, 4.6 in pauses).
const MIN_PAUSE_SAMPLES: usize = 48_000 * 120 / 1000;

/// How long a change waits for a pause, and how much longer the next one, in samples.
struct Wait {
    first: usize,
    next: usize,
}

/// Sound that is later than it need be can wait longer than sound that is ahead of its picture.
const FASTER_WAIT: Wait = Wait { first: 10 * 48_000, next: 48_000 / 2 };
const FASTER_SOON_WAIT: Wait = Wait { first: 3 * 48_000, next: 48_000 / 16 };
const SLOWER_WAIT: Wait = Wait { first: 4 * 48_000, next: 48_000 / 4 };
const SLOWER_SOON_WAIT: Wait = Wait { first: 48_000, next: 0 };

/// Changes the length of what is decoded, in pauses of speech where that will do: there nobody hears it.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Mean square of the loudest piece lately.
    loudest: f32,
    /// Samples played since it has been quiet.
    quiet: usize,
    /// Samples played since a change could have been made and was not.
    waited: usize,
}

impl Stretch {
    /// Makes one packet's sound shorter or longer by a period, or leaves it.
    pub(super) fn apply(&mut self, pace: Pace, sound: &mut Vec<f32>) {
        let mean = energy(sound) / sound.len().max(1) as f32;
        self.loudest = (self.loudest * LOUDEST_DECAY).max(mean);
        let quiet_below = QUIET_MEAN_SQUARE.max(self.loudest * QUIET_PART);
        let quiet_before = self.quiet;
        self.quiet = if begin(sound) < quiet_below { quiet_before + sound.len() } else { 0 };
        let pauses = self.quiet > 0 && quiet_before >= MIN_PAUSE_SAMPLES;
        let (change, urgency, soon, wait): (fn(&mut Vec<f32>, f32) -> usize, _, _, _) = match pace {
            Pace::Keep => {
                self.waited = 0;
                return;
            }
            Pace::Faster(urgency) => (shorten, urgency, FASTER_SOON_WAIT, FASTER_WAIT),
            Pace::Slower(urgency) => (lengthen, urgency, SLOWER_SOON_WAIT, SLOWER_WAIT),
        };
        let wait = match urgency {
            Urgency::Now => Wait { first: 0, next: 0 },
            Urgency::Soon => soon,
            Urgency::InPauses => wait,
        };
        if self.waited < wait.first && !pauses {
            self.waited += sound.len();
            return;
        }
        if change(sound, quiet_below) > 0 {
            self.waited = self.waited.min(wait.first.saturating_sub(wait.next));
        }
    }
}

/// Shortens `sound` by one period; returns by how many samples.
fn shorten(sound: &mut Vec<f32>, quiet_below: f32) -> usize {
    let Some(lag) = period(sound, quiet_below) else { return 0 };
    for index in 0..OVERLAP_SAMPLES {
        let into = (index as f32 + 0.5) / OVERLAP_SAMPLES as f32;
        sound[index] = sound[index] * (1.0 - into) + sound[index + lag] * into;
    }
    sound.drain(OVERLAP_SAMPLES..OVERLAP_SAMPLES + lag);
    lag
}

/// Lengthens `sound` by one period; returns by how many samples.
fn lengthen(sound: &mut Vec<f32>, quiet_below: f32) -> usize {
    let Some(lag) = period(sound, quiet_below) else { return 0 };
    let repeated: Vec<f32> = (0..OVERLAP_SAMPLES)
        .map(|index| {
            let into = (index as f32 + 0.5) / OVERLAP_SAMPLES as f32;
            sound[index + lag] * (1.0 - into) + sound[index] * into
        })
        .collect();
    let rest = sound[OVERLAP_SAMPLES..].to_vec();
    sound.truncate(lag);
    sound.extend_from_slice(&repeated);
    sound.extend_from_slice(&rest);
    lag
}

/// The distance after which the beginning of `sound` comes again; `None` if it does not.
fn period(sound: &[f32], quiet_below: f32) -> Option<usize> {
    if sound.len() < MAX_PERIOD_SAMPLES + OVERLAP_SAMPLES {
        return None;
    }
    let begin = &sound[..OVERLAP_SAMPLES];
    if self::begin(sound) < quiet_below {
        return Some(MAX_PERIOD_SAMPLES);
    }
    let mut best = (0.0, 0);
    for lag in (MIN_PERIOD_SAMPLES..=MAX_PERIOD_SAMPLES).step_by(2) {
        let alike = likeness(begin, &sound[lag..lag + OVERLAP_SAMPLES]);
        if alike > best.0 {
            best = (alike, lag);
        }
    }
    (best.0 > MIN_CORRELATION).then_some(best.1)
}

/// Mean square of what a change touches.
fn begin(sound: &[f32]) -> f32 {
    let touched = &sound[..sound.len().min(MAX_PERIOD_SAMPLES + OVERLAP_SAMPLES)];
    energy(touched) / touched.len().max(1) as f32
}

fn likeness(left: &[f32], right: &[f32]) -> f32 {
    let product: f32 = left.iter().zip(right).map(|(left, right)| left * right).sum();
    product / (energy(left) * energy(right)).sqrt().max(f32::MIN_POSITIVE)
}

fn energy(sound: &[f32]) -> f32 {
    sound.iter().map(|sample| sample * sample).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, length: usize) -> Vec<f32> {
        (0..length).map(|n| 0.5 * (n as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin()).collect()
    }

    fn roughest_step(sound: &[f32]) -> f32 {
        sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_voiced_sound_gets_shorter_by_whole_periods_without_a_click() {
        let mut sound = tone(200.0, 960);
        let step = roughest_step(&sound);
        let removed = shorten(&mut sound, QUIET_MEAN_SQUARE);
        assert_eq!(sound.len(), 960 - removed);
        assert!(removed.is_multiple_of(240), "{removed}");
        assert!(roughest_step(&sound) < step * 1.1);
    }

    #[test]
    fn a_voiced_sound_gets_longer_by_whole_periods_without_a_click() {
        let original = tone(200.0, 960);
        let mut sound = original.clone();
        let added = lengthen(&mut sound, QUIET_MEAN_SQUARE);
        assert_eq!(sound.len(), 960 + added);
        assert!(added.is_multiple_of(240), "{added}");
        assert!(roughest_step(&sound) < roughest_step(&original) * 1.1);
        assert_eq!(sound[0], original[0]);
        assert_eq!(sound.last(), original.last());
    }

    #[test]
    fn noise_is_left_alone_and_silence_is_cut() {
        let mut state = 7_u32;
        let mut noise: Vec<f32> = (0..960)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        assert_eq!(shorten(&mut noise, QUIET_MEAN_SQUARE), 0);
        assert_eq!(lengthen(&mut noise, QUIET_MEAN_SQUARE), 0);
        assert_eq!(shorten(&mut vec![0.0; 960], QUIET_MEAN_SQUARE), MAX_PERIOD_SAMPLES);
    }

    #[test]
    fn what_can_wait_is_done_in_pauses_or_after_a_while() {
        let mut stretch = Stretch::default();
        let speech = || tone(200.0, 960);
        let mut lengths = |pace: Pace, sound: Vec<f32>, packets: usize| -> Vec<usize> {
            let packet = || {
                let mut sound = sound.clone();
                stretch.apply(pace, &mut sound);
                sound.len()
            };
            std::iter::repeat_with(packet).take(packets).collect()
        };
        assert_eq!(lengths(Pace::Keep, speech(), 50), [960; 50]);
        assert!(lengths(Pace::Slower(Urgency::Now), speech(), 5).iter().all(|length| *length > 960));
        // Four seconds of speech, and then a step each quarter of a second.
        assert_eq!(lengths(Pace::Slower(Urgency::InPauses), speech(), 200), [960; 200]);
        let gently = lengths(Pace::Slower(Urgency::InPauses), speech(), 50);
        assert_eq!(gently.iter().filter(|length| **length > 960).count(), 4, "{gently:?}");
        assert_eq!(lengths(Pace::Keep, speech(), 1), [960]);
        assert_eq!(lengths(Pace::Slower(Urgency::Soon), speech(), 50), [960; 50]);
        assert!(lengths(Pace::Slower(Urgency::Soon), speech(), 5).iter().all(|length| *length > 960));
        assert_eq!(lengths(Pace::Keep, speech(), 1), [960]);
        // What is far below the speech is a pause, be it silent or not, once it has lasted.
        let quiet: Vec<f32> = speech().iter().map(|sample| sample * 0.02).collect();
        assert_eq!(
            lengths(Pace::Faster(Urgency::InPauses), quiet.clone(), 9),
            [[960; 6].as_slice(), &[480; 3]].concat()
        );
        assert_eq!(lengths(Pace::Faster(Urgency::InPauses), speech(), 1), [960]);
        // A gap within a phrase is none.
        assert_eq!(lengths(Pace::Faster(Urgency::InPauses), quiet, 5), [960; 5]);
    }

    #[test]
    fn a_piece_too_short_to_judge_is_left_alone() {
        assert_eq!(shorten(&mut tone(200.0, 480), QUIET_MEAN_SQUARE), 0);
    }
}
