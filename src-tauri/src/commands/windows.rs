//! What the interface may ask of the windows and of the program as a whole.

use std::sync::Arc;

use bellwire_engine::AccountId;
use tauri::State;

use crate::command_error::Answer;
use crate::deep_link::Asked;
use crate::desktop::windows::Windows;
use crate::shell_state::{DesktopView, Surroundings};

#[tauri::command]
pub(crate) fn desktop(surroundings: State<'_, Arc<Surroundings>>) -> DesktopView {
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

#[tauri::command]
pub(crate) async fn answer_close(windows: State<'_, Arc<Windows>>, keep_running: bool) -> Answer {
    windows.answer_close(keep_running).await;
    Ok(())
}

// Not on the main thread, where a window cannot be made from a command on Windows.
#[tauri::command(async)]
pub(crate) fn set_mini(windows: State<'_, Arc<Windows>>, on: bool) {
    windows.set_mini(on);
}

#[tauri::command]
pub(crate) fn set_full_screen(windows: State<'_, Arc<Windows>>, on: bool) {
    windows.set_full_screen(on);
}

/// Paths the call that was asked for from outside.
#[tauri::command]
pub(crate) async fn confirm_call(asked: State<'_, Arc<Asked>>, account: AccountId) -> Answer {
    asked.confirm(account).await
}

#[tauri::command]
pub(crate) fn cancel_pending_call(asked: State<'_, Arc<Asked>>) {
    asked.cancel();
}
