//! Device events as data, so that each language has its own texts for them.

use serde::Serialize;

use crate::codec::Unplayable;

/// What happened to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceEvent {
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
    /// What the other end sends.
    ReceivedVideo,
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
    /// Received pictures have more pixels than can be shown.
    TooLarge,
    /// Received pictures are fields.
    Interlaced,
    /// Received pictures have more than eight bits a sample.
    BitDepth,
    /// Received pictures have another colour format than 4:2:0.
    Chroma,
}

impl From<Unplayable> for DeviceProblem {
    fn from(why: Unplayable) -> Self {
        match why {
            Unplayable::TooLarge => Self::TooLarge,
            Unplayable::Interlaced => Self::Interlaced,
            Unplayable::BitDepth => Self::BitDepth,
            Unplayable::Chroma => Self::Chroma,
            Unplayable::Unknown => Self::Failed,
        }
    }
}

impl DeviceEvent {
    /// The received stream cannot be shown for this reason, or can again.
    pub(crate) fn received_video(why: Option<Unplayable>) -> Self {
        Self {
            device: DeviceKind::ReceivedVideo,
            happened: if why.is_some() { DeviceChange::Lost } else { DeviceChange::Back },
            name: String::new(),
            problem: why.map(Into::into),
        }
    }

    /// The news in English, for logs and where no better words are known.
    pub fn words(&self) -> String {
        let device = match self.device {
            DeviceKind::Microphone => "the microphone",
            DeviceKind::Speaker => "the speaker",
            DeviceKind::Camera => "the camera",
            DeviceKind::Sharing => "the shared screen",
            DeviceKind::ReceivedVideo => "the received picture",
        };
        let name = if self.name.is_empty() { "another one" } else { &self.name };
        let trouble = self.problem.map(|problem| match problem {
            DeviceProblem::Missing => "is not connected",
            DeviceProblem::Busy => "is in use by another program",
            DeviceProblem::Denied => "may not be used",
            DeviceProblem::Failed => "does not work",
            DeviceProblem::TooLarge => "is too large to be shown",
            DeviceProblem::Interlaced => "is interlaced and cannot be shown",
            DeviceProblem::BitDepth => "has more than eight bits a sample and cannot be shown",
            DeviceProblem::Chroma => "has a colour format that cannot be shown",
        });
        match (self.happened, trouble) {
            (DeviceChange::Back, _) => format!("{device} is back"),
            (DeviceChange::Lost, trouble) => format!("{device} {}", trouble.unwrap_or("is gone")),
            (DeviceChange::Switched, Some(trouble)) => format!("{device} {trouble}, {name} is used instead"),
            (DeviceChange::Switched, None) => format!("{device} in use is now {name}"),
        }
    }
}
