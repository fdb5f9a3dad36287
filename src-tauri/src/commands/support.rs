//! Commands for whoever helps a user.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::State;

use crate::command_error::Answer;
use crate::shell_state::Surroundings;
use crate::storage::credential_store::VaultError;
use crate::storage::logs;
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;

/// What the program logged, without names, addresses and tokens.
#[tauri::command]
pub(crate) async fn support_text(
    engine: State<'_, Handle>,
    settings: State<'_, SettingsStore>,
    surroundings: State<'_, Arc<Surroundings>>,
    paths: State<'_, Paths>,
) -> Answer<String> {
    let (settings, desktop, folder) = (settings.current(), surroundings.current(), paths.logs());
    let view = Arc::clone(&engine.view().borrow());
    let text = tokio::task::spawn_blocking(move || logs::support_text(folder, &settings, &desktop, &view));
    Ok(text.await.map_err(|_| VaultError::Stopped)?)
}
