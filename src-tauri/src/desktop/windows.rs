//! Window management of the main and the mini window: closing, hiding, full screen, titles and theme. The
//! answer window is `ring/answer_window`.

mod close_policy;
mod mini;
mod mini_policy;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwire_engine::{EngineView, Handle};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, WebviewWindow, WindowEvent, Wry};
use tauri_plugin_window_state::StateFlags;
use tracing::{debug, warn};

use crate::desktop::tauri_ui::TauriUi;
use crate::dial_targets::active_call;
use crate::i18n::Strings;
use crate::shell_state::ShellState;
use crate::storage::paths::Paths;
use crate::storage::settings::{Settings, SettingsStore, Theme};
use crate::tasks::Tasks;
use crate::ui::Ui;
use close_policy::{CloseAction, CloseContext};
use mini::Mini;

pub(crate) const MAIN: &str = "main";
pub(crate) const MINI: &str = "mini";

/// How long a hidden start waits for a tray.
const TRAY_START_LIMIT: Duration = Duration::from_secs(15);
/// How often it is looked whether the main window is back: not every window manager gives it the keyboard then, or
/// another event.
const MAIN_BACK_INTERVAL: Duration = Duration::from_millis(500);
/// The state of a window follows that long after the event that announces it.
const WINDOW_STATE_DELAY: Duration = Duration::from_millis(200);

/// The main and the mini window.
#[derive(Debug)]
pub(crate) struct Windows {
    app: AppHandle,
    ui: Arc<TauriUi>,
    engine: Handle,
    settings: SettingsStore,
    shell_state: Arc<ShellState>,
    tasks: Tasks,
    /// A file that exists once the user has seen the explanation of closing to the tray.
    explained: Option<PathBuf>,
    mini: Mutex<Mini>,
}

impl Windows {
    pub(crate) fn new(
        ui: Arc<TauriUi>,
        app: AppHandle,
        engine: Handle,
        settings: SettingsStore,
        shell_state: Arc<ShellState>,
        tasks: Tasks,
        explained: Option<PathBuf>,
    ) -> Self {
        Self { app, ui, engine, settings, shell_state, tasks, explained, mini: Mutex::default() }
    }

    fn window(&self, label: &str) -> Option<WebviewWindow> {
        self.app.get_webview_window(label)
    }

    fn view(&self) -> Arc<EngineView> {
        Arc::clone(&self.engine.view().borrow())
    }

    fn in_call(&self) -> bool {
        active_call(&self.view()).is_some()
    }

    /// The user closed the main window.
    fn close_main(&self) {
        let view = self.shell_state.current();
        let now = CloseContext {
            tray: view.tray,
            in_call: self.in_call(),
            close_to_tray: self.settings.current().close_to_tray,
            // Closing again during the explanation counts as having read it.
            explained: view.explain_close || self.explained.as_ref().is_some_and(|file| file.exists()),
        };
        let action = close_policy::decide(now);
        debug!(?action, "Main window closed");
        match action {
            CloseAction::Explain => self.shell_state.explain_close(true),
            CloseAction::Hide | CloseAction::Minimise => self.put_away(action == CloseAction::Hide),
            CloseAction::Quit => self.quit(),
        }
    }

    /// Hides or minimises the main window. An active call stays visible in the mini window.
    fn put_away(&self, hide: bool) {
        self.shell_state.explain_close(false);
        let Some(main) = self.window(MAIN) else { return };
        self.change_to_mini(|| if hide { main.hide() } else { main.minimize() });
    }

    /// The user's answer to [`CloseAction::Explain`].
    pub(crate) async fn answer_close(self: Arc<Self>, keep_running: bool) {
        self.shell_state.explain_close(false);
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
            let tray = self.shell_state.current().tray;
            drop(tauri::async_runtime::spawn_blocking(move || self.put_away(tray)).await);
            return;
        }
        if let Err(error) = self.settings.change(|settings| settings.close_to_tray = false).await {
            warn!(%error, "The answer to the first close could not be kept");
        }
        self.quit();
    }

    /// Quits; calls are ended properly after the windows are hidden.
    pub(crate) fn quit(&self) {
        if self.shell_state.current().full_screen {
            // Otherwise the full-screen size would be stored.
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
            Ok(()) => self.shell_state.full_screen(on),
            Err(error) => warn!(%error, "Full screen could not be changed"),
        }
    }

    fn strings(&self) -> &'static Strings {
        Strings::now(&self.settings.current())
    }

    fn apply_appearance(&self, settings: &Settings, missed: u32) {
        let theme = match settings.theme {
            Theme::System => None,
            Theme::Light => Some(tauri::Theme::Light),
            Theme::Dark | Theme::HighContrast => Some(tauri::Theme::Dark),
        };
        self.app.set_theme(theme);
        let titles = &Strings::now(settings).titles;
        let main = if missed == 0 { titles.main.to_owned() } else { (titles.main_missed)(missed) };
        for (label, title) in [(MAIN, main.as_str()), ("ring", titles.ring), (MINI, titles.mini)] {
            if let Some(window) = self.window(label) {
                let _ = window.set_title(title);
            }
        }
    }
}

/// The plugin that restores sizes and positions; `None`: there is no folder for them. A window on a screen that
/// is gone is moved, and visibility is not restored.
pub(crate) fn state_plugin(paths: &Paths) -> Option<TauriPlugin<Wry>> {
    let file = paths.windows()?;
    // The plugin creates only its own folder, and does not report write errors.
    if let Some(folder) = file.parent()
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        tracing::warn!(%error, "The places of windows cannot be kept");
    }
    let what = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    let plugin = tauri_plugin_window_state::Builder::new().with_state_flags(what).with_denylist(&["ring"]);
    Some(plugin.with_filename(file.to_string_lossy()).build())
}

/// Quits properly when the system asks for it at log-out.
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

/// Handles events of the windows; on the main thread.
pub(crate) fn on_window_event(windows: &Arc<Windows>, label: &str, event: &WindowEvent) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "events of every kind of window")]
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            // A destroyed window could not be shown again.
            api.prevent_close();
            // Not here: the main thread cannot wait for a window that it has to create itself.
            let windows = Arc::clone(windows);
            match label {
                MAIN => drop(tauri::async_runtime::spawn_blocking(move || windows.close_main())),
                MINI => drop(tauri::async_runtime::spawn_blocking(move || windows.set_mini(false))),
                _ => {}
            }
        }
        WindowEvent::Focused(_) | WindowEvent::Resized(_) if label == MAIN => {
            if let WindowEvent::Focused(on) = event {
                windows.shell_state.focused(*on);
            }
            let windows = Arc::clone(windows);
            windows.tasks.clone().spawn(async move {
                tokio::time::sleep(WINDOW_STATE_DELAY).await;
                // It waits for the main thread, which at quit answers no more: two such tasks would stop every
                // worker of a machine with two cores, and with them the time limits of the shutdown.
                drop(tauri::async_runtime::spawn_blocking(move || windows.update_mini()));
            });
        }
        _ => {}
    }
}

/// Keeps the windows in line with settings, calls and tray.
pub(crate) async fn follow(windows: Arc<Windows>) {
    let mut settings = windows.settings.subscribe();
    let mut calls = windows.engine.view();
    let mut desktop = windows.shell_state.subscribe();
    let (mut in_call, mut tray) = (false, false);
    let mut applied = None;
    let mut looks = tokio::time::interval(MAIN_BACK_INTERVAL);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let now = settings.borrow_and_update().clone();
        let state = desktop.borrow_and_update().clone();
        let appearance = (now.theme, now.language.clone(), state.missed);
        if applied.as_ref() != Some(&appearance) {
            windows.apply_appearance(&now, state.missed);
            applied = Some(appearance);
        }
        if tray && !state.tray {
            windows.leave_tray();
        }
        tray = state.tray;
        let calling = active_call(&calls.borrow_and_update()).is_some();
        if in_call && !calling {
            let ended = Arc::clone(&windows);
            drop(tauri::async_runtime::spawn_blocking(move || ended.end_mini()));
            if state.full_screen {
                windows.set_full_screen(false);
            }
        }
        in_call = calling;
        tokio::select! {
            Ok(()) = settings.changed() => {}
            Ok(()) = calls.changed() => {}
            Ok(()) = desktop.changed() => {}
            _ = looks.tick(), if windows.mini_is_automatic() => {
                let windows = Arc::clone(&windows);
                // Each waits for the main thread: one at a time.
                drop(tauri::async_runtime::spawn_blocking(move || windows.update_mini()).await);
            }
            else => return,
        }
    }
}

impl Windows {
    /// The tray is gone: a hidden main window goes to the taskbar.
    fn leave_tray(&self) {
        let Some(main) = self.window(MAIN) else { return };
        // Asking for its state would block this worker until the main thread answers.
        let left = self.app.run_on_main_thread(move || {
            if !main.is_visible().unwrap_or(true) {
                let _ = main.show();
                let _ = main.minimize();
            }
        });
        if let Err(error) = left {
            warn!(%error, "The window could not go to the taskbar");
        }
    }

    /// For a hidden start: into the tray, or without a tray to the taskbar.
    pub(crate) async fn start_hidden(self: Arc<Self>) {
        let mut state = self.shell_state.subscribe();
        // At login the tray may start later than this program.
        let _ = tokio::time::timeout(TRAY_START_LIMIT, state.wait_for(|view| view.tray)).await;
        if !self.shell_state.current().tray {
            self.leave_tray();
        }
    }

    pub(crate) fn show_main(&self) {
        self.ui.show_main();
    }
}
