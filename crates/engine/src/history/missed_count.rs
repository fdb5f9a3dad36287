//! Count of the missed calls that the user has not seen, as the call log has it.

use bellwire_call_log::{CallLog, Filter};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Counts again after every change of the log, until the engine stops or there is no receiver any more.
pub(crate) async fn count_missed(log: CallLog, out: watch::Sender<u32>, token: CancellationToken) {
    let mut revision = log.revision();
    loop {
        revision.borrow_and_update();
        match log.counts(Filter::default()).await {
            Ok(counts) => {
                out.send_if_modified(|old| {
                    let changed = *old != counts.unseen;
                    *old = counts.unseen;
                    changed
                });
            }
            Err(error) => debug!(%error, "Missed calls were not counted"),
        }
        tokio::select! {
            () = token.cancelled() => return,
            () = out.closed() => return,
            changed = revision.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bellwire_call::{Direction, MediaKind, Person, PersonId};
    use bellwire_call_log::{Account, AccountRef, LocalCall, Outcome};

    use super::*;

    fn missed(uid: &str) -> LocalCall {
        let key = AccountRef::new("clinic", "example.org", &PersonId("1".into()));
        LocalCall {
            uid: uid.to_owned(),
            account: Account { key, label: "Mara".into() },
            remote: None,
            direction: Direction::Incoming,
            kind: MediaKind::Voice,
            peer: Person { id: PersonId("7".into()), name: "Ada".into(), avatar: None },
            members: Vec::new(),
            subject: None,
            outcome: Outcome::Missed,
            reason: Some("missed"),
            message: None,
            merged: false,
            started_ms: 1_000,
            answered_ms: None,
            ended_ms: Some(2_000),
            noted_ms: 2_000,
            talked_ms: 0,
        }
    }

    #[tokio::test]
    async fn the_count_follows_the_log() {
        let (log, _problems) = CallLog::start(None);
        let (out, mut count_seen) = watch::channel(0);
        let token = CancellationToken::new();
        let counting = tokio::spawn(count_missed(log.clone(), out, token.clone()));
        log.write([missed("a"), missed("b")]);
        let timeout = Duration::from_secs(30);
        tokio::time::timeout(timeout, count_seen.wait_for(|n| *n == 2)).await.unwrap().unwrap();
        log.mark_seen(None).await.unwrap();
        tokio::time::timeout(timeout, count_seen.wait_for(|n| *n == 0)).await.unwrap().unwrap();
        token.cancel();
        counting.await.unwrap();
    }
}
