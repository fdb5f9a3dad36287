//! The call history of all accounts: the phone's calls are logged as they happen, those of the backends are
//! fetched when the history is shown.

mod backend_fetch;
pub(crate) mod export;
mod missed_count;
mod query;
pub(crate) mod source;

use std::path::PathBuf;
use std::time::SystemTime;

use bellwire_call::{AccountId, PhoneView};
use bellwire_call_log::{CallLog, Problem, Recorder};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::error::ListError;
use crate::history::backend_fetch::RecentFetches;
use crate::history::export::ExportFormat;
use crate::history::source::Source;
use crate::task_set::TaskSet;
use crate::view::{HistoryFilter, HistoryPage};

#[derive(Debug)]
pub(crate) struct History {
    log: CallLog,
    problems: mpsc::Receiver<Problem>,
    recorder: Recorder,
    fetches: RecentFetches,
    missed: watch::Receiver<u32>,
    tasks: TaskSet,
}

impl History {
    /// The log in that file, or in memory. `token`: that of the engine.
    pub(crate) fn start(file: Option<PathBuf>, token: &CancellationToken) -> Self {
        let (log, problems) = CallLog::start(file);
        let (missed_tx, missed) = watch::channel(0);
        let tasks = TaskSet::default();
        tasks.spawn(missed_count::count_missed(log.clone(), missed_tx, token.clone()));
        Self { log, problems, recorder: Recorder::new(), fetches: RecentFetches::default(), missed, tasks }
    }

    pub(crate) fn add_account(&mut self, id: AccountId, account: bellwire_call_log::Account) {
        self.recorder.account(id, account);
    }

    /// Logs what is new in the phone's view.
    pub(crate) fn record(&mut self, view: &PhoneView) {
        let changes = self.recorder.note(view, SystemTime::now());
        if !changes.is_empty() {
            self.log.write(changes);
        }
    }

    pub(crate) fn log(&self) -> CallLog {
        self.log.clone()
    }

    /// How many missed calls the user has not seen.
    pub(crate) fn missed(&self) -> watch::Receiver<u32> {
        self.missed.clone()
    }

    /// Waits for the next problem of the log.
    pub(crate) async fn next_problem(&mut self) -> Problem {
        match self.problems.recv().await {
            Some(problem) => problem,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn page(
        &self,
        sources: Vec<Source>,
        (filter, page): (HistoryFilter, u32),
        reply: oneshot::Sender<Result<HistoryPage, ListError>>,
    ) {
        self.answer(reply, query::page((self.log(), self.fetches.clone()), sources, filter, page));
    }

    pub(crate) fn recent(
        &self,
        sources: Vec<Source>,
        limit: u32,
        reply: oneshot::Sender<Result<HistoryPage, ListError>>,
    ) {
        self.answer(reply, query::recent(self.log(), sources, limit));
    }

    pub(crate) fn export(
        &self,
        sources: Vec<Source>,
        (filter, format): (HistoryFilter, ExportFormat),
        reply: oneshot::Sender<Result<Vec<u8>, ListError>>,
    ) {
        self.answer(reply, query::export((self.log(), self.fetches.clone()), sources, filter, format));
    }

    pub(crate) fn delete(&self, id: i64, reply: oneshot::Sender<Result<bool, ListError>>) {
        let log = self.log();
        self.answer(reply, async move { Ok(log.delete(id).await?) });
    }

    /// Ends queries that are running, and closes the log.
    pub(crate) async fn close(&self) {
        self.tasks.close().await;
        self.log.close().await;
    }

    fn answer<T: Send + 'static>(
        &self,
        reply: oneshot::Sender<Result<T, ListError>>,
        result: impl Future<Output = Result<T, ListError>> + Send + 'static,
    ) {
        self.tasks.spawn(async move { drop(reply.send(result.await)) });
    }
}
