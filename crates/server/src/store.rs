//! The database: pools, migrations, ids. What a backend keeps in it is in the backend's folder;
//! its tables come from `migrations/`, one file per backend.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use tracing::info;

use crate::clock::Millis;
use crate::config::Database;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Of which version the tables are.
enum Version {
    /// There are none.
    Empty,
    /// Of an earlier version; the number of its last migration.
    Older(i64),
    /// Of this one, or a later one.
    Current,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("cannot keep the database for its owner alone")]
    Owner(#[source] std::io::Error),
    #[error("cannot open the database")]
    Connect(#[from] sqlx::Error),
    #[error("the database is of an earlier version: start the server of this version on it first")]
    OtherVersion,
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
    /// Opens or creates, and brings the tables up to date. A database that is there is copied before.
    pub(crate) async fn open(database: &Database) -> Result<Self, OpenError> {
        let pools = Self::open_unmigrated(database).await?;
        if let Database::File(path) = database
            && let Version::Older(version) = pools.version().await?
        {
            pools.copy_beside(path, version).await?;
        }
        MIGRATOR.run(&pools.write).await?;
        Ok(pools)
    }

    /// Brings the tables up to date if there are none.
    ///
    /// # Errors
    /// The tables are of another version of the program.
    pub(crate) async fn migrate_if_empty(&self) -> Result<(), OpenError> {
        match self.version().await? {
            Version::Older(_) => Err(OpenError::OtherVersion),
            // Also complains about a newer one.
            Version::Empty | Version::Current => Ok(MIGRATOR.run(&self.write).await?),
        }
    }

    /// How the tables are to be read: which migrations were made.
    async fn version(&self) -> Result<Version, OpenError> {
        let tables: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
                .fetch_optional(&self.write)
                .await?;
        if tables.is_none() {
            return Ok(Version::Empty);
        }
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&self.write).await?;
        let ours = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
        Ok(match newest {
            None => Version::Empty,
            Some(newest) if newest < ours => Version::Older(newest),
            Some(_) => Version::Current,
        })
    }

    /// A copy of a database that is about to be migrated, beside it.
    async fn copy_beside(&self, path: &Path, version: i64) -> Result<(), OpenError> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".before-migration-from-{version}"));
        let copy = Path::new(&name);
        // One that is there is of an attempt that failed: the tables were left as they were.
        match std::fs::remove_file(copy) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenError::Owner(error));
            }
            Ok(()) | Err(_) => {}
        }
        keep_private(copy).map_err(OpenError::Owner)?;
        self.copy_to(copy).await.map_err(|StoreError(error)| OpenError::Connect(error))?;
        info!(copy = %copy.display(), "The database is brought up to date; this is how it was");
        Ok(())
    }

    /// Writes everything to an empty file.
    pub(crate) async fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        let to = to.to_str().ok_or_else(|| sqlx::Error::Protocol("the path is not UTF-8".to_owned()))?;
        sqlx::query("VACUUM INTO $1").bind(to).execute(&self.write).await?;
        Ok(())
    }

    /// Opens or creates, and leaves the tables as they are.
    pub(crate) async fn open_unmigrated(database: &Database) -> Result<Self, OpenError> {
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
                keep_private(path).map_err(OpenError::Owner)?;
                // Of which database a thread is, where a process has several.
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let options = options
                    .filename(path)
                    .create_if_missing(true)
                    .thread_name(move |number| format!("{name}-sqlite-{number}"));
                let write = one().connect_with(options.clone().journal_mode(SqliteJournalMode::Wal)).await?;
                let read = one().max_connections(4).connect_lazy_with(options);
                (read, write)
            }
        };
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

/// Makes the file if there is none, and lets its owner alone read and write it, with the files SQLite
/// keeps beside it: password hashes and messages are in them. SQLite gives new ones the file's own mode.
#[cfg(unix)]
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    let owner_only = || std::fs::Permissions::from_mode(0o600);
    let file = std::fs::OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    file.set_permissions(owner_only())?;
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::set_permissions(name, owner_only()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn keep_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// A fresh id: 24 hexadecimal digits that begin with the time, so that they sort by it.
pub(crate) fn new_id(now: Millis) -> String {
    format!("{:08x}{:016x}", now.seconds() & 0xffff_ffff, rand::random::<u64>())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    async fn modes(folder: &Path) -> Vec<(String, u32)> {
        let pools = Pools::open(&Database::File(folder.join("calls.db"))).await.expect("a database");
        pools.alive().await.expect("it answers");
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
        let mut modes: Vec<_> = files
            .map(|file| {
                let mode = file.metadata().expect("a mode").permissions().mode() & 0o777;
                (file.file_name().to_string_lossy().into_owned(), mode)
            })
            .collect();
        modes.sort();
        modes
    }

    #[tokio::test]
    async fn the_database_is_its_owners_alone_also_one_that_was_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let private = ["calls.db", "calls.db-shm", "calls.db-wal"].map(|name| (name.to_owned(), 0o600));

        assert_eq!(modes(folder.path()).await, private);
        for (name, _) in &private {
            let open = std::fs::Permissions::from_mode(0o644);
            match std::fs::set_permissions(folder.path().join(name), open) {
                Ok(()) => {}
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{name}"),
            }
        }
        assert_eq!(modes(folder.path()).await, private);
    }
}
