//! Readiness: whether the database answers and takes changes, whether each backend's hub takes requests and gets
//! rid of its orders, and whether the engine of calls of several is there.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::backend::Backend;
use crate::clock::Millis;
use crate::store::{Pools, StoreError};

/// How long anything may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long an answer is good: anybody may ask, and asking writes.
const KEPT: Duration = Duration::from_secs(1);

/// The queues of a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HubQueues {
    /// Requests that wait for the hub.
    pub(crate) requests: usize,
    /// Orders that wait for the records.
    pub(crate) orders: usize,
}

type Answering = Pin<Box<dyn Future<Output = bool> + Send>>;

/// What is asked of a hub, whatever its backend.
struct Probe {
    backend: Backend,
    answers: Box<dyn Fn() -> Answering + Send + Sync>,
    queues: Box<dyn Fn() -> HubQueues + Send + Sync>,
}

/// The hubs of a server, and the last answer.
#[derive(Default)]
pub(crate) struct Readiness {
    hubs: Mutex<Vec<Probe>>,
    engines: Mutex<Vec<watch::Receiver<bool>>>,
    last: tokio::sync::Mutex<Option<(Instant, &'static str)>>,
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}

/// Everything is as it should be.
pub(crate) const READY: &str = "ok";
/// A hub does not answer, or does not get rid of its orders.
pub(crate) const STUCK: &str = "calls";
/// Calls of two are possible, those of several are not.
const NO_ENGINE: &str = "engine";

impl Readiness {
    pub(crate) fn add_hub(
        &self,
        backend: Backend,
        answers: impl Fn() -> Answering + Send + Sync + 'static,
        queues: impl Fn() -> HubQueues + Send + Sync + 'static,
    ) {
        let probe = Probe { backend, answers: Box::new(answers), queues: Box::new(queues) };
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner).push(probe);
    }

    /// Something that calls of several need, and whether it is there.
    pub(crate) fn add_engine(&self, up: watch::Receiver<bool>) {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).push(up);
    }

    pub(crate) fn queues(&self) -> Vec<(Backend, HubQueues)> {
        let hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.iter().map(|hub| (hub.backend, (hub.queues)())).collect()
    }

    /// [`READY`], or what is not.
    pub(crate) async fn ask(&self, pools: &Pools) -> &'static str {
        // Whoever comes meanwhile waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < KEPT
        {
            return answer;
        }
        let answer = self.look(pools).await;
        *last = Some((Instant::now(), answer));
        answer
    }

    async fn look(&self, pools: &Pools) -> &'static str {
        if !matches!(timeout(PATIENCE, pools.alive()).await, Ok(Ok(()))) {
            return "reading";
        }
        if !matches!(timeout(PATIENCE, write(pools)).await, Ok(Ok(()))) {
            return "writing";
        }
        let hubs: Vec<Answering> = {
            let hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
            hubs.iter().map(|hub| (hub.answers)()).collect()
        };
        let all = timeout(PATIENCE, futures_util::future::join_all(hubs)).await;
        if !all.is_ok_and(|answers| answers.into_iter().all(|answer| answer)) {
            return STUCK;
        }
        let engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if engines.iter().all(|up| *up.borrow()) { READY } else { NO_ENGINE }
    }
}

/// A change that reaches the disk.
async fn write(pools: &Pools) -> Result<(), StoreError> {
    sqlx::query("INSERT OR REPLACE INTO readiness (one, at) VALUES (1, $1)")
        .bind(Millis::now().0)
        .execute(&pools.write)
        .await?;
    Ok(())
}
