//! The only thing the controller knows of windows; implemented for Tauri here, by a recorder in tests.

use serde::Serialize;
use tauri::{
    AppHandle, Emitter, LogicalPosition, Manager, PhysicalPosition, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder,
};
use tracing::warn;

/// What the shell can do to the desktop.
pub(crate) trait Desktop: Send + Sync + 'static {
    /// Puts the answer window on top without taking the keyboard.
    fn show_ring(&self);
    fn hide_ring(&self);
    /// Brings the main window to the front.
    fn show_main(&self);
    /// Tells the user interface something; unknown windows are not an error.
    fn emit<T: Serialize + Clone>(&self, event: &str, payload: T);
}

/// Size of the answer window in logical pixels.
const RING: (f64, f64) = (400.0, 236.0);
/// Distance of the answer window from the edges of the screen.
const MARGIN: f64 = 24.0;

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
    pub(crate) fn open_windows(&self) -> tauri::Result<()> {
        WebviewWindowBuilder::new(&self.app, "main", WebviewUrl::App("index.html".into()))
            .title("Bellwire")
            .inner_size(1120.0, 740.0)
            .min_inner_size(360.0, 480.0)
            .build()?;
        WebviewWindowBuilder::new(&self.app, "ring", WebviewUrl::App("index.html".into()))
            .title("Incoming call – Bellwire")
            .inner_size(RING.0, RING.1)
            .resizable(false)
            .decorations(false)
            .always_on_top(true)
            .visible_on_all_workspaces(true)
            .skip_taskbar(true)
            .focused(false)
            .visible(false)
            .build()?;
        Ok(())
    }

    fn window(&self, label: &str) -> Option<WebviewWindow> {
        self.app.get_webview_window(label)
    }

    /// The top right corner of the screen the pointer is on.
    fn ring_corner(&self, window: &WebviewWindow) -> Option<LogicalPosition<f64>> {
        let pointer = window.cursor_position().unwrap_or(PhysicalPosition::new(0.0, 0.0));
        let here = window.monitor_from_point(pointer.x, pointer.y).ok().flatten();
        let monitor = here.or(window.primary_monitor().ok().flatten())?;
        let scale = monitor.scale_factor();
        let (position, size) =
            (monitor.position().to_logical::<f64>(scale), monitor.size().to_logical::<f64>(scale));
        Some(LogicalPosition::new(position.x + size.width - RING.0 - MARGIN, position.y + MARGIN))
    }
}

impl Desktop for TauriDesktop {
    fn show_ring(&self) {
        let Some(window) = self.window("ring") else { return };
        if let Some(corner) = self.ring_corner(&window) {
            let _ = window.set_position(corner);
        }
        if let Err(error) = window.show() {
            warn!(%error, "Answer window could not be shown");
        }
    }

    fn hide_ring(&self) {
        if let Some(window) = self.window("ring") {
            let _ = window.hide();
        }
    }

    fn show_main(&self) {
        if let Some(window) = self.window("main") {
            let _ = window.unminimize();
            let _ = window.show();
            let _ = window.set_focus();
        }
    }

    fn emit<T: Serialize + Clone>(&self, event: &str, payload: T) {
        if let Err(error) = self.app.emit(event, payload) {
            warn!(%error, event, "Window could not be told");
        }
    }
}
