//! What the engine says becomes windows and messages. Generic over [`Ui`], so that it is tested
//! without a window.

use std::sync::Arc;
use std::time::SystemTime;

use bellwire_engine::{CallView, DeviceNews, EngineView, Handle, Notice, SignIn};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::command_error::CODES;
use crate::ring::actions;
use crate::ring::notify::Said;
use crate::ring::ringer::Ringer;
use crate::ui::Ui;

/// A notice as the user interface gets it; the words are the interface's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UiNotice {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) call: Option<CallView>,
    /// What happened to which device.
    pub(crate) device: Option<DeviceNews>,
    /// What failed; the interface's words for it go before `text`.
    pub(crate) code: Option<&'static str>,
}

pub(crate) struct Controller<D> {
    desktop: Arc<D>,
    ringer: Ringer,
}

impl<D: Ui> Controller<D> {
    pub(crate) fn new(desktop: Arc<D>, ringer: Ringer) -> Self {
        Self { desktop, ringer }
    }

    /// Follows the engine until it stops.
    pub(crate) async fn run(
        mut self,
        handle: Handle,
        mut notices: mpsc::Receiver<Notice>,
        mut said: mpsc::Receiver<Said>,
    ) {
        let (mut view, mut stats, mut levels) = (handle.view(), handle.stats(), handle.levels());
        loop {
            tokio::select! {
                Some(notice) = notices.recv() => self.notice(notice),
                Ok(()) = view.changed() => {
                    let newest = view.borrow_and_update().clone();
                    self.view(&newest);
                }
                Ok(()) = stats.changed() => {
                    let newest = stats.borrow_and_update().clone();
                    self.desktop.emit("stats", newest);
                }
                Ok(()) = levels.changed() => {
                    let newest = levels.borrow_and_update().clone();
                    self.desktop.emit("levels", newest);
                }
                Some(()) = self.ringer.changed(SystemTime::now()) => {
                    self.ringer.refresh(SystemTime::now(), &*self.desktop);
                }
                Some(said) = said.recv() => {
                    if let Some(act) = self.ringer.said(said, SystemTime::now(), &*self.desktop) {
                        actions::act(act, &handle, &*self.desktop).await;
                    }
                }
                else => return,
            }
        }
    }

    /// Signs in before the user has typed anything (demo and tests); a failure is shown, not fatal.
    pub(crate) async fn sign_in(desktop: Arc<D>, handle: Handle, request: SignIn) {
        if let Err(error) = handle.sign_in(request).await {
            let text = format!("Could not sign in: {error}");
            let code = Some(error.code());
            desktop.emit("notice", UiNotice { kind: "error", text, call: None, device: None, code });
        }
    }

    fn view(&mut self, view: &Arc<EngineView>) {
        // First, so that the answer window has something to show when it comes up.
        self.desktop.emit("view", EngineView::clone(view));
        self.ringer.view(view, SystemTime::now(), &*self.desktop);
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            // About the ringtone; the answer window follows the view.
            Notice::Ring { .. } | Notice::RingStopped { .. } => {}
            Notice::Missed { call } => {
                self.tell("missed", Some(call.clone()), String::new());
                self.ringer.missed(call, SystemTime::now(), &*self.desktop);
            }
            Notice::Ended { call } => self.tell("ended", Some(call), String::new()),
            Notice::Device { news, text } => {
                let (kind, text, device) = ("device", sentence(&text), Some(news));
                self.desktop.emit("notice", UiNotice { kind, text, call: None, device, code: None });
            }
            Notice::Problem { code, text } => {
                debug_assert!(CODES.contains(&code), "{code} is not among the codes");
                let text = sentence(&text);
                let notice = UiNotice { kind: "error", text, call: None, device: None, code: Some(code) };
                self.desktop.emit("notice", notice);
            }
        }
    }

    fn tell(&self, kind: &'static str, call: Option<CallView>, text: String) {
        self.desktop.emit("notice", UiNotice { kind, text, call, device: None, code: None });
    }
}

/// An error's words begin in lower case, as part of a longer line; alone they are a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
