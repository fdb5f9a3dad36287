//! One member's audio: packets in, 10 ms of sound at a time out, by way of jitter buffer, decoder and time
//! stretching. It reads no clock.
//!
//! The sender's clock and the speaker's differ from this machine's by up to some 100 parts per million each. A resampler
//! makes up for that, so that stretching, which needs a voice or silence, is left to follow the jitter.

use std::sync::Arc;
use std::time::Instant;

use super::FRAME;
use super::drift_resampler::DriftResampler;
use super::stretch::Stretch;
use super::voice_meters::VoiceMeters;
use crate::clock_drift::ClockDrift;
use crate::codec::opus::{OpusDecoder, OpusError, PACKET_SAMPLES, Restored};
use crate::jitter::{Carrier, JitterBuffer, Step, samples_in};

/// See the module.
pub(super) struct RemoteAudio {
    pub(super) jitter: JitterBuffer,
    decoder: OpusDecoder,
    /// Decoded and not handed out yet.
    pub(super) ready: Vec<f32>,
    stretch: Stretch,
    resampler: DriftResampler,
    speaker: SpeakerClock,
    meters: Arc<VoiceMeters>,
    /// Whether anything was decoded for what is in `ready`.
    voiced: bool,
}

/// The clock of whatever asks for frames.
#[derive(Debug, Default)]
struct SpeakerClock {
    begun: Option<Instant>,
    frames: i64,
    drift: ClockDrift,
}

impl SpeakerClock {
    /// Takes in that a frame is asked for.
    fn tick(&mut self, now: Instant) {
        let begun = *self.begun.get_or_insert(now);
        let elapsed = samples_in(now.saturating_duration_since(begun));
        self.drift.observe(elapsed, elapsed - self.frames * FRAME as i64);
        self.frames += 1;
    }
}

impl RemoteAudio {
    pub(super) fn new(meters: Arc<VoiceMeters>) -> Result<Self, OpusError> {
        Ok(Self {
            jitter: JitterBuffer::new(),
            decoder: OpusDecoder::new()?,
            ready: Vec::with_capacity(4 * PACKET_SAMPLES),
            stretch: Stretch::default(),
            resampler: DriftResampler::new(),
            speaker: SpeakerClock::default(),
            meters,
            voiced: false,
        })
    }

    /// RTP timestamp of the next sample to play.
    pub(super) fn position(&self) -> Option<u32> {
        self.jitter.position(self.ready.len() as u32)
    }

    /// Fills the next 10 ms; tells whether the member was heard in this call yet.
    pub(super) fn frame(&mut self, now: Instant, frame: &mut [f32; FRAME]) -> bool {
        self.speaker.tick(now);
        self.resampler.set_drift(self.jitter.drift() - self.speaker.drift.drift());
        let needed = self.resampler.needed();
        while self.ready.len() < needed {
            self.step(now);
        }
        self.resampler.convert(&self.ready[..needed], frame);
        self.ready.drain(..needed);
        self.voiced
    }

    fn step(&mut self, now: Instant) {
        let queued = self.ready.len() as u32;
        match self.jitter.next(now, queued) {
            Step::Silence { samples } => self.silence(samples as usize),
            Step::Play(payload) => match self.decoder.decode(&payload) {
                Ok(sound) => {
                    self.voiced = true;
                    let mut sound = sound.to_vec();
                    let pace = self.jitter.pace(now, queued + sound.len() as u32);
                    self.stretch.apply(pace, &mut sound);
                    self.ready.extend_from_slice(&sound);
                }
                Err(error) => {
                    tracing::debug!(%error, "A sound packet cannot be decoded");
                    self.spoilt(PACKET_SAMPLES);
                }
            },
            Step::Recover { samples, from, later } => self.restore(samples as usize, &from, later.as_ref()),
            Step::Conceal { samples } => self.conceal(samples as usize),
        }
    }

    fn restore(&mut self, samples: usize, from: &Carrier, later: Option<&Carrier>) {
        let (ahead, mut reach, mut carrier) = (from.ahead as usize, self.decoder.reach(&from.packet), from);
        if let Some(later) = later.filter(|_| reach < ahead) {
            let behind = (later.ahead - from.ahead) as usize;
            reach = reach.max(self.decoder.reach(&later.packet).saturating_sub(behind));
            carrier = later;
        }
        let restored = match self.decoder.restore(&carrier.packet, carrier.ahead as usize, samples) {
            Ok((sound, how)) => {
                self.ready.extend_from_slice(sound);
                how != Restored::Concealed
            }
            Err(error) => {
                tracing::debug!(%error, "A sound packet's redundancy cannot be decoded");
                self.conceal(samples);
                false
            }
        };
        self.jitter.repaired(restored, reach);
    }

    /// Conceals what came and cannot be decoded; the jitter buffer counts what did not come.
    fn spoilt(&mut self, samples: usize) {
        self.meters.concealed(samples);
        self.conceal(samples);
    }

    fn conceal(&mut self, samples: usize) {
        match self.decoder.conceal(samples) {
            Ok(sound) => self.ready.extend_from_slice(sound),
            Err(_) => self.silence(samples),
        }
    }

    fn silence(&mut self, samples: usize) {
        self.ready.resize(self.ready.len() + samples.max(1), 0.0);
    }
}

#[cfg(test)]
mod tests;
