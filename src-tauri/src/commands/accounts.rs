//! Commands about accounts: finding a server, signing in and out.

use bellwire_engine::{AccountId, Entry, Handle, OfferedInfo, SignIn, Typed, Where};
use serde::Serialize;
use tauri::State;

use crate::command_error::{Coded, CommandResult};
use crate::shell_state::SecretPlace;
use crate::storage::credential_store::Credentials;
use crate::storage::settings::SettingsStore;

/// The administrator allows other servers only.
#[derive(Debug, thiserror::Error)]
#[error("this server is not allowed on this computer")]
pub(crate) struct NotAllowed;

impl Coded for NotAllowed {
    fn code(&self) -> &'static str {
        "not_allowed"
    }
}

#[tauri::command]
pub(crate) async fn sign_in(
    engine: State<'_, Handle>,
    settings: State<'_, SettingsStore>,
    request: SignIn,
) -> CommandResult<AccountId> {
    // A path below the server is no other server.
    let elsewhere = request.login_path.as_deref().filter(|place| place.contains("://"));
    let bases = [request.rest_base.as_deref(), request.socket_base.as_deref(), elsewhere];
    if !settings.managed().allows(&request.server, &bases) {
        return Err(NotAllowed.into());
    }
    Ok(engine.sign_in(request).await?)
}

/// What was typed to sign in to that account, but for the password.
#[tauri::command]
pub(crate) fn typed(engine: State<'_, Handle>, account: AccountId) -> Option<Typed> {
    engine.typed(account)
}

#[tauri::command]
pub(crate) async fn unlock_secrets(secrets: State<'_, Credentials>, passphrase: String) -> CommandResult {
    Ok(secrets.unlock(passphrase).await?)
}

/// Keeps tokens there from now on; the passphrase is for `file`.
#[tauri::command]
pub(crate) async fn use_secrets(
    secrets: State<'_, Credentials>,
    store: SecretPlace,
    passphrase: Option<String>,
) -> CommandResult {
    Ok(secrets.use_place(store, passphrase).await?)
}

/// Tries the kept accounts that did not come back once more.
#[tauri::command]
pub(crate) async fn restore(secrets: State<'_, Credentials>) -> CommandResult {
    Ok(secrets.restore().await?)
}

#[tauri::command]
pub(crate) async fn sign_out(engine: State<'_, Handle>, account: AccountId) -> CommandResult {
    engine.sign_out(account).await;
    Ok(())
}

/// Every backend the program speaks to.
#[tauri::command]
pub(crate) fn dialects() -> &'static [Entry] {
    bellwire_engine::dialects()
}

/// Asks a server which backends it has; fails if nothing answers there or it does not say.
#[tauri::command]
pub(crate) async fn discover(
    settings: State<'_, SettingsStore>,
    request: Where,
) -> CommandResult<Discovered> {
    if !settings.managed().allows(&request.server, &[]) {
        return Err(NotAllowed.into());
    }
    let offered = bellwire_engine::discover(&request).await?;
    Ok(Discovered { offered })
}

/// Answer of [`discover`].
#[derive(Debug, Serialize)]
pub(crate) struct Discovered {
    pub(crate) offered: Vec<OfferedInfo>,
}
