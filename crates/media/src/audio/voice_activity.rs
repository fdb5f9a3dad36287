//! Voice activity detection on a muted microphone. It works after echo cancellation, so that the loudspeaker
//! does not count.

use super::FRAME;
use super::level::{Level, SILENCE_DB};

/// Minimum signal-to-noise ratio of speech.
const MIN_SNR_DB: f32 = 12.0;
/// Level below which nothing counts as speech.
const MIN_SPEECH_DBFS: f32 = -48.0;
/// While the far end is active, input this far below its level may be residual echo.
const ECHO_MARGIN_DB: f32 = 12.0;
/// Loudspeaker level from which on the far end is active.
const FAR_END_ACTIVE_DBFS: f32 = -55.0;
/// Frames of 10 ms with speech before it is reported.
const ATTACK_FRAMES: u32 = 30;
/// Frames of 10 ms for which speech is reported after the last voiced frame.
const HANGOVER_FRAMES: u32 = 200;
/// Frames of 10 ms for which an echo may follow the loudspeaker.
const ECHO_TAIL_FRAMES: u32 = 30;
/// Rise of the noise floor per frame: a fan that starts is part of it after some seconds.
const NOISE_RISE_DB_PER_FRAME: f32 = 0.04;

/// Detects speech frame by frame.
#[derive(Debug)]
pub(super) struct VoiceActivity {
    /// dBFS of the background noise.
    noise_floor: f32,
    voiced: u32,
    hangover: u32,
    /// The loudest the loudspeaker was lately, dBFS, and for how many frames that counts.
    far_end: (f32, u32),
    /// Whether echo is cancelled: otherwise nothing counts as speech while the far end is active.
    cancelled: bool,
}

impl VoiceActivity {
    pub(super) fn new(cancelled: bool) -> Self {
        Self { noise_floor: MIN_SPEECH_DBFS, voiced: 0, hangover: 0, far_end: (SILENCE_DB, 0), cancelled }
    }

    pub(super) fn set_cancelled(&mut self, cancelled: bool) {
        self.cancelled = cancelled;
    }

    /// Takes 10 ms of what the loudspeaker plays.
    pub(super) fn played(&mut self, frame: &[f32; FRAME]) {
        let level = level_of(frame);
        if level >= self.far_end.0 || self.far_end.1 == 0 {
            self.far_end = (level, ECHO_TAIL_FRAMES);
        } else {
            self.far_end.1 -= 1;
        }
    }

    /// Takes 10 ms of the microphone; true during speech and its hangover.
    pub(super) fn heard(&mut self, frame: &[f32; FRAME]) -> bool {
        let level = level_of(frame);
        // The floor falls at once and rises slowly, so that speech does not become noise.
        self.noise_floor = if level < self.noise_floor {
            level.max(SILENCE_DB)
        } else {
            self.noise_floor + NOISE_RISE_DB_PER_FRAME
        };
        let plays = self.far_end.0 > FAR_END_ACTIVE_DBFS;
        let over_echo = !plays || (self.cancelled && level > self.far_end.0 - ECHO_MARGIN_DB);
        let voice = level > MIN_SPEECH_DBFS && level > self.noise_floor + MIN_SNR_DB && over_echo;
        // Speech has pauses: an unvoiced frame takes back less than a voiced one gives.
        self.voiced =
            if voice { (self.voiced + 2).min(2 * ATTACK_FRAMES) } else { self.voiced.saturating_sub(1) };
        if self.voiced >= 2 * ATTACK_FRAMES {
            self.hangover = HANGOVER_FRAMES;
        } else {
            self.hangover = self.hangover.saturating_sub(1);
        }
        self.hangover > 0
    }

    /// Resets the state: the microphone is on.
    pub(super) fn reset(&mut self) {
        (self.voiced, self.hangover) = (0, 0);
    }
}

fn level_of(frame: &[f32; FRAME]) -> f32 {
    let mut level = Level::default();
    level.add(frame);
    level.take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Processing;
    use crate::audio::SoundClip;
    use crate::audio::audio_processor::AudioProcessor;

    fn speech() -> Vec<f32> {
        let path = crate::test_files::asset("media/voice-22s-48k.wav");
        SoundClip::load(&path).unwrap().samples
    }

    fn noise(state: &mut u32) -> f32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*state >> 8) as f32 / 8_388_608.0 - 1.0
    }

    fn frames(sound: &[f32]) -> impl Iterator<Item = &[f32; FRAME]> {
        sound.as_chunks::<FRAME>().0.iter()
    }

    #[test]
    fn a_voice_is_noticed_within_a_second_and_forgotten_after_some() {
        let mut detector = VoiceActivity::new(true);
        let sound = speech();
        let begins = frames(&sound).position(|frame| level_of(frame) > -30.0).unwrap();
        let noticed = frames(&sound).position(|frame| detector.heard(frame)).unwrap();
        assert!((20..100).contains(&(noticed - begins)), "noticed {} ms late", (noticed - begins) * 10);
        assert!((0..100).all(|_| detector.heard(&[0.0; FRAME])), "told for a while");
        (0..200).for_each(|_| {
            let _ = detector.heard(&[0.0; FRAME]);
        });
        assert!(!detector.heard(&[0.0; FRAME]));
    }

    #[test]
    fn neither_silence_nor_a_fan_nor_a_knock_is_a_voice() {
        let mut state = 3;
        let mut detector = VoiceActivity::new(true);
        // A quiet room's microphone, then the fan of the computer, for a minute each.
        for loudness in [0.0005, 0.004] {
            for index in 0..6000 {
                let mut frame = [0.0; FRAME];
                frame.iter_mut().for_each(|sample| *sample = loudness * noise(&mut state));
                // A knock on the table now and then.
                if index % 300 < 8 {
                    frame.iter_mut().for_each(|sample| *sample *= 60.0);
                }
                assert!(!detector.heard(&frame), "{loudness} at {index}");
            }
        }
    }

    #[test]
    fn the_loudspeakers_echo_is_no_voice_and_a_voice_over_it_is() {
        let sound = speech();
        for cancelled in [true, false] {
            let mut voice = AudioProcessor::new(Processing { echo: cancelled, noise: true, gain: true });
            let mut detector = VoiceActivity::new(cancelled);
            let delay = 4; // 40 ms from the loudspeaker to the microphone.
            let far_end: Vec<_> = frames(&sound).collect();
            for index in 0..far_end.len() {
                voice.played(far_end[index]);
                detector.played(far_end[index]);
                let mut near = [0.0; FRAME];
                if index >= delay {
                    near.iter_mut()
                        .zip(far_end[index - delay])
                        .for_each(|(near, far_end)| *near = 0.35 * far_end);
                }
                voice.heard(&mut near);
                assert!(!detector.heard(&near), "cancelled {cancelled}: its own echo at {index}");
            }
        }
        // The user speaks while the far end is soft.
        let mut detector = VoiceActivity::new(true);
        let noticed = frames(&sound).any(|frame| {
            let mut soft = *frame;
            soft.iter_mut().for_each(|sample| *sample *= 0.1);
            detector.played(&soft);
            detector.heard(frame)
        });
        assert!(noticed);
    }
}
