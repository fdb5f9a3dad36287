//! Peak limiter of the mix: two loud voices or seven never exceed full scale, and sound that does not is left as it is,
//! bit by bit. It adds no delay.
//!
//! A feed-forward limiter (Giannoulis, Massberg and Reiss, "Digital Dynamic Range Compressor Design: A Tutorial and
//! Analysis", J. Audio Eng. Soc. 60(6), 2012): the gain comes from the peaks of pieces of half a millisecond, falls ahead of
//! them and recovers slowly, and is interpolated from sample to sample. It looks ahead as far as the frame in hand goes; a
//! peak at its very beginning is cut where the gain has not fallen yet, for half a millisecond at most.

use super::FRAME;

/// Samples of half a millisecond.
const PIECE: usize = 24;
const PIECES: usize = FRAME / PIECE;
/// How far the gain may fall from one piece to the next where a peak is seen coming: 2 dB, so that 12 dB take 3 ms.
const ATTACK_STEP: f32 = 1.26;
/// Part of what the gain lacks that it wins back in a piece: a time constant of 200 ms, which spans syllables, so that
/// nobody hears voices swell between them.
const RELEASE: f32 = 1.0 / 400.0;
/// A gain so close to 1 (0.001 dB) is 1.
const LEAST_REDUCTION: f32 = 1e-4;

/// See the module.
#[derive(Debug)]
pub(super) struct Limiter {
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Limiter {
    /// Limits the sum of so many voices. A single voice is left alone, unless the gain is still to recover.
    pub(super) fn apply(&mut self, voices: usize, mix: &mut [f32; FRAME]) {
        if voices <= 1 && self.gain >= 1.0 {
            return;
        }
        let mut allowed = [1.0; PIECES];
        for (allowed, piece) in allowed.iter_mut().zip(mix.chunks_exact(PIECE)) {
            let peak = piece.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            *allowed = 1.0 / peak.max(1.0);
        }
        // Each end of a piece, from the last one back: as low as both pieces there need it, and low enough for what comes.
        let mut most = allowed;
        for index in (0..PIECES - 1).rev() {
            most[index] = allowed[index].min(allowed[index + 1]).min(most[index + 1] * ATTACK_STEP);
        }
        for (piece, most) in mix.chunks_exact_mut(PIECE).zip(most) {
            let from = self.gain;
            let recovered = from + (1.0 - from) * RELEASE;
            let to = if 1.0 - recovered < LEAST_REDUCTION { 1.0 } else { recovered }.min(most);
            self.gain = to;
            if from >= 1.0 && to >= 1.0 {
                continue;
            }
            for (index, sample) in piece.iter_mut().enumerate() {
                let gain = from + (to - from) * (index + 1) as f32 / PIECE as f32;
                *sample = (*sample * gain).clamp(-1.0, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
