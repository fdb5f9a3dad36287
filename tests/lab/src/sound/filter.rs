//! Decimation filter: fewer samples per second, without aliases.

/// Taps on each side per step of decimation.
const REACH: usize = 16;
/// Edge of the pass band as a fraction of the new sample rate.
const EDGE: f64 = 0.45;

/// Every `factor`th sample of the sound below the new band's edge.
pub(super) fn decimate(samples: &[f32], factor: usize) -> Vec<f32> {
    let reach = REACH * factor;
    let taps = taps(reach, EDGE / factor as f64);
    let at = |index: usize| -> f32 {
        let first = index.saturating_sub(reach);
        let last = (index + reach + 1).min(samples.len());
        let window = &taps[first + reach - index..];
        samples[first..last].iter().zip(window).map(|(sample, tap)| sample * tap).sum()
    };
    (0..samples.len()).step_by(factor).map(at).collect()
}

/// A sinc under a Hann window, with gain 1 at zero frequency.
fn taps(reach: usize, edge: f64) -> Vec<f32> {
    let tap = |n: usize| -> f64 {
        let x = n as f64 - reach as f64;
        let sinc = if x == 0.0 {
            1.0
        } else {
            (std::f64::consts::TAU * edge * x).sin() / (std::f64::consts::TAU * edge * x)
        };
        sinc * (0.5 + 0.5 * (std::f64::consts::PI * x / (reach as f64 + 1.0)).cos())
    };
    let raw: Vec<f64> = (0..=2 * reach).map(tap).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|tap| (tap / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(hertz: f32) -> f32 {
        let sine: Vec<f32> =
            (0..48_000).map(|n| (std::f32::consts::TAU * hertz * n as f32 / 48_000.0).sin()).collect();
        let kept = decimate(&sine, 3);
        (kept[1000..15_000].iter().map(|s| s * s).sum::<f32>() / 14_000.0 * 2.0).sqrt()
    }

    #[test]
    fn low_tones_pass_and_high_ones_do_not() {
        assert!((level(1_000.0) - 1.0).abs() < 0.01);
        assert!((level(6_000.0) - 1.0).abs() < 0.05);
        assert!(level(9_500.0) < 0.01);
    }
}
