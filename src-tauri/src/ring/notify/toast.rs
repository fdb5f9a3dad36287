//! Notifications of Windows and macOS by notify-rust. Neither lets one be removed or replaced once it is shown:
//! an action on an old one concerns a call that is over and does nothing. Windows reports buttons while the
//! toast is on the screen; macOS puts more than one into a menu. The answer window does not depend on any of
//! this.

use notify_rust::{Notification, NotificationResponse, Timeout};
use tokio::sync::oneshot;
use tracing::debug;

use super::model::{NotificationAction, NotificationContent, Notifier, Outcome, Topic};

#[derive(Debug)]
pub(crate) struct ToastNotifier;

/// A notification that was shown.
#[derive(Debug)]
pub(crate) struct Shown {
    action: oneshot::Receiver<NotificationResponse>,
    over: bool,
}

impl ToastNotifier {
    #[allow(clippy::unused_async, reason = "as on systems where a service has to be found")]
    pub(crate) async fn start() -> Self {
        Self
    }
}

impl Notifier for ToastNotifier {
    type Shown = Shown;

    async fn show(&self, note: &NotificationContent, before: Option<Shown>) -> Option<Shown> {
        if before.is_some() {
            // A second toast of the same call would only be in the way.
            return before;
        }
        let notification = notification(note);
        let (tell, action) = oneshot::channel();
        // The thread waits until the toast is gone, which both systems see to.
        tokio::task::spawn_blocking(move || {
            let shown = notification.show().and_then(|handle| {
                handle.wait_for_response(move |response: &NotificationResponse| {
                    let _ = tell.send(response.clone());
                })
            });
            if let Err(error) = shown {
                debug!(%error, "Notification not shown");
            }
        });
        Some(Shown { action, over: false })
    }

    async fn outcome(&self, note: &NotificationContent, shown: Option<&mut Shown>) -> Outcome {
        if let Some(shown) = shown.filter(|shown| !shown.over) {
            let action = (&mut shown.action).await;
            shown.over = true;
            match action {
                Ok(NotificationResponse::Default) => return Outcome::Action(NotificationAction::Open),
                Ok(NotificationResponse::Action(key)) => {
                    if let Some(action) = NotificationAction::of(&key, note) {
                        return Outcome::Action(action);
                    }
                }
                Ok(NotificationResponse::Closed(_)) => return Outcome::Action(NotificationAction::Close),
                Ok(NotificationResponse::Reply(_)) | Err(_) => {}
            }
        }
        std::future::pending().await
    }

    #[allow(clippy::unused_async, reason = "neither system can do it")]
    async fn close(&self, _shown: Shown) {}
}

fn notification(note: &NotificationContent) -> Notification {
    let mut out = Notification::new();
    out.summary(&note.title).body(&note.body);
    match note.topic {
        Topic::Ring(_) => {
            out.timeout(Timeout::Never);
            #[cfg(target_os = "windows")]
            out.urgency(notify_rust::Urgency::Critical);
        }
        Topic::Missed(..) | Topic::Message(..) | Topic::Soon(..) => {}
    }
    // As the installer registers it; without, toasts come in PowerShell's name.
    #[cfg(target_os = "windows")]
    out.app_id("app.bellwire.desktop");
    for (action, strings) in &note.buttons {
        out.action(action.key(), strings);
    }
    out
}
