//! What the loop does about devices: keeps what was chosen, tells media, and shows what there is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwire_call::{CallId, Event};
use bellwire_media::video::{SourceInfo, list_cameras};
use bellwire_media::{
    AudioDevice, DeviceChange, DeviceKind, DeviceNews, Direction, SoundSystem, Tone, ToneOutputs, TonePlayer,
    offered_ids,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::config::EngineConfig;
use crate::devices::{Choice, DeviceList, DeviceOrder, Devices, InUse, RingConfig, RingSound, SoundDevice};
use crate::internal::Internal;
use crate::run::Loop;
use crate::trial::Trial;

/// How often sound devices are looked for; nothing tells of plugging.
const LOOK: Duration = Duration::from_secs(1);
/// How often the same is done where asking is dear, and for cameras.
const DEAR_LOOK: Duration = Duration::from_secs(4);

/// What the loop knows of devices and tones.
#[derive(Debug)]
pub(crate) struct DeviceDesk {
    pub(crate) chosen: Devices,
    pub(crate) ring: RingConfig,
    /// The calls that ring; true: while another one goes on.
    rings: BTreeMap<CallId, bool>,
    /// Our own ringing.
    ringer: Option<TonePlayer>,
    /// What belongs to a call: ring-back, call waiting. Plays where the call does.
    tones: Option<TonePlayer>,
    found: Found,
    /// The chosen camera, for whoever looks for cameras.
    camera: watch::Sender<String>,
    /// Devices of the present call that were lost, and not replaced.
    pub(crate) lost: Lost,
    /// Whether there are a microphone and a camera, as the phone was last told.
    usable: (bool, bool),
    pub(crate) trial: Trial,
}

impl DeviceDesk {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        let on = config.processing;
        let ring = RingConfig { device: config.speaker.clone(), ..RingConfig::default() };
        Self {
            chosen: Devices {
                microphone: config.microphone.clone(),
                speaker: config.speaker.clone(),
                camera: config.camera.clone(),
                echo: on,
                noise: on,
                gain: on,
            },
            ringer: config.tones.then(|| TonePlayer::start(outputs(&ring))),
            tones: config.tones.then(|| TonePlayer::start(ToneOutputs::only(&config.speaker))),
            ring,
            rings: BTreeMap::new(),
            found: Found::default(),
            camera: watch::Sender::new(config.camera.clone()),
            lost: Lost::default(),
            usable: (true, true),
            trial: Trial::default(),
        }
    }

    /// Follows what is chosen while looking for devices.
    pub(crate) fn camera(&self) -> watch::Receiver<String> {
        self.camera.subscribe()
    }

    /// Takes out what has threads to be joined.
    pub(crate) fn take_players(&mut self) -> impl Send + 'static {
        (self.ringer.take(), self.tones.take(), self.trial.take())
    }

    /// Lets sound what the calls and the trial ask for.
    fn sound(&self) {
        let rings = self.rings.values().any(|waiting| !waiting) && self.ring.audible;
        if let Some(ringer) = &self.ringer {
            if rings || self.trial.shown.ring {
                ringer.play(self.ring_tone());
            } else {
                ringer.stop();
            }
        }
    }

    /// The beeps of a call that waits.
    fn beep(&self) {
        let waits = self.rings.values().any(|waiting| *waiting) && self.ring.audible;
        self.call_tone(waits.then_some(Tone::CallWaiting));
    }

    pub(crate) fn call_tone(&self, tone: Option<Tone>) {
        if let Some(tones) = &self.tones {
            match tone {
                Some(tone) => tones.play(tone),
                None => tones.stop(),
            }
        }
    }

    fn ring_tone(&self) -> Tone {
        match &self.ring.sound {
            RingSound::BuiltIn => Tone::Ringing,
            RingSound::Wav(wav) => Tone::Sound { wav: Arc::clone(wav), looped: true },
        }
    }

    pub(crate) fn plays_speaker_trial(&self) -> bool {
        self.tones.as_ref().is_some_and(TonePlayer::is_playing)
    }

    /// Whether there is a microphone and a camera to be used. Before the first look there are: most
    /// machines have them, and the other side would otherwise see a camera go on at the start of a call.
    fn usable(&self) -> (bool, bool) {
        let Found { looked, sound, cameras } = &self.found;
        let microphones = sound.iter().any(|device| device.direction == Direction::Input && !device.monitor);
        let there = |chosen: &str, found: bool| match chosen {
            "" | "none" => false,
            id if is_made_up(id) => true,
            _ => found || !looked,
        };
        (
            there(&self.chosen.microphone, microphones) && !self.lost.microphone,
            there(&self.chosen.camera, !cameras.is_empty()) && !self.lost.camera,
        )
    }

    /// The devices there are, each under the words it was chosen with, if it was.
    fn show(&self, list: &mut DeviceList) {
        let ring = &self.ring;
        let mut kept = vec![self.chosen.microphone.as_str(), &self.chosen.speaker, &ring.device];
        kept.extend(ring.second_device.as_deref());
        let of = |direction: Direction| {
            let devices: Vec<AudioDevice> = self
                .found
                .sound
                .iter()
                .filter(|device| device.direction == direction && !device.monitor)
                .cloned()
                .collect();
            let ids = offered_ids(&devices, &kept);
            let named = devices.into_iter().zip(ids);
            let shown = |(device, id): (AudioDevice, String)| SoundDevice {
                id,
                label: device.label,
                default: device.default,
            };
            named.map(shown).collect()
        };
        list.microphones = of(Direction::Input);
        list.speakers = of(Direction::Output);
        let cameras = self.found.cameras.iter();
        list.cameras = cameras.map(|s| Choice { id: s.id.clone(), label: s.label.clone() }).collect();
    }
}

fn outputs(ring: &RingConfig) -> ToneOutputs {
    ToneOutputs { first: ring.device.clone(), second: ring.second_device.clone(), volume: ring.volume }
}

/// What a call had and has no more; a device that is only busy is in the list all the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    microphone: bool,
    camera: bool,
}

impl Lost {
    pub(crate) fn note(&mut self, news: &DeviceNews) {
        let lost = news.happened == DeviceChange::Lost;
        match news.device {
            DeviceKind::Microphone => self.microphone = lost,
            DeviceKind::Camera => self.camera = lost,
            DeviceKind::Speaker | DeviceKind::Sharing | DeviceKind::ReceivedVideo => {}
        }
    }
}

/// A source that is no device: a file, a test pattern, an echo.
fn is_made_up(id: &str) -> bool {
    id == "echo" || ["file:", "test:"].iter().any(|kind| id.starts_with(kind))
}

/// The devices of this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The lists are there.
    looked: bool,
    sound: Vec<AudioDevice>,
    cameras: Vec<SourceInfo>,
}

/// Looks for devices until `token` is cancelled or nobody listens.
pub(crate) async fn look_for_devices(
    camera: watch::Receiver<String>,
    loop_: mpsc::Sender<Internal>,
    token: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut system = SoundSystem::default();
    let mut found = Found::default();
    let (mut sound_at, mut cameras_at) = (None::<Instant>, None::<Instant>);
    let mut of = String::new();
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            _ = tick.tick() => {}
        }
        let due = |last: Option<Instant>, every| last.is_none_or(|last: Instant| last.elapsed() >= every);
        let sound = due(sound_at, if system.is_cheap_to_ask() { Duration::ZERO } else { DEAR_LOOK });
        let chosen = camera.borrow().clone();
        let cameras = due(cameras_at, DEAR_LOOK) || chosen != of;
        of.clone_from(&chosen);
        // A sound server that does not answer holds this up, and nothing else.
        let looked = tokio::task::spawn_blocking(move || {
            if sound {
                found.sound = system.list();
            }
            if cameras {
                found.cameras = list_cameras(&chosen);
            }
            found.looked = true;
            (system, found)
        });
        let looked = tokio::select! {
            () = token.cancelled() => return,
            looked = looked => looked,
        };
        (system, found) = looked.unwrap_or_default();
        sound_at = if sound { Some(Instant::now()) } else { sound_at };
        cameras_at = if cameras { Some(Instant::now()) } else { cameras_at };
        if loop_.send(Internal::Found(found.clone())).await.is_err() {
            return;
        }
    }
}

impl Loop {
    pub(crate) fn device(&mut self, order: DeviceOrder) {
        match order {
            DeviceOrder::Choose(devices) => self.choose(devices),
            DeviceOrder::Ring(ring) => self.set_ring(ring),
            DeviceOrder::Test { camera, microphone } => self.try_devices(camera, microphone),
            DeviceOrder::TestSpeaker => {
                self.desk.trial.shown.speaker = true;
                self.desk.call_tone(Some(Tone::Trial));
            }
            DeviceOrder::TestRing(on) => {
                self.desk.trial.shown.ring = on;
                self.desk.trial.begin(on);
                self.desk.sound();
            }
            DeviceOrder::TestEcho(on) => self.try_echo(on),
        }
        self.show_devices();
    }

    fn choose(&mut self, devices: Devices) {
        let old = std::mem::replace(&mut self.desk.chosen, devices);
        let new = &self.desk.chosen;
        if old.microphone != new.microphone {
            self.desk.lost.microphone = false;
        }
        if old.camera != new.camera {
            self.desk.lost.camera = false;
        }
        self.each_media(|media| {
            if old.microphone != new.microphone {
                media.set_microphone_device(&new.microphone);
            }
            if old.speaker != new.speaker {
                media.set_speaker_device(&new.speaker);
            }
            if old.camera != new.camera {
                media.set_camera_device(&new.camera);
            }
            if old.processing() != new.processing() {
                media.set_processing(new.processing());
            }
        });
        if old.speaker != new.speaker
            && let Some(tones) = &self.desk.tones
        {
            tones.set_outputs(ToneOutputs::only(&new.speaker));
        }
        self.desk.camera.send_replace(new.camera.clone());
        self.desk.trial.choose(&old, new);
    }

    fn set_ring(&mut self, ring: RingConfig) {
        let desk = &mut self.desk;
        let old = std::mem::replace(&mut desk.ring, ring);
        if let Some(ringer) = &desk.ringer
            && outputs(&old) != outputs(&desk.ring)
        {
            ringer.set_outputs(outputs(&desk.ring));
        }
        let (audible, sound) = (old.audible != desk.ring.audible, old.sound != desk.ring.sound);
        if audible || sound {
            desk.sound();
        }
        if audible {
            desk.beep();
        }
    }

    pub(crate) fn ring(&mut self, call: CallId, waiting: bool) {
        let before = self.desk.rings.insert(call, waiting);
        if waiting || before == Some(true) {
            self.desk.beep();
        }
        if !waiting {
            self.desk.trial.shown.ring = false;
            self.desk.sound();
        }
    }

    pub(crate) fn stop_ring(&mut self, call: CallId) {
        match self.desk.rings.remove(&call) {
            Some(true) => self.desk.beep(),
            Some(false) => self.desk.sound(),
            None => {}
        }
    }

    pub(crate) fn found(&mut self, found: Found) {
        self.desk.found = found;
        self.show_devices();
    }

    /// What is in use, what is tried, and whether that has gone on for long enough.
    pub(crate) fn devices_each_second(&mut self) {
        if self.desk.trial.shown.speaker && !self.desk.plays_speaker_trial() {
            self.desk.trial.shown.speaker = false;
        }
        if self.desk.trial.is_over() {
            self.end_trial();
        }
        self.show_devices();
    }

    /// Tells the phone whether there are devices, where that has changed.
    pub(crate) fn tell_usable(&mut self) {
        let usable = self.desk.usable();
        if std::mem::replace(&mut self.desk.usable, usable) != usable {
            let (microphone, camera) = usable;
            self.feed(Event::Devices { microphone, camera });
        }
    }

    pub(crate) fn show_devices(&mut self) {
        self.tell_usable();
        let in_use = self.in_use();
        self.out.devices.send_if_modified(|shown| {
            let mut list = (**shown).clone();
            self.desk.show(&mut list);
            list.in_use = in_use;
            list.test = self.desk.trial.shown.clone();
            let changed = list != **shown;
            if changed {
                *shown = Arc::new(list);
            }
            changed
        });
    }

    fn in_use(&self) -> InUse {
        let mut media = self.conversations.values().filter_map(|conversation| conversation.media.as_ref());
        match media.next() {
            Some(media) => {
                let stats = media.stats();
                let (microphone, speaker) = (stats.microphone, stats.speaker);
                InUse { microphone, speaker, camera: stats.picture_source }
            }
            None => self.desk.trial.in_use(),
        }
    }

    /// Nothing is tried any more; what was open is closed elsewhere.
    pub(crate) fn end_trial(&mut self) {
        let rang = std::mem::take(&mut self.desk.trial.shown.ring);
        if rang {
            self.desk.sound();
        }
        let spoke = std::mem::take(&mut self.desk.trial.shown.speaker);
        if spoke {
            self.desk.call_tone(None);
        }
        let running = self.desk.trial.take();
        self.closing.spawn_blocking(move || drop(running));
        self.out.levels.send_replace(crate::view::Levels::default());
        self.show_devices();
    }
}
