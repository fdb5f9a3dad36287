//! What the interface may ask of the windows and of the program as a whole.

use std::sync::Arc;

use tauri::{AppHandle, State};

use crate::desktop::{Desktop, TauriDesktop};
use crate::surroundings::{DesktopView, Surroundings};

#[tauri::command]
pub(crate) fn desktop(surroundings: State<'_, Arc<Surroundings>>) -> DesktopView {
    surroundings.current()
}

#[tauri::command]
pub(crate) fn show_main(desktop: State<'_, Arc<TauriDesktop>>) {
    desktop.show_main();
}

/// Ends calls with their goodbyes, then the program.
#[tauri::command]
pub(crate) fn quit(app: AppHandle) {
    app.exit(0);
}
