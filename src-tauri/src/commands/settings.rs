//! Commands about settings.

use tauri::State;

use crate::command_error::Answer;
use crate::storage::settings::{Settings, SettingsStore, SettingsView};

#[tauri::command]
pub(crate) fn settings(store: State<'_, SettingsStore>) -> SettingsView {
    store.view()
}

#[tauri::command]
pub(crate) async fn set_settings(
    store: State<'_, SettingsStore>,
    settings: Settings,
) -> Answer<SettingsView> {
    store.change(move |now| *now = settings).await?;
    Ok(store.view())
}
