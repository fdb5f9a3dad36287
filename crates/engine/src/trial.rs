//! Trying devices outside a call, as the loop keeps it.

use std::sync::Arc;
use std::time::Duration;

use bellwire_media::{
    CameraTrial, DeviceChange, DeviceKind, DeviceNews, EchoStage, MediaEvent, SoundTrial, TrialEvent,
};
use tokio::time::Instant;

use crate::devices::{DeviceFault, DeviceTest, Devices, EchoTest, InUse};
use crate::internal::Internal;
use crate::run::Loop;
use crate::view::Levels;

/// A microphone or camera nobody thinks of any more is closed after this.
const LONGEST: Duration = Duration::from_secs(120);

/// What runs and what is shown of it.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    pub(crate) shown: DeviceTest,
    camera: Option<CameraTrial>,
    sound: Option<SoundTrial>,
    /// Tells what belongs to an earlier trial.
    round: u64,
    ends: Option<Instant>,
}

impl Trial {
    /// Counts the time anew, or no more when nothing is left to end.
    pub(crate) fn begin(&mut self, on: bool) {
        let any = self.camera.is_some() || self.sound.is_some() || self.shown.ring;
        if on {
            self.ends = Some(Instant::now() + LONGEST);
        } else if !any {
            self.ends = None;
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() >= ends)
    }

    /// Takes out what has threads to be joined, and forgets the rest.
    pub(crate) fn take(&mut self) -> impl Send + 'static {
        let round = self.round + 1;
        let old = std::mem::replace(self, Self { round, ..Self::default() });
        (old.camera, old.sound)
    }

    pub(crate) fn choose(&mut self, old: &Devices, new: &Devices) {
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
        let (microphone, speaker) = self.sound.as_ref().map(SoundTrial::labels).unwrap_or_default();
        let camera = self.camera.as_ref().map(CameraTrial::label).unwrap_or_default();
        InUse { microphone, speaker, camera }
    }

    fn note(&mut self, news: &DeviceNews) {
        self.shown.faults.retain(|fault| fault.device != news.device);
        if let (DeviceChange::Lost, Some(problem)) = (news.happened, news.problem) {
            self.shown.faults.push(DeviceFault { device: news.device, problem });
        }
    }
}

impl Loop {
    fn in_call(&self) -> bool {
        self.conversations.values().any(|conversation| conversation.media.is_some())
    }

    pub(crate) fn try_devices(&mut self, camera: bool, microphone: bool) {
        // A call shows both anyway, and has the devices.
        let (camera, microphone) = if self.in_call() { (false, false) } else { (camera, microphone) };
        let tell = self.teller();
        let trial = &mut self.desk.trial;
        (trial.shown.camera, trial.shown.microphone) = (camera, microphone);
        if camera && trial.camera.is_none() {
            let view = Arc::clone(&self.screens.own);
            trial.camera = Some(CameraTrial::start(&self.desk.chosen.camera, view, Arc::clone(&tell)));
        } else if !camera && let Some(old) = trial.camera.take() {
            trial.shown.faults.retain(|fault| fault.device != DeviceKind::Camera);
            self.closing.spawn_blocking(move || drop(old));
        }
        self.hear();
        self.desk.trial.begin(camera || microphone);
    }

    pub(crate) fn try_echo(&mut self, on: bool) {
        if on && self.in_call() {
            return;
        }
        let stage = if on { EchoTest::Recording } else { EchoTest::Idle };
        let was = std::mem::replace(&mut self.desk.trial.shown.echo, stage);
        self.hear();
        if let Some(sound) = &self.desk.trial.sound
            && (on || was != EchoTest::Idle)
        {
            sound.set_echo(on);
        }
        self.desk.trial.begin(on);
    }

    /// The microphone is open while its level or an echo is wanted.
    fn hear(&mut self) {
        let tell = self.teller();
        let (chosen, trial) = (&self.desk.chosen, &mut self.desk.trial);
        let wanted = trial.shown.microphone || trial.shown.echo != EchoTest::Idle;
        if wanted && trial.sound.is_none() {
            let processing = chosen.processing();
            trial.sound = Some(SoundTrial::start(&chosen.microphone, &chosen.speaker, processing, tell));
        } else if !wanted && let Some(old) = trial.sound.take() {
            let of_sound = [DeviceKind::Microphone, DeviceKind::Speaker];
            trial.shown.faults.retain(|fault| !of_sound.contains(&fault.device));
            self.closing.spawn_blocking(move || drop(old));
            self.out.levels.send_replace(Levels::default());
        }
    }

    fn teller(&self) -> Arc<dyn Fn(TrialEvent) + Send + Sync> {
        let (loop_, round) = (self.internal.clone(), self.desk.trial.round);
        // Called on media threads: when the loop is behind, levels are dropped; nothing else comes often
        // enough to fill the channel.
        Arc::new(move |event| {
            let _ = loop_.try_send(Internal::Trial { round, event });
        })
    }

    pub(crate) fn trial_event(&mut self, round: u64, event: TrialEvent) {
        let trial = &mut self.desk.trial;
        if round != trial.round {
            return;
        }
        match event {
            TrialEvent::Level { microphone_db } => {
                if trial.sound.is_some() {
                    let levels = Levels { microphone_db, ..Levels::default() };
                    self.out.levels.send_replace(levels);
                }
                return;
            }
            TrialEvent::Echo(stage) => {
                trial.shown.echo = match stage {
                    EchoStage::Recording => EchoTest::Recording,
                    EchoStage::Playing => EchoTest::Playing,
                    EchoStage::Idle => EchoTest::Idle,
                };
                self.hear();
            }
            TrialEvent::Media(MediaEvent::Device(news)) => trial.note(&news),
            TrialEvent::Media(_) => return,
        }
        self.show_devices();
    }
}
