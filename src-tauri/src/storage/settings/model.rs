//! The settings and their defaults.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
    HighContrast,
}

/// Hours in which nothing rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct QuietHours {
    pub(crate) on: bool,
    /// Local time, `HH:MM`.
    pub(crate) from: String,
    /// Before `from`: on the next day.
    pub(crate) until: String,
    /// Monday first: the days on which they begin.
    pub(crate) days: [bool; 7],
}

impl Default for QuietHours {
    fn default() -> Self {
        Self { on: false, from: "22:00".into(), until: "07:00".into(), days: [true; 7] }
    }
}

/// Global keys as accelerators such as `CmdOrCtrl+Shift+M`; `None`: no key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    pub(crate) mute: Option<String>,
    pub(crate) push_to_talk: Option<String>,
    pub(crate) answer: Option<String>,
    pub(crate) hang_up: Option<String>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { mute: Some("CmdOrCtrl+Shift+M".into()), push_to_talk: None, answer: None, hang_up: None }
    }
}

/// A person to call from the tray.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Favourite {
    /// Dialect id.
    pub(crate) dialect: String,
    /// As `AccountView::server`.
    pub(crate) server: String,
    /// The backend's id of the person.
    pub(crate) person: String,
    pub(crate) name: String,
}

/// Everything a user can set; the whole of it goes back and forth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// `en`, `de`, `ar`; `None`: the system's.
    pub(crate) language: Option<String>,
    pub(crate) theme: Theme,
    /// `default`, a device's id or `none`.
    pub(crate) microphone: String,
    pub(crate) speaker: String,
    pub(crate) camera: String,
    pub(crate) echo_cancellation: bool,
    pub(crate) noise_suppression: bool,
    pub(crate) automatic_gain: bool,
    pub(crate) mirror_self: bool,
    /// Calls start with the microphone off.
    pub(crate) start_muted: bool,
    /// Video calls start with the camera off.
    pub(crate) start_camera_off: bool,
    /// Calls go through a relay server only, so that the other side does not learn this computer's addresses.
    pub(crate) relay_only: bool,
    /// Id of a ringtone.
    pub(crate) ringtone: String,
    /// 0..1.
    pub(crate) ring_volume: f64,
    /// `default` or a speaker's id.
    pub(crate) ring_device: String,
    pub(crate) ring_second_device: Option<String>,
    pub(crate) do_not_disturb: bool,
    /// When `do_not_disturb` ends by itself, RFC 3339; `None`: when it is switched off.
    pub(crate) quiet_until: Option<String>,
    /// Favourites ring through whatever quiet there is.
    pub(crate) quiet_favourites: bool,
    /// A second call by the same person within three minutes rings through.
    pub(crate) quiet_second_call: bool,
    pub(crate) quiet_hours: QuietHours,
    /// Quiet too while the desktop's own do-not-disturb is on.
    pub(crate) follow_system_quiet: bool,
    pub(crate) notify_calls: bool,
    pub(crate) notify_missed: bool,
    /// Chat messages that come while their thread is not looked at.
    pub(crate) notify_messages: bool,
    /// Five minutes before an appointment or a session.
    pub(crate) notify_soon: bool,
    pub(crate) keys: Keys,
    /// How long the microphone stays on after the key is released, in ms.
    pub(crate) push_to_talk_release_ms: u32,
    /// Headset and media keys answer, hang up and mute.
    pub(crate) media_keys: bool,
    /// Single keys such as M work in a call. Speech input may produce them by mistake (WCAG 2.1.4).
    pub(crate) letter_keys: bool,
    pub(crate) start_at_login: bool,
    /// Whether to start at login was asked and answered.
    pub(crate) asked_login: bool,
    pub(crate) close_to_tray: bool,
    /// What can be sent instead of answering.
    pub(crate) replies: Vec<String>,
    pub(crate) favourites: Vec<Favourite>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::System,
            microphone: "default".into(),
            speaker: "default".into(),
            camera: "default".into(),
            echo_cancellation: true,
            noise_suppression: true,
            automatic_gain: true,
            mirror_self: true,
            start_muted: false,
            start_camera_off: false,
            relay_only: false,
            ringtone: "classic".into(),
            ring_volume: 0.8,
            ring_device: "default".into(),
            ring_second_device: None,
            do_not_disturb: false,
            quiet_until: None,
            quiet_favourites: true,
            quiet_second_call: true,
            quiet_hours: QuietHours::default(),
            follow_system_quiet: true,
            notify_calls: true,
            notify_missed: true,
            notify_messages: true,
            notify_soon: true,
            keys: Keys::default(),
            push_to_talk_release_ms: 300,
            media_keys: true,
            letter_keys: true,
            start_at_login: false,
            asked_login: false,
            close_to_tray: true,
            replies: Vec::new(),
            favourites: Vec::new(),
        }
    }
}
