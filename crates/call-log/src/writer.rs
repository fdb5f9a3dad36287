//! The one task that has the file: writes what waits, then answers what was asked. A file that cannot
//! be used is tried again; meanwhile the newest report of each call is kept.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};
use tracing::{debug, warn};

use crate::store::{OpenError, Store, Unreadable, is_damage};
use crate::{Account, AccountRef, BackendCall, Counts, Filter, LocalCall, LogError, Page, Problem};

/// Calls that wait for the disk; when full, the oldest that is over is given up.
const MOST_WAITING: usize = 1024;
/// How long a file that failed is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// One question; its answer goes to `reply`.
#[derive(Debug)]
pub(crate) enum Order {
    Merge { account: Account, calls: Vec<BackendCall>, now_ms: i64, reply: Reply<u32> },
    List { filter: Filter, skip: u32, limit: u32, reply: Reply<Page> },
    Counts { filter: Filter, reply: Reply<Counts> },
    MarkSeen { id: Option<i64>, reply: Reply<()> },
    Delete { id: i64, reply: Reply<bool> },
    Clear { account: Option<AccountRef>, now_ms: i64, reply: Reply<u32> },
    Close { done: oneshot::Sender<()> },
}

type Reply<T> = oneshot::Sender<Result<T, LogError>>;

/// What is to be written, the newest of each call, in the order the calls were first heard of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    calls: Arc<Mutex<VecDeque<LocalCall>>>,
    more: Arc<Notify>,
}

impl Waiting {
    pub(crate) fn add(&self, news: impl IntoIterator<Item = LocalCall>) {
        let mut calls = self.lock();
        for call in news {
            if let Some(known) = calls.iter_mut().find(|known| known.uid == call.uid) {
                *known = call;
                continue;
            }
            if calls.len() >= MOST_WAITING {
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
    waiting: Waiting,
    problems: mpsc::Sender<Problem>,
    store: Option<Store>,
    revision: watch::Sender<u64>,
    /// The user was told that nothing can be written.
    told: bool,
}

impl Writer {
    pub(crate) fn new(file: Option<PathBuf>, waiting: Waiting, problems: mpsc::Sender<Problem>) -> Self {
        Self { file, waiting, problems, store: None, revision: watch::Sender::new(0), told: false }
    }

    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.open().await;
        let more = self.waiting.more.clone();
        let done = loop {
            let due = !self.flush().await;
            tokio::select! {
                order = orders.recv() => match order {
                    None => break None,
                    Some(Order::Close { done }) => break Some(done),
                    Some(order) => {
                        self.flush().await;
                        self.obey(order).await;
                    }
                },
                () = more.notified(), if !due => {}
                () = tokio::time::sleep(RETRY), if due => {}
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
        match Store::open(self.file.as_deref()).await {
            Ok(opened) => {
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
        let calls = self.waiting.all();
        let Some(store) = &mut self.store else { return false };
        if calls.is_empty() {
            return true;
        }
        match store.write(&calls).await {
            Ok(()) => {
                self.waiting.written(&calls);
                self.told = false;
                self.changed();
                true
            }
            Err(error) => {
                self.failed(&error.to_string());
                self.give_up_damaged(&error).await;
                false
            }
        }
    }

    /// A file that broke while it was open is opened anew, which moves it aside.
    async fn give_up_damaged(&mut self, error: &sqlx::Error) {
        if is_damage(error)
            && let Some(store) = self.store.take()
        {
            let _ = store.close().await;
        }
    }

    async fn obey(&mut self, order: Order) {
        let Some(store) = &mut self.store else { return refuse(order) };
        let before = store.changes().await;
        match order {
            Order::Merge { account, calls, now_ms, reply } => {
                answer(reply, store.merge(&account, &calls, now_ms).await);
            }
            Order::List { filter, skip, limit, reply } => {
                answer(reply, store.list(&filter, skip, limit).await);
            }
            Order::Counts { filter, reply } => answer(reply, store.counts(&filter).await),
            Order::MarkSeen { id, reply } => answer(reply, store.mark_seen(id).await),
            Order::Delete { id, reply } => answer(reply, store.delete(id).await),
            Order::Clear { account, now_ms, reply } => {
                answer(reply, store.clear(account.as_ref(), now_ms).await);
            }
            Order::Close { done } => drop(done.send(())),
        }
        // Whoever lists anew when the revision moves must not be told so by what listing itself brought.
        let after = store.changes().await;
        if !matches!((before, after), (Ok(before), Ok(after)) if before == after) {
            self.changed();
        }
    }

    fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn failed(&mut self, reason: &str) {
        debug!(reason, "Call log not written");
        if !std::mem::replace(&mut self.told, true) {
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

fn answer<T>(reply: Reply<T>, result: Result<T, sqlx::Error>) {
    let _ = reply.send(result.map_err(LogError::Failed));
}

fn refuse(order: Order) {
    match order {
        Order::Merge { reply, .. } | Order::Clear { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Order::List { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Order::Counts { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Order::MarkSeen { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Order::Delete { reply, .. } => drop(reply.send(Err(LogError::NotOpen))),
        Order::Close { done } => drop(done.send(())),
    }
}
