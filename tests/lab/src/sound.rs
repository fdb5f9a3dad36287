//! Sound a person heard, compared with what was said: its delay, its holes, and pieces for a PESQ meter.

mod filter;
mod lag;

use std::path::Path;

use anyhow::{Context, Result};

use self::filter::decimate;
pub use self::lag::{Lag, lags};
use crate::numbers::median;
use crate::traffic::Span;

pub const SAMPLE_RATE_HZ: usize = 48_000;
/// Below this correlation a second of sound is not what was said at all.
const ALIKE: f64 = 0.4;
/// Pieces given to the PESQ meter, which wants some seconds of speech.
const PIECE_US: u64 = 7_000_000;
/// PESQ wide band works at 16 kHz.
pub const PESQ_RATE_HZ: u32 = 16_000;
const PESQ_FACTOR: usize = SAMPLE_RATE_HZ / PESQ_RATE_HZ as usize;
/// A hole in the sound is looked for in pieces of 20 ms.
const FRAME_US: u64 = 20_000;
/// Below this a frame is silent, from this on somebody speaks; mean power, dB of full scale.
const SILENCE_DB: f64 = -55.0;
const SPEECH_DB: f64 = -42.0;

/// A recording and the Unix time of its first sample.
#[derive(Clone, Debug)]
pub struct Sound {
    pub start_us: u64,
    pub samples: Vec<f32>,
    /// Whether it begins again at its end.
    pub looped: bool,
}

impl Sound {
    /// A 16-bit WAV file at 48 kHz, whole or not: a program that was stopped leaves a wrong length.
    pub fn read_wav(path: &Path, start_us: u64, looped: bool) -> Result<Self> {
        const HEADER_BYTES: usize = 44;
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bytes = bytes.get(HEADER_BYTES..).unwrap_or_default();
        Ok(Self { start_us, samples: samples(bytes), looped })
    }

    /// 16-bit samples without a header.
    pub fn read_raw(path: &Path, start_us: u64) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { start_us, samples: samples(&bytes), looped: false })
    }

    /// What it is from `from_us` on; `None` where it does not reach.
    pub(crate) fn piece(&self, from_us: i64, count: usize) -> Option<Vec<f32>> {
        let first = ((from_us - self.start_us as i64) as f64 * SAMPLE_RATE_HZ as f64 / 1e6).round() as i64;
        let length = self.samples.len() as i64;
        if self.looped {
            let at = |n: i64| self.samples[(first + n).rem_euclid(length) as usize];
            return (length > 0).then(|| (0..count as i64).map(at).collect());
        }
        let first = usize::try_from(first).ok()?;
        self.samples.get(first..first.checked_add(count)?).map(<[f32]>::to_vec)
    }
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0).collect()
}

/// Figures of the sound within a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundFigures {
    pub mouth_to_ear_ms: Option<f64>,
    /// Longest silence where there was speech.
    pub gap_ms: Option<f64>,
}

/// Compares what was heard with what was said; `lags` are those of the span.
pub fn compare(said: &Sound, heard: &Sound, span: Span, lags: &[Lag]) -> SoundFigures {
    let alike: Vec<Lag> = lags.iter().copied().filter(|lag| lag.likeness > ALIKE).collect();
    let mut delays: Vec<f64> = alike.iter().map(|lag| lag.ms).collect();
    SoundFigures { mouth_to_ear_ms: median(&mut delays), gap_ms: longest_gap_ms(said, heard, span, &alike) }
}

fn longest_gap_ms(said: &Sound, heard: &Sound, span: Span, lags: &[Lag]) -> Option<f64> {
    let count = FRAME_US as usize * SAMPLE_RATE_HZ / 1_000_000;
    if lags.is_empty() {
        // Nothing of it was recognised, but there are recordings.
        let recorded = heard.piece(span.from_us as i64, count).is_some();
        return recorded.then(|| span.seconds() * 1e3);
    }
    let nearest = |at: u64| lags.iter().min_by_key(|lag| lag.at_us.abs_diff(at)).map_or(0.0, |lag| lag.ms);
    let (mut longest, mut spoken) = (0_u64, 0_u64);
    let mut at = span.from_us;
    while at + FRAME_US <= span.to_us {
        let ear = heard.piece(at as i64, count);
        let mouth = said.piece(at as i64 - (nearest(at) * 1e3) as i64, count);
        if let (Some(ear), Some(mouth)) = (ear, mouth) {
            if power_db(&ear) >= SILENCE_DB {
                spoken = 0;
            } else if power_db(&mouth) > SPEECH_DB {
                spoken += FRAME_US;
                longest = longest.max(spoken);
            }
        }
        at += FRAME_US;
    }
    Some(longest as f64 / 1e3)
}

fn power_db(samples: &[f32]) -> f64 {
    let power = samples.iter().map(|s| f64::from(s * s)).sum::<f64>() / samples.len().max(1) as f64;
    10.0 * power.max(1e-12).log10()
}

/// A piece of speech and what became of it, at [`PESQ_RATE_HZ`].
#[derive(Clone, Debug)]
pub struct Pair {
    pub said: Vec<i16>,
    pub heard: Vec<i16>,
}

/// The span in pieces for the PESQ meter; `None` for a piece in which nothing was recognised.
pub fn pieces(said: &Sound, heard: &Sound, span: Span, lags: &[Lag]) -> Vec<Option<Pair>> {
    let count = PIECE_US as usize * SAMPLE_RATE_HZ / 1_000_000;
    let begins = (0..).map(|n| span.from_us + n * PIECE_US).take_while(|at| at + PIECE_US <= span.to_us);
    let pair = |from_us: u64| -> Option<Pair> {
        let inside = Span { from_us, to_us: from_us + PIECE_US };
        let alike = lags.iter().filter(|lag| lag.likeness > ALIKE && inside.holds(lag.at_us));
        let lag = median(&mut alike.map(|lag| lag.ms).collect::<Vec<_>>())?;
        let heard = heard.piece(from_us as i64, count)?;
        let said = said.piece(from_us as i64 - (lag * 1e3) as i64, count)?;
        Some(Pair { said: for_pesq(&said), heard: for_pesq(&heard) })
    };
    begins.map(pair).collect()
}

fn for_pesq(samples: &[f32]) -> Vec<i16> {
    decimate(samples, PESQ_FACTOR).into_iter().map(|s| (s.clamp(-1.0, 1.0) * 32767.0) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise in syllables.
    fn speech(seconds: usize) -> Vec<f32> {
        let mut state = 1_u32;
        (0..seconds * SAMPLE_RATE_HZ)
            .map(|n| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let loud = if n / 9_600 % 3 == 2 { 0.0 } else { 0.3 };
                loud * (f32::from((state >> 16) as u16) / 32768.0 - 1.0)
            })
            .collect()
    }

    fn delayed(said: &Sound, delay_us: u64) -> Sound {
        Sound { start_us: said.start_us + delay_us, ..said.clone() }
    }

    const SPAN: Span = Span { from_us: 1_004_000_000, to_us: 1_009_000_000 };

    #[test]
    fn the_delay_of_a_second_is_found() {
        let said = Sound { start_us: 1_000_000_000, samples: speech(10), looped: false };
        let heard = delayed(&said, 123_000);
        let lags = lags(&said, &heard, SPAN);
        let figures = compare(&said, &heard, SPAN, &lags);
        assert!((figures.mouth_to_ear_ms.unwrap() - 123.0).abs() < 1.0, "{figures:?}");
        assert_eq!(figures.gap_ms, Some(0.0));
    }

    #[test]
    fn a_loop_is_followed_past_its_end() {
        let said = Sound { start_us: 990_000_000, samples: speech(7), looped: true };
        let heard = Sound {
            start_us: 1_000_300_000,
            samples: said.piece(1_000_000_000, 12 * SAMPLE_RATE_HZ).unwrap(),
            looped: false,
        };
        let lags = lags(&said, &heard, SPAN);
        let figures = compare(&said, &heard, SPAN, &lags);
        assert!((figures.mouth_to_ear_ms.unwrap() - 300.0).abs() < 1.0, "{figures:?}");
    }

    #[test]
    fn a_hole_in_speech_is_measured_and_a_pause_is_not() {
        let said = Sound { start_us: 1_000_000_000, samples: speech(10), looped: false };
        let mut heard = delayed(&said, 50_000);
        let hole = 5 * SAMPLE_RATE_HZ..5 * SAMPLE_RATE_HZ + 7_200;
        heard.samples[hole].fill(0.0);
        let lags = lags(&said, &heard, SPAN);
        let gap = compare(&said, &heard, SPAN, &lags).gap_ms.unwrap();
        assert!((120.0..=160.0).contains(&gap), "{gap}");
    }

    #[test]
    fn other_sound_is_not_recognised() {
        let said = Sound { start_us: 1_000_000_000, samples: speech(10), looped: false };
        let mut heard = delayed(&said, 50_000);
        heard.samples.reverse();
        let lags = lags(&said, &heard, SPAN);
        assert_eq!(compare(&said, &heard, SPAN, &lags).mouth_to_ear_ms, None);
    }
}
