//! What the engine says becomes windows and messages. Generic over [`Desktop`], so that it is tested
//! without a window.

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwire_engine::{CallId, CallView, Handle, Notice, SignIn};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::desktop::Desktop;

/// A notice as the user interface gets it; the words are the interface's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UiNotice {
    kind: &'static str,
    text: String,
    call: Option<CallView>,
}

pub(crate) struct Controller<D> {
    desktop: Arc<D>,
    /// Calls that ring outside the main window.
    ringing: BTreeSet<CallId>,
}

impl<D: Desktop> Controller<D> {
    pub(crate) fn new(desktop: Arc<D>) -> Self {
        Self { desktop, ringing: BTreeSet::new() }
    }

    /// Follows the engine until it stops.
    pub(crate) async fn run(
        mut self,
        handle: Handle,
        mut notices: mpsc::Receiver<Notice>,
        token: CancellationToken,
    ) {
        let (mut view, mut stats, mut levels) = (handle.view(), handle.stats(), handle.levels());
        loop {
            tokio::select! {
                () = token.cancelled() => return,
                Some(notice) = notices.recv() => self.notice(notice),
                Ok(()) = view.changed() => {
                    let newest = view.borrow_and_update().clone();
                    self.desktop.emit("view", (*newest).clone());
                }
                Ok(()) = stats.changed() => {
                    let newest = stats.borrow_and_update().clone();
                    self.desktop.emit("stats", newest);
                }
                Ok(()) = levels.changed() => {
                    let newest = levels.borrow_and_update().clone();
                    self.desktop.emit("levels", newest);
                }
                else => return,
            }
        }
    }

    /// Signs in before the user has typed anything (demo and tests); a failure is shown, not fatal.
    pub(crate) async fn sign_in(desktop: Arc<D>, handle: Handle, request: SignIn) {
        if let Err(error) = handle.sign_in(request).await {
            let text = format!("Could not sign in: {error}");
            desktop.emit("notice", UiNotice { kind: "error", text, call: None });
        }
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            // A second call is offered inside the call view.
            Notice::Ring { waiting: true, .. } => {}
            Notice::Ring { call, waiting: false } => {
                self.ringing.insert(call.id);
                self.desktop.show_ring();
            }
            Notice::RingStopped { call } => self.stop_ring(call),
            Notice::Missed { call } => self.tell("missed", Some(call), String::new()),
            Notice::Ended { call } => {
                self.stop_ring(call.id);
                self.tell("ended", Some(call), String::new());
            }
            Notice::Device { text } => self.tell("device", None, text),
            Notice::Problem { text } => self.tell("error", None, text),
        }
    }

    fn stop_ring(&mut self, call: CallId) {
        if self.ringing.remove(&call) && self.ringing.is_empty() {
            self.desktop.hide_ring();
        }
    }

    fn tell(&self, kind: &'static str, call: Option<CallView>, text: String) {
        self.desktop.emit("notice", UiNotice { kind, text, call });
    }
}
