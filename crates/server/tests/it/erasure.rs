//! People who are removed: their sessions, their address, and on request everything personal.

use std::path::Path;

use bellwire_server::{App, Config, Database, backends};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::program::{done, refused};
use crate::support::{BO, Person};

async fn database(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(folder.join("calls.db")).connect().await.expect("a database")
}

fn config(folder: &Path) -> Config {
    Config { database: Database::File(folder.join("calls.db")), ..Config::demo() }
}

/// Everything a database has, as text.
async fn everything(folder: &Path) -> String {
    let mut database = database(folder).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%' AND name <> 'ended_accounts'",
    )
    .fetch_all(&mut database)
    .await
    .expect("tables");
    let mut all = String::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
            .bind(&table)
            .fetch_all(&mut database)
            .await
            .expect("columns");
        let texts: Vec<_> = columns.iter().map(|name| format!("COALESCE(\"{name}\", '')")).collect();
        let sql = format!("SELECT {} FROM {table}", texts.join(" || ' ' || "));
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut database).await.expect("rows");
        all.push_str(&rows.join("\n"));
        all.push('\n');
    }
    let broken: Vec<(String,)> = sqlx::query_as("SELECT \"table\" FROM pragma_foreign_key_check")
        .fetch_all(&mut database)
        .await
        .expect("a check");
    assert_eq!(broken, []);
    database.close().await.expect("closed");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_who_is_erased_nothing_personal_is_left_in_any_backend() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    App::start(config(folder)).await.expect("a server").stop().await;
    // What each demo account is known by, beside the address: name, and something they wrote or got.
    let personal = [
        ("storefront", "seller", "seller@demo.example", &["Nordlicht", "Glaze colour"][..]),
        ("storefront", "customer", "amira@demo.example", &["Amira"]),
        ("dealerdesk", "dealer", "dealer@demo.example", &["Harbour Street Motors", "gearbox whines"]),
        ("dealerdesk", "technician", "technician@demo.example", &["Tomás Ibarra", "Send me a recording"]),
        ("marketplace", "client", "client@demo.example", &["Chidi", "kitchen tap"]),
        ("hearth", "user", "ana@demo.example", &["Lima"]),
        ("hearth", "therapist", "therapist@demo.example", &["Weiss"]),
        ("clinic", "patient", "patient4@demo.example", &["Ødegård", "Wound heals"]),
    ];
    let before = everything(folder).await;
    let rows = before.lines().count();
    for (backend, role, email, texts) in personal {
        for text in texts.iter().chain([&email]) {
            assert!(before.contains(text), "{backend} {text}");
        }
        let who = ["--backend", backend, "--role", role, "--email", email];
        let said = done(folder, &[&["user", "remove", "--erase"][..], &who].concat()).await;
        assert!(said.contains("calls stay as those of a removed user"), "{said}");
        let said = refused(folder, &[&["user", "enable"][..], &who].concat()).await;
        assert!(said.contains("there is no"), "{said}");
    }

    let after = everything(folder).await;

    for (backend, _, email, texts) in personal {
        for text in texts.iter().chain([&email]) {
            assert!(!after.contains(text), "{backend} still has {text}");
        }
    }
    assert!(after.lines().count() + 3 > rows, "the records stay: {rows} and {}", after.lines().count());
    // The other side still sees its calls.
    let app = App::start(config(folder)).await.expect("a server");
    let bo = Person::login(&app, "customer", BO).await;
    let (status, history) = bo.get(&format!("/video-call/customer-history/{}", bo.id)).await;
    assert_eq!(status, 200, "{history}");
    assert!(history["calls"].to_string().contains("removed user"), "{history}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_is_out_and_their_address_is_free_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let app = App::start(config(folder)).await.expect("a server");
    for info in backends() {
        let backend = info.backend.id();
        let (role, email) = info.demo_logins[0];
        let names: &[&str] = if ["hearth", "clinic"].contains(&backend) { &["New", "One"] } else { &["New"] };
        let who = ["--backend", backend, "--role", role, "--email", email];
        let said = done(folder, &[&["user", "remove"][..], &who].concat()).await;
        assert!(said.contains("records keep the name"), "{backend}: {said}");
        let said = crate::program::add(folder, backend, role, email, names).await;
        assert!(said.starts_with("added"), "{said}");
    }
    app.stop().await;
    let text = everything(folder).await;
    assert!(text.contains("Nordlicht") && text.contains("Lima"), "names stay");
}
