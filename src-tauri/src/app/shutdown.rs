//! The running application, and its shutdown in order: calls first, then stored accounts, then the other tasks.

use std::sync::Arc;
use std::time::Duration;

use bellwire_engine::Engine;
use tauri::async_runtime::{JoinHandle, block_on};
use tracing::warn;

use crate::desktop::windows::Windows;
use crate::tasks::Tasks;

/// How long calls may take to end at quit.
const ENGINE_STOP_LIMIT: Duration = Duration::from_secs(5);
/// How long storing the accounts may take after the calls have ended.
const ACCOUNTS_STORE_LIMIT: Duration = Duration::from_secs(5);
/// How long the other tasks may take afterwards, of which notifications need the longest.
const TASKS_END_LIMIT: Duration = Duration::from_secs(2);

pub(super) struct Running {
    pub(super) windows: Arc<Windows>,
    pub(super) tasks: Tasks,
    /// `None` once it has been stopped.
    pub(super) engine: Option<Engine>,
    /// Stores accounts; it ends after the engine.
    pub(super) persister: Option<JoinHandle<()>>,
    #[cfg(target_os = "macos")]
    pub(super) links: tokio::sync::watch::Sender<Option<bellwire_engine::Link>>,
    #[cfg(target_os = "macos")]
    pub(super) ui: Arc<crate::desktop::tauri_ui::TauriUi>,
}

impl Running {
    /// On the main thread, after the windows are gone.
    pub(super) fn stop(&mut self) {
        self.tasks.cancel();
        if let Some(engine) = self.engine.take() {
            let stopped = async { tokio::time::timeout(ENGINE_STOP_LIMIT, engine.stop()).await };
            if block_on(stopped).is_err() {
                warn!("The engine did not stop in time");
            }
        }
        if let Some(persister) = self.persister.take() {
            let stored = async { tokio::time::timeout(ACCOUNTS_STORE_LIMIT, persister).await };
            if block_on(stored).is_err() {
                warn!("The accounts were not stored in time");
            }
        }
        block_on(self.tasks.ended(TASKS_END_LIMIT));
    }
}
