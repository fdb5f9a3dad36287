//! The lifecycle of one notification, from its first showing to its removal.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::model::{
    NotificationAction, NotificationContent, NotificationEvent, Notifier, Outcome, REQUEST_TIMEOUT,
};

/// A notification that a slow service shows within this time after all is removed.
const LATE_SHOW_LIMIT: Duration = Duration::from_secs(60);

/// Shows the content of `orders` until that is `None`. A dismissed notification is not shown again.
pub(super) async fn keep<N: Notifier>(
    notifier: Arc<N>,
    mut orders: watch::Receiver<Option<NotificationContent>>,
    events: mpsc::Sender<NotificationEvent>,
) {
    let mut shown = None;
    let mut away = false;
    let mut due = true;
    loop {
        let Some(note) = orders.borrow_and_update().clone() else { break };
        if due && !away {
            shown = show(&notifier, note.clone(), shown.take()).await;
        }
        tokio::select! {
            changed = orders.changed() => {
                if changed.is_err() { break }
                due = true;
            }
            heard = notifier.outcome(&note, shown.as_mut()) => {
                due = heard == Outcome::Lost;
                match heard {
                    Outcome::Lost => shown = None,
                    Outcome::Action(action) => {
                        away |= action == NotificationAction::Close;
                        let event = NotificationEvent { topic: note.topic.clone(), action };
                        if events.send(event).await.is_err() { break }
                    }
                }
            }
        }
    }
    if let Some(shown) = shown
        && tokio::time::timeout(REQUEST_TIMEOUT, notifier.close(shown)).await.is_err()
    {
        debug!("A notification was not removed in time");
    }
}

async fn show<N: Notifier>(
    notifier: &Arc<N>,
    note: NotificationContent,
    before: Option<N::Shown>,
) -> Option<N::Shown> {
    let asked = Arc::clone(notifier);
    let mut showing = Box::pin(async move { asked.show(&note, before).await });
    if let Ok(shown) = tokio::time::timeout(REQUEST_TIMEOUT, &mut showing).await {
        return shown;
    }
    debug!("A notification was not shown in time");
    let notifier = Arc::clone(notifier);
    // Ends by its time-outs; not owned by the topic, which may be over by then.
    tokio::spawn(async move {
        if let Ok(Some(late)) = tokio::time::timeout(LATE_SHOW_LIMIT, showing).await {
            let _ = tokio::time::timeout(REQUEST_TIMEOUT, notifier.close(late)).await;
        }
    });
    None
}
