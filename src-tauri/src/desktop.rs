//! Integration with the desktop around the windows: system tray, window management, global and media keys,
//! launcher badge, start at login.

pub(crate) mod badge;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod media_keys;
pub(crate) mod tauri_ui;
pub(crate) mod tray;
pub(crate) mod windows;
