//! Importing a file: all of it in one transaction, or nothing. Importing it again changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use futures_util::stream::{self, StreamExt};
use sqlx::SqliteConnection;

use super::accounts::{MAX_NAME_BYTES, fit, fresh};
use super::backup::private_file;
use super::file::{FileFormat, MAX_REFUSALS, RowRefusal, read};
use super::known::{end_sessions, find, taken};
use super::put::{Change, Column, put};
use super::row::{Row, RowError, both};
use super::{Admin, AdminError, Password, directory};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::directory::{AccountKind, Directory, NameColumns};
use crate::passwords;

/// The kind of rows that are accounts.
const PEOPLE: &str = "people";

/// What became of the rows of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// What an import did: by kind.
pub type ImportSummary = BTreeMap<String, Tally>;

/// A person of a file.
struct Person {
    row: Row,
    kind: &'static AccountKind,
    email: String,
    /// The hash the account has.
    kept: Option<String>,
    given: Given,
    /// The hash it is to have instead.
    hash: Option<String>,
}

/// The password of a row.
enum Given {
    /// The account keeps the one it has, or needs none.
    Nothing,
    Hash(String),
    Plain(String),
    /// Made up, because a new account has to have one.
    Generated(String),
}

impl Admin {
    /// Imports a file: `kind` is what a table has (`people`, `orders` ...), a document says it itself.
    /// Passwords that have to be made up are written to `passwords`, which must not exist.
    ///
    /// # Errors
    /// [`AdminError::Rows`] has every row that is not fit.
    pub async fn import(
        &self,
        backend: Backend,
        text: &[u8],
        format: FileFormat,
        kind: &str,
        passwords: Option<&Path>,
    ) -> Result<ImportSummary, AdminError> {
        let directory = directory(backend);
        let rows = read(text, format, kind).map_err(AdminError::Rows)?;
        let mut refused = Vec::new();
        let (mut people, mut records) = (Vec::new(), Vec::new());
        for (name, rows) in rows {
            if name == PEOPLE {
                people.extend(rows);
            } else if directory.records.iter().any(|kind| kind.name == name) {
                records.push((name, rows));
            } else {
                let known = directory.records.iter().map(|kind| kind.name);
                let known: Vec<_> = std::iter::once(PEOPLE).chain(known).collect();
                let reason = format!("{} has no such records; there are {}", backend.id(), known.join(", "));
                refused.push(RowRefusal { line: rows.first().map_or(1, |row| row.line), kind: name, reason });
            }
        }
        // Hashing takes long: before the database is locked.
        let people = self.settle(directory, people, &mut refused).await?;
        let generated = people.iter().filter(|person| matches!(person.given, Given::Generated(_)));
        let generated = generated.count();
        if generated > 0 && passwords.is_none() && refused.is_empty() {
            return Err(AdminError::NoPlaceForPasswords(generated));
        }
        let mut all = self.pools.write.begin_with("BEGIN IMMEDIATE").await?;
        let (now, mut summary, mut made) = (Millis::now(), ImportSummary::new(), Vec::new());
        let mut note = |kind: &str, line, done: Result<Change, RowError>| match done {
            Ok(change) => {
                let tally: &mut Tally = summary.entry(kind.to_owned()).or_default();
                match change {
                    Change::Added => tally.added += 1,
                    Change::Changed => tally.changed += 1,
                    Change::Unchanged => tally.unchanged += 1,
                }
                Ok(())
            }
            Err(RowError::Refused(reason)) => {
                if refused.len() < MAX_REFUSALS {
                    refused.push(RowRefusal { line, kind: kind.to_owned(), reason });
                }
                Ok(())
            }
            Err(RowError::Store(error)) => Err(error),
        };
        for mut person in people {
            let done = person_put(&mut all, &mut person, now).await;
            if let (Ok(Change::Added), Given::Generated(password)) = (&done, &person.given) {
                made.push((person.kind.role, person.email.clone(), password.clone()));
            }
            note(PEOPLE, person.row.line, done)?;
        }
        // In the order in which they refer to each other, whatever the file's.
        for known in directory.records {
            for (name, rows) in &mut records {
                for row in rows.iter_mut().filter(|_| *name == known.name) {
                    let done = (known.put)(&mut all, row, now).await;
                    let done = done.and_then(|change| Ok(row.finish().map(|()| change)?));
                    note(known.name, row.line, done)?;
                }
            }
        }
        if !refused.is_empty() {
            refused.sort_by_key(|refusal| refusal.line);
            return Err(AdminError::Rows(refused));
        }
        // Passwords first: nobody could sign in with one that is lost.
        let written = match passwords.filter(|_| !made.is_empty()) {
            Some(path) => Some(write_passwords(path, &made)?),
            None => None,
        };
        if let Err(error) = all.commit().await {
            if let Some(path) = written {
                let _ = std::fs::remove_file(path);
            }
            return Err(error.into());
        }
        Ok(summary)
    }

    /// Reads roles and addresses, and hashes the passwords that are new.
    async fn settle(
        &self,
        directory: &'static Directory,
        rows: Vec<Row>,
        refused: &mut Vec<RowRefusal>,
    ) -> Result<Vec<Person>, AdminError> {
        let (mut people, mut known) = (Vec::with_capacity(rows.len()), BTreeSet::new());
        let mut connection = self.pools.read.acquire().await?;
        for row in rows {
            let line = row.line;
            match settle_one(&mut connection, directory, row).await {
                // Of two rows one would win, and with it one of two passwords.
                Ok(person) if !known.insert((person.kind.role, person.email.clone())) => {
                    let reason = format!("{} {} comes twice", person.kind.role, person.email);
                    refused.push(RowRefusal { line, kind: PEOPLE.to_owned(), reason });
                }
                Ok(person) => people.push(person),
                Err(RowError::Refused(reason)) => {
                    refused.push(RowRefusal { line, kind: PEOPLE.to_owned(), reason });
                }
                Err(RowError::Store(error)) => return Err(error.into()),
            }
        }
        drop(connection);
        if !refused.is_empty() {
            refused.truncate(MAX_REFUSALS);
            return Err(AdminError::Rows(std::mem::take(refused)));
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let hashed = stream::iter(people).map(|person| async {
            let lost = |_| AdminError::Hash(passwords::HashError);
            tokio::task::spawn_blocking(move || hashed(person)).await.map_err(lost)?
        });
        let hashed: Vec<_> = hashed.buffered(cores).collect().await;
        hashed.into_iter().collect()
    }
}

/// Reads who a row is about and what it says of the password.
async fn settle_one(
    connection: &mut SqliteConnection,
    directory: &'static Directory,
    mut row: Row,
) -> Result<Person, RowError> {
    let roles: Vec<_> = directory.accounts.iter().map(|kind| kind.role).collect();
    let role = row.choice("role", &roles)?.ok_or_else(|| "role is missing".to_owned())?;
    let kind = directory.account(role).ok_or_else(|| "role is missing".to_owned())?;
    let email = row.email("email")?;
    let found = find(connection, kind, &email).await?;
    let is_new = found.is_none();
    if is_new && taken(connection, kind, &email).await? {
        return Err(format!("{email} has an account in another role").into());
    }
    let without = match kind.passwordless {
        Some(flag) => row.peek_flag(flag),
        None => false,
    };
    let (plain, hash) = (row.secret("password")?, row.secret("password_hash")?);
    let given = match (plain, hash) {
        (Some(_), Some(_)) => return Err("password and password_hash exclude each other".to_owned().into()),
        (Some(plain), None) => {
            fit(&plain)?;
            Given::Plain(plain)
        }
        (None, Some(hash)) if passwords::is_hash(&hash) => Given::Hash(hash),
        (None, Some(_)) => return Err("password_hash is not an argon2 hash in PHC form".to_owned().into()),
        (None, None) if is_new && !without => match Password::generate() {
            Password::Plain(made) => Given::Generated(made),
            Password::Hash(_) | Password::None => Given::Nothing,
        },
        (None, None) => Given::Nothing,
    };
    let kept = found.and_then(|found| found.password_hash);
    Ok(Person { row, kind, email, kept, given, hash: None })
}

/// Settles the hash an account is to have; none if it has a fitting one.
fn hashed(mut person: Person) -> Result<Person, AdminError> {
    person.hash = match &person.given {
        Given::Nothing => None,
        Given::Hash(hash) => Some(hash.clone()).filter(|_| person.kept.as_ref() != Some(hash)),
        Given::Plain(plain) if person.kept.as_ref().is_some_and(|kept| passwords::is_of(plain, kept)) => None,
        Given::Plain(plain) | Given::Generated(plain) => Some(passwords::hash(plain)?),
    };
    Ok(person)
}

async fn person_put(
    connection: &mut SqliteConnection,
    person: &mut Person,
    now: Millis,
) -> Result<Change, RowError> {
    let (kind, row) = (person.kind, &mut person.row);
    let mut fields: Vec<Column> = Vec::new();
    match kind.name {
        NameColumns::One(column) => fields.push((column, row.text("name", MAX_NAME_BYTES)?.into())),
        NameColumns::Two => {
            for column in ["first_name", "last_name"] {
                fields.push((column, row.text(column, MAX_NAME_BYTES)?.into()));
            }
        }
    }
    for (field, column) in kind.texts {
        if row.has(field) {
            fields.push((column, row.optional(field, 1024)?.into()));
        }
    }
    for (field, column) in kind.flags {
        if let Some(flag) = row.flag(field)? {
            fields.push((column, i64::from(flag).into()));
        }
    }
    row.finish()?;
    let id = kind.id.column();
    match find(connection, kind, &person.email).await? {
        Some(found) => {
            let key = [(id, found.id.as_str().into())];
            let change = put(connection, kind.table, &key, &fields, &[]).await?;
            let Some(hash) = person.hash.take() else { return Ok(change) };
            put(connection, kind.table, &key, &[("password_hash", hash.into())], &[]).await?;
            end_sessions(connection, kind, &found.id).await?;
            Ok(both(change, Change::Changed))
        }
        None => {
            let key = [("email", person.email.as_str().into())];
            let fresh = fresh(kind, person.hash.take(), now);
            Ok(put(connection, kind.table, &key, &fields, &fresh).await?)
        }
    }
}

/// Role, address and password, tab between, for their writer's eyes only.
fn write_passwords(path: &Path, made: &[(&str, String, String)]) -> Result<PathBuf, AdminError> {
    let shown = path.display().to_string();
    let failed = |source: std::io::Error| {
        let path = shown.clone();
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            AdminError::Exists { path }
        } else {
            AdminError::Write { path, source }
        }
    };
    let mut file = private_file(path).map_err(failed)?;
    let written =
        made.iter().try_for_each(|(role, email, password)| writeln!(file, "{role}\t{email}\t{password}"));
    match written.and_then(|()| file.sync_all()) {
        Ok(()) => Ok(path.to_owned()),
        Err(error) => {
            let _ = std::fs::remove_file(path);
            Err(failed(error))
        }
    }
}
