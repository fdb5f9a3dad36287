//! Commands for whoever helps a user.

use std::sync::Arc;

use bellwire_engine::Handle;
use tauri::State;

use crate::command_error::CommandResult;
use crate::shell_state::ShellState;
use crate::storage::credential_store::CredentialError;
use crate::storage::logs;
use crate::storage::paths::Paths;
use crate::storage::settings::SettingsStore;

/// What the program logged, without names, addresses and tokens.
#[tauri::command]
pub(crate) async fn support_text(
    engine: State<'_, Handle>,
    settings: State<'_, SettingsStore>,
    surroundings: State<'_, Arc<ShellState>>,
    paths: State<'_, Paths>,
) -> CommandResult<String> {
    let (settings, desktop, folder) = (settings.current(), surroundings.current(), paths.logs());
    let view = Arc::clone(&engine.view().borrow());
    let text = tokio::task::spawn_blocking(move || logs::support_text(folder, &settings, &desktop, &view));
    Ok(text.await.map_err(|_| CredentialError::Stopped)?)
}
