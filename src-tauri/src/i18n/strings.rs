//! The strings of one language, as a struct: a language that lacks one does not compile.

/// All strings of one language. Names are inserted after `isolated` and `cut`.
#[derive(Debug)]
pub(crate) struct Strings {
    pub(crate) titles: WindowTitles,
    pub(crate) tray: TrayStrings,
    pub(crate) notices: NotificationStrings,
}

/// Titles of the windows.
#[derive(Debug)]
pub(crate) struct WindowTitles {
    pub(crate) main: &'static str,
    /// While calls were missed.
    pub(crate) main_missed: fn(u32) -> String,
    pub(crate) ring: &'static str,
    pub(crate) mini: &'static str,
}

/// The tray's menu and its tooltip.
#[derive(Debug)]
pub(crate) struct TrayStrings {
    pub(crate) open: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) favourites: &'static str,
    pub(crate) recent: &'static str,
    pub(crate) voice_call: &'static str,
    pub(crate) video_call: &'static str,
    pub(crate) do_not_disturb: &'static str,
    pub(crate) quiet_hour: &'static str,
    pub(crate) quiet_tomorrow: &'static str,
    pub(crate) quiet_open: &'static str,
    /// A person waits in a room.
    pub(crate) waits: fn(&str) -> String,
    pub(crate) muted: &'static str,
    pub(crate) answer: fn(&str) -> String,
    pub(crate) decline: &'static str,
    pub(crate) hang_up: &'static str,
    pub(crate) missed: fn(u32) -> String,
    /// Tooltip and screen reader text of each state.
    pub(crate) idle: &'static str,
    pub(crate) quiet: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) ringing: fn(&str) -> String,
    pub(crate) in_call: fn(&str) -> String,
    pub(crate) in_call_muted: fn(&str) -> String,
}

/// Notifications.
#[derive(Debug)]
pub(crate) struct NotificationStrings {
    pub(crate) incoming_voice: &'static str,
    pub(crate) incoming_video: &'static str,
    /// A second incoming call during a call.
    pub(crate) waiting: &'static str,
    /// A caller without a name.
    pub(crate) someone: &'static str,
    /// The caller, and the subject if there is one.
    pub(crate) from: fn(&str, Option<&str>) -> String,
    pub(crate) accept: &'static str,
    pub(crate) end_and_accept: &'static str,
    pub(crate) decline: &'static str,
    pub(crate) silence: &'static str,
    /// Instead of the last five, if the caller waits in a room.
    pub(crate) waits: &'static str,
    pub(crate) patient_waits: &'static str,
    pub(crate) join: &'static str,
    pub(crate) admit: &'static str,
    pub(crate) end_and_join: &'static str,
    pub(crate) not_now: &'static str,
    pub(crate) missed: &'static str,
    /// The missed call's body: from whom and how often in a row.
    pub(crate) missed_from: fn(&str, u32) -> String,
    pub(crate) call_back: &'static str,
    /// An appointment or session begins in a few minutes: title and body, with 1 to 5 minutes.
    pub(crate) soon: &'static str,
    pub(crate) soon_with: fn(&str, i64) -> String,
    pub(crate) show: &'static str,
}
