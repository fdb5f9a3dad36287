//! The database itself: pools, migrations, ids. What a backend keeps in it is in the backend's folder;
//! its tables come from `migrations/`, one file per backend.

use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::clock::Millis;
use crate::config::Database;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("cannot open the database")]
    Connect(#[from] sqlx::Error),
    #[error("cannot migrate the database")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("database: {0}")]
pub struct StoreError(#[from] pub(crate) sqlx::Error);

/// One connection that writes and four that read; for a database in memory all of them are one, so a
/// transaction must never wait for a second connection.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) read: SqlitePool,
    pub(crate) write: SqlitePool,
}

impl Pools {
    /// Opens or creates, and brings the tables up to date.
    pub(crate) async fn open(database: &Database) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .synchronous(SqliteSynchronous::Normal);
        let one = || {
            SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(Duration::from_secs(60))
        };
        let (read, write) = match database {
            Database::Memory => {
                // An in-memory database belongs to its connection, so both pools are the same one.
                let pool = one().connect_with(options.in_memory(true)).await?;
                (pool.clone(), pool)
            }
            Database::File(path) => {
                let options = options.filename(path).create_if_missing(true);
                let write = one().connect_with(options.clone().journal_mode(SqliteJournalMode::Wal)).await?;
                let read = one().max_connections(4).connect_lazy_with(options);
                (read, write)
            }
        };
        sqlx::migrate!("./migrations").run(&write).await?;
        Ok(Self { read, write })
    }

    /// Whether the database answers.
    pub(crate) async fn alive(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.read).await?;
        Ok(())
    }

    /// Waits for what is under way and closes.
    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A fresh id: 24 hexadecimal digits that begin with the time, so that they sort by it.
pub(crate) fn new_id(now: Millis) -> String {
    format!("{:08x}{:016x}", now.seconds() & 0xffff_ffff, rand::random::<u64>())
}
