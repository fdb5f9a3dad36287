//! Plans of the statements that the server makes while everything of every backend is asked for, told, done
//! and listed: no list, and nothing else, reads the whole of a table that grows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwire_server::{Admin, App, Backend, Database};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::matrix::{AccessMatrix, clinic, dealerdesk, hearth, marketplace, storefront, unlimited_on};

/// Of the database; its threads are named for it, by which they are told from those of other tests.
const NAME: &str = "query-plans";

/// What may be read as a whole: tables of a few rows, and what a statement has chosen before.
const SMALL: [&str; 4] = ["readiness", "_sqlx_migrations", "sqlite_schema", "mine"];

/// Statements that stop at the first row: whether there is anybody at all.
const FIRST_ROW_ONLY: [&str; 5] = [
    "SELECT EXISTS (SELECT 1 FROM shops) OR EXISTS (SELECT 1 FROM users)",
    "SELECT EXISTS (SELECT 1 FROM dealers) OR EXISTS (SELECT 1 FROM technicians)",
    "SELECT 1 FROM marketplace_users LIMIT 1",
    "SELECT EXISTS (SELECT 1 FROM hearth_users)",
    "SELECT 1 FROM clinic_users LIMIT 1",
];

#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if std::thread::current().name().is_some_and(|name| name.starts_with(NAME)) {
            let mut text = Text::default();
            event.record(&mut text);
            let statement = text.whole.filter(|whole| !whole.is_empty()).or(text.summary);
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(statement.map(|statement| statement.trim().to_owned()));
        }
    }
}

/// A statement as the database's library tells of it; a short one is its own summary.
#[derive(Default)]
struct Text {
    summary: Option<String>,
    whole: Option<String>,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = Some(value.to_owned()),
            "db.statement" => self.whole = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

async fn ask_for_everything(app: &App, set_up: impl AsyncFnOnce(&App) -> AccessMatrix) {
    let matrix = set_up(app).await;
    assert!(matrix.read_all_lists().await > 0);
    matrix.check(app).await;
}

/// What a statement reads from end to end, if anything.
async fn scans(database: &mut SqliteConnection, statement: &str, partial: &BTreeSet<String>) -> Vec<String> {
    let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let plan = sqlx::query(explained).fetch_all(database).await.expect(statement);
    let mut found = Vec::new();
    for row in plan {
        let step: String = row.get("detail");
        let mut words = step.split_whitespace();
        let (verb, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        // An index of the few rows that are not over is as good as a place in it.
        let index = step.split_once("INDEX ").map_or("", |(_, index)| index);
        let chosen = SMALL.contains(&name) || name.starts_with('(') || step.contains("CONSTANT ROW");
        if verb == "SCAN" && !chosen && !partial.contains(index) || step.contains("AUTOMATIC") {
            found.push(step);
        }
    }
    found
}

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.expect("a database")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_list_reads_the_whole_of_a_table_that_grows() {
    let heard = Statements::default();
    let only = Targets::new().with_target("sqlx::query", LevelFilter::DEBUG);
    // For all threads: the database's are not ours. No other test has one for all.
    let subscriber = tracing_subscriber::registry().with(heard.clone().with_filter(only));
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(format!("{NAME}.db"));
    let app = unlimited_on(Database::File(file.clone())).await;

    ask_for_everything(&app, storefront::matrix).await;
    ask_for_everything(&app, dealerdesk::matrix).await;
    ask_for_everything(&app, marketplace::matrix).await;
    ask_for_everything(&app, hearth::matrix).await;
    ask_for_everything(&app, clinic::matrix).await;
    app.stop().await;
    let operator = Admin::open(&file).await.expect("a database");
    let (hearth, day) = (Backend::parse("hearth").expect("a backend"), Duration::from_secs(24 * 3600));
    assert!(operator.usage(hearth, day).await.expect("figures").calls.calls > 0);
    assert!(!operator.usage_by_person(hearth, day, 10).await.expect("figures").is_empty());
    assert!(operator.figures_of_call(hearth, "none").await.is_err());
    operator.close().await;

    let mut database = connect(&file).await;
    let partial = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'";
    let partial: Vec<String> = sqlx::query_scalar(partial).fetch_all(&mut database).await.expect("indexes");
    let partial = partial.into_iter().collect();
    let statements = heard.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (mut found, mut explained) = (BTreeMap::new(), 0);
    for statement in &statements {
        let verb = statement.split_whitespace().next().unwrap_or_default();
        if !["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(&verb) {
            continue;
        }
        explained += 1;
        let scans = scans(&mut database, statement, &partial).await;
        if !scans.is_empty() && !FIRST_ROW_ONLY.contains(&statement.as_str()) {
            found.insert(statement, scans);
        }
    }
    assert!(explained > 100, "only {explained} statements were heard of: {statements:#?}");
    assert!(found.is_empty(), "{found:#?}");
}
