//! The installed program as its user meets it: windows, tray, notifications, keys, sound.
#![forbid(unsafe_code)]
