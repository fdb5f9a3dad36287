//! The only thing the controller knows of windows; implemented for Tauri here, by a recorder in tests.

use std::sync::Arc;

use tauri::{AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tracing::warn;

use crate::answer_window::AnswerWindow;
use crate::commands::system_language;
use crate::events::Event;
use crate::surroundings::Surroundings;
use crate::words::Words;

/// What the shell can do to the desktop.
pub(crate) trait Desktop: Send + Sync + 'static {
    /// Puts the answer window on top without taking the keyboard.
    fn show_ring(&self);
    fn hide_ring(&self);
    /// Brings the main window to the front.
    fn show_main(&self);
    /// Tells the user interface something; unknown windows are not an error.
    fn emit<E: Event>(&self, payload: E);
}

#[derive(Clone, Debug)]
pub(crate) struct TauriDesktop {
    app: AppHandle,
}

impl TauriDesktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }

    /// Makes both windows. The answer window exists from the start, hidden: a web view takes longer
    /// to come up than a person should wait for a ring.
    pub(crate) fn open_windows(&self, visible: bool) -> tauri::Result<()> {
        WebviewWindowBuilder::new(&self.app, "main", WebviewUrl::App("index.html".into()))
            .title("Bellwire")
            .inner_size(1120.0, 740.0)
            .min_inner_size(360.0, 480.0)
            .visible(visible)
            .build()?;
        self.app.manage(AnswerWindow::open(&self.app, Words::of(&system_language()).titles.ring)?);
        Ok(())
    }

    fn window(&self, label: &str) -> Option<WebviewWindow> {
        self.app.get_webview_window(label)
    }
}

impl Desktop for TauriDesktop {
    fn show_ring(&self) {
        if let Some(window) = self.app.try_state::<AnswerWindow>() {
            window.show();
            self.app.state::<Arc<Surroundings>>().answer_window(true);
        }
    }

    fn hide_ring(&self) {
        if let Some(window) = self.app.try_state::<AnswerWindow>() {
            window.hide();
            self.app.state::<Arc<Surroundings>>().answer_window(false);
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
            warn!(%error, event = E::NAME, "Window could not be told");
        }
    }
}
