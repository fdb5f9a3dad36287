//! The badge on the launcher, dock or taskbar icon: the number of missed calls and unread messages.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::AppHandle;

use crate::ring::messages;
use crate::shell_state::ShellState;

/// Name of the installed desktop file, without its ending.
#[cfg(target_os = "linux")]
pub(crate) const DESKTOP_FILE: &str = "Bellwire";

/// Keeps the number up to date.
pub(crate) async fn follow(app: AppHandle, engine: Handle, shell_state: Arc<ShellState>) {
    let mut state = shell_state.subscribe();
    let mut view = engine.view();
    let mut badge = Badge::new(app).await;
    let mut told = 0;
    loop {
        let missed = state.borrow_and_update().missed;
        let waiting = missed.saturating_add(messages::unread(&view.borrow_and_update()));
        if waiting != told {
            told = waiting;
            badge.show(waiting).await;
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            changed = view.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(target_os = "linux")]
use linux::Badge;
#[cfg(not(target_os = "linux"))]
use other::Badge;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use tauri::AppHandle;
    use tracing::debug;
    use zbus::Connection;
    use zbus::zvariant::Value;

    use super::DESKTOP_FILE;

    /// The launcher entry signal (Unity's, also used by KDE, Dash to Dock and others).
    pub(super) struct Badge {
        bus: Option<Connection>,
    }

    impl Badge {
        #[allow(clippy::needless_pass_by_value, reason = "as on the other systems")]
        pub(super) async fn new(_app: AppHandle) -> Self {
            Self { bus: Connection::session().await.ok() }
        }

        pub(super) async fn show(&mut self, count: u32) {
            let Some(bus) = &self.bus else { return };
            let uri = format!("application://{DESKTOP_FILE}.desktop");
            let shown = HashMap::from([
                ("count", Value::from(i64::from(count))),
                ("count-visible", Value::from(count > 0)),
                ("urgent", Value::from(count > 0)),
            ]);
            let path = "/com/canonical/unity/launcherentry/1";
            let body = &(uri, shown);
            let sent =
                bus.emit_signal(None::<&str>, path, "com.canonical.Unity.LauncherEntry", "Update", body);
            if let Err(error) = sent.await {
                debug!(%error, "Launcher could not be told");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use tauri::{AppHandle, Manager};
    use tracing::debug;

    use crate::desktop::windows::MAIN;

    /// The dock's number on macOS, a dot on the taskbar's button on Windows.
    pub(super) struct Badge {
        app: AppHandle,
    }

    impl Badge {
        #[allow(clippy::unused_async, reason = "as on Linux")]
        pub(super) async fn new(app: AppHandle) -> Self {
            Self { app }
        }

        #[allow(clippy::unused_async, reason = "as on Linux")]
        pub(super) async fn show(&mut self, count: u32) {
            let Some(main) = self.app.get_webview_window(MAIN) else { return };
            #[cfg(target_os = "windows")]
            let shown = {
                let dot = include_bytes!("../../../icons/tray/missed-16.png");
                let dot = (count > 0).then(|| tauri::image::Image::from_bytes(dot)).transpose();
                dot.and_then(|dot| main.set_overlay_icon(dot))
            };
            #[cfg(not(target_os = "windows"))]
            let shown = main.set_badge_count((count > 0).then_some(i64::from(count)));
            if let Err(error) = shown {
                debug!(%error, "No badge");
            }
        }
    }
}
