//! A notification, the user's actions on it, and the trait of a notification service.

use std::future::Future;
use std::time::Duration;

use bellwire_engine::{AccountId, CallId, PersonId};

/// How long the system may take to show or to remove one.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);

/// What a notification is about; there is at most one for each topic.
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
pub(crate) struct NotificationContent {
    pub(crate) topic: Topic,
    pub(crate) title: String,
    /// Plain text.
    pub(crate) body: String,
    /// Buttons, the most wanted first, with their words.
    pub(crate) buttons: Vec<(NotificationAction, &'static str)>,
    /// Makes no sound, also not the system's own.
    pub(crate) silent: bool,
}

/// What the user did with a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotificationAction {
    /// Clicked the notification, not a button.
    Open,
    Accept,
    /// Ends the call that is going on and accepts.
    EndAndAccept,
    Decline,
    Silence,
    CallBack,
    /// Dismissed it.
    Close,
}

impl NotificationAction {
    /// The key of the button; `default` is the notification itself.
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

    /// The action of a key, if the notification offers it.
    pub(super) fn of(key: &str, note: &NotificationContent) -> Option<Self> {
        if key == Self::Open.key() {
            return Some(Self::Open);
        }
        note.buttons.iter().map(|(action, _)| *action).find(|action| action.key() == key)
    }
}

/// A user's action on a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotificationEvent {
    pub(crate) topic: Topic,
    pub(crate) action: NotificationAction,
}

/// The outcome of a shown notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Action(NotificationAction),
    /// The service restarted and lost it: to be shown again.
    Lost,
}

/// A notification service of a system. Callers limit the time of each call.
pub(crate) trait Notifier: Send + Sync + 'static {
    /// A notification on the screen.
    type Shown: Send;

    /// Shows it in place of `before`; `None`: that cannot be done now.
    fn show(
        &self,
        note: &NotificationContent,
        before: Option<Self::Shown>,
    ) -> impl Future<Output = Option<Self::Shown>> + Send;

    /// Waits for its outcome, or for a service to start; may wait for ever.
    fn outcome(
        &self,
        note: &NotificationContent,
        shown: Option<&mut Self::Shown>,
    ) -> impl Future<Output = Outcome> + Send;

    fn close(&self, shown: Self::Shown) -> impl Future<Output = ()> + Send;
}
