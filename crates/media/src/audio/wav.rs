//! WAV files as recorders, converters and pipes write them (Microsoft's "Multimedia Programming Interface" of
//! 1991 and "Multiple Channel Audio Data" of 2001; EBU Tech 3306 for RF64; ITU-R BS.2088 for BW64). Read in
//! chunks: memory does not grow with the file.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use super::downmix::Downmix;
use crate::file::Stored;

/// Supported sample rates.
const SUPPORTED_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Most channels.
const SUPPORTED_CHANNELS: std::ops::RangeInclusive<u16> = 1..=8;
/// Most chunks before the sound.
const MAX_CHUNKS_BEFORE_DATA: usize = 4096;
/// The rest of the identifier of a format in `WAVE_FORMAT_EXTENSIBLE`, behind its number.
const EXTENSIBLE_GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("this is no WAV file")]
    NotWav,
    #[error("the file ends before its sound begins")]
    CutShort,
    #[error("the file does not say how its sound is coded before the sound")]
    NoFormat,
    #[error("the file has no sound in it")]
    NoSound,
    #[error("sound coded as {0} cannot be played")]
    Coding(String),
    #[error("sound with {0} channels cannot be played")]
    Channels(u16),
    #[error("sound with {0} samples a second cannot be played")]
    Rate(u32),
}

/// How samples are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// 8 bits are unsigned, more are signed; so many bytes.
    Int(usize),
    F32,
    F64,
    ALaw,
    MuLaw,
}

/// An open WAV.
pub(super) struct Wav {
    source: Box<dyn Stored>,
    /// Where its sound begins in the file.
    data: u64,
    /// Samples of each channel.
    pub(super) frames: u64,
    pub(super) rate: u32,
    coding: Coding,
    /// Bytes of a sample of all channels.
    block: usize,
    mix: Downmix,
    at: u64,
    bytes: Vec<u8>,
    samples: Vec<f32>,
}

struct Format {
    coding: Coding,
    block: usize,
    rate: u32,
    mix: Downmix,
}

/// Whether a file that begins like this is a WAV, whatever its name.
pub(super) fn is_wav(beginning: &[u8]) -> bool {
    let kind = beginning.get(..4).unwrap_or_default();
    matches!(kind, b"RIFF" | b"RF64" | b"BW64" | b"RIFX")
}

impl Wav {
    /// Reads up to the sound.
    pub(super) fn open(mut source: Box<dyn Stored>) -> Result<Self, WavError> {
        let length = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let head: [u8; 12] = read(&mut source)?;
        if head.starts_with(b"RIFX") {
            return Err(WavError::Coding("big-endian WAV".into()));
        }
        if !is_wav(&head) || &head[8..] != b"WAVE" {
            return Err(WavError::NotWav);
        }
        let (mut at, mut format, mut long) = (12, None, None);
        for _ in 0..MAX_CHUNKS_BEFORE_DATA {
            source.seek(SeekFrom::Start(at))?;
            let header: [u8; 8] = read(&mut source)?;
            let [a, b, c, d, size @ ..] = header;
            let size = u64::from(u32::from_le_bytes(size));
            let body = at + 8;
            match &[a, b, c, d] {
                b"fmt " => format = Some(Format::read(&mut source, size)?),
                b"ds64" if size >= 16 => {
                    let sizes: [u8; 16] = read(&mut source)?;
                    long = sizes.last_chunk().map(|size| u64::from_le_bytes(*size));
                }
                b"data" => {
                    let Format { coding, block, rate, mix } = format.ok_or(WavError::NoFormat)?;
                    let left = length - body;
                    let unknown = size == u64::from(u32::MAX);
                    let told = if unknown { long.filter(|long| *long > 0).unwrap_or(left) } else { size };
                    let sound = if told == 0 && !only_chunks(&mut source, body, length)? {
                        // Written to a pipe that could not be rewound.
                        left
                    } else {
                        // Written to a pipe as well, or cut short.
                        told.min(left)
                    };
                    let frames = sound / block as u64;
                    if frames == 0 {
                        return Err(WavError::NoSound);
                    }
                    source.seek(SeekFrom::Start(body))?;
                    let (bytes, samples) = (Vec::new(), Vec::new());
                    return Ok(Self {
                        source,
                        data: body,
                        frames,
                        rate,
                        coding,
                        block,
                        mix,
                        at: 0,
                        bytes,
                        samples,
                    });
                }
                _ => {}
            }
            at = next_chunk(&mut source, body, size, length)?;
        }
        Err(WavError::CutShort)
    }

    /// Goes to a sample.
    pub(super) fn seek(&mut self, frame: u64) -> Result<(), WavError> {
        self.at = frame.min(self.frames);
        self.source.seek(SeekFrom::Start(self.data + self.at * self.block as u64))?;
        Ok(())
    }

    /// Appends 50 ms as one channel; false at the end.
    pub(super) fn read(&mut self, out: &mut Vec<f32>) -> Result<bool, WavError> {
        let count = (self.frames - self.at).min(u64::from(self.rate) / 20) as usize;
        self.bytes.resize(count * self.block, 0);
        let mut filled = 0;
        while filled < self.bytes.len() {
            match self.source.read(&mut self.bytes[filled..]) {
                // The file has become shorter meanwhile.
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let whole = filled / self.block;
        if whole == 0 {
            self.at = self.frames;
            return Ok(false);
        }
        self.at += whole as u64;
        self.samples.clear();
        self.coding.decode(&self.bytes[..whole * self.block], &mut self.samples);
        self.mix.mix(&self.samples, out);
        Ok(true)
    }
}

impl Format {
    fn read(source: &mut dyn Stored, size: u64) -> Result<Self, WavError> {
        if size < 14 {
            return Err(WavError::NoFormat);
        }
        let mut bytes = Vec::new();
        source.take(size.min(64)).read_to_end(&mut bytes)?;
        let word = |at: usize| {
            let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
            bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
        };
        let long = |at: usize| u32::from(word(at)) | u32::from(word(at + 2)) << 16;
        if bytes.len() < 14 {
            return Err(WavError::CutShort);
        }
        let (mut tag, channels, rate, mut bits) = (word(0), word(2), long(4), word(14));
        if !SUPPORTED_CHANNELS.contains(&channels) {
            return Err(WavError::Channels(channels));
        }
        if !SUPPORTED_RATES_HZ.contains(&rate) {
            return Err(WavError::Rate(rate));
        }
        let mut speakers = None;
        if tag == 0xfffe && bytes.len() >= 40 {
            if bytes[26..40] != EXTENSIBLE_GUID_TAIL {
                return Err(WavError::Coding("a format of its own".into()));
            }
            tag = word(24);
            speakers = Some(long(20)).filter(|mask| *mask != 0);
        }
        let count = usize::from(channels);
        let block = usize::from(word(12));
        // Samples of odd widths stand at the upper end of whole bytes; some writers leave the block out.
        let mut width = usize::from(bits).div_ceil(8);
        if block % count == 0 && block / count > width && matches!(tag, 1) {
            width = block / count;
        }
        if bits == 0 && matches!(tag, 6 | 7) {
            (bits, width) = (8, 1);
        }
        let coding = match (tag, width, bits) {
            (1, 1..=4, _) => Coding::Int(width),
            (3, _, 32) => Coding::F32,
            (3, _, 64) => Coding::F64,
            (6, _, 8) => Coding::ALaw,
            (7, _, 8) => Coding::MuLaw,
            _ => return Err(WavError::Coding(name(tag, bits))),
        };
        Ok(Self { coding, block: coding.bytes() * count, rate, mix: Downmix::new(count, speakers) })
    }
}

/// What a person can look up.
fn name(tag: u16, bits: u16) -> String {
    match tag {
        1 => format!("whole numbers of {bits} bits"),
        2 => "Microsoft ADPCM".into(),
        3 => format!("fractions of {bits} bits"),
        0x11 => "IMA ADPCM".into(),
        0x31 => "GSM 6.10".into(),
        0x50 => "MPEG".into(),
        0x55 => "MP3".into(),
        tag => format!("format {tag:#06x}"),
    }
}

impl Coding {
    fn bytes(self) -> usize {
        match self {
            Self::Int(bytes) => bytes,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::ALaw | Self::MuLaw => 1,
        }
    }

    fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        let samples = bytes.chunks_exact(self.bytes());
        // What is no number is silence.
        let sound = |value: f32| if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
        match self {
            Self::Int(1) => out.extend(bytes.iter().map(|byte| (f32::from(*byte) - 128.0) / 128.0)),
            Self::Int(width) => out.extend(samples.map(|sample| {
                let mut whole = [0; 4];
                whole[4 - width..].copy_from_slice(sample);
                (f64::from(i32::from_le_bytes(whole)) / 2_147_483_648.0) as f32
            })),
            Self::F32 => {
                out.extend(samples.map(|sample| {
                    sample.first_chunk().map_or(0.0, |bytes| sound(f32::from_le_bytes(*bytes)))
                }))
            }
            Self::F64 => out.extend(samples.map(|sample| {
                sample.first_chunk().map_or(0.0, |bytes| sound(f64::from_le_bytes(*bytes) as f32))
            })),
            Self::ALaw => out.extend(bytes.iter().map(|byte| a_law(*byte))),
            Self::MuLaw => out.extend(bytes.iter().map(|byte| mu_law(*byte))),
        }
    }
}

/// ITU-T G.711, 3.1 (table 1).
fn a_law(byte: u8) -> f32 {
    let byte = byte ^ 0x55;
    let (segment, step) = (byte >> 4 & 7, i32::from(byte & 15));
    let magnitude = match segment {
        0 => step * 16 + 8,
        segment => (step * 16 + 264) << (segment - 1),
    };
    let signed = if byte & 0x80 == 0 { -magnitude } else { magnitude };
    signed as f32 / 32_768.0
}

/// ITU-T G.711, 3.2 (table 2).
fn mu_law(byte: u8) -> f32 {
    let byte = !byte;
    let magnitude = ((i32::from(byte & 15) * 8 + 132) << (byte >> 4 & 7)) - 132;
    let signed = if byte & 0x80 == 0 { magnitude } else { -magnitude };
    signed as f32 / 32_768.0
}

fn read<const N: usize>(source: &mut dyn Stored) -> Result<[u8; N], WavError> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes).map_err(|error| {
        if error.kind() == ErrorKind::UnexpectedEof { WavError::CutShort } else { error.into() }
    })?;
    Ok(bytes)
}

/// Whether a chunk's name is at `at`.
fn is_chunk(source: &mut dyn Stored, at: u64) -> Result<bool, WavError> {
    source.seek(SeekFrom::Start(at))?;
    match read::<4>(source) {
        Ok(name) => Ok(name.iter().all(|byte| byte.is_ascii_alphanumeric() || b" _-".contains(byte))),
        Err(WavError::CutShort) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Chunks of odd length have a byte behind them that does not count; some writers forget it.
fn next_chunk(source: &mut dyn Stored, body: u64, size: u64, length: u64) -> Result<u64, WavError> {
    let end = body + size;
    if size.is_multiple_of(2) || end >= length {
        return Ok(end);
    }
    if !is_chunk(source, end + 1)? && is_chunk(source, end)? {
        return Ok(end);
    }
    Ok(end + 1)
}

/// Whether nothing but chunks is from `at` to the end: then a length of 0 is meant.
fn only_chunks(source: &mut dyn Stored, mut at: u64, length: u64) -> Result<bool, WavError> {
    for _ in 0..MAX_CHUNKS_BEFORE_DATA {
        if at >= length {
            return Ok(at <= length + 1);
        }
        if !is_chunk(source, at)? {
            return Ok(false);
        }
        source.seek(SeekFrom::Start(at + 4))?;
        let Ok(size) = read::<4>(source) else { return Ok(false) };
        let size = u64::from(u32::from_le_bytes(size));
        at = at + 8 + size + size % 2;
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
