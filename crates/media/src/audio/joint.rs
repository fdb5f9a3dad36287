//! Joints of sound without a click: where what comes does not follow what was heard, that dies away and the new fades in.
//!
//! It runs in the audio callback too: no allocation, no lock.

/// 5 ms: how long sound fades in.
const FADE_IN_SAMPLES: f32 = 240.0;
/// What remains of the last sample of before, each sample: it falls to a tenth in 10 ms.
const DECAY: f32 = 0.995;
/// Less than a sound card resolves.
const INAUDIBLE: f32 = 1e-6;

/// See the module. Begins in silence, so that the first sound fades in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Joint {
    gain: f32,
    /// What dies away.
    tail: f32,
    last: f32,
}

impl Joint {
    /// The next sample follows none before it.
    pub(super) fn break_off(&mut self) {
        self.gain = 0.0;
        self.tail = self.last;
    }

    /// Takes a sample, returns what should be heard. Without a joint it is the same.
    pub(super) fn sound(&mut self, sample: f32) -> f32 {
        self.gain = (self.gain + 1.0 / FADE_IN_SAMPLES).min(1.0);
        self.tail = if self.tail.abs() > INAUDIBLE { self.tail * DECAY } else { 0.0 };
        self.last = sample * self.gain + self.tail;
        self.last
    }

    /// What should be heard where there is nothing.
    pub(super) fn gap(&mut self) -> f32 {
        self.break_off();
        self.sound(0.0)
    }
}

/// The largest second difference: a click has one near its height, a sound of low frequencies a small one.
#[cfg(test)]
pub(super) fn sharpest(sound: &[f32]) -> f32 {
    sound.windows(3).map(|three| (three[2] - 2.0 * three[1] + three[0]).abs()).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(n: usize) -> f32 {
        0.5 * (n as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin()
    }

    #[test]
    fn neither_end_nor_beginning_nor_change_of_a_tone_clicks() {
        let mut joint = Joint::default();
        let mut heard: Vec<f32> = (27..2000).map(|n| joint.sound(tone(n))).collect();
        assert_eq!(heard[240..], (267..2000).map(tone).collect::<Vec<_>>());
        heard.extend((0..300).map(|_| joint.gap()));
        heard.extend((3027..5000).map(|n| joint.sound(tone(n))));
        joint.break_off();
        heard.extend((7777..9000).map(|n| joint.sound(tone(n))));
        heard.extend((0..4800).map(|_| joint.gap()));
        let whole: Vec<f32> = (0..2000).map(tone).collect();
        assert!(sharpest(&heard) < 0.035 && sharpest(&whole) < 0.002, "{}", sharpest(&heard));
        assert_eq!(heard.last(), Some(&0.0));
    }
}
