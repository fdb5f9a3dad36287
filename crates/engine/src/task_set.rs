//! Task ownership: every task of the engine is spawned in a set, and ends with the owner of that set.

use std::future::Future;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one owner. Dropping it cancels them; [`Self::close`] also waits for them.
#[derive(Debug, Default)]
pub(crate) struct TaskSet {
    tasks: TaskTracker,
    token: CancellationToken,
}

impl TaskSet {
    /// Its tasks are cancelled with `parent`, too.
    pub(crate) fn child_of(parent: &CancellationToken) -> Self {
        Self { tasks: TaskTracker::new(), token: parent.child_token() }
    }

    /// Dropped at its next await point when the set is cancelled.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let token = self.token.clone();
        self.tasks.spawn(async move {
            let _ = token.run_until_cancelled(task).await;
        });
    }

    /// For a task that has something to close: it gets a token and ends by itself. That token is returned,
    /// to cancel this task alone.
    pub(crate) fn spawn_with<F>(&self, task: impl FnOnce(CancellationToken) -> F) -> CancellationToken
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let token = self.token.child_token();
        self.tasks.spawn(task(token.clone()));
        token
    }

    /// Drops something whose threads have to be joined, on a thread that may block. Not cancelled.
    pub(crate) fn drop_blocking(&self, what: impl Send + 'static) {
        self.tasks.spawn_blocking(move || drop(what));
    }

    /// Cancels the tasks and waits until they have ended.
    pub(crate) async fn close(&self) {
        self.token.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for TaskSet {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn tasks_end_with_their_owner() {
        let set = TaskSet::default();
        let (kept, mut dropped) = oneshot::channel::<()>();
        set.spawn(async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        });
        assert!(dropped.try_recv().is_err());
        drop(set);
        assert!(dropped.await.is_err());
    }

    #[tokio::test]
    async fn closing_waits_for_what_a_task_has_to_close() {
        let set = TaskSet::child_of(&CancellationToken::new());
        let (closed, mut seen) = oneshot::channel();
        set.spawn_with(|token| async move {
            token.cancelled().await;
            tokio::task::yield_now().await;
            let _ = closed.send(());
        });
        set.close().await;
        assert!(seen.try_recv().is_ok());
    }
}
