//! What the loop does about devices: keeps what was chosen, tells media, and shows what there is.

use std::sync::Arc;
use std::time::Duration;

use bellwire_media::video::list_sources;
use bellwire_media::{Direction, Tone, list_audio_devices};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config::EngineConfig;
use crate::devices::{Choice, DeviceList, DeviceOrder, Devices, RingConfig, RingSound, SoundDevice};
use crate::internal::Internal;
use crate::run::Loop;

/// How often devices are looked for; nothing tells of plugging.
const LOOK: Duration = Duration::from_secs(1);

/// What the loop knows of devices.
#[derive(Debug)]
pub(crate) struct DeviceDesk {
    pub(crate) chosen: Devices,
    pub(crate) ring: RingConfig,
}

impl DeviceDesk {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        let on = config.processing;
        Self {
            chosen: Devices {
                microphone: config.microphone.clone(),
                speaker: config.speaker.clone(),
                camera: config.camera.clone(),
                echo: on,
                noise: on,
                gain: on,
            },
            ring: RingConfig { device: config.speaker.clone(), ..RingConfig::default() },
        }
    }
}

/// The devices of this machine.
#[derive(Debug, Default)]
pub(crate) struct Found {
    microphones: Vec<SoundDevice>,
    speakers: Vec<SoundDevice>,
    cameras: Vec<Choice>,
}

impl Found {
    /// Asks the system; a sound server that does not answer holds this up.
    fn look() -> Self {
        let mut found = Self::default();
        for device in list_audio_devices().into_iter().filter(|device| !device.monitor) {
            let list = match device.direction {
                Direction::Input => &mut found.microphones,
                Direction::Output => &mut found.speakers,
            };
            list.push(SoundDevice { id: device.id, label: device.label, default: device.default });
        }
        let cameras = list_sources().into_iter().filter(|source| source.id.starts_with("camera:"));
        found.cameras = cameras.map(|source| Choice { id: source.id, label: source.label }).collect();
        found
    }
}

/// Looks for devices until `token` is cancelled or nobody listens.
pub(crate) async fn look_for_devices(loop_: mpsc::Sender<Internal>, token: CancellationToken) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            _ = tick.tick() => {}
        }
        let looked = tokio::task::spawn_blocking(Found::look);
        let found = tokio::select! {
            () = token.cancelled() => return,
            found = looked => found,
        };
        if let Ok(found) = found
            && loop_.send(Internal::Found(found)).await.is_err()
        {
            return;
        }
    }
}

impl Loop {
    pub(crate) fn device(&mut self, order: DeviceOrder) {
        match order {
            DeviceOrder::Choose(devices) => self.choose(devices),
            DeviceOrder::Ring(ring) => self.desk.ring = ring,
            DeviceOrder::Test { .. }
            | DeviceOrder::TestSpeaker
            | DeviceOrder::TestRing(_)
            | DeviceOrder::TestEcho(_) => {}
        }
    }

    fn choose(&mut self, devices: Devices) {
        self.desk.chosen = devices;
    }

    pub(crate) fn ring_tone(&self) -> Tone {
        match &self.desk.ring.sound {
            RingSound::BuiltIn => Tone::Ringing,
            RingSound::Wav(wav) => Tone::Sound { wav: Arc::clone(wav), looped: true },
        }
    }

    pub(crate) fn found(&self, found: Found) {
        let Found { microphones, speakers, cameras } = found;
        self.list(|list| {
            list.microphones = microphones;
            list.speakers = speakers;
            list.cameras = cameras;
        });
    }

    fn list(&self, change: impl FnOnce(&mut DeviceList)) {
        self.out.devices.send_if_modified(|shown| {
            let mut list = (**shown).clone();
            change(&mut list);
            let changed = list != **shown;
            if changed {
                *shown = Arc::new(list);
            }
            changed
        });
    }
}
