//! The interface between the shell and the windows, as a trait: implemented for Tauri in
//! `desktop/tauri_ui.rs`, and by a recorder in tests.

use crate::events::Event;

/// What the shell can do to the windows.
pub(crate) trait Ui: Send + Sync + 'static {
    /// Shows the answer window on top without taking the focus.
    fn show_ring(&self);
    fn hide_ring(&self);
    /// Brings the main window to the front.
    fn show_main(&self);
    /// Sends an event to all windows.
    fn emit<E: Event>(&self, payload: E);
}
