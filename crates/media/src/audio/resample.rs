//! Resampler of one channel, in chunks of any length.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

/// Rates are converted in pieces of 10 ms.
const CHUNKS_PER_SECOND: u32 = 100;

/// Converts as it goes; equal rates pass straight through.
pub(super) struct MonoResampler {
    inner: Option<Fft<f32>>,
    waiting: Vec<f32>,
    piece: Vec<f32>,
}

impl MonoResampler {
    /// Rates in samples per second. Rates that cannot be converted pass unchanged as well.
    pub(super) fn new(from: u32, to: u32) -> Self {
        let inner = (from != to)
            .then(|| {
                let chunk = (from / CHUNKS_PER_SECOND).max(1) as usize;
                Fft::new(from as usize, to as usize, chunk, 1, FixedSync::Input)
                    .inspect_err(|error| tracing::warn!(%error, from, to, "Sound cannot be converted"))
                    .ok()
            })
            .flatten();
        let piece = vec![0.0; inner.as_ref().map_or(0, Resampler::output_frames_max)];
        Self { inner, waiting: Vec::new(), piece }
    }

    /// Takes `sound` in and appends what is ready to `out`.
    pub(super) fn convert(&mut self, sound: &[f32], out: &mut Vec<f32>) {
        let Some(inner) = &mut self.inner else {
            out.extend_from_slice(sound);
            return;
        };
        self.waiting.extend_from_slice(sound);
        let mut used = 0;
        loop {
            let needed = inner.input_frames_next();
            let rest = &self.waiting[used..];
            if rest.len() < needed {
                break;
            }
            let room = self.piece.len();
            let (Ok(input), Ok(mut output)) = (
                InterleavedSlice::new(rest, 1, rest.len()),
                InterleavedSlice::new_mut(&mut self.piece, 1, room),
            ) else {
                break;
            };
            let Ok((read, written)) = inner.process_into_buffer(&input, &mut output, None) else { break };
            used += read;
            out.extend_from_slice(&self.piece[..written]);
            if read == 0 {
                break;
            }
        }
        self.waiting.drain(..used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_keeps_its_length_and_power() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (16_000, 48_000), (48_000, 48_000)] {
            let sound: Vec<f32> = (0..from * 2)
                .map(|n| (n as f32 * 1000.0 * std::f32::consts::TAU / from as f32).sin())
                .collect();
            let mut converter = MonoResampler::new(from, to);
            let mut out = Vec::new();
            for piece in sound.chunks(333) {
                converter.convert(piece, &mut out);
            }
            assert!(
                out.len() as u32 > to * 2 - to / 20 && out.len() as u32 <= to * 2 + to / 50,
                "{}",
                out.len()
            );
            let middle = &out[to as usize / 2..to as usize];
            let power = middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32;
            assert!((power - 0.5).abs() < 0.01, "{from} to {to}: {power}");
        }
    }
}
