//! Tests of the log from outside: writing never waits, and a problem with the file is reported once.

use std::path::Path;
use std::time::{Duration, SystemTime};

use bellwire_call::{Direction, MediaKind, Person, PersonId, RemoteCallId};
use bellwire_call_log::{
    Account, AccountRef, BackendCall, CallLog, Filter, LocalCall, LogError, Outcome, Problem,
};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc;

/// Long enough for a busy machine, short enough to fail one day.
const WAIT_LIMIT: Duration = Duration::from_secs(90);

fn call(uid: &str) -> LocalCall {
    LocalCall {
        uid: uid.into(),
        account: Account {
            key: AccountRef::new("hearth", "h.example", &PersonId("me".into())),
            label: "Me".into(),
        },
        remote: Some(RemoteCallId(uid.into())),
        direction: Direction::Incoming,
        kind: MediaKind::Voice,
        peer: Person { id: PersonId("p".into()), name: "Ada".into(), avatar: None },
        members: Vec::new(),
        subject: None,
        outcome: Outcome::Missed,
        reason: Some("missed"),
        message: None,
        merged: false,
        started_ms: 1_700_000_000_000,
        answered_ms: None,
        ended_ms: Some(1_700_000_030_000),
        noted_ms: 1_700_000_030_000,
        talked_ms: 0,
    }
}

async fn count(log: &CallLog) -> u32 {
    log.counts(Filter::default()).await.expect("the log answers").total
}

async fn problem(problems: &mut mpsc::Receiver<Problem>) -> Problem {
    tokio::time::timeout(WAIT_LIMIT, problems.recv()).await.expect("a problem is told").expect("the log runs")
}

async fn raw(file: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).busy_timeout(WAIT_LIMIT);
    SqliteConnection::connect_with(&options).await.expect("SQLite opens")
}

#[tokio::test]
async fn closing_and_dropping_write_what_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.sqlite");
    let (log, _problems) = CallLog::start(Some(file.clone()));
    log.write((0..100).map(|n| call(&format!("a{n}"))));
    log.close().await;
    assert!(matches!(log.counts(Filter::default()).await, Err(LogError::Closed)));

    let (log, mut problems) = CallLog::start(Some(file.clone()));
    log.write([call("b")]);
    drop(log);
    // The other end goes when the task is through.
    assert_eq!(tokio::time::timeout(WAIT_LIMIT, problems.recv()).await.expect("it ends"), None);

    let (log, _problems) = CallLog::start(Some(file));
    assert_eq!(count(&log).await, 101);
}

#[tokio::test]
async fn whoever_shows_the_log_hears_of_changes() {
    let (log, _problems) = CallLog::start(None);
    let mut revision = log.revision();
    log.write([call("a")]);
    tokio::time::timeout(WAIT_LIMIT, revision.changed()).await.expect("it moves").expect("the log runs");
    assert_eq!(count(&log).await, 1);
    assert!(!revision.has_changed().expect("the log runs"), "asking changes nothing");
    log.mark_seen(None).await.expect("marked");
    tokio::time::timeout(WAIT_LIMIT, revision.changed()).await.expect("it moves").expect("the log runs");
}

#[tokio::test]
async fn what_was_written_before_a_question_is_in_its_answer() {
    let (log, _problems) = CallLog::start(None);
    for n in 0..50 {
        log.write([call(&format!("c{n}"))]);
        assert_eq!(count(&log).await, n + 1);
    }
    assert_eq!(log.clear(None, SystemTime::now()).await.expect("cleared"), 50);
    assert_eq!(count(&log).await, 0);
}

#[tokio::test]
async fn a_damaged_file_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.sqlite");
    std::fs::write(&file, "this is no database, but long enough to be taken for one".repeat(99))
        .expect("written");
    let (log, mut problems) = CallLog::start(Some(file));
    log.write([call("a")]);
    assert_eq!(count(&log).await, 1);
    let Problem::Damaged { kept_as } = problem(&mut problems).await else { panic!("another problem") };
    assert!(kept_as.exists());
}

#[tokio::test]
async fn a_locked_file_is_waited_for_and_told_of_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.sqlite");
    let (log, mut problems) = CallLog::start(Some(file.clone()));
    assert_eq!(count(&log).await, 0);

    let mut other = raw(&file).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("locked");
    log.write([call("a"), call("b")]);
    assert!(matches!(problem(&mut problems).await, Problem::NotWritten { .. }));
    // Reading goes on meanwhile, and so does whoever writes.
    log.write([call("c")]);
    assert_eq!(count(&log).await, 0);
    sqlx::query("COMMIT").execute(&mut other).await.expect("unlocked");
    assert_eq!(count(&log).await, 3);
    assert!(problems.try_recv().is_err(), "told once");
}

#[tokio::test]
async fn a_place_that_cannot_be_used_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let in_the_way = folder.path().join("data");
    std::fs::write(&in_the_way, "a file where a folder should be").expect("written");
    let (log, mut problems) = CallLog::start(Some(in_the_way.join("calls.sqlite")));
    log.write([call("a")]);
    assert!(matches!(problem(&mut problems).await, Problem::NotWritten { .. }));
    assert!(matches!(log.list(Filter::default(), 0, 9).await, Err(LogError::NotOpen)));
    std::fs::remove_file(&in_the_way).expect("removed");
    assert_eq!(count(&log).await, 1);
    assert!(problems.try_recv().is_err(), "told once");
}

#[tokio::test]
async fn calls_that_cannot_be_written_are_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let in_the_way = folder.path().join("data");
    std::fs::write(&in_the_way, "a file where a folder should be").expect("written");
    let (log, _problems) = CallLog::start(Some(in_the_way.join("calls.sqlite")));
    let live = LocalCall { ended_ms: None, reason: None, outcome: Outcome::Ongoing, ..call("live") };
    log.write([live]);
    log.write((0..3_000).map(|n| call(&format!("flood{n}"))));
    std::fs::remove_file(&in_the_way).expect("removed");
    assert_eq!(count(&log).await, 1_024);
    let ongoing = log.list(Filter::default(), 0, 500).await.expect("read").records;
    assert!(ongoing.iter().all(|record| record.remote != Some(RemoteCallId("flood0".into()))));
    assert_eq!(log.counts(Filter { missed: true, ..Filter::default() }).await.expect("read").total, 1_023);
}

fn remembered(id: &str, duration_s: u32) -> BackendCall {
    BackendCall {
        remote: RemoteCallId(id.into()),
        peer: Person { id: PersonId("p".into()), name: "Ada".into(), avatar: None },
        members: Vec::new(),
        direction: Direction::Outgoing,
        kind: Some(MediaKind::Video),
        status: "ended".into(),
        started_at: "2026-03-01T10:00:00Z".into(),
        duration_s,
        subject: None,
    }
}

/// The database and what waits beside it, byte by byte.
fn on_disk(file: &Path) -> Vec<Vec<u8>> {
    let beside = |ending: &str| file.with_file_name(format!("calls.sqlite{ending}"));
    ["", "-wal"].iter().map(|ending| std::fs::read(beside(ending)).unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_history_that_says_nothing_new_changes_neither_revision_nor_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.sqlite");
    let (log, _problems) = CallLog::start(Some(file.clone()));
    let account = call("x").account;
    let page: Vec<_> = (0..20).map(|n| remembered(&format!("r{n}"), 60 + n)).collect();
    let merge = async |calls: Vec<BackendCall>| {
        log.merge(account.clone(), calls, SystemTime::now()).await.expect("the page is taken in")
    };
    assert_eq!(merge(page.clone()).await, 20);
    log.mark_seen(None).await.expect("seen");

    let mut revision = log.revision();
    revision.mark_unchanged();
    let before = on_disk(&file);
    for _ in 0..100 {
        assert_eq!(merge(page.clone()).await, 0);
        log.mark_seen(None).await.expect("seen");
        assert!(!log.delete(9_999).await.expect("there is none"));
        assert_eq!(count(&log).await, 20);
    }
    assert!(!revision.has_changed().expect("the log runs"));
    assert!(on_disk(&file) == before, "something was written");

    merge(vec![remembered("r0", 61), remembered("r1", 600)]).await;
    tokio::time::timeout(WAIT_LIMIT, revision.changed())
        .await
        .expect("a change is told")
        .expect("the log runs");
}
