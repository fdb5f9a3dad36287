//! The state of the shell, as the windows get it. Each part of the shell writes its own field.

use bellwire_engine::{AccountId, MediaKind, Person};
use serde::Serialize;
use tokio::sync::watch;

use crate::events::Event;

/// Why nothing rings now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quiet {
    #[default]
    Off,
    Own,
    Hours,
    System,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretPlace {
    Keyring,
    File,
    #[default]
    Session,
}

/// What is wrong with that place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretProblem {
    #[default]
    None,
    Locked,
    Missing,
    WrongPassphrase,
    Damaged,
    Failed,
}

/// How tokens are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SecretsView {
    pub(crate) store: SecretPlace,
    pub(crate) problem: SecretProblem,
    /// There is a file to unlock.
    pub(crate) file_exists: bool,
}

/// A kept account on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Restoring {
    pub(crate) label: String,
    pub(crate) server: String,
    pub(crate) name: String,
    /// Code of a failure; `None`: still trying.
    pub(crate) failed: Option<String>,
}

/// A call asked for from outside; nothing is dialled before it is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PendingCall {
    /// Accounts it can be placed from; empty: no signed-in account knows that person.
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) person: Person,
    pub(crate) kind: MediaKind,
}

/// What a global key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyAction {
    Mute,
    PushToTalk,
    Answer,
    HangUp,
}

/// Why a global key does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyTrouble {
    Taken,
    Invalid,
    Unsupported,
}

/// A key that does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct KeyProblem {
    pub(crate) action: KeyAction,
    pub(crate) problem: KeyTrouble,
}

/// What the shell is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct DesktopView {
    pub(crate) quiet: Quiet,
    /// Missed calls that the user has not seen.
    pub(crate) missed: u32,
    /// Whether there is a tray to close to.
    pub(crate) tray: bool,
    /// The window was closed for the first time: explain where the program goes.
    pub(crate) explain_close: bool,
    pub(crate) pending_call: Option<PendingCall>,
    pub(crate) secrets: SecretsView,
    pub(crate) restoring: Vec<Restoring>,
    pub(crate) key_problems: Vec<KeyProblem>,
    /// The push-to-talk key is held, or was a moment ago.
    pub(crate) talking: bool,
    pub(crate) mini: bool,
    pub(crate) full_screen: bool,
    /// It shows the ring; the main window does not show it a second time.
    pub(crate) answer_window: bool,
}

/// Whenever something of it changed.
impl Event for DesktopView {
    const NAME: &'static str = "desktop";
}

/// The state, shared behind an `Arc`.
#[derive(Debug, Default)]
pub(crate) struct ShellState {
    // Newest wins: a slow receiver sees the last state only.
    view: watch::Sender<DesktopView>,
    /// The main window has the focus; not part of what the windows get.
    focused: watch::Sender<bool>,
}

impl ShellState {
    pub(crate) fn current(&self) -> DesktopView {
        self.view.borrow().clone()
    }

    /// The newest state, and every later one.
    pub(crate) fn subscribe(&self) -> watch::Receiver<DesktopView> {
        self.view.subscribe()
    }

    /// Whether the main window has the keyboard, and every change of that.
    pub(crate) fn focus(&self) -> watch::Receiver<bool> {
        self.focused.subscribe()
    }

    pub(crate) fn focused(&self, on: bool) {
        self.focused.send_if_modified(|old| std::mem::replace(old, on) != on);
    }

    pub(crate) fn quiet(&self, quiet: Quiet) {
        self.set(|view| &mut view.quiet, quiet);
    }

    pub(crate) fn missed(&self, missed: u32) {
        self.set(|view| &mut view.missed, missed);
    }

    pub(crate) fn tray(&self, there: bool) {
        self.set(|view| &mut view.tray, there);
    }

    pub(crate) fn explain_close(&self, on: bool) {
        self.set(|view| &mut view.explain_close, on);
    }

    pub(crate) fn pending_call(&self, call: Option<PendingCall>) {
        self.set(|view| &mut view.pending_call, call);
    }

    pub(crate) fn secrets(&self, secrets: SecretsView) {
        self.set(|view| &mut view.secrets, secrets);
    }

    pub(crate) fn restoring(&self, restoring: Vec<Restoring>) {
        self.set(|view| &mut view.restoring, restoring);
    }

    pub(crate) fn key_problems(&self, problems: Vec<KeyProblem>) {
        self.set(|view| &mut view.key_problems, problems);
    }

    pub(crate) fn talking(&self, on: bool) {
        self.set(|view| &mut view.talking, on);
    }

    pub(crate) fn mini(&self, on: bool) {
        self.set(|view| &mut view.mini, on);
    }

    pub(crate) fn full_screen(&self, on: bool) {
        self.set(|view| &mut view.full_screen, on);
    }

    pub(crate) fn answer_window(&self, up: bool) {
        self.set(|view| &mut view.answer_window, up);
    }

    /// Receivers are not woken by an equal value.
    fn set<T: PartialEq>(&self, field: impl Fn(&mut DesktopView) -> &mut T, value: T) {
        self.view.send_if_modified(|view| {
            let field = field(view);
            let changed = *field != value;
            *field = value;
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_published() {
        let shell_state = ShellState::default();
        let mut seen = shell_state.subscribe();
        shell_state.missed(0);
        shell_state.pending_call(None);
        assert!(!seen.has_changed().unwrap());
        shell_state.missed(2);
        assert!(seen.has_changed().unwrap());
        assert_eq!(seen.borrow_and_update().missed, 2);
        shell_state.missed(2);
        assert!(!seen.has_changed().unwrap());
    }
}
