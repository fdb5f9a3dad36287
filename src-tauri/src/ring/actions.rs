//! The actions on a call that the user can take outside the windows, by a notification, the tray or a key, and what
//! comes with each of them.

use bellwire_engine::{AccountId, CallId, Handle, MediaKind, Person, Subject};
use serde::Serialize;

use crate::ui::Ui;

/// What somebody asked for by a notification, the tray, a key or a button.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// And brings the main window to the front.
    Accept(CallId),
    /// As [`Act::Accept`].
    EndAndAccept(CallId),
    /// As [`Act::Accept`], with the camera off; ends the call that is going on, if any.
    AcceptUnseen(CallId),
    Decline(CallId),
    Silence(CallId),
    /// Brings the main window to the front.
    Show,
    /// Shows the earlier calls.
    ShowHistory,
    /// Shows somebody's messages.
    ShowThread(ThreadPlace),
    CallBack {
        account: AccountId,
        person: Person,
        kind: MediaKind,
        subject: Option<Subject>,
    },
}

/// Whose thread the interface is to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ThreadPlace {
    pub(crate) account: AccountId,
    pub(crate) thread: String,
}

/// Carries it out: the one place that says what comes with an answer.
pub(crate) async fn act(act: Act, engine: &Handle, desktop: &impl Ui) {
    match act {
        Act::Accept(call) => {
            engine.accept(call).await;
            desktop.show_main();
        }
        Act::EndAndAccept(call) => {
            engine.end_and_accept(call).await;
            desktop.show_main();
        }
        Act::AcceptUnseen(call) => {
            engine.accept_unseen(call).await;
            desktop.show_main();
        }
        Act::Decline(call) => engine.decline(call).await,
        Act::Silence(call) => engine.silence(call).await,
        Act::Show => desktop.show_main(),
        Act::ShowHistory => {
            desktop.show_main();
            desktop.emit("go", "history");
        }
        Act::ShowThread(place) => {
            desktop.show_main();
            desktop.emit("go", place);
        }
        Act::CallBack { account, person, kind, subject } => {
            desktop.show_main();
            engine.dial(account, person, kind, subject).await;
        }
    }
}
