//! The controller: turns engine snapshots and notices into UI events and ringing. Generic over [`Ui`], so that
//! it is tested without a window.

use std::sync::Arc;
use std::time::SystemTime;

use bellwire_engine::{CallView, EngineView, Handle, Notice, SignIn};
use tokio::sync::mpsc;

use crate::command_error::CODES;
use crate::events::{NoticeKind, UiNotice};
use crate::ring::actions;
use crate::ring::notify::NotificationEvent;
use crate::ring::ringer::Ringer;
use crate::ui::Ui;

pub(crate) struct Controller<U> {
    ui: Arc<U>,
    ringer: Ringer,
}

impl<U: Ui> Controller<U> {
    pub(crate) fn new(ui: Arc<U>, ringer: Ringer) -> Self {
        Self { ui, ringer }
    }

    /// Follows the engine until it stops or the program quits.
    pub(crate) async fn run(
        mut self,
        handle: Handle,
        mut notices: mpsc::Receiver<Notice>,
        mut notifications: mpsc::Receiver<NotificationEvent>,
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
                    self.ui.emit(newest);
                }
                Ok(()) = levels.changed() => {
                    let newest = levels.borrow_and_update().clone();
                    self.ui.emit(newest);
                }
                Some(()) = self.ringer.changed(SystemTime::now()) => {
                    self.ringer.refresh(SystemTime::now(), &*self.ui);
                }
                Some(event) = notifications.recv() => {
                    if let Some(action) = self.ringer.on_notification(event, SystemTime::now(), &*self.ui) {
                        actions::perform(action, &handle, &*self.ui).await;
                    }
                }
                else => return,
            }
        }
    }

    /// Signs in before the user has typed anything (demo and tests); a failure is shown, not fatal.
    pub(crate) async fn sign_in(ui: Arc<U>, handle: Handle, request: SignIn) {
        if let Err(error) = handle.sign_in(request).await {
            let text = format!("Could not sign in: {error}");
            let code = Some(error.code());
            ui.emit(UiNotice { kind: NoticeKind::Error, text, call: None, device: None, code });
        }
    }

    fn view(&mut self, view: &Arc<EngineView>) {
        // First, so that the answer window has content when it is shown.
        self.ui.emit(EngineView::clone(view));
        self.ringer.view(view, SystemTime::now(), &*self.ui);
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Missed { call } => {
                self.tell(NoticeKind::Missed, Some(call.clone()), String::new());
                self.ringer.missed(call, SystemTime::now(), &*self.ui);
            }
            Notice::Ended { call } => self.tell(NoticeKind::Ended, Some(call), String::new()),
            Notice::Device { news, text } => {
                let (kind, text, device) = (NoticeKind::Device, sentence(&text), Some(news));
                self.ui.emit(UiNotice { kind, text, call: None, device, code: None });
            }
            Notice::Problem { code, text } => {
                debug_assert!(CODES.contains(&code), "{code} is not among the codes");
                let text = sentence(&text);
                let notice =
                    UiNotice { kind: NoticeKind::Error, text, call: None, device: None, code: Some(code) };
                self.ui.emit(notice);
            }
        }
    }

    fn tell(&self, kind: NoticeKind, call: Option<CallView>, text: String) {
        self.ui.emit(UiNotice { kind, text, call, device: None, code: None });
    }
}

/// Error messages begin in lower case, as part of a longer line; alone they are a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
