//! Commands for whoever helps a user.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::State;

use crate::failure::Answer;
use crate::logs;
use crate::places::Places;
use crate::settings::SettingsStore;
use crate::surroundings::Surroundings;
use crate::vault::VaultError;

/// What the program logged, without names, addresses and tokens.
#[tauri::command]
pub(crate) async fn support_text(
    engine: State<'_, Handle>,
    settings: State<'_, SettingsStore>,
    surroundings: State<'_, Arc<Surroundings>>,
    places: State<'_, Places>,
) -> Answer<String> {
    let (settings, desktop, folder) = (settings.current(), surroundings.current(), places.logs());
    let view = Arc::clone(&engine.view().borrow());
    let text = tokio::task::spawn_blocking(move || logs::support_text(folder, &settings, &desktop, &view));
    Ok(text.await.map_err(|_| VaultError::Stopped)?)
}
