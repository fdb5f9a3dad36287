//! The main and the mini window: closing, hiding, full screen, titles and decoration. The answer window
//! is not among them, nor is anything that is drawn inside.

mod close_policy;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bellwire_engine::{EngineView, Handle, MediaKind};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent, Wry};
use tauri_plugin_window_state::StateFlags;
use tracing::{debug, warn};

use crate::desktop::tauri_ui::TauriUi;
use crate::dial_targets::going_on;
use crate::i18n::Words;
use crate::shell_state::Surroundings;
use crate::storage::paths::Paths;
use crate::storage::settings::{Settings, SettingsStore, Theme};
use crate::tasks::Tasks;
use crate::ui::Ui;
use close_policy::{Closing, Now};

pub(crate) const MAIN: &str = "main";
pub(crate) const MINI: &str = "mini";

/// Size of the mini window when it was never moved, and the smallest, in logical pixels.
const MINI_SIZE: (f64, f64) = (340.0, 220.0);
const MINI_LEAST: (f64, f64) = (220.0, 150.0);
/// How long a start out of sight waits for a tray.
const TRAY_START_LIMIT: Duration = Duration::from_secs(15);
/// The state of a window follows that long after the event that announces it.
const WINDOW_STATE_DELAY: Duration = Duration::from_millis(200);

/// What is done to the windows beside drawing them.
#[derive(Debug)]
pub(crate) struct Windows {
    app: AppHandle,
    desktop: Arc<TauriUi>,
    engine: Handle,
    settings: SettingsStore,
    surroundings: Arc<Surroundings>,
    tasks: Tasks,
    /// A file that is there once somebody was told where the program goes.
    explained: Option<PathBuf>,
    /// The mini window comes up by itself whenever the main one goes.
    mini_wanted: AtomicBool,
    /// It came up by itself, and goes so.
    mini_by_itself: AtomicBool,
}

impl Windows {
    pub(crate) fn new(
        desktop: Arc<TauriUi>,
        app: AppHandle,
        engine: Handle,
        settings: SettingsStore,
        surroundings: Arc<Surroundings>,
        tasks: Tasks,
        explained: Option<PathBuf>,
    ) -> Self {
        let (mini_wanted, mini_by_itself) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { app, desktop, engine, settings, surroundings, tasks, explained, mini_wanted, mini_by_itself }
    }

    fn window(&self, label: &str) -> Option<WebviewWindow> {
        self.app.get_webview_window(label)
    }

    fn view(&self) -> Arc<EngineView> {
        Arc::clone(&self.engine.view().borrow())
    }

    fn in_call(&self) -> bool {
        going_on(&self.view()).is_some()
    }

    /// Somebody asked the main window to close.
    fn close_main(&self) {
        let view = self.surroundings.current();
        let now = Now {
            tray: view.tray,
            in_call: self.in_call(),
            close_to_tray: self.settings.current().close_to_tray,
            // Who closes again while being asked has answered.
            explained: view.explain_close || self.explained.as_ref().is_some_and(|file| file.exists()),
        };
        let closing = close_policy::decide(now);
        debug!(?closing, "Main window closed");
        match closing {
            Closing::Explain => self.surroundings.explain_close(true),
            Closing::Hide | Closing::Minimise => self.put_away(closing == Closing::Hide),
            Closing::Quit => self.quit(),
        }
    }

    /// Takes the main window out of sight. A call that goes on stays in sight in the mini window.
    fn put_away(&self, hide: bool) {
        self.surroundings.explain_close(false);
        let Some(main) = self.window(MAIN) else { return };
        let done = if hide { main.hide() } else { main.minimize() };
        if let Err(error) = done {
            warn!(%error, "Main window could not be put away");
        }
        // Afterwards: while the main one is seen, a small one that came by itself goes again.
        if self.in_call() {
            self.mini_by_itself.store(true, Ordering::Relaxed);
            self.open_mini();
        }
    }

    /// The answer to the question of [`Closing::Explain`].
    pub(crate) async fn answer_close(&self, keep_running: bool) {
        self.surroundings.explain_close(false);
        if let Some(file) = self.explained.clone() {
            let written = tokio::task::spawn_blocking(move || {
                file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                std::fs::write(file, [])
            });
            if !written.await.is_ok_and(|written| written.is_ok()) {
                warn!("The answer to the first close could not be kept");
            }
        }
        if keep_running {
            self.put_away(self.surroundings.current().tray);
            return;
        }
        if let Err(error) = self.settings.change(|settings| settings.close_to_tray = false).await {
            warn!(%error, "The answer to the first close could not be kept");
        }
        self.quit();
    }

    /// Ends the program; calls end with their goodbyes while no window is left to see.
    pub(crate) fn quit(&self) {
        if self.surroundings.current().full_screen {
            // Otherwise the whole screen would be kept as its size.
            self.set_full_screen(false);
        }
        for window in self.app.webview_windows().values() {
            let _ = window.hide();
        }
        self.app.exit(0);
    }

    pub(crate) fn set_full_screen(&self, on: bool) {
        let Some(main) = self.window(MAIN) else { return };
        match main.set_fullscreen(on) {
            Ok(()) => self.surroundings.full_screen(on),
            Err(error) => warn!(%error, "Full screen could not be changed"),
        }
    }

    /// The mini window, as its user wants it; it is there during calls only.
    pub(crate) fn set_mini(&self, on: bool) {
        self.mini_wanted.store(on, Ordering::Relaxed);
        self.mini_by_itself.store(false, Ordering::Relaxed);
        if on && self.in_call() {
            self.open_mini();
        } else {
            self.close_mini();
        }
    }

    /// Made once and hidden afterwards: a label whose window was destroyed is not free at once.
    fn open_mini(&self) {
        let mini = match self.window(MINI) {
            Some(mini) => Ok(mini),
            None => self.build_mini(),
        };
        // Above the others again: some window managers forget it of a window that was hidden.
        let shown = mini.and_then(|mini| mini.show().and_then(|()| mini.set_always_on_top(true)));
        match shown {
            Ok(()) => self.surroundings.mini(true),
            Err(error) => warn!(%error, "Mini window could not be opened"),
        }
    }

    fn build_mini(&self) -> tauri::Result<WebviewWindow> {
        WebviewWindowBuilder::new(&self.app, MINI, WebviewUrl::App("index.html".into()))
            .title(self.words().titles.mini)
            .inner_size(MINI_SIZE.0, MINI_SIZE.1)
            .min_inner_size(MINI_LEAST.0, MINI_LEAST.1)
            .maximizable(false)
            .always_on_top(true)
            .visible_on_all_workspaces(true)
            .skip_taskbar(true)
            .focused(false)
            .visible(false)
            .build()
    }

    fn close_mini(&self) {
        self.surroundings.mini(false);
        if let Some(mini) = self.window(MINI)
            && let Err(error) = mini.hide()
        {
            warn!(%error, "Mini window could not be closed");
        }
    }

    fn mini_shown(&self) -> bool {
        self.window(MINI).is_some_and(|mini| mini.is_visible().unwrap_or(false))
    }

    /// Opens the mini window when the main one is out of sight in a video call, if it is wanted then, and
    /// closes one that came by itself when the main one is back.
    fn look(&self) {
        let Some(main) = self.window(MAIN) else { return };
        let seen = main.is_visible().unwrap_or(true) && !main.is_minimized().unwrap_or(false);
        let by_itself = self.mini_by_itself.load(Ordering::Relaxed);
        let video = going_on(&self.view()).is_some_and(|call| call.kind == MediaKind::Video);
        // Being minimised takes the window manager a moment, in which it still counts as seen.
        if seen && by_itself && main.is_focused().unwrap_or(true) {
            self.mini_by_itself.store(false, Ordering::Relaxed);
            self.close_mini();
        } else if !seen && video && self.mini_wanted.load(Ordering::Relaxed) && !self.mini_shown() {
            self.mini_by_itself.store(true, Ordering::Relaxed);
            self.open_mini();
        }
        self.surroundings.full_screen(main.is_fullscreen().unwrap_or(false));
    }

    fn words(&self) -> &'static Words {
        Words::now(&self.settings.current())
    }

    fn dress(&self, settings: &Settings, missed: u32) {
        let theme = match settings.theme {
            Theme::System => None,
            Theme::Light => Some(tauri::Theme::Light),
            Theme::Dark | Theme::HighContrast => Some(tauri::Theme::Dark),
        };
        self.app.set_theme(theme);
        let titles = &Words::now(settings).titles;
        let main = if missed == 0 { titles.main.to_owned() } else { (titles.main_missed)(missed) };
        for (label, title) in [(MAIN, main.as_str()), ("ring", titles.ring), (MINI, titles.mini)] {
            if let Some(window) = self.window(label) {
                let _ = window.set_title(title);
            }
        }
    }
}

/// Keeps sizes and positions over restarts; `None`: there is no place for them. One on a screen that is
/// gone is put elsewhere, and what was hidden comes back by its own rules.
pub(crate) fn keep(paths: &Paths) -> Option<TauriPlugin<Wry>> {
    let file = paths.windows()?;
    // The plugin makes no folder but its own, and says nothing when it cannot write.
    if let Some(folder) = file.parent()
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        tracing::warn!(%error, "The places of windows cannot be kept");
    }
    let what = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    let plugin = tauri_plugin_window_state::Builder::new().with_state_flags(what).with_denylist(&["ring"]);
    Some(plugin.with_filename(file.to_string_lossy()).build())
}

/// Ends the program, goodbyes included, when the system asks for it at log-out.
pub(crate) async fn quit_on_signal(windows: Arc<Windows>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut end), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            return;
        };
        tokio::select! {
            _ = end.recv() => {}
            _ = hang_up.recv() => {}
        }
        windows.quit();
    }
    #[cfg(not(unix))]
    {
        let _ = windows;
    }
}

/// What a window tells the program; from the main thread.
pub(crate) fn heard(windows: &Arc<Windows>, label: &str, event: &WindowEvent) {
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            // Destroyed, the main and the answer window could not come up again.
            api.prevent_close();
            // Not here: the main thread cannot wait for a window it is to make itself.
            let windows = Arc::clone(windows);
            match label {
                MAIN => drop(tauri::async_runtime::spawn_blocking(move || windows.close_main())),
                MINI => drop(tauri::async_runtime::spawn_blocking(move || windows.set_mini(false))),
                _ => {}
            }
        }
        WindowEvent::Focused(_) | WindowEvent::Resized(_) if label == MAIN => {
            if let WindowEvent::Focused(on) = event {
                windows.surroundings.focused(*on);
            }
            let windows = Arc::clone(windows);
            windows.tasks.clone().spawn(async move {
                tokio::time::sleep(WINDOW_STATE_DELAY).await;
                windows.look();
            });
        }
        _ => {}
    }
}

/// Keeps the windows as settings, calls and tray have them, until the program ends.
pub(crate) async fn follow(windows: Arc<Windows>) {
    let mut settings = windows.settings.subscribe();
    let mut calls = windows.engine.view();
    let mut desktop = windows.surroundings.subscribe();
    let (mut in_call, mut tray) = (false, false);
    let mut dressed = None;
    loop {
        let now = settings.borrow_and_update().clone();
        let state = desktop.borrow_and_update().clone();
        let dress = (now.theme, now.language.clone(), state.missed);
        if dressed.as_ref() != Some(&dress) {
            windows.dress(&now, state.missed);
            dressed = Some(dress);
        }
        if tray && !state.tray {
            windows.out_of_tray();
        }
        tray = state.tray;
        let calling = going_on(&calls.borrow_and_update()).is_some();
        if in_call && !calling {
            windows.close_mini();
            if state.full_screen {
                windows.set_full_screen(false);
            }
        }
        in_call = calling;
        tokio::select! {
            Ok(()) = settings.changed() => {}
            Ok(()) = calls.changed() => {}
            Ok(()) = desktop.changed() => {}
            else => return,
        }
    }
}

impl Windows {
    /// The tray went away with the window in it: it has to be somewhere.
    fn out_of_tray(&self) {
        if let Some(main) = self.window(MAIN)
            && !main.is_visible().unwrap_or(true)
        {
            let _ = main.show();
            let _ = main.minimize();
        }
    }

    /// For a start out of sight: into the tray, or where there is none, down to the taskbar.
    pub(crate) async fn start_hidden(self: Arc<Self>) {
        let mut state = self.surroundings.subscribe();
        // At login the tray may come later than we.
        let _ = tokio::time::timeout(TRAY_START_LIMIT, state.wait_for(|view| view.tray)).await;
        if !self.surroundings.current().tray {
            self.out_of_tray();
        }
    }

    pub(crate) fn show_main(&self) {
        self.desktop.show_main();
    }
}
