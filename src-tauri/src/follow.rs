//! Following a watch channel: a loop over its newest values instead of a `select!` of its own in every task.

use tokio::sync::watch;

/// The newest values of a watch channel, one after the other; values in between are skipped.
#[derive(Debug)]
pub(crate) struct Follow<T> {
    watch: watch::Receiver<T>,
}

/// Begins with the present value.
pub(crate) fn follow<T>(mut watch: watch::Receiver<T>) -> Follow<T> {
    watch.mark_changed();
    Follow { watch }
}

/// Begins with the next change.
pub(crate) fn follow_changes<T>(mut watch: watch::Receiver<T>) -> Follow<T> {
    watch.mark_unchanged();
    Follow { watch }
}

impl<T: Clone> Follow<T> {
    /// Waits for the next value; `None`: the sender is gone.
    pub(crate) async fn next(&mut self) -> Option<T> {
        self.watch.changed().await.ok()?;
        Some(self.watch.borrow_and_update().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_value_is_followed_to_the_end_of_the_sender() {
        let (sender, watch) = watch::channel(1);
        let (mut all, mut later) = (follow(watch.clone()), follow_changes(watch));
        assert_eq!(all.next().await, Some(1));
        sender.send_replace(2);
        sender.send_replace(3);
        assert_eq!((all.next().await, later.next().await), (Some(3), Some(3)));
        drop(sender);
        assert_eq!((all.next().await, later.next().await), (None, None));
    }
}
