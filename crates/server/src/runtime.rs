//! The runtime of backends: what one declares, what its start gives back, and the tasks it runs in.
//!
//! # How a backend is written
//! A module `x.rs` with a folder `x/`, a line in [`registry`](crate::registry), migrations in
//! `migrations/000N_x.sql`, tests in `tests/it/x.rs`. No other file of the server names it.
//!
//! - `x/defaults.rs` has its [`Backend`] and its own [`Defaults`].
//! - `x/directory.rs` says what an administrator keeps of it: accounts, records calls need, what gets old
//!   ([`directory`](crate::directory)). Queries by which somebody signs in, or is called, leave out
//!   accounts that are disabled.
//! - `pub(crate) static INFO: BackendInfo` says how its errors look and how it is started.
//! - `async fn start(context, config, io, tasks) -> Result<StartedBackend, StartError>` makes it run:
//!   1. its store on `context.pools` (queries `.read`, changes `.write`); with `context.config.demo_data` it
//!      fills its own empty tables (the password hash of every account is `context.demo_hash().await?`);
//!   2. its hub: pure decisions, `impl Hub` ([`hub_actor`](crate::hub_actor)). `hub_actor(context, hub)` gives
//!      a [`HubHandle`](crate::hub_actor::HubHandle) to talk to it, a task for [`TaskSet::spawn`] and the
//!      orders to the records, which [`TaskSet::pump`] carries out;
//!   3. its state, an `Arc` of its own with `context`, store, tokens (`context.tokens("x", ttl)`) and hub;
//!   4. its sockets: `impl Namespace` (with the list of its events) and `impl Connection`
//!      ([`socket`](crate::socket)), then `socket::serve(io, context, &hub, namespace, &tasks.sockets)`;
//!   5. its clean-up jobs: [`TaskSet::every`];
//!   6. its routes: [`Routes`], each with its [`doc`](crate::openapi::doc). A handler returns
//!      `Result<_, ApiError>`; a layer writes errors in the backend's [`Shape`]. JSON bodies, queries and
//!      bearer tokens are read with [`request`](crate::request).
//!
//! Health, discovery, OpenAPI, metrics, CORS, size limits, the general request limit
//! ([`BackendConfig::request_limit`]) and the fallback are added around it. Special limits are made of
//! [`Rate`](crate::limits::Rate) and [`Failures`](crate::limits::Failures), with
//! [`ClientIp`](crate::request::ClientIp), and are refused with `ApiError::too_many`.
//!
//! # Rules
//! The identity of a user comes from the token (or, with `Mode::Compat`, from what deployed clients send),
//! never from another field. A change of a record is a compare-and-set, and the code that made it announces
//! and counts it ([`Metrics::call`](crate::metrics::Metrics::call)).

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use socketioxide::SocketIo;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::backend::Backend;
use crate::config::{BackendConfig, Config, Defaults};
use crate::context::ServerContext;
use crate::demo::DemoError;
use crate::directory::Directory;
use crate::error::Shape;
use crate::hub_actor::{Job, carry_out};
use crate::openapi::Routes;
use crate::passwords::HashError;
use crate::relay::RelayError;
use crate::store::{OpenError, StoreError};
use crate::tls::TlsError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    #[error("cannot listen on {addr}")]
    Bind { addr: SocketAddr, source: std::io::Error },
    #[error("cannot keep the token secret")]
    Secret(#[source] std::io::Error),
    #[error("the origin {0} is not valid")]
    Origin(String),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// What the server has to know of a backend; the rest is in the table of dialects (`Backend::entry`).
#[derive(Debug)]
pub struct BackendInfo {
    pub backend: Backend,
    pub defaults: Defaults,
    /// Demo accounts to try it with: role and e-mail address. Their password is
    /// [`DEMO_PASSWORD`](crate::DEMO_PASSWORD).
    pub demo_logins: &'static [(&'static str, &'static str)],
    pub(crate) shape: Shape,
    /// Cookies that carry a token, beside the header.
    pub(crate) cookies: &'static [&'static str],
    /// People a call has room for, where that may be more than a client counts on.
    pub(crate) seats: fn(&Config) -> Option<u32>,
    /// What an administrator keeps of it.
    pub(crate) directory: &'static Directory,
    pub(crate) start: Start,
    /// Whether a socket's task finds anything in an event.
    #[cfg(feature = "fuzzing")]
    pub(crate) reads: fn(&str, serde_json::Value) -> bool,
    /// How many of the backend's REST bodies a value is.
    #[cfg(feature = "fuzzing")]
    pub(crate) bodies: fn(&serde_json::Value) -> usize,
}

/// Starts a backend with its configuration.
pub(crate) type Start =
    for<'a> fn(&'a Arc<ServerContext>, &'a BackendConfig, &'a SocketIo, &'a mut TaskSet) -> Starting<'a>;
pub(crate) type Starting<'a> = Pin<Box<dyn Future<Output = Result<StartedBackend, StartError>> + Send + 'a>>;

/// A backend that has been started.
#[derive(Debug)]
pub(crate) struct StartedBackend {
    pub(crate) rest: Routes,
    /// Routes of the socket's own host; empty where there is none.
    pub(crate) socket: Routes,
}

/// The tasks of sockets: each ends with its socket, all of them when the server closes.
#[derive(Clone, Debug)]
pub(crate) struct SocketTasks {
    pub(crate) tasks: TaskTracker,
    /// Closing the server does not tell every socket's handlers, so that each task watches for itself.
    pub(crate) closing: CancellationToken,
    /// The events each backend listens to.
    heard: Arc<Mutex<Events>>,
}

pub(crate) type Events = BTreeMap<Backend, &'static [&'static str]>;

impl SocketTasks {
    pub(crate) fn hear(&self, backend: Backend, events: &'static [&'static str]) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(backend, events);
    }
}

/// The tasks of a server: they end with it.
#[derive(Debug)]
pub(crate) struct TaskSet {
    over: CancellationToken,
    tasks: JoinSet<()>,
    pub(crate) sockets: SocketTasks,
}

impl TaskSet {
    pub(crate) fn new(closing: CancellationToken, over: CancellationToken) -> Self {
        let sockets = SocketTasks { tasks: TaskTracker::new(), closing, heard: Arc::default() };
        Self { over, tasks: JoinSet::new(), sockets }
    }

    /// Cancelled when a task has to end: the last client is disconnected.
    pub(crate) fn over(&self) -> CancellationToken {
        self.over.clone()
    }

    /// A task that ends by itself once `over` is cancelled.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// A clean-up job, the first time after one period.
    pub(crate) fn every<S, T>(
        &mut self,
        period: Duration,
        shared: &Arc<S>,
        job: impl Fn(Arc<S>) -> T + Send + 'static,
    ) where
        S: Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let (over, shared) = (self.over(), Arc::clone(shared));
        self.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = over.cancelled() => return,
                    () = tokio::time::sleep(period) => {}
                }
                // Neither half may end the task: what is ready at once runs in the call itself.
                let begun = catch_unwind(AssertUnwindSafe(|| job(Arc::clone(&shared))));
                let done = match begun {
                    Ok(job) => AssertUnwindSafe(job).catch_unwind().await.is_ok(),
                    Err(_) => false,
                };
                if !done {
                    error!("A clean-up job panicked; it is tried again");
                }
            }
        });
    }

    /// Carries out the orders of a hub, one after the other, until the hub ends.
    pub(crate) fn pump<S, O, T>(
        &mut self,
        orders: mpsc::Receiver<Job<O>>,
        shared: &Arc<S>,
        perform: impl Fn(Arc<S>, Job<O>) -> T + Send + Sync + 'static,
    ) where
        S: Send + Sync + 'static,
        O: Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let shared = Arc::clone(shared);
        self.tasks.spawn(carry_out(orders, move |job| perform(Arc::clone(&shared), job)));
    }

    pub(crate) fn into_tasks(self) -> (JoinSet<()>, TaskTracker, Events) {
        let events = self.sockets.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.tasks, self.sockets.tasks, events)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio_util::sync::CancellationToken;

    use super::TaskSet;

    #[tokio::test]
    async fn a_job_that_panics_is_tried_again() {
        let over = CancellationToken::new();
        let mut set = TaskSet::new(CancellationToken::new(), over.clone());
        let runs = Arc::new(AtomicUsize::new(0));
        let done = over.clone();
        set.every(Duration::from_millis(1), &runs, move |runs| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            if run == 2 {
                done.cancel();
            }
            async move { assert!(run > 0, "the first one panics") }
        });
        let (mut tasks, _, _) = set.into_tasks();

        tasks.join_next().await.expect("a task").expect("it did not end with the panic");

        assert!(runs.load(Ordering::SeqCst) >= 3);
    }
}
