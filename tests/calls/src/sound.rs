//! Audio comparison: what was heard against what was said.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::ensure;

const SAMPLE_RATE_HZ: usize = 48_000;
/// 20 ms.
const FRAME_SAMPLES: usize = 960;
/// What a jitter buffer may stretch or shrink is found anew for each of these.
const SEGMENT_SAMPLES: usize = SAMPLE_RATE_HZ;
/// How far sound may have been moved that way from one segment to the next.
const MAX_SHIFT_SAMPLES: isize = 2_880;
/// The same where a queue filled or emptied: half a second, looked for by loudness.
const MAX_JUMP_SAMPLES: isize = 24_000;
/// Steps of the loudness contour.
const CONTOUR_STEP_SAMPLES: usize = 240;
/// From this normalised correlation of the waveforms on a segment counts as found.
const FOUND: f64 = 0.4;
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

/// Finds `heard` in the endlessly repeated `said` and compares the two, following a delay that changes.
pub fn compare(said: &[f32], heard: &[f32]) -> Likeness {
    let start = align(said, heard);
    let mut moved = 0;
    let (mut a, mut b) = (vec![Vec::new(); BANDS], vec![Vec::new(); BANDS]);
    let (mut loud_frames, mut dropouts) = (0, 0);
    let (mut energy_said, mut energy_heard) = (0.0, 0.0);
    for (n, segment) in heard.chunks_exact(SEGMENT_SAMPLES).enumerate() {
        let unmoved = (start + n * SEGMENT_SAMPLES) as isize;
        let from = place(said, segment, unmoved + moved);
        if fit(said, segment, from) >= FOUND {
            moved = from - unmoved;
        }
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

/// The sample of `said` at which a segment begins that was expected at `from`.
fn place(said: &[f32], segment: &[f32], from: isize) -> isize {
    let near = refine(said, segment, from, MAX_SHIFT_SAMPLES);
    if fit(said, segment, near) >= FOUND {
        return near;
    }
    let around: Vec<f32> = (-MAX_JUMP_SAMPLES..MAX_JUMP_SAMPLES + segment.len() as isize)
        .map(|shift| at(said, from + shift))
        .collect();
    let (long, short) = (contour(&around), contour(segment));
    let score = |step: usize| correlation(&long[step..step + short.len()], &short);
    let best = (0..=long.len() - short.len()).max_by(|a, b| score(*a).total_cmp(&score(*b)));
    let jumped = from - MAX_JUMP_SAMPLES + (best.unwrap_or(0) * CONTOUR_STEP_SAMPLES) as isize;
    let far = refine(said, segment, jumped, 2 * CONTOUR_STEP_SAMPLES as isize);
    if fit(said, segment, far) >= FOUND { far } else { near }
}

/// Normalised correlation of the waveforms, 1 is the same.
fn fit(said: &[f32], heard: &[f32], from: isize) -> f64 {
    let (mut product, mut energy) = (0.0, 0.0);
    for (i, h) in heard.iter().enumerate() {
        let original = at(said, from + i as isize);
        product += f64::from(original * h);
        energy += f64::from(original * original);
    }
    product / (energy * power(heard) * heard.len() as f64).sqrt().max(1e-9)
}

/// Loudness over time, a value for each [`CONTOUR_STEP_SAMPLES`].
fn contour(sound: &[f32]) -> Vec<f64> {
    sound.chunks_exact(CONTOUR_STEP_SAMPLES).map(|piece| power(piece).sqrt()).collect()
}

/// The sample of `said` at which `heard` begins: by the loudness contour, then by the waveform.
fn align(said: &[f32], heard: &[f32]) -> usize {
    let (long, short) = (contour(said), contour(heard));
    let score = |at: usize| -> f64 {
        let part: Vec<f64> = (0..short.len()).map(|i| long[(at + i) % long.len()]).collect();
        correlation(&part, &short)
    };
    let best = (0..long.len()).map(|at| (at, score(at))).max_by(|a, b| a.1.total_cmp(&b.1));
    let coarse = best.map_or(0, |b| b.0) * CONTOUR_STEP_SAMPLES;
    let probe = &heard[..heard.len().min(SEGMENT_SAMPLES)];
    refine(said, probe, coarse as isize, 2 * CONTOUR_STEP_SAMPLES as isize).rem_euclid(said.len() as isize)
        as usize
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
    fn a_delay_that_jumps_is_followed() {
        let said = chirps(8);
        // 300 ms more from the second segment on, which the jitter buffer filled with silence.
        let mut heard = said[20_000..20_000 + SEGMENT_SAMPLES].to_vec();
        heard.extend(vec![0.0; 14_400]);
        heard.extend(&said[20_000 + SEGMENT_SAMPLES..20_000 + 5 * SEGMENT_SAMPLES]);
        let found = compare(&said, &heard);
        assert!(found.spectral_match > 0.9, "{found:?}");
        // The silence is one: 15 frames of 20 ms, of which some are pauses.
        assert!((5..=20).contains(&found.dropouts), "{found:?}");
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
