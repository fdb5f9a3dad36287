//! Notifications of the freedesktop service, whichever program provides it: notify-rust shows them, a
//! connection of our own hears what becomes of them. It listens before the first is shown, so that no
//! answer is missed, however quick.

mod signals;

use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Timeout, Urgency};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tracing::debug;

use super::model::{Answer, CallNotifier, Heard, Note, Topic};
use signals::{Hub, News};

/// File name of the desktop entry, without its ending.
const DESKTOP_ENTRY: &str = "Bellwire";
/// Name in the icon theme.
const ICON: &str = "bellwire";

#[derive(Debug)]
pub(crate) struct LinuxNotifier {
    hub: Hub,
}

/// A notification on the screen.
#[derive(Debug)]
pub(crate) struct Shown {
    handle: std::sync::Arc<NotificationHandle>,
    news: broadcast::Receiver<News>,
    /// What services say to the one who asked instead of to everybody; one is enough.
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
        Self { hub: Hub::start().await }
    }
}

impl CallNotifier for LinuxNotifier {
    type Shown = Shown;

    async fn show(&self, note: &Note, before: Option<Shown>) -> Option<Shown> {
        let news = self.hub.news();
        let abilities = self.hub.abilities().await?;
        let mut notification = notification(note, &abilities);
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

    async fn heard(&self, note: &Note, shown: Option<&mut Shown>) -> Heard {
        let Some(shown) = shown else {
            self.hub.comes().await;
            return Heard::Lost;
        };
        let id = shown.handle.id();
        loop {
            if shown.over {
                // Gone from the screen; only a service that begins anew would show it again.
                std::future::pending::<()>().await;
            }
            let answer = tokio::select! {
                Some(response) = shown.own.recv() => match response {
                    NotificationResponse::Default => Some(Answer::Open),
                    NotificationResponse::Action(key) => Answer::of(&key, note),
                    NotificationResponse::Closed(_) => Some(Answer::Close),
                    NotificationResponse::Reply(_) => None,
                },
                news = shown.news.recv() => match news {
                    Ok(News::Action(one, key)) if one == id => Answer::of(&key, note),
                    Ok(News::Closed(one)) if one == id => Some(Answer::Close),
                    Ok(News::Came) => return Heard::Lost,
                    Ok(News::Action(..) | News::Closed(_)) | Err(broadcast::error::RecvError::Lagged(_)) => None,
                    // The bus is gone.
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                },
            };
            match answer {
                // Told twice, once to all and once to us.
                Some(
                    Answer::Open | Answer::Accept | Answer::EndAndAccept | Answer::Decline | Answer::CallBack,
                ) => {
                    shown.over = true;
                }
                Some(Answer::Close) => shown.over = true,
                Some(Answer::Silence) | None => {}
            }
            if let Some(answer) = answer {
                return Heard::Did(answer);
            }
        }
    }

    async fn close(&self, shown: Shown) {
        shown.handle.close_async().await;
    }
}

fn notification(note: &Note, abilities: &[String]) -> Notification {
    let able = |what: &str| abilities.iter().any(|ability| ability == what);
    let mut out = Notification::new();
    out.appname("Bellwire")
        .icon(ICON)
        .summary(&note.title)
        .body(&if able("body-markup") { escaped(&note.body) } else { note.body.clone() })
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
    if able("actions") {
        // Its words are hardly ever seen.
        out.action(Answer::Open.key(), &note.title);
        for (answer, words) in &note.buttons {
            out.action(answer.key(), words);
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

    fn note(body: &str) -> Note {
        Note {
            topic: Topic::Ring(CallId(1)),
            title: "Incoming call".into(),
            body: body.into(),
            buttons: vec![(Answer::Accept, "Accept"), (Answer::Silence, "Silence")],
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
        assert_eq!(Answer::of("accept", &note("")), Some(Answer::Accept));
        assert_eq!(Answer::of("default", &note("")), Some(Answer::Open));
        for other in ["decline", "end-and-accept", "close", "", "Accept"] {
            assert_eq!(Answer::of(other, &note("")), None, "{other}");
        }
    }
}
