//! Audio comparison: what was heard against what was said.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::ensure;

const SAMPLE_RATE_HZ: usize = 48_000;
/// 20 ms.
const FRAME_SAMPLES: usize = 960;
/// What a jitter buffer may stretch or shrink is found anew for each of these.
const SEGMENT_SAMPLES: usize = SAMPLE_RATE_HZ;
/// How far sound may have been moved that way.
const MAX_SHIFT_SAMPLES: isize = 2_880;
/// Borders of the bands compared, in steps of 50 Hz, the resolution of a frame: 150 Hz to 4.8 kHz.
const BAND_EDGES: [usize; 11] = [3, 5, 7, 10, 14, 20, 28, 40, 56, 72, 96];
const BANDS: usize = BAND_EDGES.len() - 1;

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
    ensure!(
        spec.sample_rate as usize == SAMPLE_RATE_HZ && spec.sample_format == hound::SampleFormat::Int,
        "{spec:?}"
    );
    let scale = (1_i64 << (spec.bits_per_sample - 1)) as f32;
    let samples = reader.samples::<i32>().step_by(usize::from(spec.channels));
    Ok(samples.map(|s| s.map(|s| s as f32 / scale)).collect::<Result<_, _>>()?)
}

/// Finds `heard` in the endlessly repeated `said` and compares the two.
pub fn compare(said: &[f32], heard: &[f32]) -> Likeness {
    let start = align(said, heard);
    let (mut a, mut b) = (vec![Vec::new(); BANDS], vec![Vec::new(); BANDS]);
    let (mut loud_frames, mut dropouts) = (0, 0);
    let (mut energy_said, mut energy_heard) = (0.0, 0.0);
    for (n, segment) in heard.chunks_exact(SEGMENT_SAMPLES).enumerate() {
        let from = refine(said, segment, (start + n * SEGMENT_SAMPLES) as isize, MAX_SHIFT_SAMPLES);
        let original: Vec<f32> = (0..SEGMENT_SAMPLES as isize).map(|i| at(said, from + i)).collect();
        for (x, y) in original.chunks_exact(FRAME_SAMPLES).zip(segment.chunks_exact(FRAME_SAMPLES)) {
            let (level_x, level_y) = (db(power(x)), db(power(y)));
            energy_said += power(x);
            energy_heard += power(y);
            if level_x < -40.0 {
                continue;
            }
            loud_frames += 1;
            dropouts += usize::from(level_y < level_x - 25.0);
            for band in 0..BANDS {
                a[band].push(db(band_power(x, band)).max(-80.0));
                b[band].push(db(band_power(y, band)).max(-80.0));
            }
        }
    }
    let matches: Vec<f64> = a.iter().zip(&b).map(|(x, y)| correlation(x, y)).collect();
    Likeness {
        offset_s: start as f64 / SAMPLE_RATE_HZ as f64,
        spectral_match: matches.iter().sum::<f64>() / BANDS as f64,
        level_db: db(energy_heard) - db(energy_said),
        loud_frames,
        dropouts,
    }
}

/// A sample of the endless repetition.
fn at(said: &[f32], index: isize) -> f32 {
    said[index.rem_euclid(said.len() as isize) as usize]
}

/// The sample of `said` at which `heard` begins: by the loudness contour, then by the waveform.
fn align(said: &[f32], heard: &[f32]) -> usize {
    const STEP_SAMPLES: usize = 240;
    let contour = |s: &[f32]| -> Vec<f64> { s.chunks_exact(STEP_SAMPLES).map(|c| power(c).sqrt()).collect() };
    let (long, short) = (contour(said), contour(heard));
    let score = |at: usize| -> f64 {
        let part: Vec<f64> = (0..short.len()).map(|i| long[(at + i) % long.len()]).collect();
        correlation(&part, &short)
    };
    let best = (0..long.len()).map(|at| (at, score(at))).max_by(|a, b| a.1.total_cmp(&b.1));
    let coarse = best.map_or(0, |b| b.0) * STEP_SAMPLES;
    let probe = &heard[..heard.len().min(SEGMENT_SAMPLES)];
    refine(said, probe, coarse as isize, 2 * STEP_SAMPLES as isize).rem_euclid(said.len() as isize) as usize
}

/// Moves `from` by at most `reach` to where the waveforms agree best; a voice codec keeps the phase
/// of low frequencies.
fn refine(said: &[f32], heard: &[f32], from: isize, reach: isize) -> isize {
    let agreement = |shift: isize| -> f64 {
        let samples = heard.iter().enumerate().step_by(7);
        samples.map(|(i, h)| f64::from(at(said, from + shift + i as isize) * h)).sum()
    };
    let best = |shifts: &mut dyn Iterator<Item = isize>| -> isize {
        shifts.map(|s| (s, agreement(s))).max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |b| b.0)
    };
    let rough = best(&mut (-reach..=reach).step_by(6));
    from + best(&mut (rough - 6..=rough + 6))
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(s * s)).sum::<f64>() / samples.len() as f64
}

fn db(power: f64) -> f64 {
    10.0 * power.max(1e-12).log10()
}

/// Power of one band, by Goertzel's algorithm under a Hann window.
fn band_power(samples: &[f32], band: usize) -> f64 {
    (BAND_EDGES[band]..BAND_EDGES[band + 1]).map(|bin| tone(samples, bin as f64 * 50.0)).sum()
}

fn tone(samples: &[f32], frequency: f64) -> f64 {
    let coefficient = 2.0 * (std::f64::consts::TAU * frequency / SAMPLE_RATE_HZ as f64).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for (sample, window) in samples.iter().zip(&*HANN) {
        let s0 = f64::from(*sample) * window + coefficient * s1 - s2;
        (s2, s1) = (s1, s0);
    }
    (s1 * s1 + s2 * s2 - coefficient * s1 * s2) / (samples.len() * samples.len()) as f64
}

static HANN: LazyLock<Vec<f64>> = LazyLock::new(|| {
    (0..FRAME_SAMPLES)
        .map(|i| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / FRAME_SAMPLES as f64).cos())
        .collect()
});

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

    /// Bursts of tones and pauses that never repeat.
    fn chirps(seconds: usize) -> Vec<f32> {
        // Splitmix64: neighbouring numbers give unrelated ones.
        let chance = |n: usize| {
            let z = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % 1000
        };
        (0..seconds * SAMPLE_RATE_HZ)
            .map(|i| {
                let burst = i / 5_000;
                let pitch = 220.0 + 2.0 * chance(burst) as f32;
                let loud = chance(burst + 7_777) as f32 / 2_000.0;
                loud * (std::f32::consts::TAU * pitch * i as f32 / SAMPLE_RATE_HZ as f32).sin()
            })
            .collect()
    }

    #[test]
    fn the_same_sound_is_found_and_matches() {
        let said = chirps(6);
        let heard: Vec<f32> =
            (0..3 * SAMPLE_RATE_HZ).map(|i| said[(i + 100_000) % said.len()] * 0.5).collect();
        let found = compare(&said, &heard);
        assert!((found.offset_s - 100_000.0 / SAMPLE_RATE_HZ as f64).abs() < 0.001, "{found:?}");
        assert!(found.spectral_match > 0.99 && (found.level_db + 6.0).abs() < 0.2, "{found:?}");
        assert_eq!(found.dropouts, 0);
    }

    #[test]
    fn holes_and_other_sounds_are_noticed() {
        let said = chirps(6);
        let holes: Vec<f32> = said
            .iter()
            .take(3 * SAMPLE_RATE_HZ)
            .enumerate()
            .map(|(i, s)| if i / 4_800 % 5 == 0 { 0.0 } else { *s })
            .collect();
        assert!(compare(&said, &holes).dropouts > 10);
        let other: Vec<f32> = said.iter().rev().take(3 * SAMPLE_RATE_HZ).copied().collect();
        assert!(compare(&said, &other).spectral_match < 0.9);
    }
}
