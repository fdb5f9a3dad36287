//! Sounds of the tones, and ringtone files.

use std::io::Cursor;
use std::sync::Arc;

use super::Tone;
use crate::audio::{FRAME, SoundClip, SoundError, WavError};

const SAMPLE_RATE_HZ: f32 = 48_000.0;
/// Soft begin and end of every beep, so that none clicks.
const FADE_SECONDS: f32 = 0.01;
const AMPLITUDE: f32 = 0.25;
/// Largest file taken as a ringtone.
const MAX_RINGTONE_BYTES: usize = 16 * 1024 * 1024;
/// Longest ringtone, seconds.
const MAX_RINGTONE_SECONDS: u32 = 120;

/// Whether these bytes are a sound file that can be a ringtone: a WAV, or a film's sound.
pub fn check_ringtone(file: &[u8]) -> Result<(), RingtoneError> {
    decode(file).map(drop)
}

fn decode(file: &[u8]) -> Result<SoundClip, RingtoneError> {
    if file.len() > MAX_RINGTONE_BYTES {
        return Err(RingtoneError::Large);
    }
    let clip = SoundClip::read_whole(Box::new(Cursor::new(file.to_vec())), MAX_RINGTONE_SECONDS + 1)
        .map_err(|error| {
            let odd = matches!(error, SoundError::Wav(WavError::Rate(_) | WavError::Channels(_)));
            if odd { RingtoneError::Odd } else { error.into() }
        })?;
    if clip.samples.len() > MAX_RINGTONE_SECONDS as usize * SAMPLE_RATE_HZ as usize {
        return Err(RingtoneError::Long);
    }
    Ok(clip)
}

/// Why a file is no ringtone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RingtoneError {
    #[error("the file is larger than 16 MB")]
    Large,
    #[error("the sound is longer than two minutes")]
    Long,
    #[error("the file's sample rate or number of channels is unusual")]
    Odd,
    #[error(transparent)]
    Sound(#[from] SoundError),
}

/// A tone's sound, and whether it is repeated.
pub(super) fn load(tone: &Tone) -> Result<(Arc<SoundClip>, bool), RingtoneError> {
    let (clip, looped) = match tone {
        Tone::Ringing => {
            (pattern(&[(740.0, 0.18), (932.0, 0.18), (740.0, 0.18), (932.0, 0.36), (0.0, 1.6)]), true)
        }
        Tone::RingBack => (pattern(&[(425.0, 1.0), (0.0, 4.0)]), true),
        Tone::CallWaiting => (pattern(&[(425.0, 0.15), (0.0, 0.15), (425.0, 0.15), (0.0, 5.55)]), true),
        Tone::Busy => (pattern(&[(425.0, 0.5), (0.0, 0.5)].repeat(4)), false),
        Tone::End => (pattern(&[(600.0, 0.14), (450.0, 0.2), (0.0, 0.1)]), false),
        Tone::Test => (pattern(&[(440.0, 0.3), (554.0, 0.3), (659.0, 0.3), (880.0, 0.6), (0.0, 0.1)]), false),
        Tone::Sound { wav, looped } => (decode(wav)?, *looped),
    };
    Ok((Arc::new(clip), looped))
}

/// The next 10 ms from `position` on, which moves; `None` when the tone is over.
pub(super) fn read(
    clip: &SoundClip,
    looped: bool,
    position: &mut usize,
    frame: &mut [f32; FRAME],
) -> Option<()> {
    let length = clip.samples.len();
    if looped {
        clip.read(*position as u64, frame);
        *position = (*position + FRAME) % length.max(1);
        return Some(());
    }
    let rest = clip.samples.get(*position..).filter(|rest| !rest.is_empty())?;
    let count = rest.len().min(FRAME);
    frame[..count].copy_from_slice(&rest[..count]);
    *position += count;
    Some(())
}

/// Notes of so many hertz and seconds; 0 Hz is a pause.
fn pattern(notes: &[(f32, f32)]) -> SoundClip {
    let mut samples = Vec::new();
    for &(hertz, seconds) in notes {
        let count = (seconds * SAMPLE_RATE_HZ) as usize;
        samples.extend((0..count).map(|index| {
            let (at, left) = (index as f32 / SAMPLE_RATE_HZ, (count - index) as f32 / SAMPLE_RATE_HZ);
            let edge = (at / FADE_SECONDS).min(left / FADE_SECONDS).min(1.0);
            AMPLITUDE * edge * (at * hertz * std::f32::consts::TAU).sin()
        }));
    }
    SoundClip { samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(tone: &Tone, count: usize) -> Vec<f32> {
        let (clip, looped) = load(tone).unwrap();
        let (mut out, mut position) = (Vec::new(), 0);
        let mut frame = [0.0; FRAME];
        while out.len() < count * FRAME && read(&clip, looped, &mut position, &mut frame).is_some() {
            out.extend_from_slice(&frame);
        }
        out
    }

    fn power(sound: &[f32]) -> f32 {
        sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32
    }

    #[test]
    fn ring_back_is_one_second_of_five_for_ever() {
        let sound = frames(&Tone::RingBack, 1000);
        assert_eq!(sound.len(), 480_000);
        for period in [0, 240_000] {
            assert!(power(&sound[period..period + 48_000]) > 0.02);
            assert_eq!(power(&sound[period + 48_000..period + 240_000]), 0.0);
        }
    }

    #[test]
    fn the_end_ends_and_no_tone_clicks() {
        for tone in [Tone::End, Tone::Busy, Tone::Ringing, Tone::CallWaiting, Tone::Test] {
            let sound = frames(&tone, 700);
            let step = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(step < 0.05, "{tone:?}: {step}");
        }
        assert!(frames(&Tone::End, 700).len() < 48_000);
    }

    #[test]
    fn a_sound_of_our_own_is_played_and_a_broken_one_refused() {
        let path = crate::test_files::asset("ringtones/ringtone.wav");
        let wav: Arc<[u8]> = std::fs::read(path).unwrap().into();
        assert!(power(&frames(&Tone::Sound { wav: wav.clone(), looped: true }, 300)) > 1e-4);
        assert!(load(&Tone::Sound { wav: Arc::from(&b"RIFF"[..]), looped: true }).is_err());
        assert!(check_ringtone(&wav).is_ok());
        assert!(matches!(check_ringtone(&vec![0; MAX_RINGTONE_BYTES + 1]), Err(RingtoneError::Large)));
        for length in [0, 11, 40, 43] {
            assert!(check_ringtone(&wav[..length]).is_err(), "cut to {length}");
        }
        // A header that promises more than there is, as pipes write it: what is there is played.
        let mut piped = wav[..1000].to_vec();
        piped[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(check_ringtone(&piped).is_ok());
        let mut slow = wav.to_vec();
        slow[24..28].copy_from_slice(&3_u32.to_le_bytes());
        assert!(check_ringtone(&slow).is_err());
    }
}
