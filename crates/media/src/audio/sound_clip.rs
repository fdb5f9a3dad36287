//! Short sound clips, whole in memory as 48 kHz mono: ringtones and tones. Files played into a call are
//! streamed by [`super::file_player`].

use std::io::ErrorKind;
#[cfg(test)]
use std::path::Path;

use symphonia::core::errors::Error as MediaError;

use super::sound_file::{SAMPLE_RATE_HZ, SoundFile};
use super::wav::WavError;
use crate::DeviceProblem;
#[cfg(test)]
use crate::file::open_file;
use crate::file::{Mp4Error, Stored};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SoundError {
    #[error("cannot read the sound file: {0}")]
    Io(#[from] std::io::Error),
    #[error("cannot play this WAV file: {0}")]
    Wav(#[from] WavError),
    #[error("cannot read the sound file: {0}")]
    Mp4File(String),
    #[error("cannot decode the sound file: {0}")]
    Decode(#[from] MediaError),
    #[error("the file's sound has {channels} channels, of its kind only one or two can be read")]
    Channels { channels: usize },
    #[error("sound coded as {0} cannot be played from a film")]
    Coding(String),
    #[error("the file has no sound")]
    Silent,
}

impl From<Mp4Error> for SoundError {
    fn from(error: Mp4Error) -> Self {
        match error {
            Mp4Error::Io(error) => Self::Io(error),
            Mp4Error::Invalid(_) | Mp4Error::Empty | Mp4Error::Broken | Mp4Error::Parse(_) => {
                Self::Mp4File(error.to_string())
            }
        }
    }
}

impl SoundError {
    pub(crate) fn problem(&self) -> DeviceProblem {
        match self {
            Self::Io(error) if error.kind() == ErrorKind::NotFound => DeviceProblem::Missing,
            Self::Io(error) if error.kind() == ErrorKind::PermissionDenied => DeviceProblem::Denied,
            Self::Io(_)
            | Self::Wav(_)
            | Self::Mp4File(_)
            | Self::Decode(_)
            | Self::Channels { .. }
            | Self::Coding(_)
            | Self::Silent => DeviceProblem::Failed,
        }
    }
}

/// Decoded sound.
pub(crate) struct SoundClip {
    /// 48 kHz, one channel.
    pub(crate) samples: Vec<f32>,
}

impl SoundClip {
    /// Reads a file up to 20 minutes.
    #[cfg(test)]
    pub(crate) fn load(path: &Path) -> Result<Self, SoundError> {
        Self::read_whole(Box::new(open_file(path)?), 20 * 60)
    }

    /// Reads a WAV or the sound of a film; what a film shows for longer or shorter than it sounds decides
    /// its length, and what is beyond so many seconds is cut.
    pub(crate) fn read_whole(source: Box<dyn Stored>, most_seconds: u32) -> Result<Self, SoundError> {
        let mut sound = SoundFile::open(source)?;
        let most = most_seconds as usize * SAMPLE_RATE_HZ as usize;
        let (mut samples, mut piece, mut any) = (Vec::new(), Vec::new(), false);
        while samples.len() < most {
            piece.clear();
            let Some(at) = sound.next(&mut piece)? else { break };
            any |= !piece.is_empty();
            let at = usize::try_from(at).unwrap_or(usize::MAX).min(most);
            if at > samples.len() {
                samples.resize(at, 0.0);
            }
            // Where parts overlap the later one counts.
            samples.truncate(at);
            samples.extend_from_slice(&piece);
        }
        if !any {
            return Err(SoundError::Silent);
        }
        samples.resize(usize::try_from(sound.length).unwrap_or(usize::MAX).min(most), 0.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(name: &str) -> std::path::PathBuf {
        crate::test_files::asset("media").join(name)
    }

    #[test]
    fn the_sample_voice_is_read_whole() {
        let clip = SoundClip::load(&asset("voice-22s-48k.wav")).unwrap();
        assert_eq!(clip.samples.len(), 1_055_154);
        let mut piece = [0.0; 4];
        clip.read(1_055_152, &mut piece);
        assert_eq!(piece[2..], clip.samples[..2], "after the end comes the beginning");
    }

    #[test]
    fn the_sound_of_the_sample_film_lasts_as_long_as_its_pictures() {
        let clip = SoundClip::load(&asset("big-buck-bunny-720p25.mp4")).unwrap();
        let length = crate::file::loop_length(&asset("big-buck-bunny-720p25.mp4")).unwrap();
        assert_eq!(clip.samples.len() as u64, (length.as_micros() as u64 * 48 + 500) / 1000);
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
        assert!(matches!(SoundClip::load(&path), Err(SoundError::Channels { channels: 6 })));
    }

    #[test]
    fn a_file_that_is_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bad.wav", "bad.mp4"] {
            let path = folder.path().join(name);
            std::fs::write(&path, b"not sound at all, whatever the name may say").unwrap();
            assert!(SoundClip::load(&path).is_err());
        }
        assert!(matches!(SoundClip::load(&folder.path().join("none.wav")), Err(SoundError::Io(_))));
    }
}
