//! Listening by measurement: what was heard compared with what was said.

use std::path::Path;

use anyhow::ensure;

const RATE: usize = 48_000;
/// 20 ms.
const FRAME: usize = 960;
/// Centre frequencies of the bands compared, a third of an octave apart from 200 Hz to 6.4 kHz.
const BANDS: usize = 16;

/// How alike two recordings are once the second is laid over the first.
#[derive(Clone, Copy, Debug)]
pub struct Likeness {
    /// Where in the looped original the recording begins, in seconds.
    pub offset_s: f64,
    /// Mean correlation of the band levels over time, 1 is the same.
    pub spectral_match: f64,
    /// Level of the recording minus that of the original, dB.
    pub level_db: f64,
    /// 20 ms frames in which the original is loud.
    pub loud_frames: usize,
    /// Loud frames of which the recording has next to nothing.
    pub dropouts: usize,
}

/// Reads a 48 kHz WAV file; the first channel.
pub fn read_mono(path: &Path) -> anyhow::Result<Vec<f32>> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    ensure!(spec.sample_rate as usize == RATE && spec.sample_format == hound::SampleFormat::Int, "{spec:?}");
    let scale = (1_i64 << (spec.bits_per_sample - 1)) as f32;
    let samples = reader.samples::<i32>().step_by(usize::from(spec.channels));
    Ok(samples.map(|s| s.map(|s| s as f32 / scale)).collect::<Result<_, _>>()?)
}

/// Finds `heard` in the endlessly repeated `said` and compares the two.
pub fn compare(said: &[f32], heard: &[f32]) -> Likeness {
    let start = align(said, heard);
    let original: Vec<f32> = (0..heard.len()).map(|i| said[(start + i) % said.len()]).collect();
    let frames = heard.len() / FRAME;
    let (mut a, mut b) = (vec![Vec::new(); BANDS], vec![Vec::new(); BANDS]);
    let (mut loud_frames, mut dropouts) = (0, 0);
    let (mut energy_said, mut energy_heard) = (0.0, 0.0);
    for n in 0..frames {
        let (x, y) = (&original[n * FRAME..(n + 1) * FRAME], &heard[n * FRAME..(n + 1) * FRAME]);
        let (level_x, level_y) = (db(power(x)), db(power(y)));
        energy_said += power(x);
        energy_heard += power(y);
        if level_x < -40.0 {
            continue;
        }
        loud_frames += 1;
        dropouts += usize::from(level_y < level_x - 25.0);
        for band in 0..BANDS {
            let frequency = 200.0 * 2.0_f64.powf(band as f64 / 3.0);
            a[band].push(db(tone(x, frequency)).max(-80.0));
            b[band].push(db(tone(y, frequency)).max(-80.0));
        }
    }
    let matches: Vec<f64> = a.iter().zip(&b).map(|(x, y)| correlation(x, y)).collect();
    Likeness {
        offset_s: start as f64 / RATE as f64,
        spectral_match: matches.iter().sum::<f64>() / BANDS as f64,
        level_db: db(energy_heard) - db(energy_said),
        loud_frames,
        dropouts,
    }
}

/// The sample of `said` at which `heard` begins: by the loudness contour first, then by the waveform.
fn align(said: &[f32], heard: &[f32]) -> usize {
    const STEP: usize = 240;
    let contour = |s: &[f32]| -> Vec<f64> { s.chunks_exact(STEP).map(|c| power(c).sqrt()).collect() };
    let (long, short) = (contour(said), contour(heard));
    let score = |at: usize| -> f64 {
        let part: Vec<f64> = (0..short.len()).map(|i| long[(at + i) % long.len()]).collect();
        correlation(&part, &short)
    };
    let coarse =
        (0..long.len()).map(|at| (at, score(at))).max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |b| b.0);
    // Four seconds are enough for the waveform; a codec keeps its phase at the low frequencies.
    let probe = &heard[..heard.len().min(4 * RATE)];
    let fine = |shift: isize| -> f64 {
        let base = (coarse * STEP) as isize + shift;
        let at = |i: usize| said[(base + i as isize).rem_euclid(said.len() as isize) as usize];
        probe.iter().enumerate().step_by(3).map(|(i, h)| f64::from(at(i) * h)).sum()
    };
    let reach = 2 * STEP as isize;
    let shift = (-reach..=reach).map(|s| (s, fine(s))).max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |b| b.0);
    ((coarse * STEP) as isize + shift).rem_euclid(said.len() as isize) as usize
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(s * s)).sum::<f64>() / samples.len() as f64
}

fn db(power: f64) -> f64 {
    10.0 * power.max(1e-12).log10()
}

/// Power around one frequency, by Goertzel's algorithm under a Hann window.
fn tone(samples: &[f32], frequency: f64) -> f64 {
    let coefficient = 2.0 * (std::f64::consts::TAU * frequency / RATE as f64).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / samples.len() as f64).cos();
        let s0 = f64::from(*sample) * window + coefficient * s1 - s2;
        (s2, s1) = (s1, s0);
    }
    (s1 * s1 + s2 * s2 - coefficient * s1 * s2) / (samples.len() * samples.len()) as f64
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    if aa * bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bursts of two tones, different every time.
    fn chirps(seconds: usize) -> Vec<f32> {
        (0..seconds * RATE)
            .map(|i| {
                let burst = i / 7_000;
                let pitch = 220.0 + (burst * 7919 % 1700) as f32;
                let loud = if burst * 31 % 4 == 0 { 0.02 } else { 0.3 };
                loud * (std::f32::consts::TAU * pitch * i as f32 / RATE as f32).sin()
            })
            .collect()
    }

    #[test]
    fn the_same_sound_is_found_and_matches() {
        let said = chirps(6);
        let heard: Vec<f32> = (0..3 * RATE).map(|i| said[(i + 100_000) % said.len()] * 0.5).collect();
        let found = compare(&said, &heard);
        assert!((found.offset_s - 100_000.0 / RATE as f64).abs() < 0.001, "{found:?}");
        assert!(found.spectral_match > 0.99 && (found.level_db + 6.0).abs() < 0.2, "{found:?}");
        assert_eq!(found.dropouts, 0);
    }

    #[test]
    fn holes_and_other_sounds_are_noticed() {
        let said = chirps(6);
        let holes: Vec<f32> = said
            .iter()
            .take(3 * RATE)
            .enumerate()
            .map(|(i, s)| if i / 4_800 % 5 == 0 { 0.0 } else { *s })
            .collect();
        assert!(compare(&said, &holes).dropouts > 10);
        let other: Vec<f32> = said.iter().rev().take(3 * RATE).copied().collect();
        assert!(compare(&said, &other).spectral_match < 0.9);
    }
}
