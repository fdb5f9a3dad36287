//! Snapshot of the devices for the UI: which there are, which are in use, which are being tested.

use bellwire_media::{DeviceKind, DeviceProblem};
use serde::Serialize;

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
