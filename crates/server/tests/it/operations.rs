//! The program in operation: configuration, health, logs, copies.

use std::path::Path;

use bellwire_server::{App, Config, Database};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::program::{Running, add, done, program, refused, run};
use crate::support::{PATIENCE, rest, server};

async fn count(file: &Path, table: &str) -> i64 {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut database = options.connect().await.expect("a database");
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut database).await.expect("a count");
    database.close().await.expect("closed");
    count
}

#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).expect("a file").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_made_while_the_server_runs_and_never_over_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let database = Database::File(folder.join("calls.db"));
    let app = App::start(Config { database, ..Config::demo() }).await.expect("a server");

    done(folder, &["backup", "copy.db"]).await;

    let copy = folder.join("copy.db");
    let (users, calls) = (count(&copy, "users").await, count(&copy, "video_calls").await);
    assert!(users > 0 && calls > 0);
    assert_eq!(users, count(&folder.join("calls.db"), "users").await);
    #[cfg(unix)]
    assert_eq!(mode(&copy), 0o600);
    assert!(refused(folder, &["backup", "copy.db"]).await.contains("exists already"));
    assert_eq!(count(&copy, "users").await, users, "it is as it was");
    assert!(refused(folder, &["--database", "none.db", "backup", "other.db"]).await.contains("no database"));
    assert!(!folder.join("none.db").exists() && !folder.join("other.db").exists());
    // The copy is a database to start from.
    app.stop().await;
    let database = Database::File(copy);
    App::start(Config { database, ..Config::demo() }).await.expect("a server").stop().await;
}

/// Makes a database one that an earlier version has left: without what the last migration made.
async fn age(file: &Path) {
    let mut database = SqliteConnectOptions::new().filename(file).connect().await.expect("a database");
    let script = "DELETE FROM _sqlx_migrations WHERE version >= 8; DROP TABLE ended_accounts; DROP TABLE readiness; \
        DROP TABLE hearth_figures; ALTER TABLE hearth_participants DROP COLUMN has_shared; \
        DROP INDEX products_external; DROP INDEX hearth_therapy_external; DROP INDEX clinic_appointments_external; \
        ALTER TABLE products DROP COLUMN external_id; ALTER TABLE hearth_therapy DROP COLUMN external_id; \
        ALTER TABLE clinic_appointments DROP COLUMN external_id; \
        ALTER TABLE users DROP COLUMN disabled; ALTER TABLE shops DROP COLUMN disabled; \
        ALTER TABLE dealers DROP COLUMN disabled; ALTER TABLE technicians DROP COLUMN disabled; \
        ALTER TABLE marketplace_users DROP COLUMN disabled; ALTER TABLE hearth_users DROP COLUMN disabled; \
        ALTER TABLE clinic_users DROP COLUMN disabled;";
    sqlx::raw_sql(script).execute(&mut database).await.expect("aged");
    database.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_copied_before_it_is_migrated_and_only_a_server_migrates_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    add(folder, "storefront", "customer", "bo@x.example", &["Bo"]).await;
    age(&folder.join("calls.db")).await;

    let said = refused(folder, &["user", "list", "--backend", "storefront"]).await;
    assert!(said.contains("start the server of this version on it first"), "{said}");
    let database = Database::File(folder.join("calls.db"));
    let config = Config { database, demo_data: false, ..Config::demo() };
    App::start(config.clone()).await.expect("a server").stop().await;

    let copy = folder.join("calls.db.before-migration-from-7");
    assert_eq!((count(&copy, "users").await, count(&copy, "_sqlx_migrations").await), (1, 7));
    #[cfg(unix)]
    assert_eq!(mode(&copy), 0o600);
    let said = done(folder, &["user", "list", "--backend", "storefront"]).await;
    assert!(said.contains("bo@x.example"), "{said}");
    std::fs::remove_file(&copy).expect("removed");
    App::start(config).await.expect("a server").stop().await;
    assert!(!copy.exists(), "nothing was migrated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn life_and_readiness_are_told_apart() {
    let app = server().await;
    let host = rest(&app).replace("/api/v2", "");
    let ask = async |path: &str| {
        let reply = reqwest::get(format!("{host}{path}")).await.expect("a reply");
        (reply.status().as_u16(), reply.json::<Value>().await.expect("json")["status"].clone())
    };
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(ask(path).await, (200, "ok".into()), "{path}");
    }
    assert!(app.is_alive().await);
    app.stop().await;

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.db");
    let database = Database::File(file.clone());
    let app = App::start(Config { database, ..Config::demo() }).await.expect("a server");
    let host = rest(&app).replace("/api/v2", "");
    let mut broken = SqliteConnectOptions::new().filename(&file).connect().await.expect("a database");
    sqlx::raw_sql("DROP TABLE readiness").execute(&mut broken).await.expect("dropped");
    let waiting = async {
        loop {
            let reply = reqwest::get(format!("{host}/health/ready")).await.expect("a reply");
            if reply.status() == 503 {
                return reply.json::<Value>().await.expect("json");
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let status = tokio::time::timeout(PATIENCE, waiting).await.expect("it is noticed");
    assert_eq!(status["status"], "writing");
    let live = reqwest::get(format!("{host}/health/live")).await.expect("a reply");
    assert_eq!(live.status(), 200);
    assert!(app.is_alive().await, "starting it again would not help");
    broken.close().await.expect("closed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_and_variables_win_over_the_file_and_a_wrong_key_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.toml");
    let database = folder.path().join("of-the-file.db");
    let text = format!(
        "database = {database:?}\nturn-listen = \"127.0.0.1:0\"\nlog-format = \"json\"\nonly = [\"clinic\", \"storefront\"]\n"
    );
    std::fs::write(&file, text).expect("written");
    let file = file.to_str().expect("text");

    let mut command = program(&["user", "list", "--backend", "clinic", "--config", file]);
    command.current_dir(folder.path());
    assert!(run(command).await.good);
    assert!(database.exists(), "the file's");
    let mut command = program(&["--config", file, "user", "list", "--backend", "clinic"]);
    command.env("BELLWIRE_DATABASE", folder.path().join("of-the-variable.db"));
    assert!(run(command).await.good);
    assert!(folder.path().join("of-the-variable.db").exists());
    let flag = folder.path().join("of-the-flag.db");
    let mut command =
        program(&["user", "list", "--backend", "clinic", "--database", flag.to_str().expect("text")]);
    command.env("BELLWIRE_CONFIG", file).env("BELLWIRE_DATABASE", "/nowhere/of-the-variable.db");
    assert!(run(command).await.good);
    assert!(flag.exists());

    let server = Running::start(&["--config", file]).await;
    assert!(server.introduction.iter().all(|line| !line.starts_with("hearth")), "{:?}", server.introduction);
    let log = server.stop().await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().any(|line| line["fields"]["message"] == "Serving"), "{log}");

    std::fs::write(folder.path().join("odd.toml"), "databse = \"x\"\n").expect("written");
    let mut command = program(&["--config", "odd.toml"]);
    command.current_dir(folder.path());
    let said = run(command).await;
    assert!(!said.good && said.err.contains("there is no option databse"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_have_names() {
    let app = server().await;
    let url = format!("{}/health/live", rest(&app).replace("/api/v2", ""));
    let name = async |given: &str| {
        let request = reqwest::Client::new().get(&url).header("x-request-id", given);
        let reply = request.send().await.expect("a reply");
        reply.headers()["x-request-id"].to_str().expect("text").to_owned()
    };
    assert_eq!(name("of-the-proxy.7").await, "of-the-proxy.7");
    let (one, other) = (name("a b").await, name("a b").await);
    assert!(one.len() == 36 && one != other, "{one} {other}");
    app.stop().await;
}
