//! Commands about settings.

use tauri::State;

use crate::failure::Answer;
use crate::settings::{Settings, SettingsStore, SettingsView};

#[tauri::command]
pub(crate) fn settings(store: State<'_, SettingsStore>) -> SettingsView {
    store.view()
}

/// Takes effect at once; what is locked stays as it is.
#[tauri::command]
pub(crate) async fn set_settings(
    store: State<'_, SettingsStore>,
    settings: Settings,
) -> Answer<SettingsView> {
    store.change(move |now| *now = settings).await?;
    Ok(store.view())
}
