//! The events the windows are sent. `cargo xtask bindings` reads the implementations of [`Event`], here and
//! beside the payloads that have a module of their own.

use bellwire_engine::{AccountId, CallStats, CallView, DeviceEvent, EngineView, Levels};
use serde::Serialize;

/// The payload of an event.
pub(crate) trait Event: Serialize + Clone {
    /// The event's name in the interface.
    const NAME: &'static str;
}

/// Whenever something changed.
impl Event for EngineView {
    const NAME: &'static str = "view";
}

/// Happened once and is not kept.
impl Event for UiNotice {
    const NAME: &'static str = "notice";
}

/// Ten times a second while a call has media or devices are tested.
impl Event for Levels {
    const NAME: &'static str = "levels";
}

/// Once a second; `None`: the media of the call ended.
impl Event for Option<CallStats> {
    const NAME: &'static str = "stats";
}

/// A view was asked for from outside, e.g. by a notification.
impl Event for Place {
    const NAME: &'static str = "go";
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeKind {
    Missed,
    Ended,
    Device,
    Error,
}

/// A notice as the user interface gets it; the words are the interface's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UiNotice {
    pub(crate) kind: NoticeKind,
    /// English; empty for `missed` and `ended`, because the words follow from the call.
    pub(crate) text: String,
    pub(crate) call: Option<CallView>,
    /// What happened to which device, for `device`.
    pub(crate) device: Option<DeviceEvent>,
    /// What failed, for `error`; the interface's words for it go before `text`.
    pub(crate) code: Option<&'static str>,
}

/// A view that can be asked for from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// The earlier calls.
    History,
    Thread(ThreadPlace),
}

/// A thread of messages of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ThreadPlace {
    pub(crate) account: AccountId,
    pub(crate) thread: String,
}
