//! Resampler between two clocks that should be alike: it inserts or leaves out single samples, cross-faded over 2.7 ms
//! (rubato's `Slip`). Without drift it hands sound on unchanged, and it never delays.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Adjustable, FixedAsync, Resampler, Slip};

use super::FRAME;

/// See the module.
pub(super) struct DriftResampler {
    slip: Option<Slip<f32>>,
    drift: f64,
}

impl DriftResampler {
    /// Gives whole frames; takes as much as those need.
    pub(super) fn new() -> Self {
        let slip = Slip::new(FRAME, 1, FixedAsync::Output)
            .inspect_err(|error| tracing::warn!(%error, "Clock drift cannot be corrected"))
            .ok();
        Self { slip, drift: 0.0 }
    }

    /// Sets how much slower than the receiver's the sender's clock runs: 0.0001 is 100 parts per million.
    pub(super) fn set_drift(&mut self, drift: f64) {
        if drift == self.drift {
            return;
        }
        self.drift = drift;
        if let Some(slip) = &mut self.slip
            && let Err(error) = slip.set_resample_ratio(1.0 + drift, true)
        {
            tracing::debug!(%error, drift, "Clock drift is corrected in part");
        }
    }

    /// Samples the next frame needs.
    pub(super) fn needed(&self) -> usize {
        self.slip.as_ref().map_or(FRAME, Resampler::input_frames_next)
    }

    /// Makes a frame of the first [`Self::needed`] samples of `sound`, which has as many.
    pub(super) fn convert(&mut self, sound: &[f32], frame: &mut [f32; FRAME]) {
        let converted = self.slip.as_mut().is_some_and(|slip| {
            let (Ok(input), Ok(mut output)) = (
                InterleavedSlice::new(sound, 1, sound.len()),
                InterleavedSlice::new_mut(frame.as_mut_slice(), 1, FRAME),
            ) else {
                return false;
            };
            slip.process_into_buffer(&input, &mut output, None).is_ok()
        });
        if !converted {
            frame.iter_mut().zip(sound).for_each(|(to, from)| *to = *from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(n: usize) -> f32 {
        0.5 * (n as f32 * 997.0 * std::f32::consts::TAU / 48_000.0).sin()
    }

    /// How many samples a minute took, and the largest step between two of what came out.
    fn minute(drift: f64) -> (usize, f32) {
        let mut resampler = DriftResampler::new();
        resampler.set_drift(drift);
        let (mut taken, mut last, mut steepest, mut frame) = (0, 0.0, 0.0_f32, [0.0; FRAME]);
        for _ in 0..6000 {
            let sound: Vec<f32> = (taken..taken + resampler.needed()).map(tone).collect();
            taken += sound.len();
            resampler.convert(&sound, &mut frame);
            for sample in frame {
                steepest = steepest.max((sample - last).abs());
                last = sample;
            }
        }
        (taken, steepest)
    }

    #[test]
    fn a_minute_takes_what_the_slower_clock_gave_and_has_no_click() {
        let (whole, smooth) = minute(0.0);
        assert_eq!(whole, 6000 * FRAME);
        for (drift, most) in [(200e-6, -576), (-200e-6, 576), (20e-6, -58)] {
            let (taken, steepest) = minute(drift);
            let more = taken as i64 - whole as i64;
            assert!((more - most).abs() < 4, "{drift}: {more}");
            assert!(steepest < smooth * 1.05, "{drift}: {steepest} of {smooth}");
        }
    }

    #[test]
    fn without_drift_nothing_is_touched() {
        let sound: Vec<f32> = (0..FRAME).map(tone).collect();
        let (mut resampler, mut frame) = (DriftResampler::new(), [0.0; FRAME]);
        assert_eq!(resampler.needed(), FRAME);
        resampler.convert(&sound, &mut frame);
        assert_eq!(frame.as_slice(), sound);
    }
}
