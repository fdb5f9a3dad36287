//! Call history: pages of it, files and figures.

use bellwire_call::AccountId;
use bellwire_call_log::CallLog;
use bellwire_signaling::Analytics;
use tokio::sync::{oneshot, watch};

use super::Handle;
use crate::engine_loop::command::EngineCommand;
use crate::error::ListError;
use crate::history::export::ExportFormat;
use crate::view::{HistoryFilter, HistoryPage};

impl Handle {
    /// How many missed calls the user has not seen.
    pub fn missed(&self) -> watch::Receiver<u32> {
        self.missed.clone()
    }

    /// The local call log; it closes with the engine.
    pub fn log(&self) -> &CallLog {
        &self.log
    }

    /// One page of the calls of all accounts, newest first; pages count from 1.
    pub async fn history(&self, filter: HistoryFilter, page: u32) -> Result<HistoryPage, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::History { filter, page, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// The newest calls of all accounts as this device knows them, at most 500. No backend is asked: this is
    /// for what is shown before the user asks for it.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn recent(&self, limit: u32) -> Result<HistoryPage, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::Recent { limit, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// All calls the filter lets through, newest first, as a file; `docs/export.md` has its fields.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn export(&self, filter: HistoryFilter, format: ExportFormat) -> Result<Vec<u8>, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::Export { filter, format, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// Call figures that one account's backend keeps.
    ///
    /// # Errors
    /// The backend keeps none for that account, or did not say.
    pub async fn analytics(&self, account: AccountId) -> Result<Analytics, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::Analytics { account, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// One page of the history that one account's backend keeps, in its own words.
    pub async fn backend_history(&self, account: AccountId, page: u32) -> Result<HistoryPage, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::BackendHistory { account, page, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }

    /// Takes a record out of the log for good; false if there is none, or its call goes on.
    pub async fn delete_record(&self, id: i64) -> Result<bool, ListError> {
        let (reply, answer) = oneshot::channel();
        self.send(EngineCommand::DeleteRecord { id, reply }).await;
        answer.await.unwrap_or(Err(ListError::Stopped))
    }
}
