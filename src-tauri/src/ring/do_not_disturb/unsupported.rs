//! Windows and macOS: whether the system wants quiet is not known. Windows tells it only through calls that
//! need unsafe code or through undocumented state, macOS only to programs with an entitlement. Both hold
//! back notifications of their own accord while focus assist or a focus is on; the answer window and the
//! sound need Bellwire's own do-not-disturb.

use tauri::AppHandle;
use tokio::sync::watch;

use crate::tasks::Tasks;

/// Never quiet.
pub(crate) fn follow(_app: &AppHandle, _tasks: &Tasks) -> watch::Receiver<bool> {
    watch::channel(false).1
}
