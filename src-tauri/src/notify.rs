//! Notifications of the system: keeps those that are wanted on the screen and tells what people do with them.
//! Which ones are wanted is `ringing.rs`; how they are shown differs by system.
//!
//! ```text
//!  wanted: Vec<Note> ─watch─► keep ─┬─► one task for each topic ─► CallNotifier (show, answer, close)
//!                                   └◄─ Said { topic, answer } ─► controller
//! ```

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
mod post;

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use bellwire_engine::{AccountId, CallId, PersonId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::ToastNotifier as SystemNotifier;
#[cfg(target_os = "linux")]
pub(crate) use linux::LinuxNotifier as SystemNotifier;

/// The system may take so long to show or to remove one.
const PATIENCE: Duration = Duration::from_secs(3);
/// When the program ends, for removing all of them.
const GOODBYE: Duration = Duration::from_secs(2);

/// What a notification is about; there is at most one of each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    Ring(CallId),
    Missed(AccountId, PersonId),
    /// By the thread.
    Message(AccountId, String),
    /// An appointment or session that begins, by its line in the list.
    Soon(AccountId, String),
}

/// A notification as it should be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) topic: Topic,
    pub(crate) title: String,
    /// Plain text.
    pub(crate) body: String,
    /// Buttons, the most wanted first, with their words.
    pub(crate) buttons: Vec<(Answer, &'static str)>,
    /// Makes no sound, also not the system's own.
    pub(crate) silent: bool,
}

/// What a person did with a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Clicked on it, on none of its buttons.
    Open,
    Accept,
    /// Ends the call that is going on and accepts.
    EndAndAccept,
    Decline,
    Silence,
    CallBack,
    /// Put it away.
    Close,
}

impl Answer {
    /// How the system names the button; `default` is the notification itself.
    fn key(self) -> &'static str {
        match self {
            Self::Open => "default",
            Self::Accept => "accept",
            Self::EndAndAccept => "end-and-accept",
            Self::Decline => "decline",
            Self::Silence => "silence",
            Self::CallBack => "call-back",
            Self::Close => "close",
        }
    }

    /// The answer whose button that is, if the note has it.
    fn of(key: &str, note: &Note) -> Option<Self> {
        if key == Self::Open.key() {
            return Some(Self::Open);
        }
        note.buttons.iter().map(|(answer, _)| *answer).find(|answer| answer.key() == key)
    }
}

/// What a person did with which notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) topic: Topic,
    pub(crate) answer: Answer,
}

/// What becomes of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Did(Answer),
    /// The system forgot it, because its service began anew: to be shown again.
    Lost,
}

/// A system's way of showing notifications. What hangs is given up by whoever calls.
pub(crate) trait CallNotifier: Send + Sync + 'static {
    /// A notification on the screen.
    type Shown: Send;

    /// Shows it, in the place of `before`; `None`: that cannot be done now.
    fn show(
        &self,
        note: &Note,
        before: Option<Self::Shown>,
    ) -> impl Future<Output = Option<Self::Shown>> + Send;

    /// Waits for what becomes of it, or of a service that was not there; may wait for ever.
    fn heard(&self, note: &Note, shown: Option<&mut Self::Shown>) -> impl Future<Output = Heard> + Send;

    fn close(&self, shown: Self::Shown) -> impl Future<Output = ()> + Send;
}

/// Keeps the wanted notifications on the screen until the program ends; then none is left.
pub(crate) async fn keep<N: CallNotifier>(
    notifier: N,
    mut wanted: watch::Receiver<Vec<Note>>,
    said: mpsc::Sender<Said>,
    token: CancellationToken,
) {
    let notifier = std::sync::Arc::new(notifier);
    let mut posts: HashMap<Topic, watch::Sender<Option<Note>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let notes = wanted.borrow_and_update().clone();
        posts.retain(|topic, post| {
            let wanted = notes.iter().any(|note| note.topic == *topic);
            if !wanted {
                post.send_replace(None);
            }
            wanted
        });
        for note in notes {
            if let Some(post) = posts.get(&note.topic) {
                let note = Some(note);
                post.send_if_modified(|old| *old != note && std::mem::replace(old, note.clone()) != note);
                continue;
            }
            let topic = note.topic.clone();
            // Newest wins: a note in between was never to be seen.
            let (post, orders) = watch::channel(Some(note));
            tasks.spawn(post::keep(std::sync::Arc::clone(&notifier), orders, said.clone()));
            posts.insert(topic, post);
        }
        tokio::select! {
            () = token.cancelled() => break,
            changed = wanted.changed() => if changed.is_err() { break },
            Some(_) = tasks.join_next() => {}
        }
    }
    for post in posts.values() {
        post.send_replace(None);
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GOODBYE, all).await;
}

#[cfg(test)]
mod tests;
