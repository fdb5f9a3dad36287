//! Opening of the database file in any state. A file that is no database any more is moved aside, never
//! deleted.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;
use tracing::debug;

use super::Store;
use crate::timestamp::millis;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
/// How long another program may lock the file before a write fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Suffixes of SQLite's side files.
const SIDE_FILE_SUFFIXES: [&str; 2] = ["-wal", "-shm"];

/// Why there is no log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    #[error("the folder of the call log cannot be made")]
    Folder(#[source] std::io::Error),
    #[error("the call log cannot be opened")]
    Connect(#[source] sqlx::Error),
    #[error("the call log cannot be brought up to date")]
    Migrate(#[source] Box<MigrateError>),
    #[error("the call log cannot be put in order")]
    Recover(#[source] sqlx::Error),
    #[error("the damaged call log cannot be moved aside")]
    MovedFile(#[source] std::io::Error),
}

/// An open log, and where the file went that could not be read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) aside: Option<MovedFile>,
}

/// A file that was moved away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MovedFile {
    pub(crate) to: PathBuf,
    pub(crate) why: Unreadable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Damaged,
    /// A later version of this program wrote it.
    Newer,
}

pub(super) async fn open(file: Option<&Path>) -> Result<Opened, OpenError> {
    let Some(file) = file else {
        let connection = SqliteConnectOptions::new().in_memory(true).foreign_keys(true).connect().await;
        let mut connection = connection.map_err(OpenError::Connect)?;
        migrate(&mut connection).await.map_err(|error| OpenError::Migrate(Box::new(error)))?;
        return Ok(Opened { store: Store { connection, written: 0 }, aside: None });
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(OpenError::Folder)?;
    }
    let why = match connect(file).await {
        Ok(connection) => return Ok(Opened { store: Store { connection, written: 0 }, aside: None }),
        Err(error) => match unreadable(&error) {
            Some(why) => {
                debug!(%error, "Call log not readable");
                why
            }
            None => return Err(error),
        },
    };
    let to = move_aside(file, why).map_err(OpenError::MovedFile)?;
    let connection = connect(file).await?;
    Ok(Opened { store: Store { connection, written: 0 }, aside: Some(MovedFile { to, why }) })
}

/// Whom somebody talked to is nobody else's business. SQLite's companions inherit this; a file that cannot
/// be made is reported by SQLite itself.
#[cfg(unix)]
fn make_private(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    if let Err(error) = made {
        debug!(%error, "Call log not made anew");
    }
}

/// The user's own folder is private on other systems.
#[cfg(not(unix))]
fn make_private(_file: &Path) {}

async fn connect(file: &Path) -> Result<SqliteConnection, OpenError> {
    make_private(file);
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("secure_delete", "ON");
    let mut connection = options.connect().await.map_err(OpenError::Connect)?;
    let checked = check(&mut connection).await;
    if let Err(error) = checked {
        let _ = connection.close().await;
        return Err(error);
    }
    Ok(connection)
}

async fn check(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(OpenError::Connect)?;
    if verdict != "ok" {
        return Err(OpenError::Connect(sqlx::Error::Protocol(DAMAGE_MESSAGE.into())));
    }
    migrate(connection).await.map_err(|error| OpenError::Migrate(Box::new(error)))
}

/// `run` takes anything that can be acquired, which the compiler cannot show to be `Send` in a task.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    MIGRATIONS.run_direct(None, connection, false).await
}

/// How [`check`] says that SQLite found damage without an error of its own.
const DAMAGE_MESSAGE: &str = "quick_check found damage";

/// Whether another file is the cure.
fn unreadable(error: &OpenError) -> Option<Unreadable> {
    match error {
        OpenError::Connect(error) | OpenError::Recover(error) => {
            is_damage(error).then_some(Unreadable::Damaged)
        }
        OpenError::Migrate(error) => unmigrated(error),
        OpenError::Folder(_) | OpenError::MovedFile(_) => None,
    }
}

fn unmigrated(error: &MigrateError) -> Option<Unreadable> {
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        // SQLITE_ERROR (1): a database of something else has its tables in the way.
        let damaged = is_damage(error) || primary_code(error) == Some(1);
        return damaged.then_some(Unreadable::Damaged);
    }
    let newer = matches!(
        error,
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::VersionTooNew(..)
    );
    if newer {
        return Some(Unreadable::Newer);
    }
    matches!(error, MigrateError::Dirty(_)).then_some(Unreadable::Damaged)
}

/// SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), with or without their extensions
/// (<https://sqlite.org/rescode.html>).
fn is_damage(error: &sqlx::Error) -> bool {
    if matches!(error, sqlx::Error::Protocol(text) if text == DAMAGE_MESSAGE) {
        return true;
    }
    primary_code(error).is_some_and(|code| code == 11 || code == 26)
}

/// Whether the connection can go on: SQLITE_BUSY (5) and SQLITE_LOCKED (6) say that the file is in use, and
/// SQLITE_CONSTRAINT (19) undoes one statement.
pub(crate) fn is_usable_after(error: &sqlx::Error) -> bool {
    primary_code(error).is_some_and(|code| matches!(code, 5 | 6 | 19))
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn move_aside(file: &Path, why: Unreadable) -> std::io::Result<PathBuf> {
    let word = match why {
        Unreadable::Damaged => "damaged",
        Unreadable::Newer => "newer",
    };
    let with = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let mut to = with(file, &format!(".{word}-{}", millis(SystemTime::now())));
    while to.exists() {
        to = with(&to, "+");
    }
    std::fs::rename(file, &to)?;
    for companion in SIDE_FILE_SUFFIXES {
        let from = with(file, companion);
        if from.exists() {
            std::fs::rename(from, with(&to, companion))?;
        }
    }
    Ok(to)
}
