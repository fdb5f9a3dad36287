//! The Tauri windows behind the [`Ui`] trait.

use std::sync::Arc;

use tauri::{AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tracing::warn;

use crate::events::Event;
use crate::i18n::{Strings, system_language};
use crate::ring::answer_window::AnswerWindow;
use crate::shell_state::ShellState;
use crate::tasks::Tasks;
use crate::ui::Ui;

#[derive(Clone, Debug)]
pub(crate) struct TauriUi {
    app: AppHandle,
}

impl TauriUi {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }

    /// Creates both windows. The answer window exists from the start, hidden: a web view takes too long
    /// to load to be created when a call rings.
    pub(crate) fn open_windows(&self, visible: bool, tasks: Tasks) -> tauri::Result<()> {
        WebviewWindowBuilder::new(&self.app, "main", WebviewUrl::App("index.html".into()))
            .title("Bellwire")
            .inner_size(1120.0, 740.0)
            .min_inner_size(360.0, 480.0)
            .visible(visible)
            .build()?;
        self.app.manage(AnswerWindow::open(&self.app, tasks, Strings::of(&system_language()).titles.ring)?);
        Ok(())
    }

    fn window(&self, label: &str) -> Option<WebviewWindow> {
        self.app.get_webview_window(label)
    }
}

impl Ui for TauriUi {
    fn show_ring(&self) {
        if let Some(window) = self.app.try_state::<AnswerWindow>() {
            window.show();
            self.app.state::<Arc<ShellState>>().answer_window(true);
        }
    }

    fn hide_ring(&self) {
        if let Some(window) = self.app.try_state::<AnswerWindow>() {
            window.hide();
            self.app.state::<Arc<ShellState>>().answer_window(false);
        }
    }

    fn show_main(&self) {
        if let Some(window) = self.window("main") {
            let _ = window.unminimize();
            let _ = window.show();
            let _ = window.set_focus();
        }
    }

    fn emit<E: Event>(&self, payload: E) {
        if let Err(error) = self.app.emit(E::NAME, payload) {
            warn!(%error, event = E::NAME, "Event not sent to the windows");
        }
    }
}
