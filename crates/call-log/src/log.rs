//! Handle of the call log. Writing never waits; queries do.

use std::path::PathBuf;
use std::time::SystemTime;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::timestamp::millis;
use crate::writer::{PendingWrites, Query, Writer};
use crate::{Account, AccountRef, BackendCall, Counts, Filter, LocalCall, Page};

/// Queries in the queue; when full, the caller waits.
const QUERY_QUEUE_LENGTH: usize = 64;
/// Unread problems; when full, further ones are dropped.
const PROBLEM_QUEUE_LENGTH: usize = 8;

/// A problem the user is notified of, once each time it begins.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    #[error("The call log was damaged. It was kept as {} and a new one was begun", .kept_as.display())]
    Damaged { kept_as: PathBuf },
    #[error("The call log is from a newer version. It was kept as {} and a new one was begun", .kept_as.display())]
    Newer { kept_as: PathBuf },
    #[error("The call log cannot be written ({reason}). Calls go on; they will be written when it can be")]
    NotWritten { reason: String },
}

impl Problem {
    /// A stable error code; the UI has the texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "log_damaged",
            Self::Newer { .. } => "log_newer",
            Self::NotWritten { .. } => "log_not_written",
        }
    }
}

/// Why a query failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    #[error("the call log cannot be opened")]
    NotOpen,
    #[error("the call log failed")]
    Failed(#[from] sqlx::Error),
    #[error("the call log is closed")]
    Closed,
}

impl LogError {
    /// A stable error code; the UI has the texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOpen => "log_not_open",
            Self::Failed(_) => "log_failed",
            Self::Closed => "stopped",
        }
    }
}

/// A handle on the log; cheap to clone. The file is closed when the last one is dropped, after what
/// is still to be written; [`CallLog::close`] waits for that.
#[derive(Clone, Debug)]
pub struct CallLog {
    pending: PendingWrites,
    queries: mpsc::Sender<Query>,
    revision: watch::Receiver<u64>,
}

impl CallLog {
    /// Starts the log on the current tokio runtime, in `file` or in memory. Never fails: what stands
    /// in the way is a problem, and the file is tried again until it can be used.
    pub fn start(file: Option<PathBuf>) -> (Self, mpsc::Receiver<Problem>) {
        let pending = PendingWrites::default();
        let (queries, queries_in) = mpsc::channel(QUERY_QUEUE_LENGTH);
        let (problems, problems_out) = mpsc::channel(PROBLEM_QUEUE_LENGTH);
        let writer = Writer::new(file, pending.clone(), problems);
        let revision = writer.revision();
        tokio::spawn(async move { writer.run(queries_in).await });
        (Self { pending, queries, revision }, problems_out)
    }

    /// Counts the changes of the records: when it moves, what was listed is to be listed anew.
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.clone()
    }

    /// Takes what is known of calls. Until the disk has it, a later report of a call replaces an earlier.
    pub fn write(&self, calls: impl IntoIterator<Item = LocalCall>) {
        self.pending.add(calls);
    }

    /// Takes in a page of a backend's history; says how many records are new.
    ///
    /// # Errors
    /// The log cannot be read or written. The other queries fail for the same reasons.
    pub async fn merge(
        &self,
        account: Account,
        calls: Vec<BackendCall>,
        now: SystemTime,
    ) -> Result<u32, LogError> {
        self.ask(|reply| Query::Merge { account, calls, now_ms: millis(now), reply }).await
    }

    /// Newest first; at most 500 a page.
    pub async fn list(&self, filter: Filter, skip: u32, limit: u32) -> Result<Page, LogError> {
        self.ask(|reply| Query::List { filter, skip, limit, reply }).await
    }

    /// How many records the filter lets through.
    pub async fn counts(&self, filter: Filter) -> Result<Counts, LogError> {
        self.ask(|reply| Query::Counts { filter, reply }).await
    }

    /// The user looked at one missed call, or (`None`) at all.
    pub async fn mark_seen(&self, id: Option<i64>) -> Result<(), LogError> {
        self.ask(|reply| Query::MarkSeen { id, reply }).await
    }

    /// Takes a record out for good; false if there is none, or its call goes on.
    pub async fn delete(&self, id: i64) -> Result<bool, LogError> {
        self.ask(|reply| Query::Delete { id, reply }).await
    }

    /// Takes out all records of an account (`None`: of all) but those of calls that go on; says how many.
    pub async fn clear(&self, account: Option<AccountRef>, now: SystemTime) -> Result<u32, LogError> {
        self.ask(|reply| Query::Clear { account, now_ms: millis(now), reply }).await
    }

    /// Writes what is waiting, as far as that is possible, and closes the file.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queries.send(Query::Close { done }).await.is_ok() {
            let _ = closed.await;
        }
    }

    async fn ask<T>(
        &self,
        query: impl FnOnce(oneshot::Sender<Result<T, LogError>>) -> Query,
    ) -> Result<T, LogError> {
        let (reply, answer) = oneshot::channel();
        self.queries.send(query(reply)).await.map_err(|_| LogError::Closed)?;
        answer.await.map_err(|_| LogError::Closed)?
    }
}
