//! The background tasks of the shell, with one owner: they end when the program quits, which waits for them.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    quit: CancellationToken,
}

impl Tasks {
    /// Runs a task that is dropped, wherever it waits, when the program quits.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let quit = self.quit.clone();
        self.track(async move {
            quit.run_until_cancelled_owned(task).await;
        });
    }

    /// Runs a task that ends by itself soon after its token is cancelled, because it has something to clean up.
    pub(crate) fn spawn_with_cleanup<F>(&self, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.track(task(self.quit.clone()));
    }

    /// In the present runtime; the main thread is in none and uses Tauri's.
    fn track(&self, task: impl Future<Output = ()> + Send + 'static) {
        match Handle::try_current() {
            Ok(runtime) => self.tracker.spawn_on(task, &runtime),
            Err(_) => self.tracker.spawn_on(task, tauri::async_runtime::handle().inner()),
        };
    }

    /// Asks all tasks to end.
    pub(crate) fn cancel(&self) {
        self.quit.cancel();
        self.tracker.close();
    }

    /// Waits until all tasks have ended after [`Self::cancel`].
    pub(crate) async fn ended(&self, limit: Duration) {
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_err() {
            warn!(left = self.tracker.len(), "Tasks did not end in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_tasks_end_at_quit() {
        let tasks = Tasks::default();
        let cleaned = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = std::sync::Arc::clone(&cleaned);
        tasks.spawn(std::future::pending());
        tasks.spawn_with_cleanup(|quit| async move {
            quit.cancelled().await;
            seen.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        tasks.cancel();
        tasks.ended(Duration::from_secs(30)).await;
        assert!(tasks.tracker.is_empty() && cleaned.load(std::sync::atomic::Ordering::Relaxed));
    }
}
