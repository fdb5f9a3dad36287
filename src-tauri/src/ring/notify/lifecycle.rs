//! One notification from its first showing to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::model::{Answer, CallNotifier, Heard, Note, PATIENCE, Said};

/// What was asked of a system that hangs may still be shown for so long, and is removed then.
const LATE: Duration = Duration::from_secs(60);

/// Shows what `orders` says until it says `None`. What a person put away is not shown again.
pub(super) async fn keep<N: CallNotifier>(
    notifier: Arc<N>,
    mut orders: watch::Receiver<Option<Note>>,
    said: mpsc::Sender<Said>,
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
            heard = notifier.heard(&note, shown.as_mut()) => {
                due = heard == Heard::Lost;
                match heard {
                    Heard::Lost => shown = None,
                    Heard::Did(answer) => {
                        away |= answer == Answer::Close;
                        if said.send(Said { topic: note.topic.clone(), answer }).await.is_err() { break }
                    }
                }
            }
        }
    }
    if let Some(shown) = shown
        && tokio::time::timeout(PATIENCE, notifier.close(shown)).await.is_err()
    {
        debug!("A notification was not removed in time");
    }
}

async fn show<N: CallNotifier>(notifier: &Arc<N>, note: Note, before: Option<N::Shown>) -> Option<N::Shown> {
    let asked = Arc::clone(notifier);
    let mut showing = Box::pin(async move { asked.show(&note, before).await });
    if let Ok(shown) = tokio::time::timeout(PATIENCE, &mut showing).await {
        return shown;
    }
    debug!("A notification was not shown in time");
    let notifier = Arc::clone(notifier);
    // Ends with its time-outs; outlives the topic, which may be over by then.
    tokio::spawn(async move {
        if let Ok(Some(late)) = tokio::time::timeout(LATE, showing).await {
            let _ = tokio::time::timeout(PATIENCE, notifier.close(late)).await;
        }
    });
    None
}
