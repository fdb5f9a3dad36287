//! Sound files: a WAV, or the sound of an MP4, whole in memory as 48 kHz mono, to be played in a
//! loop. Meant for sample media and ringtones of minutes, not for music collections.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::resample::Converter;
use crate::DeviceProblem;

const RATE: u32 = 48_000;
/// 20 minutes: beyond, a file is cut.
const LONGEST: usize = 20 * 60 * RATE as usize;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipError {
    #[error("cannot read the sound file: {0}")]
    Io(#[from] std::io::Error),
    #[error("cannot read this kind of sound file: {0}")]
    Wav(#[from] hound::Error),
    #[error("cannot decode the sound file: {0}")]
    Decode(#[from] MediaError),
    #[error("the file's sound has {channels} channels, of its kind only one or two can be read")]
    Channels { channels: usize },
    #[error("the file has no sound")]
    Silent,
}

impl ClipError {
    pub(crate) fn problem(&self) -> DeviceProblem {
        match self {
            Self::Io(error) if error.kind() == ErrorKind::NotFound => DeviceProblem::Missing,
            Self::Io(error) if error.kind() == ErrorKind::PermissionDenied => DeviceProblem::Denied,
            Self::Wav(hound::Error::IoError(error)) if error.kind() == ErrorKind::NotFound => {
                DeviceProblem::Missing
            }
            Self::Io(_) | Self::Wav(_) | Self::Decode(_) | Self::Channels { .. } | Self::Silent => {
                DeviceProblem::Failed
            }
        }
    }
}

/// Decoded sound.
pub(crate) struct Clip {
    /// 48 kHz, one channel.
    pub(crate) samples: Vec<f32>,
}

impl Clip {
    /// Reads a file; what a video file shows for longer or shorter than it sounds decides the length.
    pub(crate) fn load(path: &Path) -> Result<Self, ClipError> {
        let wav = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav"));
        if wav {
            return Self::from_wav(std::io::BufReader::new(File::open(path)?));
        }
        let mut clip = Self::from_media(File::open(path)?)?;
        if let Some(length) = picture_length(path) {
            clip.samples.resize(length, 0.0);
        }
        Ok(clip)
    }

    /// Reads a WAV.
    pub(crate) fn from_wav(reader: impl Read) -> Result<Self, ClipError> {
        let reader = hound::WavReader::new(reader)?;
        let spec = reader.spec();
        let samples: Vec<f32> = match spec.sample_format {
            hound::SampleFormat::Float => reader.into_samples::<f32>().collect::<Result<_, _>>()?,
            hound::SampleFormat::Int => {
                let scale = 1.0 / (1_u64 << (spec.bits_per_sample.clamp(1, 32) - 1)) as f32;
                reader
                    .into_samples::<i32>()
                    .map(|sample| sample.map(|value| value as f32 * scale))
                    .collect::<Result<_, _>>()?
            }
        };
        Self::new(&samples, usize::from(spec.channels), spec.sample_rate)
    }

    fn from_media(file: File) -> Result<Self, ClipError> {
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let mut format = symphonia::default::get_probe().probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )?;
        let track = format.default_track(TrackType::Audio).ok_or(ClipError::Silent)?;
        let id = track.id;
        let parameters =
            track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or(ClipError::Silent)?;
        let declared = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        // The AAC decoder knows no surround sound and says so in its own words.
        let plain = |error| match error {
            MediaError::Unsupported(_) if declared > 2 => ClipError::Channels { channels: declared },
            error => error.into(),
        };
        let mut decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(plain)?;
        let mut samples = Vec::new();
        let mut piece: Vec<f32> = Vec::new();
        let (mut channels, mut rate) = (1, RATE);
        while let Ok(Some(packet)) = format.next_packet() {
            if packet.track_id != id {
                continue;
            }
            match decoder.decode(&packet) {
                Ok(decoded) => {
                    channels = decoded.spec().channels().count().max(1);
                    rate = decoded.spec().rate();
                    decoded.copy_to_vec_interleaved(&mut piece);
                    samples.extend_from_slice(&piece);
                }
                Err(MediaError::DecodeError(_)) => {}
                Err(error) => return Err(plain(error)),
            }
            if samples.len() / channels > LONGEST {
                break;
            }
        }
        Self::new(&samples, channels, rate)
    }

    fn new(interleaved: &[f32], channels: usize, rate: u32) -> Result<Self, ClipError> {
        let channels = channels.max(1);
        let share = 1.0 / channels as f32;
        let mono: Vec<f32> =
            interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share).collect();
        let mut samples = Vec::with_capacity(mono.len());
        Converter::new(rate, RATE).convert(&mono, &mut samples);
        samples.truncate(LONGEST);
        if samples.is_empty() {
            return Err(ClipError::Silent);
        }
        Ok(Self { samples })
    }

    /// Copies from `position` on, beginning over at the end.
    pub(crate) fn read(&self, position: u64, out: &mut [f32]) {
        let length = self.samples.len() as u64;
        for (offset, sample) in out.iter_mut().enumerate() {
            *sample = self.samples[((position + offset as u64) % length) as usize];
        }
    }
}

/// Samples the pictures of an MP4 last, so that sound and picture begin over together.
fn picture_length(path: &Path) -> Option<usize> {
    let data = std::fs::read(path).ok()?;
    let video = re_mp4::Mp4::read_bytes(&data).ok()?;
    let track = video.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video))?;
    let seconds = track.duration as f64 / track.timescale as f64;
    let samples = (seconds * f64::from(RATE)).round();
    (samples >= 1.0 && samples < LONGEST as f64).then_some(samples as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media").join(name)
    }

    #[test]
    fn the_sample_voice_is_read_whole() {
        let clip = Clip::load(&asset("voice-22s-48k.wav")).unwrap();
        assert_eq!(clip.samples.len(), 1_055_154);
        let mut piece = [0.0; 4];
        clip.read(1_055_152, &mut piece);
        assert_eq!(piece[2..], clip.samples[..2], "after the end comes the beginning");
    }

    #[test]
    fn the_sound_of_the_sample_film_lasts_as_long_as_its_pictures() {
        let clip = Clip::load(&asset("big-buck-bunny-720p25.mp4")).unwrap();
        assert_eq!(clip.samples.len(), 132 * 48_000 / 25);
        let loudest = clip.samples.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(loudest > 0.01, "{loudest}");
    }

    #[test]
    fn surround_sound_is_refused_in_plain_words() {
        let mut film = std::fs::read(asset("big-buck-bunny-720p25.mp4")).unwrap();
        let find =
            |film: &[u8], what: &[u8]| film.windows(what.len()).position(|bytes| bytes == what).unwrap();
        // The sample entry counts channels 16 bytes behind its version (ISO/IEC 14496-12, 12.2.3).
        let entry = find(&film, b"mp4a");
        film[entry + 20..entry + 22].copy_from_slice(&6_u16.to_be_bytes());
        // In the decoder's own description (tag 5) they are four bits behind 5 of kind and 4 of rate
        // (ISO/IEC 14496-3, 1.6.2.1).
        let esds = find(&film, b"esds");
        let tag = esds + film[esds..].iter().position(|byte| *byte == 5).unwrap();
        let at = tag + 1 + film[tag + 1..].iter().position(|byte| *byte & 0x80 == 0).unwrap() + 1;
        film[at + 1] = film[at + 1] & 0x87 | 6 << 3;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("surround.mp4");
        std::fs::write(&path, film).unwrap();
        assert!(matches!(Clip::load(&path), Err(ClipError::Channels { channels: 6 })));
    }

    #[test]
    fn a_file_that_is_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bad.wav", "bad.mp4"] {
            let path = folder.path().join(name);
            std::fs::write(&path, b"not sound at all, whatever the name may say").unwrap();
            assert!(Clip::load(&path).is_err());
        }
        assert!(matches!(Clip::load(&folder.path().join("none.wav")), Err(ClipError::Io(_))));
    }
}
