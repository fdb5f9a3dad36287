//! The actions on a call that the user can take outside the windows, by a notification, the tray or a key, and
//! what comes with each of them.

use bellwire_engine::{AccountId, CallId, Handle, MediaKind, Person, Subject};

use crate::events::{Place, ThreadPlace};
use crate::ui::Ui;

/// An action that the user takes by a notification, the tray, a key or a button.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CallAction {
    /// Also brings the main window to the front.
    Accept(CallId),
    /// As [`CallAction::Accept`].
    EndAndAccept(CallId),
    /// As [`CallAction::Accept`], with the camera off; ends the call that is going on, if any.
    AcceptWithCameraOff(CallId),
    Decline(CallId),
    Silence(CallId),
    /// Brings the main window to the front.
    Show,
    /// Shows the earlier calls.
    ShowHistory,
    /// Shows the messages of a thread.
    ShowThread(ThreadPlace),
    CallBack {
        account: AccountId,
        person: Person,
        kind: MediaKind,
        subject: Option<Subject>,
    },
}

/// Carries out an action, with everything that comes with it.
pub(crate) async fn perform(action: CallAction, engine: &Handle, ui: &impl Ui) {
    match action {
        CallAction::Accept(call) => {
            engine.accept(call).await;
            ui.show_main();
        }
        CallAction::EndAndAccept(call) => {
            engine.end_and_accept(call).await;
            ui.show_main();
        }
        CallAction::AcceptWithCameraOff(call) => {
            engine.accept_with_camera_off(call).await;
            ui.show_main();
        }
        CallAction::Decline(call) => engine.decline(call).await,
        CallAction::Silence(call) => engine.silence(call).await,
        CallAction::Show => ui.show_main(),
        CallAction::ShowHistory => {
            ui.show_main();
            ui.emit(Place::History);
        }
        CallAction::ShowThread(place) => {
            ui.show_main();
            ui.emit(Place::Thread(place));
        }
        CallAction::CallBack { account, person, kind, subject } => {
            ui.show_main();
            engine.dial(account, person, kind, subject).await;
        }
    }
}
