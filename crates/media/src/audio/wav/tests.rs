//! Tests of every usual kind of WAV file, generated here: length, loudness, or the error.

use std::io::Cursor;

use super::super::sound_clip::{SoundClip, SoundError};
use super::WavError;

const SECONDS: f64 = 0.5;
/// Of the tone's peak.
const LOUD: f64 = 0.5;

/// What a file is made of.
struct Made {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
    /// The channel with the tone; all of them otherwise.
    only: Option<u16>,
    /// `WAVE_FORMAT_EXTENSIBLE` with this mask.
    mask: Option<u32>,
}

const PLAIN: Made = Made { tag: 1, channels: 1, rate: 48_000, bits: 16, only: None, mask: None };

impl Made {
    fn sound(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for index in 0..(f64::from(self.rate) * SECONDS) as u32 {
            let tone = LOUD * (f64::from(index) * 440.0 * std::f64::consts::TAU / f64::from(self.rate)).sin();
            for channel in 0..self.channels {
                let value = if self.only.is_none_or(|only| only == channel) { tone } else { 0.0 };
                match (self.tag, self.bits) {
                    (1, 8) => out.push((value * 128.0 + 128.0) as u8),
                    (1, bits) => {
                        let whole = (value * 2_147_483_647.0) as i32;
                        out.extend_from_slice(&whole.to_le_bytes()[4 - usize::from(bits.div_ceil(8))..]);
                    }
                    (3, 32) => out.extend_from_slice(&(value as f32).to_le_bytes()),
                    (3, _) => out.extend_from_slice(&value.to_le_bytes()),
                    (6, _) => out.push(nearest(value, super::a_law)),
                    _ => out.push(nearest(value, super::mu_law)),
                }
            }
        }
        out
    }

    fn format(&self) -> Vec<u8> {
        let block = self.channels * self.bits.div_ceil(8);
        let mut out = Vec::new();
        out.extend_from_slice(&if self.mask.is_some() { 0xfffe } else { self.tag }.to_le_bytes());
        out.extend_from_slice(&self.channels.to_le_bytes());
        out.extend_from_slice(&self.rate.to_le_bytes());
        out.extend_from_slice(&(self.rate * u32::from(block)).to_le_bytes());
        out.extend_from_slice(&block.to_le_bytes());
        out.extend_from_slice(&self.bits.to_le_bytes());
        if let Some(mask) = self.mask {
            out.extend_from_slice(&22_u16.to_le_bytes());
            out.extend_from_slice(&self.bits.to_le_bytes());
            out.extend_from_slice(&mask.to_le_bytes());
            out.extend_from_slice(&self.tag.to_le_bytes());
            out.extend_from_slice(&super::EXTENSIBLE_GUID_TAIL);
        }
        out
    }

    fn file(&self) -> Vec<u8> {
        riff(&[chunk(b"fmt ", &self.format()), chunk(b"data", &self.sound())])
    }
}

/// The byte whose value is nearest.
fn nearest(value: f64, decode: fn(u8) -> f32) -> u8 {
    let off = |byte: &u8| (f64::from(decode(*byte)) - value).abs();
    (0..=255).min_by(|one, other| off(one).total_cmp(&off(other))).expect("there are bytes")
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [&name[..], &(body.len() as u32).to_le_bytes(), body, &padding].concat()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    [&b"RIFF"[..], &(body.len() as u32 + 4).to_le_bytes(), b"WAVE", &body].concat()
}

/// Where the sound's length is written.
fn length_at(file: &[u8]) -> usize {
    file.windows(4).position(|bytes| bytes == b"data").expect("it has sound") + 4
}

fn with_length(mut file: Vec<u8>, length: u32) -> Vec<u8> {
    let at = length_at(&file);
    file[at..at + 4].copy_from_slice(&length.to_le_bytes());
    file
}

fn read(file: Vec<u8>) -> Result<SoundClip, SoundError> {
    SoundClip::read_whole(Box::new(Cursor::new(file)), 60)
}

/// Length in seconds, and loudness relative to the tone's, in decibels.
fn heard(name: &str, file: Vec<u8>) -> (f64, f64) {
    let clip = read(file).unwrap_or_else(|error| panic!("{name}: {error}"));
    let middle = &clip.samples[clip.samples.len() / 4..clip.samples.len() * 3 / 4];
    let power = middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64;
    (clip.samples.len() as f64 / 48_000.0, 10.0 * (power * 2.0 / (LOUD * LOUD) + 1e-12).log10())
}

#[test]
fn every_usual_kind_is_heard_as_long_and_as_loud_as_it_is() {
    let plain = PLAIN.file();
    let (format, sound) = (chunk(b"fmt ", &PLAIN.format()), chunk(b"data", &PLAIN.sound()));
    let note = chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0\0");
    let mut files = vec![
        ("plain", plain.clone(), 0.5, 0.0),
        ("piped", with_length(plain.clone(), u32::MAX), 0.5, 0.0),
        ("piped by sox", with_length(plain.clone(), 0x7fff_ffff - 36), 0.5, 0.0),
        ("piped, length 0", with_length(plain.clone(), 0), 0.5, 0.0),
        ("cut short", plain[..plain.len() / 2].to_vec(), 0.25, 0.0),
        ("cut in a sample", plain[..plain.len() - 1].to_vec(), 0.5, 0.0),
        (
            "notes before",
            riff(&[note.clone(), chunk(b"bext", &[7; 603]), format.clone(), sound.clone()]),
            0.5,
            0.0,
        ),
        (
            "room before",
            riff(&[chunk(b"JUNK", &[0; 28]), format.clone(), chunk(b"fact", &[0; 4]), sound.clone()]),
            0.5,
            0.0,
        ),
        (
            "notes behind",
            riff(&[format.clone(), sound.clone(), note.clone(), chunk(b"id3 ", &[9; 33])]),
            0.5,
            0.0,
        ),
        (
            "odd chunk without padding",
            {
                let mut odd = chunk(b"PEAK", &[1; 5]);
                odd.pop();
                riff(&[odd, format.clone(), sound.clone()])
            },
            0.5,
            0.0,
        ),
    ];
    for (name, kind) in [("RF64", b"RF64"), ("BW64", b"BW64")] {
        let sizes = [0_u64, PLAIN.sound().len() as u64, 0].map(u64::to_le_bytes).concat();
        let sizes = chunk(b"ds64", &[&sizes[..], &[0; 4]].concat());
        let mut file = with_length(riff(&[sizes, format.clone(), sound.clone(), note.clone()]), u32::MAX);
        file[..4].copy_from_slice(kind);
        files.push((name, file, 0.5, 0.0));
    }
    for (name, tag, bits, mask) in [
        ("8 bits", 1, 8, None),
        ("24 bits", 1, 24, None),
        ("32 bits", 1, 32, None),
        ("12 bits in 16", 1, 12, None),
        ("20 bits in 24, extensible", 1, 20, Some(4)),
        ("f32", 3, 32, None),
        ("f32, extensible", 3, 32, Some(4)),
        ("f64", 3, 64, None),
        ("A-law", 6, 8, None),
        ("mu-law", 7, 8, None),
        ("A-law, extensible", 6, 8, Some(0)),
    ] {
        files.push((name, Made { tag, bits, mask, ..PLAIN }.file(), 0.5, 0.0));
    }
    for (name, rate) in [
        ("8 kHz", 8_000),
        ("11.025 kHz", 11_025),
        ("16 kHz", 16_000),
        ("22.05 kHz", 22_050),
        ("44.1 kHz", 44_100),
        ("96 kHz", 96_000),
        ("176.4 kHz", 176_400),
        ("192 kHz", 192_000),
    ] {
        files.push((name, Made { rate, ..PLAIN }.file(), 0.5, 0.0));
    }
    // Of the level of one channel alone (ITU-R BS.775): the centre's own, 3 dB less, 6 dB less.
    for (name, channels, only, mask, level) in [
        ("stereo, both", 2, None, None, 0.0),
        ("three, centre", 3, Some(2), None, 0.0),
        ("four, rear", 4, Some(3), None, -6.02),
        ("five, left", 5, Some(0), None, -3.01),
        ("5.1, centre", 6, Some(2), None, 0.0),
        ("5.1, bass", 6, Some(3), None, -120.0),
        ("5.1 extensible, centre", 6, Some(2), Some(0x3f), 0.0),
        ("5.1 with sides, rear", 6, Some(5), Some(0x60f), -6.02),
        ("6.1, centre", 7, Some(2), None, 0.0),
        ("7.1, centre", 8, Some(2), Some(0x63f), 0.0),
        ("7.1, right", 8, Some(1), None, -3.01),
    ] {
        files.push((name, Made { channels, only, mask, ..PLAIN }.file(), 0.5, level));
    }
    assert!(files.len() >= 40);
    for (name, file, seconds, level) in files {
        let (length, loud) = heard(name, file);
        assert!((length - seconds).abs() < 0.001, "{name}: {length} s");
        assert!((loud - level).abs() < 0.3, "{name}: {loud} dB");
    }
}

#[test]
fn what_cannot_be_played_is_refused_with_its_reason() {
    let made = |tag, bits, channels, rate| Made { tag, bits, channels, rate, ..PLAIN };
    let header = |made: Made| riff(&[chunk(b"fmt ", &made.format()), chunk(b"data", &[1; 4000])]);
    let why = |file: Vec<u8>| match read(file).map(|clip| clip.samples.len()) {
        Err(SoundError::Wav(error)) => error,
        other => panic!("{other:?}"),
    };
    for (tag, word) in [(2, "ADPCM"), (0x11, "ADPCM"), (0x55, "MP3"), (0x2000, "0x2000"), (0, "0x0000")] {
        let error = why(header(made(tag, 4, 1, 48_000)));
        assert!(matches!(&error, WavError::Coding(words) if words.contains(word)), "{error}");
    }
    for (tag, bits) in [(1, 0), (1, 64), (1, 48), (3, 16), (3, 0), (6, 16)] {
        assert!(matches!(why(header(made(tag, bits, 1, 48_000))), WavError::Coding(_)), "{tag} {bits}");
    }
    for channels in [0, 9, 255, u16::MAX] {
        let mut file = PLAIN.file();
        file[22..24].copy_from_slice(&channels.to_le_bytes());
        assert!(matches!(why(file), WavError::Channels(told) if told == channels));
    }
    for rate in [0, 1, 7_999, 192_001, u32::MAX] {
        let mut file = PLAIN.file();
        file[24..28].copy_from_slice(&rate.to_le_bytes());
        assert!(matches!(why(file), WavError::Rate(told) if told == rate));
    }
    let (format, sound) = (chunk(b"fmt ", &PLAIN.format()), chunk(b"data", &PLAIN.sound()));
    assert!(matches!(why(riff(&[sound.clone(), format.clone()])), WavError::NoFormat));
    assert!(matches!(why(riff(&[chunk(b"fmt ", &[1; 9]), sound])), WavError::NoFormat));
    assert!(matches!(why(riff(&[])), WavError::CutShort));
    assert!(matches!(why(riff(std::slice::from_ref(&format))), WavError::CutShort));
    assert!(matches!(why(riff(&[format.clone(), chunk(b"data", &[])])), WavError::NoSound));
    let note = chunk(b"LIST", &[0; 40]);
    assert!(matches!(why(riff(&[format, chunk(b"data", &[]), note])), WavError::NoSound));
    assert!(matches!(why(b"RIFX\0\0\0\0WAVEfmt ".to_vec()), WavError::Coding(_)));
    assert!(matches!(why(b"RIFF\0\0\0\0AVI LIST".to_vec()), WavError::NotWav));
    assert!(read(Vec::new()).is_err());
}

#[test]
fn cut_and_scrambled_files_bring_nothing_down() {
    let file = Made { channels: 2, mask: Some(3), ..PLAIN }.file();
    for length in 0..100 {
        let _ = read(file[..length].to_vec());
    }
    for at in 0..100 {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = file[..2000].to_vec();
            broken[at] = value;
            let _ = read(broken);
        }
    }
    // Numbers that are none, and far too large ones.
    let numbers =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.25].map(f32::to_le_bytes).concat();
    let format = chunk(b"fmt ", &Made { tag: 3, bits: 32, ..PLAIN }.format());
    let clip = read(riff(&[format, chunk(b"data", &numbers)])).expect("it can be read");
    assert_eq!(clip.samples, [0.0, 0.0, 0.0, 1.0, -0.25]);
}

/// A WAV of two channels and any length that is nowhere stored: each sample is its own number.
struct Endless {
    header: Vec<u8>,
    length: u64,
    at: u64,
    most_read: u64,
}

impl std::io::Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = (out.len() as u64).min(self.length.saturating_sub(self.at)) as usize;
        for byte in &mut out[..count] {
            *byte = self.header.get(self.at as usize).copied().unwrap_or((self.at >> 8) as u8);
            self.at += 1;
        }
        self.most_read += count as u64;
        assert!(self.most_read < 10_000_000, "the file is read whole");
        Ok(count)
    }
}

impl std::io::Seek for Endless {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            std::io::SeekFrom::Start(at) => at,
            std::io::SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            std::io::SeekFrom::End(by) => self.length.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

#[test]
fn a_file_of_ten_hours_is_read_where_it_is_listened_to() {
    let header = with_length(Made { channels: 2, ..PLAIN }.file()[..44].to_vec(), u32::MAX);
    let length = 44 + 10 * 3600 * 48_000 * 4;
    let source = Endless { header, length, at: 0, most_read: 0 };
    let mut sound = super::super::sound_file::SoundFile::open(Box::new(source)).expect("it is sound");
    assert_eq!(sound.length, 10 * 3600 * 48_000);
    for position in [0, 9 * 3600 * 48_000 + 123, 5] {
        sound.seek(position).expect("it can be sought");
        let mut piece = Vec::new();
        assert_eq!(sound.next(&mut piece).expect("it can be read"), Some(position));
        assert_eq!(piece.len(), 2400, "50 ms");
    }
}
