//! What the interface may ask of the windows and of the program as a whole.

use std::sync::Arc;

use bellwire_engine::AccountId;
use tauri::State;

use crate::command_error::CommandResult;
use crate::deep_link::PendingDial;
use crate::desktop::windows::Windows;
use crate::shell_state::{DesktopView, ShellState};

#[tauri::command]
pub(crate) fn desktop(surroundings: State<'_, Arc<ShellState>>) -> DesktopView {
    surroundings.current()
}

#[tauri::command]
pub(crate) fn show_main(windows: State<'_, Arc<Windows>>) {
    windows.show_main();
}

/// Ends calls with their goodbyes, then the program.
#[tauri::command]
pub(crate) fn quit(windows: State<'_, Arc<Windows>>) {
    windows.quit();
}

/// The answer to `DesktopView.explain_close`.
#[tauri::command]
pub(crate) async fn answer_close(windows: State<'_, Arc<Windows>>, keep_running: bool) -> CommandResult {
    Arc::clone(&windows).answer_close(keep_running).await;
    Ok(())
}

// Not on the main thread, where a window cannot be made from a command on Windows.
#[tauri::command]
pub(crate) async fn set_mini(windows: State<'_, Arc<Windows>>, on: bool) -> CommandResult {
    let windows = Arc::clone(&windows);
    drop(tauri::async_runtime::spawn_blocking(move || windows.set_mini(on)).await);
    Ok(())
}

#[tauri::command]
pub(crate) fn set_full_screen(windows: State<'_, Arc<Windows>>, on: bool) {
    windows.set_full_screen(on);
}

/// Paths the call that was asked for from outside.
#[tauri::command]
pub(crate) async fn confirm_call(asked: State<'_, Arc<PendingDial>>, account: AccountId) -> CommandResult {
    asked.confirm(account).await
}

#[tauri::command]
pub(crate) fn cancel_pending_call(asked: State<'_, Arc<PendingDial>>) {
    asked.cancel();
}
