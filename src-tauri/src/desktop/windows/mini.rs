//! The mini window: opened by the user, or automatically while the main window is hidden in a call.

use std::sync::PoisonError;
use std::time::Instant;

use bellwire_engine::MediaKind;
use tauri::{WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tracing::warn;

use super::mini_policy::{self, Automatic, MiniAction, MiniContext};
use super::{MAIN, MINI, Windows};
use crate::dial_targets::active_call;

/// Initial and minimum size of the mini window, in logical pixels.
const MINI_SIZE: (f64, f64) = (340.0, 220.0);
const MINI_MIN_SIZE: (f64, f64) = (220.0, 150.0);

/// What the mini window is open for.
#[derive(Debug, Default)]
pub(super) struct Mini {
    /// The user wants it whenever the main window is out of sight.
    wanted: bool,
    automatic: Automatic,
}

impl Windows {
    /// Each change looks at both windows and acts on what it saw, so that two must not overlap. The holder waits for
    /// the main thread: never called there, nor where a task runs, as nobody may wait for it at quit.
    fn changing_mini(&self) -> std::sync::MutexGuard<'_, Mini> {
        self.mini.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens or closes the mini window on the user's request; it exists during calls only.
    pub(crate) fn set_mini(&self, on: bool) {
        let mut mini = self.changing_mini();
        *mini = Mini { wanted: on, automatic: Automatic::No };
        if on && self.in_call() {
            self.open_mini();
        } else {
            self.close_mini();
        }
    }

    /// Puts the main window away, and opens the mini window in its place during a call.
    pub(super) fn change_to_mini(&self, put_away: impl FnOnce() -> tauri::Result<()>) {
        let mut mini = self.changing_mini();
        if let Err(error) = put_away() {
            warn!(%error, "Main window could not be put away");
        }
        if self.in_call() {
            mini.automatic = Automatic::Leaving(Instant::now());
            self.open_mini();
        }
    }

    /// The call has ended.
    pub(super) fn end_mini(&self) {
        let mut mini = self.changing_mini();
        // The next one may have begun while this waited.
        if !self.in_call() {
            mini.automatic = Automatic::No;
            self.close_mini();
        }
    }

    /// Whether it has to be noticed that the main window is back.
    pub(super) fn mini_is_automatic(&self) -> bool {
        // After a change that is under way it may have to be.
        self.mini.try_lock().map_or(true, |mini| mini.automatic != Automatic::No)
    }

    /// Created once and hidden afterwards: the label of a destroyed window is not free at once.
    fn open_mini(&self) {
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

    fn close_mini(&self) {
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
        let mut mini = self.changing_mini();
        let video = active_call(&self.view()).is_some_and(|call| call.kind == MediaKind::Video);
        let facts = MiniContext {
            main_visible: main.is_visible().unwrap_or(true) && !main.is_minimized().unwrap_or(false),
            main_focused: main.is_focused().unwrap_or(false),
            open: self.mini_shown(),
            wanted: video && mini.wanted,
        };
        let (automatic, action) = mini_policy::decide(mini.automatic, facts, Instant::now());
        mini.automatic = automatic;
        match action {
            MiniAction::Keep => {}
            MiniAction::Open => self.open_mini(),
            MiniAction::Close => self.close_mini(),
        }
        self.shell_state.full_screen(main.is_fullscreen().unwrap_or(false));
    }
}
