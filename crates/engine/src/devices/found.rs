//! The devices of this machine as they were found last: whether they can be used, and as a list. Pure.

use bellwire_media::video::SourceInfo;
use bellwire_media::{AudioDevice, DeviceChange, DeviceEvent, DeviceKind, Direction, offered_ids};

use crate::devices::settings::Devices;
use crate::devices::snapshot::{Choice, DeviceList, SoundDevice};

/// The devices of this machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// False until devices were looked for.
    pub(crate) looked: bool,
    pub(crate) sound: Vec<AudioDevice>,
    pub(crate) cameras: Vec<SourceInfo>,
}

/// Devices that the call lost and that were not replaced; a device that is only busy is in the list all the
/// same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
}

impl Lost {
    pub(crate) fn on_device(&mut self, news: &DeviceEvent) {
        let lost = news.happened == DeviceChange::Lost;
        match news.device {
            DeviceKind::Microphone => self.microphone = lost,
            DeviceKind::Camera => self.camera = lost,
            DeviceKind::Speaker | DeviceKind::Sharing | DeviceKind::ReceivedVideo => {}
        }
    }
}

impl Found {
    /// Whether there is a microphone and a camera that can be used. Before the first look there are: most
    /// machines have them, and the other side would otherwise see a camera go on at the start of a call.
    pub(crate) fn usable(&self, chosen: &Devices, lost: Lost) -> (bool, bool) {
        let microphones = self.of(Direction::Input).next().is_some();
        let there = |chosen: &str, found: bool| match chosen {
            "" | "none" => false,
            id if is_synthetic(id) => true,
            _ => found || !self.looked,
        };
        (
            there(&chosen.microphone, microphones) && !lost.microphone,
            there(&chosen.camera, !self.cameras.is_empty()) && !lost.camera,
        )
    }

    /// Each device under the id it was chosen by, if it was (`kept`).
    pub(crate) fn list(&self, kept: &[&str], list: &mut DeviceList) {
        let of = |direction| {
            let devices: Vec<AudioDevice> = self.of(direction).cloned().collect();
            let ids = offered_ids(&devices, kept);
            let shown = |(device, id): (AudioDevice, String)| SoundDevice {
                id,
                label: device.label,
                default: device.default,
            };
            devices.into_iter().zip(ids).map(shown).collect()
        };
        list.microphones = of(Direction::Input);
        list.speakers = of(Direction::Output);
        let cameras = self.cameras.iter();
        list.cameras = cameras.map(|s| Choice { id: s.id.clone(), label: s.label.clone() }).collect();
    }

    fn of(&self, direction: Direction) -> impl Iterator<Item = &AudioDevice> {
        self.sound.iter().filter(move |device| device.direction == direction && !device.monitor)
    }
}

/// A source that is no device: a file, a test pattern, an echo.
fn is_synthetic(id: &str) -> bool {
    id == "echo" || ["file:", "test:"].iter().any(|kind| id.starts_with(kind))
}
