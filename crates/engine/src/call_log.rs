//! The joint between the loop and the local call log: views in, pages of history in, problems out.

use std::path::PathBuf;
use std::time::SystemTime;

use bellwire_call::{Direction, PhoneView, RemoteCallId};
use bellwire_log::{Account, AccountRef, BackendCall, CallLog, Problem, Recorder};
use bellwire_signaling::HistoryItem;
use tokio::sync::mpsc;
use tracing::debug;

use crate::view::AccountView;

/// What the loop has of the call log.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) log: CallLog,
    recorder: Recorder,
}

impl Journal {
    /// Starts the log in `file`, or in memory; the problems are for people.
    pub(crate) fn start(file: Option<PathBuf>) -> (Self, mpsc::Receiver<Problem>) {
        let (log, problems) = CallLog::start(file);
        (Self { log, recorder: Recorder::new() }, problems)
    }

    /// To be said before the account's first call.
    pub(crate) fn account(&mut self, view: &AccountView) {
        self.recorder.account(view.id, owner(view));
    }

    /// To be given the phone after each event, and every second.
    pub(crate) fn note(&mut self, phone: &PhoneView) {
        self.log.write(self.recorder.note(phone, SystemTime::now()));
    }
}

/// Whose records an account's calls are.
pub(crate) fn owner(view: &AccountView) -> Account {
    let label = if view.me.name.is_empty() { view.me.id.0.clone() } else { view.me.name.clone() };
    Account { key: AccountRef::new(&view.dialect, &view.server, &view.me.id), label }
}

/// Takes what a backend remembers into the log; a log that fails says so by itself.
pub(crate) async fn merge(log: &CallLog, owner: Account, items: &[HistoryItem]) {
    let calls = items.iter().map(backend_call).collect();
    match log.merge(owner, calls, SystemTime::now()).await {
        Ok(new) => debug!(new, "Page of history taken into the call log"),
        Err(error) => debug!(%error, "Page of history not taken into the call log"),
    }
}

fn backend_call(item: &HistoryItem) -> BackendCall {
    BackendCall {
        remote: RemoteCallId(item.call.clone()),
        peer: item.peer.clone(),
        direction: if item.outgoing { Direction::Outgoing } else { Direction::Incoming },
        kind: item.kind,
        status: item.status.clone(),
        started_at: item.started_at.clone(),
        duration_s: item.duration_s,
        subject: item.subject.clone(),
    }
}
