//! Ringing on the desktop: rules, windows, sounds and notifications of incoming calls, and what else notifies
//! the user: missed calls, messages and reminders. Which call rings at all is decided by the engine.

pub(crate) mod actions;
pub(crate) mod answer_window;
pub(crate) mod do_not_disturb;
pub(crate) mod messages;
pub(crate) mod missed;
pub(crate) mod notify;
pub(crate) mod reminders;
pub(crate) mod ring_sound;
pub(crate) mod ringer;
pub(crate) mod ringing;
pub(crate) mod ringtones;
pub(crate) mod start;
