//! Lag between what was said and what was heard, by correlation.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::filter::decimate;
use super::{SAMPLE_RATE_HZ, Sound};
use crate::traffic::Span;

/// Longest lag that is looked for.
const MAX_LAG_US: u64 = 3_000_000;
/// Speech has little above 4 kHz; a sample is 125 us then.
const FACTOR: usize = 6;
const WINDOW_US: u64 = 1_000_000;
/// Below this deviation there is nothing to be recognised.
const QUIET: f32 = 1e-3;

/// The lag of one second of sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lag {
    /// The middle of the second.
    pub at_us: u64,
    pub ms: f64,
    /// Correlation, 1 is the same.
    pub likeness: f64,
}

/// The lag of each second of a span in which there was something to be heard.
pub fn lags(said: &Sound, heard: &Sound, span: Span) -> Vec<Lag> {
    let begins = (0..).map(|n| span.from_us + n * WINDOW_US).take_while(|at| at + WINDOW_US <= span.to_us);
    let mut planner = FftPlanner::new();
    begins.filter_map(|at| lag(said, heard, at, &mut planner)).collect()
}

fn lag(said: &Sound, heard: &Sound, at_us: u64, planner: &mut FftPlanner<f32>) -> Option<Lag> {
    let count = |us: u64| us as usize * (SAMPLE_RATE_HZ / 1000) / 1000;
    let ear = decimate(&heard.piece(at_us as i64, count(WINDOW_US))?, FACTOR);
    let from = at_us as i64 - MAX_LAG_US as i64;
    let mouth = decimate(&said.piece(from, count(WINDOW_US + MAX_LAG_US))?, FACTOR);
    if deviation(&ear) < QUIET || deviation(&mouth) < QUIET {
        return None;
    }
    let products = correlate(&mouth, &ear, planner);
    let energy_ear: f64 = ear.iter().map(|s| f64::from(s * s)).sum();
    let mut energy: f64 = mouth[..ear.len()].iter().map(|s| f64::from(s * s)).sum();
    let (mut best, mut likeness) = (0, f64::MIN);
    for (shift, product) in products.iter().enumerate() {
        let score = f64::from(*product) / (energy * energy_ear).sqrt().max(1e-9);
        if score > likeness {
            (best, likeness) = (shift, score);
        }
        let square = |index: usize| mouth.get(index).map_or(0.0, |s: &f32| f64::from(s * s));
        energy = (energy + square(shift + ear.len()) - square(shift)).max(0.0);
    }
    let rate = SAMPLE_RATE_HZ as f64 / FACTOR as f64;
    let ms = MAX_LAG_US as f64 / 1e3 - best as f64 / rate * 1e3;
    Some(Lag { at_us: at_us + WINDOW_US / 2, ms, likeness })
}

fn deviation(samples: &[f32]) -> f32 {
    let mean = samples.iter().sum::<f32>() / samples.len().max(1) as f32;
    (samples.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// Sum of products of `short` with each stretch of `long` that it fits on.
fn correlate(long: &[f32], short: &[f32], planner: &mut FftPlanner<f32>) -> Vec<f32> {
    let size = (long.len() + short.len()).next_power_of_two();
    let padded = |samples: &[f32]| -> Vec<Complex<f32>> {
        let zeros = std::iter::repeat_n(0.0, size - samples.len());
        samples.iter().copied().chain(zeros).map(|re| Complex { re, im: 0.0 }).collect()
    };
    let (mut a, mut b) = (padded(long), padded(short));
    let forward = planner.plan_fft_forward(size);
    forward.process(&mut a);
    forward.process(&mut b);
    a.iter_mut().zip(&b).for_each(|(x, y)| *x *= y.conj());
    planner.plan_fft_inverse(size).process(&mut a);
    a[..=long.len() - short.len()].iter().map(|c| c.re / size as f32).collect()
}
