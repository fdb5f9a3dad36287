//! How alike two recordings are.

use std::path::Path;

/// Samples in the pieces that are compared.
const CHUNK_SAMPLES: usize = 960;

pub(crate) fn read_wav(path: &Path) -> Vec<f32> {
    let reader = hound::WavReader::open(path).expect("the sound file opens");
    assert_eq!(reader.spec().sample_rate, 48_000);
    reader
        .into_samples::<i16>()
        .map(|sample| f32::from(sample.expect("the sound file is whole")) / 32768.0)
        .collect()
}

pub(crate) fn level_db(sound: &[f32]) -> f32 {
    let power =
        sound.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / sound.len().max(1) as f64;
    (10.0 * power.max(1e-12).log10()) as f32
}

/// The largest second difference: a click has one near its height, a held tone of some hundred Hz a small one.
pub(crate) fn sharpest(sound: &[f32]) -> f32 {
    sound.windows(3).map(|three| (three[2] - 2.0 * three[1] + three[0]).abs()).fold(0.0, f32::max)
}

/// Where in `recording` the beginning of `original` is, and how well it fits (normalised correlation).
pub(crate) fn locate(original: &[f32], recording: &[f32]) -> (usize, f32) {
    // Envelopes of 1 ms find the neighbourhood, samples the place.
    let coarse = |sound: &[f32]| -> Vec<f32> {
        sound.chunks(48).map(|piece| piece.iter().map(|sample| sample.abs()).sum::<f32>()).collect()
    };
    let (pattern, field) = (coarse(&original[..original.len().min(48_000 * 4)]), coarse(recording));
    let near = best(&pattern, &field, 0..field.len().saturating_sub(pattern.len() / 2), 1).0 * 48;
    // Around the first loud second, where there is something to fit.
    let loud = original.chunks(24_000).position(|piece| level_db(piece) > -35.0).unwrap_or(0) * 24_000;
    let pattern = &original[loud..(loud + 12_000).min(original.len())];
    let (place, fit) = best(pattern, recording, (near + loud).saturating_sub(4800)..near + loud + 4800, 1);
    (place.saturating_sub(loud), fit)
}

fn best(pattern: &[f32], field: &[f32], places: std::ops::Range<usize>, step: usize) -> (usize, f32) {
    let own: f32 = pattern.iter().map(|sample| sample * sample).sum();
    let mut found = (0, f32::MIN);
    for place in places.step_by(step) {
        let Some(piece) = field.get(place..(place + pattern.len()).min(field.len())) else { break };
        let product: f32 = pattern.iter().zip(piece).map(|(a, b)| a * b).sum();
        let other: f32 = piece.iter().map(|sample| sample * sample).sum();
        let fit = product / (own * other).sqrt().max(1e-9);
        if fit > found.1 {
            found = (place, fit);
        }
    }
    found
}

/// Half a second, the unit in which a recording is followed.
const BLOCK_CHUNKS: usize = 25;
/// How far the delay may change from one block to the next: the jitter buffer stretches and shortens sound.
const MAX_STEP: isize = 4_800;

/// A loud block of the original and where it is in the recording.
struct Match {
    /// First chunk.
    block: usize,
    /// Samples by which the recording is later than the beginning said.
    shift: isize,
    energy: f32,
    likeness: f32,
}

/// Follows the original through the recording; both begin at the same place. The delay may change on the way, by what
/// a jitter buffer needs when the machine is busy: that is no dropout.
fn follow(original: &[f32], recording: &[f32]) -> Vec<Match> {
    let left = spectrum(original);
    let mut shift = 0;
    let mut found = Vec::new();
    for block in (0..left.len().saturating_sub(BLOCK_CHUNKS)).step_by(BLOCK_CHUNKS) {
        let reference = &left[block..block + BLOCK_CHUNKS];
        let energy = norm(reference);
        if energy < 1.0 {
            continue;
        }
        let fit = |shift: isize| {
            let from = (block * CHUNK_SAMPLES).checked_add_signed(shift)?;
            let other = spectrum(recording.get(from..from + BLOCK_CHUNKS * CHUNK_SAMPLES)?);
            let product: f32 =
                reference.iter().flatten().zip(other.iter().flatten()).map(|(a, b)| a * b).sum();
            Some((shift, product / (energy * norm(&other)).max(1e-9)))
        };
        let shifts = (shift - MAX_STEP..=shift + MAX_STEP).step_by(480);
        let best = shifts.filter_map(fit).max_by(|a, b| a.1.total_cmp(&b.1));
        let (best, likeness) = best.unwrap_or((shift, 0.0));
        // Where nothing fits there is nothing to follow.
        if likeness > 0.8 {
            shift = best;
        }
        found.push(Match { block, shift, energy, likeness });
    }
    found
}

/// Likeness 0..1 of the spectra over time; both begin at the same place.
pub(crate) fn likeness(original: &[f32], recording: &[f32]) -> f32 {
    let matches = follow(original, recording);
    let weight: f32 = matches.iter().map(|found| found.energy).sum();
    matches.iter().map(|found| found.likeness * found.energy).sum::<f32>() / weight.max(1e-9)
}

/// Share of the original's loud pieces that are silent in the recording and around it.
pub(crate) fn dropouts(original: &[f32], recording: &[f32]) -> f32 {
    let (mut loud, mut missing) = (0.0_f32, 0.0);
    for found in follow(original, recording) {
        for index in found.block..found.block + BLOCK_CHUNKS {
            let at = index * CHUNK_SAMPLES;
            if level_db(&original[at..at + CHUNK_SAMPLES]) < -35.0 {
                continue;
            }
            loud += 1.0;
            let from = at.saturating_add_signed(found.shift);
            let around = recording.get(from.saturating_sub(CHUNK_SAMPLES)..from + 2 * CHUNK_SAMPLES);
            let silent =
                around.is_none_or(|around| around.chunks_exact(480).any(|piece| level_db(piece) < -85.0));
            missing += if silent { 1.0 } else { 0.0 };
        }
    }
    missing / f32::max(loud, 1.0)
}

fn norm(spectrum: &[[f32; 8]]) -> f32 {
    spectrum.iter().flatten().map(|value| value * value).sum::<f32>().sqrt()
}

/// Amplitudes at eight frequencies, per 20 ms (Goertzel).
fn spectrum(sound: &[f32]) -> Vec<[f32; 8]> {
    const BANDS: [f32; 8] = [200.0, 350.0, 500.0, 700.0, 1000.0, 1500.0, 2200.0, 3000.0];
    sound
        .chunks_exact(CHUNK_SAMPLES)
        .map(|piece| {
            BANDS.map(|hertz| {
                let turn = 2.0 * (hertz * std::f32::consts::TAU / 48_000.0).cos();
                let (mut last, mut before) = (0.0_f32, 0.0_f32);
                for sample in piece {
                    (last, before) = (sample + turn * last - before, last);
                }
                (last * last + before * before - turn * last * before).max(0.0).sqrt()
            })
        })
        .collect()
}
