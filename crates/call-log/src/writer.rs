//! Writer task that owns the file: it writes pending calls, then answers queries. A file that cannot be used
//! is tried again; meanwhile the newest report of each call is kept.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};
use tracing::{debug, warn};

use crate::store::{OpenError, Store, Unreadable, is_usable_after};
use crate::{Account, AccountRef, BackendCall, Counts, Filter, LocalCall, LogError, Page, Problem};

/// Calls that wait for the disk; when full, the oldest ended one is dropped.
const MAX_PENDING_CALLS: usize = 1024;
/// Delay before a failed file is tried again.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// One query; its result goes to `reply`.
#[derive(Debug)]
pub(crate) enum Query {
    Merge { account: Account, calls: Vec<BackendCall>, now_ms: i64, reply: QueryReply<u32> },
    List { filter: Filter, skip: u32, limit: u32, reply: QueryReply<Page> },
    Counts { filter: Filter, reply: QueryReply<Counts> },
    MarkSeen { id: Option<i64>, reply: QueryReply<()> },
    Delete { id: i64, reply: QueryReply<bool> },
    Clear { account: Option<AccountRef>, now_ms: i64, reply: QueryReply<u32> },
    Close { done: oneshot::Sender<()> },
}

type QueryReply<T> = oneshot::Sender<Result<T, LogError>>;

/// The newest report of each call, in the order of their first reports.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingWrites {
    calls: Arc<Mutex<VecDeque<LocalCall>>>,
    more: Arc<Notify>,
}

impl PendingWrites {
    pub(crate) fn add(&self, calls_to_write: impl IntoIterator<Item = LocalCall>) {
        let mut calls = self.lock();
        for call in calls_to_write {
            if let Some(known) = calls.iter_mut().find(|known| known.uid == call.uid) {
                *known = call;
                continue;
            }
            if calls.len() >= MAX_PENDING_CALLS {
                let over = calls.iter().position(|call| !call.is_live()).unwrap_or(0);
                calls.remove(over);
                warn!("A call was not logged: the call log cannot be written");
            }
            calls.push_back(call);
        }
        drop(calls);
        self.more.notify_one();
    }

    fn all(&self) -> Vec<LocalCall> {
        self.lock().iter().cloned().collect()
    }

    /// Takes out what was written, unless something newer has come since.
    fn written(&self, done: &[LocalCall]) {
        self.lock().retain(|call| !done.contains(call));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<LocalCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(crate) struct Writer {
    file: Option<PathBuf>,
    pending: PendingWrites,
    problems: mpsc::Sender<Problem>,
    store: Option<Store>,
    /// The file was open before in this run: the calls it says are live may be ours.
    opened: bool,
    revision: watch::Sender<u64>,
    /// The user was notified that nothing can be written.
    reported: bool,
}

impl Writer {
    pub(crate) fn new(
        file: Option<PathBuf>,
        pending: PendingWrites,
        problems: mpsc::Sender<Problem>,
    ) -> Self {
        let revision = watch::Sender::new(0);
        Self { file, pending, problems, store: None, opened: false, revision, reported: false }
    }

    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    pub(crate) async fn run(mut self, mut queries: mpsc::Receiver<Query>) {
        self.open().await;
        let more = self.pending.more.clone();
        let done = loop {
            let due = !self.flush().await;
            tokio::select! {
                query = queries.recv() => match query {
                    None => break None,
                    Some(Query::Close { done }) => break Some(done),
                    Some(query) => {
                        self.flush().await;
                        self.handle_query(query).await;
                    }
                },
                () = more.notified(), if !due => {}
                () = tokio::time::sleep(RETRY_DELAY), if due => {}
            }
        };
        self.flush().await;
        if let Some(store) = self.store.take()
            && let Err(error) = store.close().await
        {
            debug!(%error, "Call log not closed well");
        }
        if let Some(done) = done {
            let _ = done.send(());
        }
    }

    async fn open(&mut self) {
        let file = self.file.as_deref();
        let opened = if self.opened { Store::open_again(file).await } else { Store::open(file).await };
        match opened {
            Ok(opened) => {
                self.opened = true;
                if let Some(aside) = opened.aside {
                    let kept_as = aside.to;
                    self.tell(match aside.why {
                        Unreadable::Damaged => Problem::Damaged { kept_as },
                        Unreadable::Newer => Problem::Newer { kept_as },
                    });
                }
                self.store = Some(opened.store);
            }
            Err(error) => self.failed(&describe(&error)),
        }
    }

    /// Writes what waits; false if that has to be tried again.
    async fn flush(&mut self) -> bool {
        if self.store.is_none() {
            self.open().await;
        }
        let calls = self.pending.all();
        let Some(store) = &mut self.store else { return false };
        if calls.is_empty() {
            return true;
        }
        match store.write(&calls).await {
            Ok(()) => {
                self.pending.written(&calls);
                self.reported = false;
                self.changed();
                true
            }
            Err(error) => {
                self.failed(&error.to_string());
                if !is_usable_after(&error) {
                    self.let_go().await;
                }
                false
            }
        }
    }

    /// After most failures the file is opened anew: SQLite rolls a transaction back by itself on a full disk or
    /// an I/O error (<https://sqlite.org/lang_transaction.html>, 3), which the connection does not notice, and
    /// every later write fails. A damaged file is moved aside by that. One in memory would be lost.
    async fn let_go(&mut self) {
        if self.file.is_some()
            && let Some(store) = self.store.take()
        {
            let _ = store.close().await;
        }
    }

    async fn handle_query(&mut self, query: Query) {
        let Some(store) = &mut self.store else { return refuse(query) };
        let before = store.changes().await;
        let usable = match query {
            Query::Merge { account, calls, now_ms, reply } => {
                answer(reply, store.merge(&account, &calls, now_ms).await)
            }
            Query::List { filter, skip, limit, reply } => {
                answer(reply, store.list(&filter, skip, limit).await)
            }
            Query::Counts { filter, reply } => answer(reply, store.counts(&filter).await),
            Query::MarkSeen { id, reply } => answer(reply, store.mark_seen(id).await),
            Query::Delete { id, reply } => answer(reply, store.delete(id).await),
            Query::Clear { account, now_ms, reply } => {
                answer(reply, store.clear(account.as_ref(), now_ms).await)
            }
            Query::Close { done } => {
                let _ = done.send(());
                true
            }
        };
        // A viewer lists again when the revision moves, so a list must not move it by itself.
        let after = store.changes().await;
        if !matches!((before, after), (Ok(before), Ok(after)) if before == after) {
            self.changed();
        }
        if !usable {
            self.let_go().await;
        }
    }

    fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn failed(&mut self, reason: &str) {
        debug!(reason, "Call log not written");
        if !std::mem::replace(&mut self.reported, true) {
            self.tell(Problem::NotWritten { reason: reason.to_owned() });
        }
    }

    fn tell(&self, problem: Problem) {
        warn!("The call log has a problem");
        if self.problems.try_send(problem).is_err() {
            debug!("Nobody reads the call log's problems, one was dropped");
        }
    }
}

fn describe(error: &OpenError) -> String {
    use std::error::Error;
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Gives the result to the caller; false if the file has to be opened anew.
fn answer<T>(reply: QueryReply<T>, result: Result<T, sqlx::Error>) -> bool {
    let usable = result.as_ref().err().is_none_or(is_usable_after);
    let _ = reply.send(result.map_err(LogError::Failed));
    usable
}

fn refuse(query: Query) {
    match query {
        Query::Merge { reply, .. } | Query::Clear { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Query::List { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Query::Counts { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Query::MarkSeen { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Query::Delete { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Query::Close { done } => drop(done.send(())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::store::tests::dialled;

    fn call(uid: &str, message: &str) -> LocalCall {
        LocalCall { message: Some(message.into()), ..dialled(uid, "p", 1_700_000_000_000) }
    }

    #[tokio::test]
    async fn a_disk_that_was_full_is_written_again_and_no_call_is_lost_or_interrupted() {
        let folder = tempfile::tempdir().expect("a folder");
        let pending = PendingWrites::default();
        let (problems, _told) = mpsc::channel(4);
        let mut writer = Writer::new(Some(folder.path().join("log.db")), pending.clone(), problems);
        pending.add([call("one", "")]);
        assert!(writer.flush().await);
        // The limit belongs to the connection. An update is what SQLite rolls back behind sqlx's back.
        writer.store.as_mut().expect("open").allow_no_more_pages().await;
        pending.add([call("one", &"long ".repeat(20_000))]);
        assert!(!writer.flush().await);
        pending.add([call("two", "")]);
        assert!(writer.flush().await, "the file is opened anew");
        let page = writer.store.as_mut().expect("open").list(&Filter::default(), 0, 9).await.expect("read");
        assert_eq!(page.records.iter().filter(|record| record.outcome == Outcome::Ongoing).count(), 2);
    }
}
