//! Devices: applies the chosen ones to the engine, and sends the device list to the windows.

use std::sync::Arc;

use bellwire_engine::{CallDefaults, Choice, DeviceList, Devices, Handle};
use serde::Serialize;
use tokio::sync::watch;

use crate::events::Event;
use crate::follow::follow;
use crate::options::Options;
use crate::ring::ringtones::Ringtones;
use crate::storage::settings::Settings;
use crate::ui::Ui;

/// The devices as the interface gets them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DevicesView {
    #[serde(flatten)]
    pub(crate) list: DeviceList,
    pub(crate) ringtones: Vec<Choice>,
}

/// Whenever they change.
impl Event for DevicesView {
    const NAME: &'static str = "devices";
}

impl DevicesView {
    /// Reads the folder of ringtones.
    pub(crate) async fn now(engine: &Handle, ringtones: &Ringtones) -> Self {
        let ringtones = ringtones.clone();
        let ringtones = tokio::task::spawn_blocking(move || ringtones.list()).await.unwrap_or_default();
        let list = (**engine.devices().borrow()).clone();
        Self { list, ringtones }
    }
}

/// The chosen devices: the command line takes precedence over the settings.
pub(crate) fn chosen(options: &Options, settings: &Settings) -> Devices {
    let first = |option: &str, setting: &str| {
        let usual = if setting.is_empty() { "default" } else { setting };
        if option == "default" { usual.to_owned() } else { option.to_owned() }
    };
    Devices {
        microphone: first(&options.microphone, &settings.microphone),
        speaker: first(&options.speaker, &settings.speaker),
        camera: first(&options.camera, &settings.camera),
        echo: settings.echo_cancellation,
        noise: settings.noise_suppression,
        gain: settings.automatic_gain,
    }
}

/// How calls start.
fn call_defaults(settings: &Settings) -> CallDefaults {
    CallDefaults {
        microphone: !settings.start_muted,
        camera: !settings.start_camera_off,
        relay_only: settings.relay_only,
    }
}

/// Keeps the engine's devices and call defaults in line with the settings.
pub(crate) async fn apply_settings(
    engine: Handle,
    options: Options,
    settings: watch::Receiver<Arc<Settings>>,
) {
    let mut before = None;
    let mut defaults = None;
    let mut settings = follow(settings);
    while let Some(settings) = settings.next().await {
        let (devices, calls) = (chosen(&options, &settings), call_defaults(&settings));
        if defaults != Some(calls) {
            engine.set_call_defaults(calls).await;
            defaults = Some(calls);
        }
        if before.as_ref() != Some(&devices) {
            engine.set_devices(devices.clone()).await;
            before = Some(devices);
        }
    }
}

/// Sends the device list to the windows whenever it changes.
pub(crate) async fn tell<U: Ui>(engine: Handle, ringtones: Ringtones, ui: Arc<U>) {
    let mut devices = follow(engine.devices());
    while devices.next().await.is_some() {
        ui.emit(DevicesView::now(&engine, &ringtones).await);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn the_command_line_goes_before_the_settings() {
        let settings = Settings {
            microphone: "pulseaudio:headset".into(),
            camera: String::new(),
            noise_suppression: false,
            ..Settings::default()
        };
        let options = Options::parse_from(["bellwire", "--speaker", "none"]);
        let devices = chosen(&options, &settings);
        assert_eq!(devices.microphone, "pulseaudio:headset");
        assert_eq!(devices.speaker, "none");
        assert_eq!(devices.camera, "default");
        assert!(devices.echo && !devices.noise && devices.gain);
    }
}
