//! Start at login: the system's autostart list and the setting are kept equal. If the user removes the program
//! from that list, the setting is switched off.

#[cfg(target_os = "linux")]
mod autostart_entry;

use std::time::Duration;

use tauri::AppHandle;
use tracing::{debug, warn};

use crate::storage::settings::SettingsStore;

/// How often the system's list is read; its changes are not signalled.
const POLL_INTERVAL: Duration = Duration::from_secs(20);

/// The systems' own lists.
#[cfg(not(target_os = "linux"))]
pub(crate) fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_autostart::Builder::new().app_name("Bellwire").arg("--hidden").build()
}

/// Keeps the two as one until the program ends.
pub(crate) async fn follow(app: AppHandle, settings: SettingsStore) {
    let mut changes = settings.subscribe();
    let locked = settings.managed().locked.iter().any(|name| name == "start_at_login");
    // The administrator's value takes precedence over the list.
    let mut wanted = changes.borrow_and_update().start_at_login;
    let mut found = is_enabled(&app).await;
    if locked && found != Some(wanted) {
        found = set_enabled(&app, wanted).await;
    }
    loop {
        if let Some(found) = found
            && found != wanted
            && !locked
        {
            debug!(found, "Start at login was changed outside");
            if let Err(error) = settings.change(move |settings| settings.start_at_login = found).await {
                warn!(%error, "Start at login could not be kept");
            }
            wanted = found;
        }
        tokio::select! {
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
                let now = changes.borrow_and_update().start_at_login;
                if now == wanted {
                    continue;
                }
                wanted = now;
                found = set_enabled(&app, wanted).await;
            }
            () = tokio::time::sleep(POLL_INTERVAL) => found = is_enabled(&app).await,
        }
    }
}

/// Whether the program is on the list; `None`: it cannot be read.
async fn is_enabled(app: &AppHandle) -> Option<bool> {
    let app = app.clone();
    match tokio::task::spawn_blocking(move || look(&app)).await {
        Ok(Ok(on)) => Some(on),
        Ok(Err(error)) => {
            debug!(error, "Start at login cannot be read");
            None
        }
        Err(_) => None,
    }
}

/// Adds the program to the list or removes it; returns the state afterwards.
async fn set_enabled(app: &AppHandle, on: bool) -> Option<bool> {
    let there = app.clone();
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || write(&there, on)).await {
        warn!(error, "Start at login could not be changed");
    }
    is_enabled(app).await
}

#[cfg(target_os = "linux")]
fn look(_app: &AppHandle) -> Result<bool, String> {
    autostart_entry::is_there().map_err(|error| error.to_string())
}

#[cfg(target_os = "linux")]
fn write(_app: &AppHandle, on: bool) -> Result<(), String> {
    autostart_entry::put(on).map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
fn look(app: &AppHandle) -> Result<bool, String> {
    use tauri_plugin_autostart::ManagerExt;
    app.autolaunch().is_enabled().map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
fn write(app: &AppHandle, on: bool) -> Result<(), String> {
    use tauri_plugin_autostart::ManagerExt;
    let system = app.autolaunch();
    if on { system.enable() } else { system.disable() }.map_err(|error| error.to_string())
}
