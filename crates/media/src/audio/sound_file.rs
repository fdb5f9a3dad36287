//! Sound file read in chunks as 48 kHz mono: WAV, or the audio of an MP4, told apart by content.

use std::io::{Read as _, Seek as _};

use super::mp4_audio::Mp4Audio;
use super::resample::MonoResampler;
use super::sound_clip::SoundError;
use super::wav::{Wav, is_wav};
use crate::file::{Stored, Time};

pub(super) const SAMPLE_RATE_HZ: u32 = 48_000;
/// Zeros that flush the resampler.
const RESAMPLER_FLUSH_MS: u32 = 40;
/// Gaps and overlaps of up to 10 ms are ignored: packet times are rounded.
const TIMESTAMP_TOLERANCE_SAMPLES: u64 = 480;

enum Kind {
    Wav(Wav),
    Mp4File(Box<Mp4Audio>),
}

/// See the module.
pub(super) struct SoundFile {
    kind: Kind,
    /// After how many samples the file begins over.
    pub(super) length: u64,
    converter: MonoResampler,
    rate: u32,
    /// Where the next sample out of the converter belongs.
    at: u64,
    fresh: bool,
    over: bool,
    raw: Vec<f32>,
}

impl SoundFile {
    pub(super) fn open(mut source: Box<dyn Stored>) -> Result<Self, SoundError> {
        let mut beginning = Vec::new();
        (&mut source).take(12).read_to_end(&mut beginning)?;
        source.rewind()?;
        let kind = if is_wav(&beginning) {
            Kind::Wav(Wav::open(source)?)
        } else {
            Kind::Mp4File(Box::new(Mp4Audio::open(source)?))
        };
        let (rate, length) = match &kind {
            Kind::Wav(wav) => (wav.rate, samples(wav.frames, wav.rate)),
            Kind::Mp4File(film) => {
                let length = film.length.as_nanos().saturating_mul(SAMPLE_RATE_HZ.into()) + 500_000_000;
                (film.rate, u64::try_from(length / 1_000_000_000).unwrap_or(u64::MAX / 4))
            }
        };
        let converter = MonoResampler::new(rate, SAMPLE_RATE_HZ);
        Ok(Self {
            kind,
            length: length.max(1),
            converter,
            rate,
            at: 0,
            fresh: true,
            over: false,
            raw: Vec::new(),
        })
    }

    /// Goes to a sample of the round, or a little before that.
    pub(super) fn seek(&mut self, position: u64) -> Result<(), SoundError> {
        match &mut self.kind {
            Kind::Wav(wav) => {
                let frame = u128::from(position) * u128::from(wav.rate) / u128::from(SAMPLE_RATE_HZ);
                wav.seek(u64::try_from(frame).unwrap_or(u64::MAX))?;
            }
            Kind::Mp4File(film) => film.seek(nanos(position))?,
        }
        if self.rate != SAMPLE_RATE_HZ {
            self.converter = MonoResampler::new(self.rate, SAMPLE_RATE_HZ);
        }
        (self.at, self.fresh, self.over) = (position, true, false);
        Ok(())
    }

    /// Appends a piece, perhaps an empty one, and says where in the round it belongs; `None` at the end.
    pub(super) fn next(&mut self, out: &mut Vec<f32>) -> Result<Option<u64>, SoundError> {
        if self.over || self.at >= self.length {
            return Ok(None);
        }
        self.raw.clear();
        let begin = match &mut self.kind {
            Kind::Wav(wav) => wav.read(&mut self.raw)?.then_some(self.at),
            Kind::Mp4File(film) => film.read(&mut self.raw)?.map(|shown| {
                let position =
                    u128::from(shown.max(0).unsigned_abs()) * u128::from(SAMPLE_RATE_HZ) + 500_000_000;
                u64::try_from(position / 1_000_000_000).unwrap_or(u64::MAX)
            }),
        };
        if let Kind::Mp4File(film) = &self.kind
            && film.rate != self.rate
        {
            self.rate = film.rate;
            self.converter = MonoResampler::new(self.rate, SAMPLE_RATE_HZ);
        }
        match begin {
            Some(begin) => {
                // The converter holds some milliseconds back; only what is farther off is a gap.
                if self.fresh || begin > self.at + self.rate_slack() || begin + self.rate_slack() < self.at {
                    if !self.fresh && self.rate != SAMPLE_RATE_HZ {
                        self.converter = MonoResampler::new(self.rate, SAMPLE_RATE_HZ);
                    }
                    self.at = begin;
                    self.fresh = false;
                }
            }
            None => {
                self.over = true;
                if self.rate == SAMPLE_RATE_HZ {
                    return Ok(None);
                }
                self.raw.resize((self.rate * RESAMPLER_FLUSH_MS / 1000) as usize, 0.0);
            }
        }
        let (at, before) = (self.at, out.len());
        self.converter.convert(&self.raw, out);
        let room = usize::try_from(self.length - at.min(self.length)).unwrap_or(usize::MAX);
        out.truncate(before.saturating_add(room));
        self.at += (out.len() - before) as u64;
        Ok(Some(at))
    }

    fn rate_slack(&self) -> u64 {
        if self.rate == SAMPLE_RATE_HZ {
            TIMESTAMP_TOLERANCE_SAMPLES
        } else {
            TIMESTAMP_TOLERANCE_SAMPLES * 4
        }
    }
}

fn samples(frames: u64, rate: u32) -> u64 {
    let samples = (u128::from(frames) * u128::from(SAMPLE_RATE_HZ)).div_ceil(u128::from(rate.max(1)));
    u64::try_from(samples).unwrap_or(u64::MAX / 4)
}

fn nanos(position: u64) -> Time {
    Time::try_from(u128::from(position) * 1_000_000_000 / u128::from(SAMPLE_RATE_HZ)).unwrap_or(Time::MAX / 4)
}
