//! Notifications of the freedesktop service: notify-rust shows them, a connection of our own receives the
//! service's signals. It listens before the first notification is shown, so that no answer is missed.

mod signals;

use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Timeout, Urgency};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tracing::debug;

use super::model::{NotificationAction, NotificationContent, Notifier, Outcome, Topic};
use signals::{ServiceSignal, SignalListener};

/// File name of the desktop entry, without its ending.
const DESKTOP_ENTRY: &str = "Bellwire";
/// Name in the icon theme.
const ICON: &str = "bellwire";

#[derive(Debug)]
pub(crate) struct LinuxNotifier {
    listener: SignalListener,
}

/// A notification on the screen.
#[derive(Debug)]
pub(crate) struct Shown {
    handle: std::sync::Arc<NotificationHandle>,
    news: broadcast::Receiver<ServiceSignal>,
    /// Signals that services send to this client only; one is enough.
    own: mpsc::Receiver<NotificationResponse>,
    listening: JoinHandle<()>,
    over: bool,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl LinuxNotifier {
    /// Listens to the service, there or not, until the program ends.
    pub(crate) async fn start() -> Self {
        Self { listener: SignalListener::start().await }
    }
}

impl Notifier for LinuxNotifier {
    type Shown = Shown;

    async fn show(&self, note: &NotificationContent, before: Option<Shown>) -> Option<Shown> {
        let news = self.listener.news();
        let capabilities = self.listener.capabilities().await?;
        let mut notification = notification(note, &capabilities);
        if let Some(before) = &before {
            notification.id(before.handle.id());
        }
        let handle = match notification.show_async().await {
            Ok(handle) => std::sync::Arc::new(handle),
            Err(error) => {
                debug!(%error, "Notification not shown");
                return None;
            }
        };
        let (tell, own) = mpsc::channel(1);
        let asked = std::sync::Arc::clone(&handle);
        let listening = tokio::spawn(async move {
            asked
                .wait_for_action_async(|response| {
                    let _ = tell.try_send(response.clone());
                })
                .await;
        });
        Some(Shown { handle, news, own, listening, over: false })
    }

    async fn outcome(&self, note: &NotificationContent, shown: Option<&mut Shown>) -> Outcome {
        let Some(shown) = shown else {
            self.listener.service_started().await;
            return Outcome::Lost;
        };
        let id = shown.handle.id();
        loop {
            if shown.over {
                // Gone from the screen.
                std::future::pending::<()>().await;
            }
            let action = tokio::select! {
                Some(response) = shown.own.recv() => match response {
                    NotificationResponse::Default => Some(NotificationAction::Open),
                    NotificationResponse::Action(key) => NotificationAction::of(&key, note),
                    NotificationResponse::Closed(_) => Some(NotificationAction::Close),
                    NotificationResponse::Reply(_) => None,
                },
                news = shown.news.recv() => match news {
                    Ok(ServiceSignal::Action(one, key)) if one == id => NotificationAction::of(&key, note),
                    Ok(ServiceSignal::Closed(one)) if one == id => Some(NotificationAction::Close),
                    Ok(ServiceSignal::Started) => return Outcome::Lost,
                    Ok(ServiceSignal::Action(..) | ServiceSignal::Closed(_)) => None,
                    Err(RecvError::Lagged(_)) => None,
                    // The bus is gone.
                    Err(RecvError::Closed) => std::future::pending().await,
                },
            };
            match action {
                // Signalled twice: broadcast, and to this client.
                Some(
                    NotificationAction::Open
                    | NotificationAction::Accept
                    | NotificationAction::EndAndAccept
                    | NotificationAction::Decline
                    | NotificationAction::CallBack,
                ) => {
                    shown.over = true;
                }
                Some(NotificationAction::Close) => shown.over = true,
                Some(NotificationAction::Silence) | None => {}
            }
            if let Some(action) = action {
                return Outcome::Action(action);
            }
        }
    }

    async fn close(&self, shown: Shown) {
        shown.handle.close_async().await;
    }
}

fn notification(note: &NotificationContent, capabilities: &[String]) -> Notification {
    let has = |what: &str| capabilities.iter().any(|ability| ability == what);
    let mut out = Notification::new();
    out.appname("Bellwire")
        .icon(ICON)
        .summary(&note.title)
        .body(&if has("body-markup") { escaped(&note.body) } else { note.body.clone() })
        .hint(Hint::DesktopEntry(DESKTOP_ENTRY.into()));
    if note.silent {
        out.hint(Hint::SuppressSound(true));
    }
    match note.topic {
        Topic::Ring(_) => {
            // Critical ones stay until they are removed and are shown over a locked screen where the
            // user lets them; the sound is ours.
            out.urgency(Urgency::Critical)
                .timeout(Timeout::Never)
                .hint(Hint::Category("call.incoming".into()))
                .hint(Hint::Resident(true))
                .hint(Hint::SuppressSound(true));
        }
        Topic::Missed(..) => {
            out.urgency(Urgency::Normal).hint(Hint::Category("call.unanswered".into()));
        }
        Topic::Message(..) => {
            out.urgency(Urgency::Normal).hint(Hint::Category("im.received".into()));
        }
        Topic::Soon(..) => {
            out.urgency(Urgency::Normal).hint(Hint::Category("x-bellwire.soon".into()));
        }
    }
    if has("actions") {
        // Its words are hardly ever seen.
        out.action(NotificationAction::Open.key(), &note.title);
        for (action, strings) in &note.buttons {
            out.action(action.key(), strings);
        }
    }
    out
}

/// Text that stays text where bodies are read as markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use bellwire_engine::CallId;

    use super::*;

    fn note(body: &str) -> NotificationContent {
        NotificationContent {
            topic: Topic::Ring(CallId(1)),
            title: "Incoming call".into(),
            body: body.into(),
            buttons: vec![(NotificationAction::Accept, "Accept"), (NotificationAction::Silence, "Silence")],
            silent: false,
        }
    }

    #[test]
    fn a_name_is_no_markup() {
        let hostile = note("<a href=\"http://x\">Ada</a> & <b>co");
        let shown = notification(&hostile, &["body-markup".into()]);
        assert_eq!(shown.body, "&lt;a href=\"http://x\"&gt;Ada&lt;/a&gt; &amp; &lt;b&gt;co");
        assert_eq!(notification(&hostile, &[]).body, hostile.body);
    }

    #[test]
    fn buttons_are_offered_where_there_are_buttons() {
        assert!(notification(&note(""), &[]).actions.is_empty());
        let keys: Vec<String> =
            notification(&note(""), &["actions".into()]).actions.into_iter().step_by(2).collect();
        assert_eq!(keys, ["default", "accept", "silence"]);
    }

    #[test]
    fn only_what_was_offered_can_be_answered() {
        assert_eq!(NotificationAction::of("accept", &note("")), Some(NotificationAction::Accept));
        assert_eq!(NotificationAction::of("default", &note("")), Some(NotificationAction::Open));
        for other in ["decline", "end-and-accept", "close", "", "Accept"] {
            assert_eq!(NotificationAction::of(other, &note("")), None, "{other}");
        }
    }
}
