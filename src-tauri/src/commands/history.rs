//! Commands about earlier calls, and about declining with a message.

use std::path::PathBuf;

use bellwire_engine::{
    AccountId, Analytics, CallId, ExportFormat, Handle, HistoryFilter, HistoryPage, ListError,
};
use tauri::State;

use crate::command_error::CommandResult;
use crate::storage::downloads::Downloads;

/// A page, from 1, of the calls of all accounts.
#[tauri::command]
pub(crate) async fn history(
    engine: State<'_, Handle>,
    filter: HistoryFilter,
    page: u32,
) -> CommandResult<HistoryPage> {
    Ok(engine.history(filter, page).await?)
}

/// The newest calls of all accounts as the log on this computer has them, at most 500; no backend is asked.
#[tauri::command]
pub(crate) async fn recent_calls(engine: State<'_, Handle>, limit: u32) -> CommandResult<HistoryPage> {
    Ok(engine.recent(limit).await?)
}

#[tauri::command]
pub(crate) async fn delete_record(engine: State<'_, Handle>, id: i64) -> CommandResult<bool> {
    Ok(engine.delete_record(id).await?)
}

/// Writes what the filter finds to the downloads folder; gives the file's path.
#[tauri::command]
pub(crate) async fn export_history(
    engine: State<'_, Handle>,
    downloads: State<'_, Downloads>,
    filter: HistoryFilter,
    format: ExportFormat,
) -> CommandResult<PathBuf> {
    let contents = engine.export(filter, format).await?;
    Ok(downloads.save("bellwire-calls", format.extension(), contents).await?)
}

/// Shows a file that was exported since the program started in its folder.
#[tauri::command]
pub(crate) async fn show_exported(downloads: State<'_, Downloads>, path: PathBuf) -> CommandResult {
    Ok(downloads.show(path).await?)
}

/// The user looked at the missed calls.
#[tauri::command]
pub(crate) async fn missed_seen(engine: State<'_, Handle>) -> CommandResult {
    Ok(engine.log().mark_seen(None).await.map_err(ListError::from)?)
}

#[tauri::command]
pub(crate) async fn analytics(engine: State<'_, Handle>, account: AccountId) -> CommandResult<Analytics> {
    Ok(engine.analytics(account).await?)
}

/// Declines and says why by message; only where the account has messages with that person.
#[tauri::command]
pub(crate) async fn decline_with(engine: State<'_, Handle>, call: CallId, text: String) -> CommandResult {
    Ok(engine.decline_with(call, text).await?)
}

/// Sends again, in their order, what did not get through in a thread.
#[tauri::command]
pub(crate) async fn retry_messages(
    engine: State<'_, Handle>,
    account: AccountId,
    thread: String,
) -> CommandResult {
    engine.retry_messages(account, thread).await;
    Ok(())
}
