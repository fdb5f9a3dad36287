//! The administrator's side: accounts, imported records and copies of a database, also of one that a server
//! is running on. What each backend has is in its own `directory.rs`.

mod accounts;
mod address;
mod backup;
mod file;
mod import;
mod known;
mod put;
mod removal;
mod row;
mod usage;

use std::path::Path;

pub use self::accounts::{AccountRow, NewPerson, Password};
pub(crate) use self::address::address;
pub use self::file::{FileFormat, RowRefusal};
pub use self::import::{ImportSummary, Tally};
pub(crate) use self::put::{Change, Value, put};
pub use self::removal::Removal;
pub(crate) use self::row::{Row, RowError, account_id, both};
use crate::backend::Backend;
use crate::config::Database;
use crate::directory::{AccountKind, Directory};
use crate::passwords::HashError;
use crate::registry::info;
use crate::store::{OpenError, Pools, StoreError};

/// Why an order of an administrator was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("{backend} has no role {role}; there are {known}")]
    UnknownRole { backend: &'static str, role: String, known: String },
    #[error("{0}")]
    Unfit(String),
    #[error("there is no {role} {email}")]
    Nobody { role: String, email: String },
    #[error("{email} has several accounts ({roles}); say which role")]
    Several { email: String, roles: String },
    #[error("{email} has an account already")]
    Taken { email: String },
    #[error("{} rows are not fit; nothing was imported", .0.len())]
    Rows(Vec<RowRefusal>),
    #[error("passwords have to be made up for {0} people: say where to write them")]
    NoPlaceForPasswords(usize),
    #[error("{path} exists already")]
    Exists { path: String },
    #[error("cannot write {path}")]
    Write { path: String, source: std::io::Error },
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A database in an administrator's hands.
#[derive(Debug)]
pub struct Admin {
    pools: Pools,
}

impl Admin {
    /// Opens a database, or makes one. One of another version of the program is left alone: the server
    /// that runs on it may be that version's.
    pub async fn open(path: &Path) -> Result<Self, AdminError> {
        let pools = Pools::open_unmigrated(&Database::File(path.to_owned())).await?;
        pools.migrate_if_empty().await?;
        Ok(Self { pools })
    }

    pub async fn close(self) {
        self.pools.close().await;
    }
}

/// Reads a file as both forms and takes fields out of its rows; every row and refusal is somewhere in it.
#[cfg(feature = "fuzzing")]
pub(crate) fn reads(data: &[u8]) {
    let lines = 1 + data.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    for format in [FileFormat::Json, FileFormat::Csv] {
        match file::read(data, format, "people") {
            Ok(kinds) => {
                for mut row in kinds.into_iter().flat_map(|(_, rows)| rows) {
                    assert!((1..=lines).contains(&row.line), "line {} of {lines}", row.line);
                    let email = row.email("email");
                    assert!(email.is_err() || email.is_ok_and(|email| address(&email) == Ok(email.clone())));
                    let _ = (row.time("starts_at"), row.number("minutes", 1..=9), row.flag("passwordless"));
                    let _ = (row.list("participants", 8), row.text("name", 200), row.finish());
                }
            }
            Err(refused) => {
                assert!(!refused.is_empty());
                assert!(refused.iter().all(|refusal| (1..=lines + 1).contains(&refusal.line)), "{refused:?}");
            }
        }
    }
}

fn directory(backend: Backend) -> &'static Directory {
    // The registry is complete: a test holds it against the table of backends.
    static NONE: Directory = Directory { accounts: &[], records: &[], forget: &[], usage: None };
    info(backend).map_or(&NONE, |info| info.directory)
}

fn kind(backend: Backend, role: &str) -> Result<&'static AccountKind, AdminError> {
    let directory = directory(backend);
    directory.account(&role.to_ascii_lowercase()).ok_or_else(|| {
        let known: Vec<_> = directory.accounts.iter().map(|kind| kind.role).collect();
        let (role, known) = (role.to_owned(), known.join(", "));
        AdminError::UnknownRole { backend: backend.id(), role, known }
    })
}

/// The kinds a role names: all of them for `None`.
fn kinds(backend: Backend, role: Option<&str>) -> Result<Vec<&'static AccountKind>, AdminError> {
    match role {
        None => Ok(directory(backend).accounts.iter().collect()),
        Some(role) => kind(backend, role).map(|kind| vec![kind]),
    }
}
