//! A notification and the answers to it, and the trait of a system's notification service.

use std::future::Future;
use std::time::Duration;

use bellwire_engine::{AccountId, CallId, PersonId};

/// The system may take so long to show or to remove one.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

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
    pub(super) fn key(self) -> &'static str {
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
    pub(super) fn of(key: &str, note: &Note) -> Option<Self> {
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
