//! The running engine: starts the event loop and ends it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::handle::Handle;
use crate::config::{EngineConfig, Screens};
use crate::engine_loop::EngineLoop;
use crate::notice::Notice;

/// Commands that wait for the loop; when full, the sender waits.
const COMMAND_QUEUE_LEN: usize = 64;
/// Notices that wait for a reader; when full, further ones are dropped.
const NOTICE_QUEUE_LEN: usize = 64;

/// A running engine; `stop` ends it, and dropping it does so without waiting.
#[derive(Debug)]
pub struct Engine {
    pub handle: Handle,
    task: Option<JoinHandle<()>>,
    token: CancellationToken,
}

impl Engine {
    /// Starts the loop on the current tokio runtime. At most 64 notices wait to be read; further ones are
    /// dropped.
    pub fn start(config: EngineConfig, screens: Screens) -> (Engine, mpsc::Receiver<Notice>) {
        let (commands, commands_rx) = mpsc::channel(COMMAND_QUEUE_LEN);
        let (notices, notices_rx) = mpsc::channel(NOTICE_QUEUE_LEN);
        let token = CancellationToken::new();
        let engine_loop = EngineLoop::new(config, screens, notices, token.clone());
        let handle = Handle {
            commands,
            view: engine_loop.view.subscribe(),
            stats: engine_loop.calls.stats.subscribe(),
            levels: engine_loop.calls.levels.subscribe(),
            devices: engine_loop.devices.list.subscribe(),
            missed: engine_loop.history.missed(),
            stored_sessions: engine_loop.accounts.stored_sessions.subscribe(),
            log: engine_loop.history.log(),
            photos: Arc::default(),
        };
        let task = tokio::spawn(engine_loop.run(commands_rx));
        (Engine { handle, task: Some(task), token }, notices_rx)
    }

    /// Ends every call and account and waits until all is closed.
    pub async fn stop(mut self) {
        self.token.cancel();
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.token.cancel();
    }
}
