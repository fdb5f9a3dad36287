//! Keeps exactly the wanted notifications on the screen.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lifecycle;
use super::model::{NotificationContent, NotificationEvent, Notifier, Topic};

/// How long removing all of them may take when the program quits.
const REMOVE_ALL_LIMIT: Duration = Duration::from_secs(2);

/// Keeps the wanted notifications on the screen until the program quits, then removes all.
pub(crate) async fn keep<N: Notifier>(
    notifier: N,
    mut wanted: watch::Receiver<Vec<NotificationContent>>,
    events: mpsc::Sender<NotificationEvent>,
    token: CancellationToken,
) {
    let notifier = Arc::new(notifier);
    let mut posts: HashMap<Topic, watch::Sender<Option<NotificationContent>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let notifications = wanted.borrow_and_update().clone();
        posts.retain(|topic, post| {
            let wanted = notifications.iter().any(|note| note.topic == *topic);
            if !wanted {
                post.send_replace(None);
            }
            wanted
        });
        for note in notifications {
            if let Some(post) = posts.get(&note.topic) {
                let note = Some(note);
                post.send_if_modified(|old| *old != note && std::mem::replace(old, note.clone()) != note);
                continue;
            }
            let topic = note.topic.clone();
            // Newest wins.
            let (post, orders) = watch::channel(Some(note));
            tasks.spawn(lifecycle::keep(Arc::clone(&notifier), orders, events.clone()));
            posts.insert(topic, post);
        }
        tokio::select! {
            () = token.cancelled() => break,
            changed = wanted.changed() => if changed.is_err() { break },
            Some(_) = tasks.join_next() => {}
        }
    }
    for post in posts.values() {
        post.send_replace(None);
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(REMOVE_ALL_LIMIT, all).await;
}
