//! Ringer: the ringtone of incoming calls, and the tones of a call (ring-back, call waiting).

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwire_call::CallId;
use bellwire_media::{Tone, ToneOutputs, TonePlayer};

use crate::devices::settings::{RingConfig, RingSound};

#[derive(Debug)]
pub(crate) struct Ringer {
    config: RingConfig,
    /// The calls that ring; true: while another one goes on.
    rings: BTreeMap<CallId, bool>,
    ringtone: Option<TonePlayer>,
    /// Plays where the call does.
    call_tones: Option<TonePlayer>,
}

impl Ringer {
    /// `tones`: false makes no sound at all.
    pub(crate) fn new(speaker: &str, tones: bool) -> Self {
        let config = RingConfig { device: speaker.to_owned(), ..RingConfig::default() };
        Self {
            ringtone: tones.then(|| TonePlayer::start(outputs(&config))),
            call_tones: tones.then(|| TonePlayer::start(ToneOutputs::only(speaker))),
            config,
            rings: BTreeMap::new(),
        }
    }

    /// The ids of the devices that ring.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.config.device.as_str()).chain(self.config.second_device.as_deref())
    }

    /// `testing`: the ringtone is being tested, here as below.
    pub(crate) fn configure(&mut self, config: RingConfig, testing: bool) {
        let old = std::mem::replace(&mut self.config, config);
        if let Some(ringtone) = &self.ringtone
            && outputs(&old) != outputs(&self.config)
        {
            ringtone.set_outputs(outputs(&self.config));
        }
        let (audible, sound) = (old.audible != self.config.audible, old.sound != self.config.sound);
        if audible || sound {
            self.play_ringtone(testing);
        }
        if audible {
            self.play_call_waiting();
        }
    }

    /// A call rings; `waiting`: while another one goes on.
    pub(crate) fn ring(&mut self, call: CallId, waiting: bool) {
        let before = self.rings.insert(call, waiting);
        if waiting || before == Some(true) {
            self.play_call_waiting();
        }
        if !waiting {
            self.play_ringtone(false);
        }
    }

    pub(crate) fn stop_ring(&mut self, call: CallId, testing: bool) {
        match self.rings.remove(&call) {
            Some(true) => self.play_call_waiting(),
            Some(false) => self.play_ringtone(testing),
            None => {}
        }
    }

    /// Plays the ringtone while a call rings or it is being tested.
    pub(crate) fn play_ringtone(&self, testing: bool) {
        let rings = self.rings.values().any(|waiting| !waiting) && self.config.audible;
        if let Some(ringtone) = &self.ringtone {
            if rings || testing {
                ringtone.play(self.tone());
            } else {
                ringtone.stop();
            }
        }
    }

    fn play_call_waiting(&self) {
        let waits = self.rings.values().any(|waiting| *waiting) && self.config.audible;
        self.call_tone(waits.then_some(Tone::CallWaiting));
    }

    pub(crate) fn call_tone(&self, tone: Option<Tone>) {
        if let Some(tones) = &self.call_tones {
            match tone {
                Some(tone) => tones.play(tone),
                None => tones.stop(),
            }
        }
    }

    pub(crate) fn plays_call_tone(&self) -> bool {
        self.call_tones.as_ref().is_some_and(TonePlayer::is_playing)
    }

    pub(crate) fn set_speaker(&self, speaker: &str) {
        if let Some(tones) = &self.call_tones {
            tones.set_outputs(ToneOutputs::only(speaker));
        }
    }

    /// Takes out what has threads to be joined.
    pub(crate) fn take_players(&mut self) -> impl Send + 'static {
        (self.ringtone.take(), self.call_tones.take())
    }

    fn tone(&self) -> Tone {
        match &self.config.sound {
            RingSound::BuiltIn => Tone::Ringing,
            RingSound::Wav(wav) => Tone::Sound { wav: Arc::clone(wav), looped: true },
        }
    }
}

fn outputs(ring: &RingConfig) -> ToneOutputs {
    ToneOutputs { first: ring.device.clone(), second: ring.second_device.clone(), volume: ring.volume }
}
