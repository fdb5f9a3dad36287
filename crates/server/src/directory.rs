//! What an administrator may keep in a backend's tables: its accounts and the records that calls need.
//! Each backend describes its own; [`Admin`](crate::Admin) does the work.

mod account_kind;

use std::future::Future;
use std::pin::Pin;

use sqlx::SqliteConnection;

pub(crate) use self::account_kind::{AccountId, AccountKind, NameColumns};
use crate::admin::{Change, Row, RowError};
use crate::clock::Millis;
use crate::usage::UsageQueries;

/// The accounts and records of a backend.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) accounts: &'static [AccountKind],
    pub(crate) records: &'static [RecordKind],
    /// Deletes ended calls and old messages: `$1` is the moment before which they are old, `$2` how many at
    /// most. Repeated while there are as many.
    pub(crate) forget: &'static [&'static str],
    /// `None`: it keeps no figures of use.
    pub(crate) usage: Option<&'static UsageQueries>,
}

/// Records of one kind, as a file has them.
#[derive(Debug)]
pub(crate) struct RecordKind {
    pub(crate) name: &'static str,
    pub(crate) put: Put,
}

/// Adds or changes the record that a row describes.
pub(crate) type Put = for<'a> fn(&'a mut SqliteConnection, &'a mut Row, Millis) -> Putting<'a>;
pub(crate) type Putting<'a> = Pin<Box<dyn Future<Output = Result<Change, RowError>> + Send + 'a>>;

impl Directory {
    pub(crate) fn account(&self, role: &str) -> Option<&'static AccountKind> {
        self.accounts.iter().find(|kind| kind.role == role)
    }
}
