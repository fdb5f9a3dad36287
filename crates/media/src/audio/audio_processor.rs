//! Audio processor of the microphone: echo cancellation, noise suppression and gain control.

use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate, NoiseSuppression,
    NoiseSuppressionLevel, Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::FRAME;
use crate::Processing;

/// Works on 10 ms at a time.
pub(crate) struct AudioProcessor {
    inner: Option<AudioProcessing>,
    scratch: [f32; FRAME],
}

impl AudioProcessor {
    pub(crate) fn new(processing: Processing) -> Self {
        let mut voice = Self { inner: None, scratch: [0.0; FRAME] };
        voice.set(processing);
        voice
    }

    /// Switches parts on and off; what stays on keeps its adapted state.
    pub(crate) fn set(&mut self, processing: Processing) {
        let Processing { echo, noise, gain } = processing;
        if !(echo || noise || gain) {
            self.inner = None;
            return;
        }
        let config = config(processing);
        match &mut self.inner {
            Some(inner) => inner.apply_config(config),
            None => {
                self.inner = Some(
                    AudioProcessing::builder()
                        .config(config)
                        .capture_config(StreamConfig::new(48_000, 1))
                        .render_config(StreamConfig::new(48_000, 1))
                        .build(),
                );
            }
        }
    }

    /// Takes what is about to be played: the reference of the echo canceller.
    pub(crate) fn played(&mut self, frame: &[f32; FRAME]) {
        let Some(inner) = &mut self.inner else { return };
        if let Err(error) = inner.process_render_f32(&[frame], &mut [&mut self.scratch]) {
            tracing::debug!(?error, "The echo canceller refused what is played");
        }
    }

    /// Processes a captured frame.
    pub(crate) fn heard(&mut self, frame: &mut [f32; FRAME]) {
        let Some(inner) = &mut self.inner else { return };
        match inner.process_capture_f32(&[frame.as_slice()], &mut [&mut self.scratch]) {
            Ok(()) => frame.copy_from_slice(&self.scratch),
            Err(error) => tracing::debug!(?error, "The voice could not be processed"),
        }
    }
}

fn config(processing: Processing) -> Config {
    Config {
        pipeline: Pipeline {
            maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
            ..Pipeline::default()
        },
        high_pass_filter: Some(HighPassFilter::default()),
        echo_canceller: processing.echo.then(EchoCanceller::default),
        noise_suppression: processing.noise.then(|| NoiseSuppression {
            level: NoiseSuppressionLevel::Moderate,
            ..NoiseSuppression::default()
        }),
        gain_controller2: processing.gain.then(|| GainController2 {
            adaptive_digital: Some(AdaptiveDigital::default()),
            ..GainController2::default()
        }),
        ..Config::default()
    }
}

#[cfg(test)]
mod echo_tests;

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(state: &mut u32) -> f32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*state >> 8) as f32 / 8_388_608.0 - 1.0
    }

    #[test]
    fn an_echo_is_taken_out() {
        let mut voice = AudioProcessor::new(Processing { echo: true, noise: false, gain: false });
        let mut state = 5;
        let mut past = vec![0.0_f32; 4800];
        let (mut echo, mut rest) = (0.0, 0.0);
        for step in 0..600 {
            let mut far = [0.0; FRAME];
            let loudness = if step / 20 % 2 == 0 { 0.3 } else { 0.1 };
            far.iter_mut().for_each(|sample| *sample = loudness * noise(&mut state));
            past.extend_from_slice(&far);
            voice.played(&far);
            let at = past.len() - FRAME - 3840;
            let mut near = [0.0; FRAME];
            near.iter_mut().zip(&past[at..]).for_each(|(near, far)| *near = far * 0.5);
            if step > 400 {
                echo += near.iter().map(|s| s * s).sum::<f32>();
            }
            voice.heard(&mut near);
            if step > 400 {
                rest += near.iter().map(|s| s * s).sum::<f32>();
            }
        }
        let decibels = 10.0 * (echo / rest.max(1e-12)).log10();
        assert!(decibels > 20.0, "{decibels} dB");
    }

    #[test]
    fn parts_are_switched_while_it_runs() {
        let mut voice = AudioProcessor::new(Processing { echo: false, noise: false, gain: false });
        let mut state = 9;
        let mut power = |voice: &mut AudioProcessor| {
            let mut sum = 0.0;
            for step in 0..300 {
                let mut frame = [0.0; FRAME];
                frame.iter_mut().for_each(|sample| *sample = 0.02 * noise(&mut state));
                voice.heard(&mut frame);
                if step > 200 {
                    sum += frame.iter().map(|sample| sample * sample).sum::<f32>();
                }
            }
            sum
        };
        let raw = power(&mut voice);
        voice.set(Processing { echo: false, noise: true, gain: false });
        let quiet = power(&mut voice);
        assert!(quiet < raw / 4.0, "{quiet} of {raw}");
        voice.set(Processing { echo: true, noise: false, gain: false });
        let noisy = power(&mut voice);
        assert!(noisy > raw / 2.0, "{noisy} of {raw}");
    }

    #[test]
    fn with_everything_off_nothing_is_touched() {
        let mut voice = AudioProcessor::new(Processing { echo: false, noise: false, gain: false });
        let mut frame = [0.25; FRAME];
        voice.heard(&mut frame);
        assert_eq!(frame, [0.25; FRAME]);
    }
}
