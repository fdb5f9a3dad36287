//! Devices: choosing and testing them, and what can be shared.

use std::sync::Arc;

use tokio::sync::watch;

use super::Handle;
use crate::devices::controller::DeviceCommand;
use crate::devices::settings::{Devices, RingConfig};
use crate::devices::share_sources::{ShareSource, share_sources};
use crate::devices::snapshot::DeviceList;
use crate::engine_loop::command::EngineCommand;

impl Handle {
    /// The devices, which of them are in use, and which are being tested.
    pub fn devices(&self) -> watch::Receiver<Arc<DeviceList>> {
        self.devices.clone()
    }

    pub async fn set_devices(&self, devices: Devices) {
        self.device(DeviceCommand::Choose(devices)).await;
    }

    pub async fn set_ring(&self, ring: RingConfig) {
        self.device(DeviceCommand::Ring(ring)).await;
    }

    /// Opens the chosen camera or microphone outside a call: the picture goes to the own screen, the level
    /// to the levels. Ends by itself with a call, or after two minutes.
    pub async fn test_devices(&self, camera: bool, microphone: bool) {
        self.device(DeviceCommand::Test { camera, microphone }).await;
    }

    /// Plays a few notes on the chosen speaker.
    pub async fn test_speaker(&self) {
        self.device(DeviceCommand::TestSpeaker).await;
    }

    /// Plays the ringtone as a call would ring.
    pub async fn test_ring(&self, on: bool) {
        self.device(DeviceCommand::TestRing(on)).await;
    }

    /// Records some seconds and plays them back.
    pub async fn test_echo(&self, on: bool) {
        self.device(DeviceCommand::TestEcho(on)).await;
    }

    /// Screens and windows that can be shared, screens first, with previews as far as they can be made in a
    /// second or two.
    pub async fn share_sources(&self) -> Vec<ShareSource> {
        tokio::task::spawn_blocking(share_sources).await.unwrap_or_default()
    }

    async fn device(&self, command: DeviceCommand) {
        self.send(EngineCommand::Device(command)).await;
    }
}
