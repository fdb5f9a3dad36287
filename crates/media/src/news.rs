//! What happens to devices, in a form that a program can put into words of any language.

use serde::Serialize;

/// What happened to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceNews {
    pub device: DeviceKind,
    pub happened: DeviceChange,
    /// Of the device in use now, or of the one lost; may be empty.
    pub name: String,
    /// Why; `None` where nothing is wrong.
    pub problem: Option<DeviceProblem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    Microphone,
    Speaker,
    Camera,
    /// The screen or window that is shared.
    Sharing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChange {
    /// Nothing is left in its place.
    Lost,
    /// The wanted one works (again).
    Back,
    /// Another one took its place.
    Switched,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceProblem {
    /// Not connected, or closed.
    Missing,
    /// Another program has it.
    Busy,
    /// The system does not allow its use.
    Denied,
    Failed,
}

impl DeviceNews {
    /// The news in English, for logs and where no better words are known.
    pub fn words(&self) -> String {
        let device = match self.device {
            DeviceKind::Microphone => "the microphone",
            DeviceKind::Speaker => "the speaker",
            DeviceKind::Camera => "the camera",
            DeviceKind::Sharing => "the shared screen",
        };
        let name = if self.name.is_empty() { "another one" } else { &self.name };
        let trouble = self.problem.map(|problem| match problem {
            DeviceProblem::Missing => "is not connected",
            DeviceProblem::Busy => "is in use by another program",
            DeviceProblem::Denied => "may not be used",
            DeviceProblem::Failed => "does not work",
        });
        match (self.happened, trouble) {
            (DeviceChange::Back, _) => format!("{device} is back"),
            (DeviceChange::Lost, trouble) => format!("{device} {}", trouble.unwrap_or("is gone")),
            (DeviceChange::Switched, Some(trouble)) => format!("{device} {trouble}, {name} is used instead"),
            (DeviceChange::Switched, None) => format!("{device} in use is now {name}"),
        }
    }
}
