//! Microphone, speaker, camera and ringtone: what a user chose of them, what there is, and trying them
//! outside a call. The devices themselves are media's business, the words the interface's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bellwire_media::video::{list_screens, screen_preview};
use bellwire_media::{DeviceKind, DeviceProblem, Processing};
use serde::Serialize;
use tokio::sync::{oneshot, watch};

use crate::handle::{Handle, Order};

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

/// A microphone or speaker to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SoundDevice {
    pub id: String,
    pub label: String,
    /// What `default` means now.
    pub default: bool,
}

/// Something to choose by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub id: String,
    pub label: String,
}

/// Names of what a call or a test uses now; empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InUse {
    pub microphone: String,
    pub speaker: String,
    pub camera: String,
}

/// Where the echo test is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoTest {
    #[default]
    Idle,
    Recording,
    Playing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceFault {
    pub device: DeviceKind,
    pub problem: DeviceProblem,
}

/// What is tried outside a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeviceTest {
    pub camera: bool,
    pub microphone: bool,
    pub speaker: bool,
    pub ring: bool,
    pub echo: EchoTest,
    pub faults: Vec<DeviceFault>,
}

/// What there is, what is used, what is tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeviceList {
    pub microphones: Vec<SoundDevice>,
    pub speakers: Vec<SoundDevice>,
    pub cameras: Vec<Choice>,
    pub in_use: InUse,
    pub test: DeviceTest,
}

/// Something on the screen that can be shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShareSource {
    /// What [`Handle::set_sharing`] takes.
    pub id: String,
    pub label: String,
    pub kind: ShareKind,
    /// `data:` URL of a small PNG picture; `None` where there was no time or nothing to see.
    pub preview: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareKind {
    Screen,
    Window,
}

/// What is asked about devices.
#[derive(Debug)]
pub(crate) enum DeviceOrder {
    Choose(Devices),
    Ring(RingConfig),
    Test { camera: bool, microphone: bool },
    TestSpeaker,
    TestRing(bool),
    TestEcho(bool),
}

impl Handle {
    /// What there is and what is tried; devices are looked for each second.
    pub fn devices(&self) -> watch::Receiver<Arc<DeviceList>> {
        self.devices.clone()
    }

    pub async fn set_devices(&self, devices: Devices) {
        self.device(DeviceOrder::Choose(devices)).await;
    }

    pub async fn set_ring(&self, ring: RingConfig) {
        self.device(DeviceOrder::Ring(ring)).await;
    }

    /// Opens the chosen camera or microphone outside a call: the picture goes to the own screen, the level
    /// to the levels. Ends by itself with a call, or after two minutes.
    pub async fn test_devices(&self, camera: bool, microphone: bool) {
        self.device(DeviceOrder::Test { camera, microphone }).await;
    }

    /// Plays a few notes on the chosen speaker.
    pub async fn test_speaker(&self) {
        self.device(DeviceOrder::TestSpeaker).await;
    }

    /// Plays the ringtone as a call would ring.
    pub async fn test_ring(&self, on: bool) {
        self.device(DeviceOrder::TestRing(on)).await;
    }

    /// Records some seconds and plays them back.
    pub async fn test_echo(&self, on: bool) {
        self.device(DeviceOrder::TestEcho(on)).await;
    }

    /// What of the screen can be shared, screens first, with small pictures as far as they can be had in a
    /// second or two.
    pub async fn share_sources(&self) -> Vec<ShareSource> {
        let (reply, answer) = oneshot::channel();
        tokio::task::spawn_blocking(move || drop(reply.send(share_sources())));
        answer.await.unwrap_or_default()
    }

    async fn device(&self, order: DeviceOrder) {
        self.send(Order::Device(order)).await;
    }
}

/// How long pictures of what can be shared may take.
const LOOKING: Duration = Duration::from_millis(1500);
/// Width and height of a preview at most.
const PREVIEW: (u32, u32) = (320, 180);

fn share_sources() -> Vec<ShareSource> {
    let until = Instant::now() + LOOKING;
    let shown = list_screens().into_iter().map(|source| {
        let in_time = Instant::now() < until;
        let picture = in_time.then(|| screen_preview(&source.id, PREVIEW.0, PREVIEW.1)).flatten();
        ShareSource {
            kind: if source.window { ShareKind::Window } else { ShareKind::Screen },
            id: source.id,
            label: source.label,
            preview: picture.map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png))),
        }
    });
    shown.collect()
}
