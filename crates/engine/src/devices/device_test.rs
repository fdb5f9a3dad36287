//! Device test: camera, microphone, speaker and ringtone tried outside a call.

use std::sync::Arc;
use std::time::Duration;

use bellwire_media::{
    AudioTest, CameraTest, DeviceChange, DeviceEvent, DeviceKind, DeviceTestEvent, EchoStage, MediaEvent,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::config::Screens;
use crate::devices::settings::Devices;
use crate::devices::snapshot::{DeviceFault, DeviceTest, EchoTest, InUse};
use crate::internal::Internal;
use crate::task_set::TaskSet;
use crate::view::Levels;

/// After this a microphone or camera that was left open is closed.
const TEST_TIMEOUT: Duration = Duration::from_secs(120);

/// What runs for a test, and what is shown of it.
#[derive(Debug)]
pub(crate) struct DeviceTester {
    pub(crate) shown: DeviceTest,
    camera: Option<CameraTest>,
    sound: Option<AudioTest>,
    /// Distinguishes this test from earlier ones.
    round: u64,
    ends: Option<Instant>,
    screens: Screens,
    levels: watch::Sender<Levels>,
    internal: mpsc::Sender<Internal>,
    /// Devices that are being closed on blocking threads.
    closing: TaskSet,
}

impl DeviceTester {
    pub(crate) fn new(
        screens: Screens,
        levels: watch::Sender<Levels>,
        internal: mpsc::Sender<Internal>,
    ) -> Self {
        Self {
            shown: DeviceTest::default(),
            camera: None,
            sound: None,
            round: 0,
            ends: None,
            screens,
            levels,
            internal,
            closing: TaskSet::default(),
        }
    }

    /// Restarts the timeout, or stops it when nothing is left to end.
    pub(crate) fn extend(&mut self, on: bool) {
        let any = self.camera.is_some() || self.sound.is_some() || self.shown.ring;
        if on {
            self.ends = Some(Instant::now() + TEST_TIMEOUT);
        } else if !any {
            self.ends = None;
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() >= ends)
    }

    /// Closes what is open, and forgets the rest.
    pub(crate) fn end(&mut self) {
        let (camera, sound) = (self.camera.take(), self.sound.take());
        self.closing.drop_blocking((camera, sound));
        self.round += 1;
        self.shown = DeviceTest::default();
        self.ends = None;
        self.levels.send_replace(Levels::default());
    }

    /// Ends, and waits until all is closed.
    pub(crate) async fn close(&mut self) {
        self.end();
        self.closing.close().await;
    }

    pub(crate) fn change_devices(&mut self, old: &Devices, new: &Devices) {
        let fixed = |faults: &mut Vec<DeviceFault>, device| faults.retain(|fault| fault.device != device);
        if old.camera != new.camera
            && let Some(camera) = &self.camera
        {
            fixed(&mut self.shown.faults, DeviceKind::Camera);
            camera.set_camera(&new.camera);
        }
        let Some(sound) = &self.sound else { return };
        if old.microphone != new.microphone {
            fixed(&mut self.shown.faults, DeviceKind::Microphone);
            sound.set_microphone(&new.microphone);
        }
        if old.speaker != new.speaker {
            fixed(&mut self.shown.faults, DeviceKind::Speaker);
            sound.set_speaker(&new.speaker);
        }
        if old.processing() != new.processing() {
            sound.set_processing(new.processing());
        }
    }

    pub(crate) fn in_use(&self) -> InUse {
        let (microphone, speaker) = self.sound.as_ref().map(AudioTest::labels).unwrap_or_default();
        let camera = self.camera.as_ref().map(CameraTest::label).unwrap_or_default();
        InUse { microphone, speaker, camera }
    }

    pub(crate) fn test_devices(&mut self, camera: bool, microphone: bool, chosen: &Devices) {
        (self.shown.camera, self.shown.microphone) = (camera, microphone);
        if camera && self.camera.is_none() {
            let view = self.screens.own();
            self.camera = Some(CameraTest::start(&chosen.camera, view, self.events()));
        } else if !camera && let Some(old) = self.camera.take() {
            self.shown.faults.retain(|fault| fault.device != DeviceKind::Camera);
            self.closing.drop_blocking(old);
        }
        self.update_sound(chosen);
        self.extend(camera || microphone);
    }

    pub(crate) fn test_echo(&mut self, on: bool, chosen: &Devices) {
        let stage = if on { EchoTest::Recording } else { EchoTest::Idle };
        let was = std::mem::replace(&mut self.shown.echo, stage);
        self.update_sound(chosen);
        if let Some(sound) = &self.sound
            && (on || was != EchoTest::Idle)
        {
            sound.set_echo(on);
        }
        self.extend(on);
    }

    /// Opens the microphone while its level or an echo is wanted, and closes it afterwards.
    fn update_sound(&mut self, chosen: &Devices) {
        let wanted = self.shown.microphone || self.shown.echo != EchoTest::Idle;
        if wanted && self.sound.is_none() {
            let (microphone, speaker) = (&chosen.microphone, &chosen.speaker);
            self.sound = Some(AudioTest::start(microphone, speaker, chosen.processing(), self.events()));
        } else if !wanted && let Some(old) = self.sound.take() {
            let of_sound = [DeviceKind::Microphone, DeviceKind::Speaker];
            self.shown.faults.retain(|fault| !of_sound.contains(&fault.device));
            self.closing.drop_blocking(old);
            self.levels.send_replace(Levels::default());
        }
    }

    fn events(&self) -> Arc<dyn Fn(DeviceTestEvent) + Send + Sync> {
        let (internal, round) = (self.internal.clone(), self.round);
        // Called on media threads: when the loop is behind, levels are dropped; nothing else comes often
        // enough to fill the channel.
        Arc::new(move |event| {
            let _ = internal.try_send(Internal::DeviceTest { round, event });
        })
    }

    /// True if what is shown may have changed.
    pub(crate) fn on_event(&mut self, round: u64, event: DeviceTestEvent, chosen: &Devices) -> bool {
        if round != self.round {
            return false;
        }
        match event {
            DeviceTestEvent::Level { microphone_db } => {
                if self.sound.is_some() {
                    self.levels.send_replace(Levels { microphone_db, ..Levels::default() });
                }
                return false;
            }
            DeviceTestEvent::Echo(stage) => {
                self.shown.echo = match stage {
                    EchoStage::Recording => EchoTest::Recording,
                    EchoStage::Playing => EchoTest::Playing,
                    EchoStage::Idle => EchoTest::Idle,
                };
                self.update_sound(chosen);
            }
            DeviceTestEvent::Media(MediaEvent::Device(news)) => self.on_device(&news),
            DeviceTestEvent::Media(_) => return false,
        }
        true
    }

    fn on_device(&mut self, news: &DeviceEvent) {
        self.shown.faults.retain(|fault| fault.device != news.device);
        if let (DeviceChange::Lost, Some(problem)) = (news.happened, news.problem) {
            self.shown.faults.push(DeviceFault { device: news.device, problem });
        }
    }
}
