//! Removing an account: what others have records of stays, without the address, and on request without
//! anything personal.

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::accounts::the_one;
use super::known::end_sessions;
use super::{Admin, AdminError};
use crate::backend::Backend;
use crate::directory::{AccountKind, NameColumns};

/// What became of an account that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Nothing is left.
    Deleted,
    /// Calls and other records name it, without its address.
    Kept,
}

impl Admin {
    /// Takes an account away. What others have records of stays, without the address; with `erase` also
    /// without the name and the texts this person wrote.
    pub async fn remove(
        &self,
        backend: Backend,
        role: Option<&str>,
        email: &str,
        erase: bool,
    ) -> Result<Removal, AdminError> {
        // What is deleted is overwritten in the file, not just unlinked.
        sqlx::query("PRAGMA secure_delete = ON").execute(&self.pools.write).await?;
        let mut all = self.pools.write.begin_with("BEGIN IMMEDIATE").await?;
        let (kind, found) = the_one(&mut all, backend, role, email).await?;
        end_sessions(&mut all, kind, &found.id).await?;
        let (table, id) = (kind.table, kind.id.column());
        let sql = format!("DELETE FROM {table} WHERE {id} = ?");
        let deleted = sqlx::query(AssertSqlSafe(sql)).bind(&found.id).execute(&mut *all).await;
        let removal = match deleted {
            Ok(_) => Removal::Deleted,
            Err(sqlx::Error::Database(refused)) if refused.is_foreign_key_violation() => Removal::Kept,
            Err(error) => return Err(error.into()),
        };
        if removal == Removal::Kept {
            // Records may name each other by the address: they are whole again at the end.
            sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *all).await?;
            if erase {
                anonymise(&mut all, kind, &found.id).await?;
            }
            let sql = format!("UPDATE {table} SET password_hash = '', disabled = 1 WHERE {id} = ?");
            sqlx::query(AssertSqlSafe(sql)).bind(&found.id).execute(&mut *all).await?;
            let nobody = format!("removed-{:016x}@removed.invalid", rand::random::<u64>());
            for statement in kind.readdress {
                sqlx::query(*statement).bind(&found.id).bind(&nobody).execute(&mut *all).await?;
            }
        }
        all.commit().await?;
        if erase {
            // Out of the log too, as far as no reader holds it.
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pools.write).await?;
        }
        Ok(removal)
    }
}

/// What stands for the name of somebody who was erased.
const REMOVED: &str = "removed user";

async fn anonymise(
    connection: &mut SqliteConnection,
    kind: &'static AccountKind,
    id: &str,
) -> Result<(), sqlx::Error> {
    let names = match kind.name {
        NameColumns::One(column) => format!("{column} = '{REMOVED}'"),
        NameColumns::Two => {
            let (first, last) = REMOVED.split_once(' ').unwrap_or((REMOVED, ""));
            format!("first_name = '{first}', last_name = '{last}'")
        }
    };
    let blanks: String = kind.texts.iter().map(|(_, column)| format!(", {column} = NULL")).collect();
    let sql = format!("UPDATE {} SET {names}{blanks} WHERE {} = ?", kind.table, kind.id.column());
    sqlx::query(AssertSqlSafe(sql)).bind(id).execute(&mut *connection).await?;
    for statement in kind.erase {
        sqlx::query(*statement).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}
