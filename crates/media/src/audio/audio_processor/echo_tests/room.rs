//! Synthetic room between a speaker and a microphone: direct sound, reflections that decay, a speaker that is not
//! quite linear, and a noise floor.

use crate::audio::FRAME;

/// Samples per millisecond.
pub(super) const MS: f64 = 48.0;

/// Pseudo-random numbers -1..1, the same each run.
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn draw(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Time in which reflections decay by 60 dB.
    pub(super) rt60_s: f32,
    /// Amplitude of the first reflections against the direct sound.
    pub(super) reflections: f32,
    /// From speaker to microphone, by the direct way.
    pub(super) gain: f32,
    /// Share of the cubed and (a third of it) squared signal in what the speaker gives.
    pub(super) distortion: f32,
}

impl Room {
    /// An office with the microphone near the speaker: 0.25 s, direct sound and reflections alike in energy,
    /// one or two percent of harmonic distortion at the peaks of speech.
    pub(super) const OFFICE: Self = Self { rt60_s: 0.25, reflections: 0.15, gain: 0.35, distortion: 0.05 };

    /// What arrives at the microphone of what is played, without any delay of devices.
    pub(super) fn echo(self, played: &[f32]) -> Vec<f32> {
        let speaker: Vec<f32> =
            played.iter().map(|x| x - self.distortion * x * x * x + self.distortion / 3.0 * x * x).collect();
        let mut heard = vec![0.0; played.len()];
        for (delay, gain) in self.response() {
            for (heard, sound) in heard[delay..].iter_mut().zip(&speaker) {
                *heard += gain * sound;
            }
        }
        heard
    }

    /// Delays in samples and gains. The reflections are sparse with random signs (velvet noise), two in a millisecond,
    /// the first after 3 ms.
    fn response(self) -> Vec<(usize, f32)> {
        let (mut noise, mut taps) = (Noise::new(88_172_645_463_325_252), vec![(0, self.gain)]);
        let (mut at, decay) = (144_usize, self.rt60_s * 48_000.0);
        while (at as f32) < decay * 1.2 {
            let envelope = (-6.9078 * at as f32 / decay).exp();
            taps.push((at, self.gain * self.reflections * envelope * noise.draw().signum()));
            at += 1 + ((noise.draw() + 1.0) * 24.0) as usize;
        }
        taps
    }
}

/// A sound at a place between its samples (Catmull-Rom).
pub(super) fn between(sound: &[f32], place: f64) -> f32 {
    let index = place as usize;
    let Some(&[a, b, c, d]) = index.checked_sub(1).and_then(|from| sound.get(from..from + 4)) else {
        return 0.0;
    };
    let t = (place - index as f64) as f32;
    b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
}

/// Mean level in dB of full scale.
pub(super) fn level_db(sound: &[f32]) -> f32 {
    let power =
        sound.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / sound.len().max(1) as f64;
    (10.0 * power.max(1e-12).log10()) as f32
}

/// Greatest likeness of two sounds (normalised correlation) when the second is late by up to 30 ms.
pub(super) fn correlation(left: &[f32], right: &[f32]) -> f32 {
    let product = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(left, right)| f64::from(left * right)).sum()
    };
    let likeness = |late: usize| {
        let right = &right[late..];
        let left = &left[..right.len()];
        product(left, right) / (product(left, left) * product(right, right)).sqrt().max(1e-9)
    };
    (0..3 * FRAME).step_by(4).map(likeness).fold(0.0, f64::max) as f32
}
