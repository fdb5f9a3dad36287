//! Device settings: the microphone, speaker, camera and ringtone that the user chose.

use std::sync::Arc;

use bellwire_media::Processing;

/// What a user chose; applies at once, also to a call that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// As [`crate::EngineConfig::microphone`].
    pub microphone: String,
    /// As [`crate::EngineConfig::speaker`].
    pub speaker: String,
    /// As [`crate::EngineConfig::camera`].
    pub camera: String,
    /// Echo cancellation.
    pub echo: bool,
    /// Noise suppression.
    pub noise: bool,
    /// Automatic gain.
    pub gain: bool,
}

impl Devices {
    pub(crate) fn processing(&self) -> Processing {
        Processing { echo: self.echo, noise: self.noise, gain: self.gain }
    }
}

/// What rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingSound {
    /// Two notes made on the spot.
    BuiltIn,
    /// The bytes of a WAV file, repeated; one that cannot be read is replaced by [`RingSound::BuiltIn`].
    Wav(Arc<[u8]>),
}

/// How a call rings; applies at once, also to one that rings.
#[derive(Clone, Debug, PartialEq)]
pub struct RingConfig {
    pub sound: RingSound,
    /// 0..1, as a person hears it.
    pub volume: f32,
    /// `default` or a speaker's id; one that is gone is replaced by the default.
    pub device: String,
    /// Rings too; one that is gone is silent.
    pub second_device: Option<String>,
    /// False: rings are shown and not heard.
    pub audible: bool,
}

impl Default for RingConfig {
    fn default() -> Self {
        Self {
            sound: RingSound::BuiltIn,
            volume: 0.8,
            device: "default".into(),
            second_device: None,
            audible: true,
        }
    }
}
