//! Notifications of the system: shows the wanted ones and reports the user's actions. The ringer decides which
//! are wanted; how they are shown depends on the system.
//!
//! ```text
//!  wanted ─watch─► keep ─┬─► one task for each topic ─► Notifier (show, outcome, close)
//!                        └◄─ NotificationEvent { topic, action } ─► controller
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
pub(crate) use model::{NotificationAction, NotificationContent, NotificationEvent, Topic};
#[cfg(not(target_os = "linux"))]
pub(crate) use toast::ToastNotifier as SystemNotifier;

#[cfg(test)]
mod tests;
