//! Shows the notifications that are wanted and removes the others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lifecycle;
use super::model::{CallNotifier, Note, Said, Topic};

/// When the program ends, for removing all of them.
const GOODBYE: Duration = Duration::from_secs(2);

/// Keeps the wanted notifications on the screen until the program ends; then none is left.
pub(crate) async fn keep<N: CallNotifier>(
    notifier: N,
    mut wanted: watch::Receiver<Vec<Note>>,
    said: mpsc::Sender<Said>,
    token: CancellationToken,
) {
    let notifier = Arc::new(notifier);
    let mut posts: HashMap<Topic, watch::Sender<Option<Note>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let notes = wanted.borrow_and_update().clone();
        posts.retain(|topic, post| {
            let wanted = notes.iter().any(|note| note.topic == *topic);
            if !wanted {
                post.send_replace(None);
            }
            wanted
        });
        for note in notes {
            if let Some(post) = posts.get(&note.topic) {
                let note = Some(note);
                post.send_if_modified(|old| *old != note && std::mem::replace(old, note.clone()) != note);
                continue;
            }
            let topic = note.topic.clone();
            // Newest wins: a note in between was never to be seen.
            let (post, orders) = watch::channel(Some(note));
            tasks.spawn(lifecycle::keep(Arc::clone(&notifier), orders, said.clone()));
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
    let _ = tokio::time::timeout(GOODBYE, all).await;
}
