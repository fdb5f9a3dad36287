//! Voices of a call's members: each has a jitter buffer and a decoder of its own, and all are mixed to what is played.
//!
//! Members come by a short list that the playout thread empties each round, and leave by closing their inbox: they fade
//! out over one more frame, so that nobody hears a click. What one member sends is never touched by another's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::FRAME;
use super::inbox::{Inbox, Origin};
use super::limiter::Limiter;
use super::remote_audio::RemoteAudio;
use super::voice_meters::VoiceMeters;
use crate::MediaEvent;
use crate::lip_sync::LipSync;

/// Members on their way to the playout thread, which takes them within milliseconds: all of a large call may come at once.
/// Full: the newest stays silent.
const MAX_JOINING: usize = 64;

/// One member in the mix; dropping it takes the member out.
#[derive(Debug)]
pub(crate) struct Voice {
    inbox: Arc<Inbox>,
    meters: Arc<VoiceMeters>,
}

impl Voice {
    /// Where the member's packets go in; may outlive the voice.
    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        self.inbox.clone()
    }

    pub(crate) fn meters(&self) -> Arc<VoiceMeters> {
        self.meters.clone()
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

/// Members who come, from any thread to that of the [`Mixer`].
#[derive(Default)]
pub(super) struct Voices {
    joining: Mutex<Vec<PlayedVoice>>,
}

impl Voices {
    /// `None` where the voice could not be decoded, or too many come at once.
    pub(super) fn join(
        &self,
        clock: Arc<LipSync>,
        events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    ) -> Option<Voice> {
        let (inbox, meters) = (Arc::new(Inbox::default()), Arc::new(VoiceMeters::default()));
        let remote = RemoteAudio::new(meters.clone())
            .inspect_err(|error| tracing::error!(%error, "A voice cannot be decoded"))
            .ok()?;
        let played = PlayedVoice {
            inbox: inbox.clone(),
            meters: meters.clone(),
            remote,
            clock,
            events,
            heard: Heard::Nothing,
            leaving: false,
        };
        let mut joining = self.joining.lock().unwrap_or_else(PoisonError::into_inner);
        if joining.len() >= MAX_JOINING {
            drop(joining);
            tracing::warn!("Too many members come at once: one is not heard");
            return None;
        }
        joining.push(played);
        Some(Voice { inbox, meters })
    }

    fn take(&self) -> Vec<PlayedVoice> {
        std::mem::take(&mut *self.joining.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a member was heard in this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// In the frame that is about to be written.
    First,
    Told,
}

/// What the playout thread has of a member.
struct PlayedVoice {
    inbox: Arc<Inbox>,
    meters: Arc<VoiceMeters>,
    remote: RemoteAudio,
    clock: Arc<LipSync>,
    events: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    heard: Heard,
    leaving: bool,
}

impl PlayedVoice {
    fn receive(&mut self) {
        let Some(packets) = self.inbox.take() else {
            self.leaving = true;
            return;
        };
        for (packet, origin) in packets {
            self.meters.packet_received(packet.payload.len());
            match origin {
                Origin::Itself => self.remote.jitter.insert(packet),
                Origin::Copy => self.remote.jitter.insert_copy(&packet),
            }
        }
    }

    /// Fills the member's next 10 ms, which are heard from `due` on; false as long as nothing was decoded.
    fn frame(&mut self, now: Instant, due: Instant, frame: &mut [f32; FRAME]) -> bool {
        if let Some(position) = self.remote.position() {
            self.clock.sounds(position, due);
        }
        if let Some(delay) = self.remote.jitter.delay(now, self.remote.ready.len() as u32) {
            self.remote.jitter.set_floor(self.clock.sound_floor(delay, now));
        }
        let voiced = self.remote.frame(now, frame);
        if voiced && self.heard == Heard::Nothing {
            self.heard = Heard::First;
        }
        if self.meters.frame_played(frame) {
            let delay = self.remote.jitter.delay(now, self.remote.ready.len() as u32).unwrap_or_default();
            self.meters.buffer(delay.as_secs_f32() * 1000.0, self.remote.jitter.stats());
        }
        voiced
    }
}

/// Mixes the members' voices; belongs to the playout thread. It reads no clock.
pub(super) struct Mixer {
    joining: Arc<Voices>,
    voices: Vec<PlayedVoice>,
    limiter: Limiter,
}

impl Mixer {
    pub(super) fn new(joining: Arc<Voices>) -> Self {
        Self { joining, voices: Vec::new(), limiter: Limiter::default() }
    }

    /// Takes in who joined or left, and the packets that came.
    pub(super) fn receive(&mut self) {
        self.voices.append(&mut self.joining.take());
        self.voices.iter_mut().for_each(PlayedVoice::receive);
    }

    /// Fills the next 10 ms, which are heard from `due` on. What a single voice says is not changed.
    pub(super) fn frame(&mut self, now: Instant, due: Instant, mix: &mut [f32; FRAME]) {
        mix.fill(0.0);
        let mut own = [0.0; FRAME];
        let mut mixed = 0;
        for voice in &mut self.voices {
            if !voice.frame(now, due, &mut own) {
                continue;
            }
            if voice.leaving {
                fade_out(&mut own);
            }
            if mixed == 0 {
                *mix = own;
            } else {
                mix.iter_mut().zip(&own).for_each(|(mix, own)| *mix += own);
            }
            mixed += 1;
        }
        self.voices.retain(|voice| !voice.leaving);
        self.limiter.apply(mixed, mix);
    }

    /// Tells of those whose first sound was in the frame, now that it is on its way.
    pub(super) fn written(&mut self, now: Instant) {
        for voice in &mut self.voices {
            if voice.heard == Heard::First {
                voice.heard = Heard::Told;
                (voice.events)(MediaEvent::FirstAudio(now));
            }
        }
    }

    /// Mean run of packets lost in a row, of the member with the longest.
    pub(super) fn loss_burst(&self) -> f32 {
        self.voices.iter().map(|voice| voice.remote.jitter.loss_burst()).fold(0.0, f32::max)
    }
}

/// Over the whole frame, half a period of a cosine.
fn fade_out(frame: &mut [f32; FRAME]) {
    for (index, sample) in frame.iter_mut().enumerate() {
        let turn = (index + 1) as f32 / FRAME as f32 * std::f32::consts::PI;
        *sample *= (turn.cos() + 1.0) / 2.0;
    }
}

#[cfg(test)]
mod tests;
