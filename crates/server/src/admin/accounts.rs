//! Accounts: added, listed, given another password, disabled, removed. Whatever takes a right away ends the
//! account's sessions, also those of a server that runs meanwhile.

use bellwire_dialects::MAX_PASSWORD_BYTES;
use serde::Serialize;
use sqlx::{AssertSqlSafe, SqliteConnection};
use uuid::Uuid;

use super::address::{address, shown};
use super::known::{Found, end_sessions, find, taken};
use super::put::{Column, Value, put};
use super::{Admin, AdminError, kind, kinds};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::directory::{AccountId, AccountKind, NameColumns};
use crate::passwords::{hash, is_hash};
use crate::store::new_id;

/// Fewest characters of a password that an administrator gives.
const MIN_PASSWORD_CHARS: usize = 8;
/// Longest name, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 200;

/// How an account's password is given.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    Plain(String),
    /// An argon2 hash in PHC form.
    Hash(String),
    /// None: the account signs in without, where its backend has that.
    None,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Hash(_) => "Hash",
            Self::None => "None",
        })
    }
}

impl Password {
    /// A password nobody will guess: 100 random bits.
    #[must_use]
    pub fn generate() -> Self {
        // Without letters that look alike.
        const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
        let mut text = String::new();
        for place in 0..20 {
            if place > 0 && place % 5 == 0 {
                text.push('-');
            }
            let letter: u8 = rand::random();
            text.push(char::from(LETTERS[usize::from(letter) % LETTERS.len()]));
        }
        Self::Plain(text)
    }

    /// The hash to keep.
    pub(super) fn to_hash(&self) -> Result<Option<String>, AdminError> {
        match self {
            Self::None => Ok(None),
            Self::Hash(text) if is_hash(text) => Ok(Some(text.clone())),
            Self::Hash(_) => Err(AdminError::Unfit("the hash is not an argon2 hash in PHC form".to_owned())),
            Self::Plain(text) => {
                fit(text).map_err(AdminError::Unfit)?;
                Ok(Some(hash(text)?))
            }
        }
    }
}

/// Whether a password may be given.
pub(super) fn fit(password: &str) -> Result<(), String> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(format!("the password has less than {MIN_PASSWORD_CHARS} characters"));
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(format!("the password has more than {MAX_PASSWORD_BYTES} bytes"));
    }
    Ok(())
}

/// An account to be made.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    pub role: String,
    pub email: String,
    /// The whole name; `None` where the backend has two.
    pub name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Further fields by name, as an imported file has them: `phone`, `avatar`.
    pub more: Vec<(String, String)>,
    /// Flags that are set: `passwordless`, `must_change_password`.
    pub flags: Vec<String>,
}

/// An account as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    pub role: &'static str,
    pub id: String,
    pub email: String,
    pub name: String,
    pub disabled: bool,
    /// RFC 3339.
    pub created_at: String,
}

/// The columns that only a new account gets.
pub(super) fn fresh(kind: &'static AccountKind, password_hash: Option<String>, now: Millis) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![("created_at", now.0.into())];
    match kind.id {
        AccountId::Hex => columns.push(("id", new_id(now).into())),
        AccountId::Uuid => columns.push(("id", Uuid::new_v4().to_string().into())),
        AccountId::Email => {}
    }
    columns.extend(kind.column_role.map(|role| ("role", role.into())));
    columns.push(("password_hash", password_hash.into()));
    columns
}

impl Admin {
    /// The id of the new account.
    pub async fn add(
        &self,
        backend: Backend,
        person: NewPerson,
        password: &Password,
    ) -> Result<String, AdminError> {
        let kind = kind(backend, &person.role)?;
        let email = address(&person.email).map_err(AdminError::Unfit)?;
        let fields = fields(kind, &person)?;
        let without = kind.passwordless.is_some_and(|flag| person.flags.iter().any(|given| given == flag));
        let hash = password.to_hash()?;
        if hash.is_none() && !without {
            return Err(AdminError::Unfit("a password is needed".to_owned()));
        }
        let mut all = self.pools.write.begin_with("BEGIN IMMEDIATE").await?;
        if taken(&mut all, kind, &email).await? {
            return Err(AdminError::Taken { email });
        }
        let fresh = fresh(kind, hash, Millis::now());
        put(&mut all, kind.table, &[("email", email.as_str().into())], &fields, &fresh).await?;
        let found = find(&mut all, kind, &email).await?;
        all.commit().await?;
        Ok(found.map(|found| found.id).unwrap_or_default())
    }

    /// All accounts, or those of a role, by address.
    pub async fn list(&self, backend: Backend, role: Option<&str>) -> Result<Vec<AccountRow>, AdminError> {
        let mut rows = Vec::new();
        for kind in kinds(backend, role)? {
            let name = match kind.name {
                NameColumns::One(column) => column,
                NameColumns::Two => "first_name || ' ' || last_name",
            };
            let (id, table) = (kind.id.column(), kind.table);
            let role = if kind.column_role.is_some() { "role = ?" } else { "? IS NULL" };
            let sql = format!(
                "SELECT {id}, email, {name}, disabled, created_at FROM {table} WHERE {role} ORDER BY email"
            );
            let found: Vec<(String, String, String, bool, i64)> =
                sqlx::query_as(AssertSqlSafe(sql)).bind(kind.column_role).fetch_all(&self.pools.read).await?;
            rows.extend(found.into_iter().map(|(id, email, name, disabled, created_at)| AccountRow {
                role: kind.role,
                id,
                email,
                name,
                disabled,
                created_at: Millis(created_at).iso(),
            }));
        }
        Ok(rows)
    }

    /// Gives an account another password; sessions of the old one are over.
    pub async fn set_password(
        &self,
        backend: Backend,
        role: Option<&str>,
        email: &str,
        password: &Password,
    ) -> Result<(), AdminError> {
        let Some(hash) = password.to_hash()? else {
            return Err(AdminError::Unfit("a password is needed".to_owned()));
        };
        let mut all = self.pools.write.begin_with("BEGIN IMMEDIATE").await?;
        let (kind, found) = the_one(&mut all, backend, role, email).await?;
        let sql = format!("UPDATE {} SET password_hash = ? WHERE {} = ?", kind.table, kind.id.column());
        sqlx::query(AssertSqlSafe(sql)).bind(hash).bind(&found.id).execute(&mut *all).await?;
        end_sessions(&mut all, kind, &found.id).await?;
        all.commit().await?;
        Ok(())
    }

    /// A disabled account is refused everywhere; its records stay. False: it was so already.
    pub async fn set_disabled(
        &self,
        backend: Backend,
        role: Option<&str>,
        email: &str,
        disabled: bool,
    ) -> Result<bool, AdminError> {
        let mut all = self.pools.write.begin_with("BEGIN IMMEDIATE").await?;
        let (kind, found) = the_one(&mut all, backend, role, email).await?;
        let id = kind.id.column();
        let sql = format!("UPDATE {} SET disabled = ?1 WHERE {id} = ?2 AND disabled <> ?1", kind.table);
        let done = sqlx::query(AssertSqlSafe(sql)).bind(disabled).bind(&found.id).execute(&mut *all).await?;
        if disabled {
            end_sessions(&mut all, kind, &found.id).await?;
        }
        all.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

/// The one account that an address, and perhaps a role, name.
pub(super) async fn the_one(
    connection: &mut SqliteConnection,
    backend: Backend,
    role: Option<&str>,
    email: &str,
) -> Result<(&'static AccountKind, Found), AdminError> {
    let email = address(email).map_err(AdminError::Unfit)?;
    let mut all = Vec::new();
    for kind in kinds(backend, role)? {
        all.extend(find(connection, kind, &email).await?.map(|found| (kind, found)));
    }
    match all.len() {
        0 => Err(AdminError::Nobody { role: role.unwrap_or(backend.id()).to_owned(), email }),
        1 => Ok(all.swap_remove(0)),
        _ => {
            let roles: Vec<_> = all.iter().map(|(kind, _)| kind.role).collect();
            Err(AdminError::Several { email, roles: roles.join(", ") })
        }
    }
}

fn fields(kind: &'static AccountKind, person: &NewPerson) -> Result<Vec<Column>, AdminError> {
    let name = |text: &Option<String>, what: &str| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| AdminError::Unfit(format!("{what} is missing")))?;
        if text.len() > MAX_NAME_BYTES || text.contains(char::is_control) {
            return Err(AdminError::Unfit(format!("{what} is too long or has control characters")));
        }
        Ok(Value::from(text))
    };
    let unfit = |what: &str| AdminError::Unfit(format!("a {} has no {what}", kind.role));
    let mut columns: Vec<Column> = Vec::new();
    match kind.name {
        NameColumns::One(column) => {
            if person.first_name.is_some() || person.last_name.is_some() {
                return Err(AdminError::Unfit(format!("a {} has one name", kind.role)));
            }
            columns.push((column, name(&person.name, "the name")?));
        }
        NameColumns::Two => {
            if person.name.is_some() {
                return Err(AdminError::Unfit(format!("a {} has a first and a last name", kind.role)));
            }
            columns.push(("first_name", name(&person.first_name, "the first name")?));
            columns.push(("last_name", name(&person.last_name, "the last name")?));
        }
    }
    for (field, text) in &person.more {
        let found = kind.texts.iter().find(|(known, _)| known == field);
        let (_, column) = found.ok_or_else(|| unfit(field))?;
        if text.len() > 1024 || text.contains(char::is_control) {
            return Err(AdminError::Unfit(format!("{} is not a {field}", shown(text))));
        }
        columns.push((column, text.as_str().into()));
    }
    for flag in &person.flags {
        let found = kind.flags.iter().find(|(known, _)| known == flag);
        let (_, column) = found.ok_or_else(|| unfit(flag))?;
        columns.push((column, 1.into()));
    }
    Ok(columns)
}
