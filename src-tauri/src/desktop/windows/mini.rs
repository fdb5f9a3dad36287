//! The mini window: opened by the user, or automatically while the main window is hidden in a call.

use std::sync::atomic::Ordering;

use bellwire_engine::MediaKind;
use tauri::{WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tracing::warn;

use super::{MAIN, MINI, Windows};
use crate::dial_targets::active_call;

/// Initial and minimum size of the mini window, in logical pixels.
const MINI_SIZE: (f64, f64) = (340.0, 220.0);
const MINI_MIN_SIZE: (f64, f64) = (220.0, 150.0);

impl Windows {
    /// Opens or closes the mini window on the user's request; it exists during calls only.
    pub(crate) fn set_mini(&self, on: bool) {
        self.mini_wanted.store(on, Ordering::Relaxed);
        self.mini_automatic.store(false, Ordering::Relaxed);
        if on && self.in_call() {
            self.open_mini();
        } else {
            self.close_mini();
        }
    }

    /// Created once and hidden afterwards: the label of a destroyed window is not free at once.
    pub(super) fn open_mini(&self) {
        let mini = match self.window(MINI) {
            Some(mini) => Ok(mini),
            None => self.build_mini(),
        };
        // On top again: some window managers forget that for hidden windows.
        let shown = mini.and_then(|mini| mini.show().and_then(|()| mini.set_always_on_top(true)));
        match shown {
            Ok(()) => self.shell_state.mini(true),
            Err(error) => warn!(%error, "Mini window could not be opened"),
        }
    }

    fn build_mini(&self) -> tauri::Result<WebviewWindow> {
        WebviewWindowBuilder::new(&self.app, MINI, WebviewUrl::App("index.html".into()))
            .title(self.strings().titles.mini)
            .inner_size(MINI_SIZE.0, MINI_SIZE.1)
            .min_inner_size(MINI_MIN_SIZE.0, MINI_MIN_SIZE.1)
            .maximizable(false)
            .always_on_top(true)
            .visible_on_all_workspaces(true)
            .skip_taskbar(true)
            .focused(false)
            .visible(false)
            .build()
    }

    pub(super) fn close_mini(&self) {
        self.shell_state.mini(false);
        if let Some(mini) = self.window(MINI)
            && let Err(error) = mini.hide()
        {
            warn!(%error, "Mini window could not be closed");
        }
    }

    fn mini_shown(&self) -> bool {
        self.window(MINI).is_some_and(|mini| mini.is_visible().unwrap_or(false))
    }

    /// Opens the mini window when the main one is hidden in a video call, if the user wants it then, and
    /// closes an automatic one when the main one is back.
    pub(super) fn update_mini(&self) {
        let Some(main) = self.window(MAIN) else { return };
        let seen = main.is_visible().unwrap_or(true) && !main.is_minimized().unwrap_or(false);
        let automatic = self.mini_automatic.load(Ordering::Relaxed);
        let video = active_call(&self.view()).is_some_and(|call| call.kind == MediaKind::Video);
        // Minimising takes the window manager a moment, during which the window still counts as visible.
        if seen && automatic && main.is_focused().unwrap_or(true) {
            self.mini_automatic.store(false, Ordering::Relaxed);
            self.close_mini();
        } else if !seen && video && self.mini_wanted.load(Ordering::Relaxed) && !self.mini_shown() {
            self.mini_automatic.store(true, Ordering::Relaxed);
            self.open_mini();
        }
        self.shell_state.full_screen(main.is_fullscreen().unwrap_or(false));
    }
}
