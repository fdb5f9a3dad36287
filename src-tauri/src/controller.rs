//! What the engine says becomes windows and messages. Generic over [`Desktop`], so that it is tested
//! without a window.

use std::sync::Arc;
use std::time::SystemTime;

use bellwire_engine::{CallView, EngineView, Handle, Notice, SignIn};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::desktop::Desktop;
use crate::events::{NoticeKind, UiNotice};
use crate::failure::CODES;
use crate::notify::Said;
use crate::ringer::{self, Ringer};

pub(crate) struct Controller<D> {
    desktop: Arc<D>,
    ringer: Ringer,
}

impl<D: Desktop> Controller<D> {
    pub(crate) fn new(desktop: Arc<D>, ringer: Ringer) -> Self {
        Self { desktop, ringer }
    }

    /// Follows the engine until it stops.
    pub(crate) async fn run(
        mut self,
        handle: Handle,
        mut notices: mpsc::Receiver<Notice>,
        mut said: mpsc::Receiver<Said>,
        token: CancellationToken,
    ) {
        let (mut view, mut stats, mut levels) = (handle.view(), handle.stats(), handle.levels());
        loop {
            tokio::select! {
                () = token.cancelled() => return,
                Some(notice) = notices.recv() => self.notice(notice),
                Ok(()) = view.changed() => {
                    let newest = view.borrow_and_update().clone();
                    self.view(&newest);
                }
                Ok(()) = stats.changed() => {
                    let newest = stats.borrow_and_update().clone();
                    self.desktop.emit(newest);
                }
                Ok(()) = levels.changed() => {
                    let newest = levels.borrow_and_update().clone();
                    self.desktop.emit(newest);
                }
                Some(()) = self.ringer.changed(SystemTime::now()) => {
                    self.ringer.refresh(SystemTime::now(), &*self.desktop);
                }
                Some(said) = said.recv() => {
                    if let Some(act) = self.ringer.said(said, SystemTime::now(), &*self.desktop) {
                        ringer::act(act, &handle, &*self.desktop).await;
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
            desktop.emit(UiNotice { kind: NoticeKind::Error, text, call: None, device: None, code });
        }
    }

    fn view(&mut self, view: &Arc<EngineView>) {
        // First, so that the answer window has something to show when it comes up.
        self.desktop.emit(EngineView::clone(view));
        self.ringer.view(view, SystemTime::now(), &*self.desktop);
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Missed { call } => {
                self.tell(NoticeKind::Missed, Some(call.clone()), String::new());
                self.ringer.missed(call, SystemTime::now(), &*self.desktop);
            }
            Notice::Ended { call } => self.tell(NoticeKind::Ended, Some(call), String::new()),
            Notice::Device { news, text } => {
                let (kind, text, device) = (NoticeKind::Device, sentence(&text), Some(news));
                self.desktop.emit(UiNotice { kind, text, call: None, device, code: None });
            }
            Notice::Problem { code, text } => {
                debug_assert!(CODES.contains(&code), "{code} is not among the codes");
                let text = sentence(&text);
                let (kind, code) = (NoticeKind::Error, Some(code));
                self.desktop.emit(UiNotice { kind, text, call: None, device: None, code });
            }
        }
    }

    fn tell(&self, kind: NoticeKind, call: Option<CallView>, text: String) {
        self.desktop.emit(UiNotice { kind, text, call, device: None, code: None });
    }
}

/// An error's words begin in lower case, as part of a longer line; alone they are a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
