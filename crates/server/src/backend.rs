//! The table of backends, and what one is made of.
//!
//! # How a backend is written
//! A module `x.rs` with a folder `x/`, migrations in `migrations/000N_x.sql`, tests in `tests/it/x.rs`.
//! The table already names all five, so that a backend touches no other file of the server:
//!
//! - `pub(crate) const ABOUT: About` says what discovery tells of it and how its errors look.
//! - `pub(crate) async fn start(common, io, work) -> Result<Running, StartError>` makes it run:
//!   1. its store on `common.pools` (queries `.read`, changes `.write`); with `common.config.demo_data` it
//!      fills its own empty tables (everybody's password hash is `common.demo_hash().await?`);
//!   2. its hub: pure decisions, `impl Hub` ([`switchboard`](crate::switchboard)). `switchboard(common, hub)` gives an
//!      [`Exchange`](crate::switchboard::Exchange) to talk to it, a task for [`Work::spawn`] and the orders to
//!      the records, which a second task carries out;
//!   3. its state, an `Arc` of its own with `common`, store, tokens (`common.tokens("x", ttl)`) and exchange;
//!   4. its sockets: `impl Door` (with the list of its events) and `impl Talk` ([`door`](crate::door)), then
//!      `door::serve(io, common, &exchange, Arc::new(door), &work.sockets)`;
//!   5. its clean-up jobs: [`Work::every`];
//!   6. its routes: [`Routes`], each with its [`Doc`](crate::openapi::Doc). A handler returns
//!      `Result<_, ApiError>`; a layer writes errors in the backend's [`Shape`]. JSON bodies, queries and
//!      bearer tokens are read with [`request`](crate::request).
//!
//! Health, discovery, OpenAPI, metrics, CORS, size limits, the general request limit
//! ([`RequestLimits`](crate::RequestLimits)) and the fallback are added around it. Special limits are made of
//! [`Rate`](crate::limits::Rate) and [`Failures`](crate::limits::Failures), with
//! [`ClientIp`](crate::request::ClientIp), and are refused with `ApiError::too_many`.
//!
//! # Rules
//! Who somebody is comes from the token (or, with `Mode::Compat`, from what deployed clients send), never
//! from another field. A change of a record is a compare-and-set, and is announced (and counted:
//! [`Metrics::call`](crate::metrics::Metrics::call)) by whoever made it.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use socketioxide::SocketIo;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::app::StartError;
use crate::common::Common;
use crate::error::Shape;
use crate::openapi::Routes;
use crate::{clinic, dealerdesk, hearth, marketplace, storefront};

/// One of the five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    Storefront,
    Dealerdesk,
    Marketplace,
    Hearth,
    Clinic,
}

impl Backend {
    pub const ALL: [Self; 5] =
        [Self::Storefront, Self::Dealerdesk, Self::Marketplace, Self::Hearth, Self::Clinic];

    /// The dialect's id: what a client asks for.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.about().id
    }

    /// The backend of an id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.id() == id)
    }

    /// Role and e-mail address of the demo accounts to try it with; their password is
    /// [`DEMO_PASSWORD`](crate::DEMO_PASSWORD).
    #[must_use]
    pub fn demo_logins(self) -> &'static [(&'static str, &'static str)] {
        self.about().demo_logins
    }

    pub(crate) fn about(self) -> &'static About {
        match self {
            Self::Storefront => &storefront::ABOUT,
            Self::Dealerdesk => &dealerdesk::ABOUT,
            Self::Marketplace => &marketplace::ABOUT,
            Self::Hearth => &hearth::ABOUT,
            Self::Clinic => &clinic::ABOUT,
        }
    }

    pub(crate) async fn start(
        self,
        common: &Arc<Common>,
        io: &SocketIo,
        work: &mut Work,
    ) -> Result<Running, StartError> {
        match self {
            Self::Storefront => storefront::start(common, io, work).await,
            Self::Dealerdesk => dealerdesk::start(common, io, work).await,
            Self::Marketplace => marketplace::start(common, io, work).await,
            Self::Hearth => hearth::start(common, io, work).await,
            Self::Clinic => clinic::start(common, io, work).await,
        }
    }
}

/// What is known of a backend before it runs.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) id: &'static str,
    pub(crate) label: &'static str,
    /// What the REST base of discovery ends in: `/api/v2`, or nothing.
    pub(crate) rest_prefix: &'static str,
    pub(crate) sign_in_fields: &'static [&'static str],
    pub(crate) roles: &'static [&'static str],
    pub(crate) shape: Shape,
    /// Demo accounts to print at the start: role and e-mail address.
    pub(crate) demo_logins: &'static [(&'static str, &'static str)],
}

/// A backend that has been started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) rest: Routes,
    /// Routes of the socket's own host; empty where there is none.
    pub(crate) socket: Routes,
}

/// The tasks of sockets: each ends with its socket, all of them when the server closes.
#[derive(Clone, Debug)]
pub(crate) struct Sockets {
    pub(crate) tasks: TaskTracker,
    /// Closing the server does not tell every socket's handlers, so that each task watches for itself.
    pub(crate) closing: CancellationToken,
    /// The events each backend listens to.
    heard: Arc<Mutex<Events>>,
}

pub(crate) type Events = BTreeMap<Backend, &'static [&'static str]>;

impl Sockets {
    pub(crate) fn hear(&self, backend: Backend, events: &'static [&'static str]) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(backend, events);
    }
}

/// The tasks of a server: they end with it.
#[derive(Debug)]
pub(crate) struct Work {
    over: CancellationToken,
    tasks: JoinSet<()>,
    pub(crate) sockets: Sockets,
}

impl Work {
    pub(crate) fn new(closing: CancellationToken, over: CancellationToken) -> Self {
        let sockets = Sockets { tasks: TaskTracker::new(), closing, heard: Arc::default() };
        Self { over, tasks: JoinSet::new(), sockets }
    }

    /// Cancelled when a task has to end: nobody is connected any more.
    pub(crate) fn over(&self) -> CancellationToken {
        self.over.clone()
    }

    /// A task that ends by itself once `over` is cancelled.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// A clean-up job, the first time after one period.
    pub(crate) fn every<F, T>(&mut self, period: Duration, job: F)
    where
        F: Fn() -> T + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let over = self.over();
        self.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = over.cancelled() => return,
                    () = tokio::time::sleep(period) => {}
                }
                // Neither half may end the task: what is ready at once runs in the call itself.
                let begun = catch_unwind(AssertUnwindSafe(&job));
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

    pub(crate) fn into_tasks(self) -> (JoinSet<()>, TaskTracker, Events) {
        let events = self.sockets.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.tasks, self.sockets.tasks, events)
    }
}

#[cfg(test)]
mod tests {
    use bellwire_dialects::DIALECTS;

    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio_util::sync::CancellationToken;

    use super::{Backend, Work};

    #[tokio::test]
    async fn a_job_that_panics_is_tried_again() {
        let over = CancellationToken::new();
        let mut work = Work::new(CancellationToken::new(), over.clone());
        let runs = Arc::new(AtomicUsize::new(0));
        let (done, tried) = (over.clone(), Arc::clone(&runs));
        work.every(Duration::from_millis(1), move || {
            let run = tried.fetch_add(1, Ordering::SeqCst);
            if run == 2 {
                done.cancel();
            }
            async move { assert!(run > 0, "the first one panics") }
        });
        let (mut tasks, _, _) = work.into_tasks();

        tasks.join_next().await.expect("a task").expect("it did not end with the panic");

        assert!(runs.load(Ordering::SeqCst) >= 3);
    }

    #[test]
    fn the_table_is_the_one_that_clients_have() {
        assert_eq!(DIALECTS.len(), Backend::ALL.len());
        for entry in DIALECTS {
            let about = Backend::parse(entry.id).expect("a backend for each dialect").about();
            let roles: Vec<_> = entry.roles.iter().map(|role| role.id).collect();
            let fields: Vec<_> = entry.sign_in_fields.iter().map(|field| field.id).collect();
            assert_eq!((about.roles, about.sign_in_fields), (&*roles, &*fields), "{}", entry.id);
            assert_eq!(about.label, entry.label);
        }
    }
}
