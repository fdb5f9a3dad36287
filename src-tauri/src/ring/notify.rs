//! Notifications of the system: shows those that are wanted and reports the user's answers. The ringing rules
//! decide which are wanted; how they are shown differs by system.
//!
//! ```text
//!  wanted: Vec<Note> ─watch─► keep ─┬─► one task for each topic ─► CallNotifier (show, answer, close)
//!                                   └◄─ Said { topic, answer } ─► controller
//! ```

mod keep;
mod lifecycle;
#[cfg(target_os = "linux")]
mod linux;
mod model;
#[cfg(not(target_os = "linux"))]
mod toast;

pub(crate) use keep::keep;
#[cfg(target_os = "linux")]
pub(crate) use linux::LinuxNotifier as SystemNotifier;
pub(crate) use model::{Answer, Note, Said, Topic};
#[cfg(not(target_os = "linux"))]
pub(crate) use toast::ToastNotifier as SystemNotifier;

#[cfg(test)]
mod tests;
