//! Tests of records in real files.

mod many;
mod merging;
mod random;
mod several;
mod shape;

use std::path::{Path, PathBuf};

use bellwire_call::{Direction, MediaKind, Person, PersonId, RemoteCallId, Subject};

use super::{Opened, Store};
use crate::{Account, AccountRef, BackendCall, Filter, LocalCall, Outcome, Record};

/// When the tests' stories begin.
const DAWN: i64 = 1_700_000_000_000;

fn account(name: &str) -> Account {
    let key = AccountRef::new("storefront", "shop.example", &PersonId(name.into()));
    Account { key, label: name.to_uppercase() }
}

fn person(id: &str) -> Person {
    Person { id: PersonId(id.into()), name: format!("Person {id}"), avatar: None }
}

/// An outgoing call that is being placed.
pub(crate) fn dialled(uid: &str, peer: &str, started_ms: i64) -> LocalCall {
    LocalCall {
        uid: uid.into(),
        account: account("me"),
        remote: None,
        direction: Direction::Outgoing,
        kind: MediaKind::Video,
        peer: person(peer),
        members: vec![person(peer)],
        subject: None,
        outcome: Outcome::Ongoing,
        reason: None,
        message: None,
        merged: false,
        started_ms,
        answered_ms: None,
        ended_ms: None,
        noted_ms: started_ms,
        talked_ms: 0,
    }
}

/// An incoming call that rings.
fn rung(uid: &str, remote: &str, started_ms: i64) -> LocalCall {
    let remote = Some(RemoteCallId(remote.into()));
    LocalCall { remote, direction: Direction::Incoming, ..dialled(uid, "p", started_ms) }
}

fn placed(call: &LocalCall, remote: &str) -> LocalCall {
    LocalCall { remote: Some(RemoteCallId(remote.into())), ..call.clone() }
}

fn answered(call: &LocalCall, after_ms: i64) -> LocalCall {
    let answered_ms = Some(call.started_ms + after_ms);
    LocalCall { answered_ms, noted_ms: call.started_ms + after_ms, ..call.clone() }
}

fn ended(call: &LocalCall, outcome: Outcome, reason: &'static str, talked_ms: i64) -> LocalCall {
    let ended_ms = call.noted_ms + talked_ms;
    let (reason, noted_ms) = (Some(reason), ended_ms);
    LocalCall { outcome, reason, talked_ms, ended_ms: Some(ended_ms), noted_ms, ..call.clone() }
}

fn remembered(remote: &str, peer: &str, status: &str, started_ms: i64, duration_s: u32) -> BackendCall {
    BackendCall {
        remote: RemoteCallId(remote.into()),
        peer: person(peer),
        members: Vec::new(),
        direction: Direction::Outgoing,
        kind: Some(MediaKind::Video),
        status: status.into(),
        started_at: crate::timestamp::show(started_ms),
        duration_s,
        subject: Some(Subject { id: "o".into(), label: "Order #7".into() }),
    }
}

async fn open(file: &Path) -> Opened {
    Store::open(Some(file)).await.expect("the log opens")
}

async fn memory() -> Store {
    Store::open(None).await.expect("memory is always there").store
}

async fn all(store: &mut Store) -> Vec<Record> {
    store.list(&Filter::default(), 0, 500).await.expect("records are read").records
}

async fn only(store: &mut Store) -> Record {
    let mut records = all(store).await;
    assert_eq!(records.len(), 1, "{records:#?}");
    records.remove(0)
}

fn file_in(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("data").join("calls.sqlite")
}
