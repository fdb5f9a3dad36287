//! Commands about settings.

use tauri::State;

use crate::command_error::CommandResult;
use crate::storage::settings::{Settings, SettingsStore, SettingsView};

#[tauri::command]
pub(crate) fn settings(store: State<'_, SettingsStore>) -> SettingsView {
    store.view()
}

/// Takes effect at once; what is locked stays as it is.
#[tauri::command]
pub(crate) async fn set_settings(
    store: State<'_, SettingsStore>,
    settings: Settings,
) -> CommandResult<SettingsView> {
    store.change(move |now| *now = settings).await?;
    Ok(store.view())
}
