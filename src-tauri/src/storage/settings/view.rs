//! The settings and the managed settings as the UI gets them.

use serde::Serialize;

use super::managed::ManagedServer;
use super::model::Settings;
use crate::events::Event;

/// The settings as the user interface gets them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SettingsView {
    pub(crate) settings: Settings,
    /// Names of settings an administrator has fixed, e.g. `theme`, `keys.mute`.
    pub(crate) locked: Vec<String>,
    pub(crate) managed: ManagedView,
}

/// Whenever they change.
impl Event for SettingsView {
    const NAME: &'static str = "settings";
}

/// The administrator's rules for servers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ManagedView {
    pub(crate) servers: Vec<ManagedServer>,
    /// No other server may be used.
    pub(crate) only: bool,
}
