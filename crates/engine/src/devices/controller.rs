//! Devices controller: keeps what the user chose, rings, runs device tests and publishes the list of devices.

use std::sync::Arc;

use bellwire_call::{CallId, Event};
use bellwire_media::{DeviceEvent, DeviceTestEvent, Tone};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::{EngineConfig, Screens};
use crate::devices::device_test::DeviceTester;
use crate::devices::discovery::discover_devices;
use crate::devices::found::{Found, Lost};
use crate::devices::ringer::Ringer;
use crate::devices::settings::{Devices, RingConfig};
use crate::devices::snapshot::{DeviceList, InUse};
use crate::internal::Internal;
use crate::task_set::TaskSet;
use crate::view::Levels;

/// What the user does with devices.
#[derive(Debug)]
pub(crate) enum DeviceCommand {
    Choose(Devices),
    Ring(RingConfig),
    Test { camera: bool, microphone: bool },
    TestSpeaker,
    TestRing(bool),
    TestEcho(bool),
}

#[derive(Debug)]
pub(crate) struct DevicesController {
    pub(crate) chosen: Devices,
    pub(crate) list: watch::Sender<Arc<DeviceList>>,
    ringer: Ringer,
    test: DeviceTester,
    found: watch::Receiver<Found>,
    /// The chosen camera, for discovery.
    camera: watch::Sender<String>,
    lost: Lost,
    /// Whether there are a microphone and a camera, as the phone was last told.
    usable: (bool, bool),
    discovery: TaskSet,
}

impl DevicesController {
    pub(crate) fn new(
        config: &EngineConfig,
        screens: Screens,
        levels: watch::Sender<Levels>,
        internal: mpsc::Sender<Internal>,
        token: &CancellationToken,
    ) -> Self {
        let on = config.processing;
        let camera = watch::Sender::new(config.camera.clone());
        let (found_tx, found) = watch::channel(Found::default());
        let discovery = TaskSet::child_of(token);
        discovery.spawn_with(|token| discover_devices(camera.subscribe(), found_tx, token));
        Self {
            chosen: Devices {
                microphone: config.microphone.clone(),
                speaker: config.speaker.clone(),
                camera: config.camera.clone(),
                echo: on,
                noise: on,
                gain: on,
            },
            list: watch::Sender::new(Arc::new(DeviceList::default())),
            ringer: Ringer::new(&config.speaker, config.tones),
            test: DeviceTester::new(screens, levels, internal),
            found,
            camera,
            lost: Lost::default(),
            usable: (true, true),
            discovery,
        }
    }

    /// `in_call`: a call has the devices. Gives the devices chosen before, where others were chosen.
    pub(crate) fn handle(&mut self, command: DeviceCommand, in_call: bool) -> Option<Devices> {
        let test = &mut self.test;
        match command {
            DeviceCommand::Choose(devices) => return Some(self.choose(devices)),
            DeviceCommand::Ring(ring) => self.ringer.configure(ring, test.shown.ring),
            // A call shows both anyway, and has the devices.
            DeviceCommand::Test { camera, microphone } => {
                test.test_devices(camera && !in_call, microphone && !in_call, &self.chosen);
            }
            DeviceCommand::TestSpeaker => {
                test.shown.speaker = true;
                self.ringer.call_tone(Some(Tone::Test));
            }
            DeviceCommand::TestRing(on) => {
                test.shown.ring = on;
                test.extend(on);
                self.ringer.play_ringtone(on);
            }
            DeviceCommand::TestEcho(on) => {
                if !(on && in_call) {
                    test.test_echo(on, &self.chosen);
                }
            }
        }
        None
    }

    fn choose(&mut self, devices: Devices) -> Devices {
        let old = std::mem::replace(&mut self.chosen, devices);
        let new = &self.chosen;
        if old.microphone != new.microphone {
            self.lost.microphone = false;
        }
        if old.camera != new.camera {
            self.lost.camera = false;
        }
        if old.speaker != new.speaker {
            self.ringer.set_speaker(&new.speaker);
        }
        self.camera.send_replace(new.camera.clone());
        self.test.change_devices(&old, new);
        old
    }

    pub(crate) fn ring(&mut self, call: CallId, waiting: bool) {
        if !waiting {
            self.test.shown.ring = false;
        }
        self.ringer.ring(call, waiting);
    }

    pub(crate) fn stop_ring(&mut self, call: CallId) {
        self.ringer.stop_ring(call, self.test.shown.ring);
    }

    pub(crate) fn ring_back(&self, on: bool) {
        self.ringer.call_tone(on.then_some(Tone::RingBack));
    }

    /// A call opens the devices anew.
    pub(crate) fn forget_lost(&mut self) {
        self.lost = Lost::default();
    }

    /// A device of the call changed.
    pub(crate) fn on_device(&mut self, news: &DeviceEvent) {
        self.lost.on_device(news);
    }

    /// True if what is shown may have changed.
    pub(crate) fn on_test_event(&mut self, round: u64, event: DeviceTestEvent) -> bool {
        self.test.on_event(round, event, &self.chosen)
    }

    /// Ends a test that has gone on for long enough.
    pub(crate) fn every_second(&mut self) {
        if self.test.shown.speaker && !self.ringer.plays_call_tone() {
            self.test.shown.speaker = false;
        }
        if self.test.is_over() {
            self.end_test();
        }
    }

    pub(crate) fn end_test(&mut self) {
        let shown = std::mem::take(&mut self.test.shown);
        if shown.ring {
            self.ringer.play_ringtone(false);
        }
        if shown.speaker {
            self.ringer.call_tone(None);
        }
        self.test.end();
    }

    /// Waits until discovery has looked again.
    pub(crate) async fn discovered(&mut self) {
        if self.found.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// What the phone has to know, where it has changed: whether there are devices that can be used.
    pub(crate) fn usable_changed(&mut self) -> Option<Event> {
        let usable = self.found.borrow().usable(&self.chosen, self.lost);
        let before = std::mem::replace(&mut self.usable, usable);
        let (microphone, camera) = usable;
        (before != usable).then_some(Event::Devices { microphone, camera })
    }

    /// `in_use`: the devices of a call; `None`: those of a test are.
    pub(crate) fn publish(&self, in_use: Option<InUse>) {
        self.list.send_if_modified(|shown| {
            let mut list = (**shown).clone();
            let mut kept = vec![self.chosen.microphone.as_str(), &self.chosen.speaker];
            kept.extend(self.ringer.devices());
            self.found.borrow().list(&kept, &mut list);
            list.in_use = in_use.unwrap_or_else(|| self.test.in_use());
            list.test = self.test.shown.clone();
            let changed = list != **shown;
            if changed {
                *shown = Arc::new(list);
            }
            changed
        });
    }

    /// Ends tests, tones and discovery, and waits for it.
    pub(crate) async fn close(&mut self) {
        self.test.close().await;
        let players = self.ringer.take_players();
        let _ = tokio::task::spawn_blocking(move || drop(players)).await;
        self.discovery.close().await;
    }
}
