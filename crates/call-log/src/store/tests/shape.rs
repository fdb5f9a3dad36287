//! Tests of files in every state, and what is read from them.

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::*;
use crate::store::Unreadable;
use crate::store::open::MIGRATIONS;

async fn raw(file: &Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.expect("SQLite opens")
}

#[tokio::test]
async fn records_outlive_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = file_in(&folder);
    let opened = open(&file).await;
    assert!(opened.aside.is_none());
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("made").permissions());
        assert_eq!(mode & 0o777, 0o600, "for nobody else's eyes");
    }
    let mut store = opened.store;
    store.write(&[ended(&rung("u", "r", DAWN), Outcome::Missed, "missed", 0)]).await.expect("written");
    store.close().await.expect("closed");
    let mut store = open(&file).await.store;
    let record = only(&mut store).await;
    assert!(record.missed && !record.seen);
    assert_eq!(record.account, account("me"));
}

#[tokio::test]
async fn calls_cut_off_by_a_crash_are_closed_with_the_last_known_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = file_in(&folder);
    let mut store = open(&file).await.store;
    let talking = LocalCall {
        talked_ms: 20_000,
        noted_ms: DAWN + 21_000,
        ..answered(&placed(&dialled("u1", "p", DAWN), "talking"), 1_000)
    };
    let calls = [talking, rung("u2", "ringing", DAWN + 1), dialled("u3", "q", DAWN + 2)];
    store.write(&calls).await.expect("written");
    // No closing: the program is gone.
    drop(store);

    let mut store = open(&file).await.store;
    let records = all(&mut store).await;
    let of = |remote: &str| {
        let remote = Some(RemoteCallId(remote.into()));
        records.iter().find(|record| record.remote == remote).expect("recorded")
    };
    let talking = of("talking");
    assert_eq!((talking.outcome, talking.duration_s), (Outcome::Interrupted, 20));
    assert_eq!(talking.ended_at, crate::timestamp::show(DAWN + 21_000));
    let ringing = of("ringing");
    assert!(ringing.missed && !ringing.seen);
    let dialling = records.iter().find(|record| record.remote.is_none()).expect("recorded");
    assert_eq!(dialling.outcome, Outcome::Interrupted);
    assert!(records.iter().all(|record| record.reason.as_deref() == Some("interrupted")));

    // The backend saw more; what is ours stays.
    let page = [
        remembered("talking", "p", "ended", DAWN, 95),
        BackendCall { direction: Direction::Incoming, ..remembered("ringing", "p", "ended", DAWN, 33) },
        remembered("named at last", "q", "declined", DAWN + 40, 0),
    ];
    assert_eq!(store.merge(&account("me"), &page, DAWN).await.expect("merged"), 0);
    let records = all(&mut store).await;
    let of = |remote: &str| {
        let remote = Some(RemoteCallId(remote.into()));
        records.iter().find(|record| record.remote == remote).expect("recorded")
    };
    assert_eq!((of("talking").outcome, of("talking").duration_s), (Outcome::Interrupted, 95));
    assert_eq!((of("ringing").outcome, of("ringing").duration_s), (Outcome::Completed, 33));
    assert_eq!(of("named at last").outcome, Outcome::Declined);

    // Back in the call: it is the same one, and its time adds up.
    let again = answered(&placed(&dialled("u4", "p", DAWN + 60_000), "talking"), 0);
    store.write(&[ended(&again, Outcome::Completed, "hung_up", 100_000)]).await.expect("written");
    let records = all(&mut store).await;
    assert_eq!(records.len(), 3);
    let talking = records.iter().find(|record| record.duration_s == 120).expect("both times together");
    assert_eq!(talking.reason.as_deref(), Some("hung_up"));
}

#[tokio::test]
async fn a_damaged_file_is_kept_aside_and_a_new_one_begun() {
    for kind in ["garbage", "middle", "foreign"] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = file_in(&folder);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        match kind {
            "garbage" => std::fs::write(&file, vec![7_u8; 8192]).expect("written"),
            "middle" => {
                let mut store = open(&file).await.store;
                for n in 0..200 {
                    let call = rung(&format!("u{n}"), &format!("r{n}"), DAWN + n);
                    store.write(&[call]).await.expect("written");
                }
                store.close().await.expect("closed");
                let mut bytes = std::fs::read(&file).expect("read");
                let end = bytes.len();
                bytes[4096..end].fill(0xff);
                std::fs::write(&file, bytes).expect("written");
            }
            _ => {
                let mut other = raw(&file).await;
                sqlx::query("CREATE TABLE calls (x)").execute(&mut other).await.expect("made");
                other.close().await.expect("closed");
            }
        }
        let before = std::fs::read(&file).expect("read");
        let mut opened = open(&file).await;
        let aside = opened.aside.take().expect("moved");
        assert_eq!(aside.why, Unreadable::Damaged, "{kind}");
        let name = aside.to.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(name.starts_with("calls.sqlite.damaged-"), "{name}");
        if kind != "foreign" {
            assert_eq!(std::fs::read(&aside.to).expect("kept"), before, "{kind}");
        }
        opened.store.write(&[rung("u", "r", DAWN)]).await.expect("the new one works");
        assert_eq!(all(&mut opened.store).await.len(), 1);
    }
}

#[tokio::test]
async fn an_old_file_is_brought_up_to_date_and_a_newer_one_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.sqlite");
    let mut old = raw(&file).await;
    MIGRATIONS.run_to(1, &mut old).await.expect("the first tables");
    sqlx::raw_sql(
        "INSERT INTO accounts VALUES (1, 'storefront', 'shop.example', 'me', 'Me', 5, 0); \
         INSERT INTO calls (account, remote, outgoing, peer_id, peer_name, outcome, started_ms, seen, \
         search) VALUES (1, 'r', 1, 'p', 'Ada', 'completed', 7, 1, 'ada')",
    )
    .execute(&mut old)
    .await
    .expect("written");
    old.close().await.expect("closed");

    let mut opened = open(&file).await;
    assert!(opened.aside.is_none());
    let record = only(&mut opened.store).await;
    assert_eq!((record.peer.name.as_str(), record.members), ("Ada", Vec::new()));
    // What the old file has can be added to.
    let of_several =
        LocalCall { members: vec![person("p"), person("q")], ..placed(&dialled("u", "p", 7), "r") };
    opened.store.write(&[of_several]).await.expect("written");
    assert_eq!(only(&mut opened.store).await.members, [person("p"), person("q")]);
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (9999, 'to come', 0, 1, x'00', 0)")
        .execute(&mut opened.store.connection)
        .await
        .expect("written");
    opened.store.close().await.expect("closed");

    let mut opened = open(&file).await;
    assert_eq!(opened.aside.expect("moved").why, Unreadable::Newer);
    assert_eq!(all(&mut opened.store).await, []);
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_loses_nothing_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = file_in(&folder);
    let mut store = open(&file).await.store;
    store.write(&[rung("first", "first", DAWN)]).await.expect("written");
    store.allow_no_more_pages().await;
    let many: Vec<LocalCall> = (0..500).map(|n| rung(&format!("u{n}"), &format!("r{n}"), DAWN + n)).collect();
    assert!(store.write(&many).await.is_err());
    assert_eq!(all(&mut store).await.len(), 1);
    sqlx::query("PRAGMA max_page_count = 1048576").execute(&mut store.connection).await.expect("more room");
    store.write(&many).await.expect("it goes on");
    let page = store.list(&Filter::default(), 0, 1_000).await.expect("read");
    assert_eq!((page.records.len(), page.total), (500, 501), "a page has an end");
}

#[tokio::test]
async fn records_are_found_by_what_a_person_remembers() {
    let mut store = memory().await;
    let mut calls = Vec::new();
    for (n, name) in (0..).zip(["Ada Lovelace", "Émile", "Zoë 100%"]) {
        let mut call = rung(&format!("u{n}"), &format!("r{n}"), DAWN + n * 60_000);
        call.peer = Person { id: PersonId(format!("p{n}")), name: name.into(), avatar: None };
        call.subject = Some(Subject { id: "o".into(), label: format!("Order #{n}") });
        calls.push(ended(&call, Outcome::Missed, "missed", 0));
    }
    calls[0].outcome = Outcome::Declined;
    calls[2].account = Account {
        key: AccountRef::new("clinic", "https://Clinic.example/", &PersonId("doc".into())),
        label: "Doc".into(),
    };
    store.write(&calls).await.expect("written");
    let find = async |store: &mut Store, filter: Filter| {
        let page = store.list(&filter, 0, 10).await.expect("read");
        assert_eq!(store.counts(&filter).await.expect("counted").total, page.total);
        page.records.into_iter().map(|record| record.peer.name).collect::<Vec<_>>()
    };
    let text = |text: &str| Filter { text: text.into(), ..Filter::default() };
    assert_eq!(find(&mut store, Filter::default()).await, ["Zoë 100%", "Émile", "Ada Lovelace"]);
    assert_eq!(find(&mut store, text(" LOVE")).await, ["Ada Lovelace"]);
    assert_eq!(find(&mut store, text("émi")).await, ["Émile"]);
    assert_eq!(find(&mut store, text("0%")).await, ["Zoë 100%"]);
    assert_eq!(find(&mut store, text("order #1")).await, ["Émile"]);
    assert_eq!(find(&mut store, text("nobody")).await, Vec::<String>::new());
    let missed = Filter { missed: true, ..Filter::default() };
    assert_eq!(find(&mut store, missed).await, ["Zoë 100%", "Émile"]);
    let clinic = Filter { dialect: Some("clinic".into()), ..Filter::default() };
    assert_eq!(find(&mut store, clinic).await, ["Zoë 100%"]);
    let mine = Filter { account: Some(account("me").key), ..Filter::default() };
    assert_eq!(find(&mut store, mine).await, ["Émile", "Ada Lovelace"]);
    let person = Filter { person: Some(PersonId("p1".into())), ..Filter::default() };
    assert_eq!(find(&mut store, person).await, ["Émile"]);
    let (from, until) = (crate::timestamp::show(DAWN + 60_000), crate::timestamp::show(DAWN + 120_000));
    assert_eq!(find(&mut store, Filter { from, until, ..Filter::default() }).await, ["Émile"]);
    let second = store.list(&Filter::default(), 1, 1).await.expect("read");
    assert_eq!((second.records[0].peer.name.as_str(), second.total), ("Émile", 3));
}
