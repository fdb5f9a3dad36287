//! Accounts that are there, by their address.

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::clock::Millis;
use crate::directory::AccountKind;

/// An account that is there.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) password_hash: Option<String>,
}

/// The account of that address and role.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    kind: &'static AccountKind,
    email: &str,
) -> Result<Option<Found>, sqlx::Error> {
    let (id, table) = (kind.id.column(), kind.table);
    let role = if kind.column_role.is_some() { "role = ?" } else { "? IS NULL" };
    let sql =
        format!("SELECT {id} AS id, password_hash FROM {table} WHERE email = ? COLLATE NOCASE AND {role}");
    sqlx::query_as(AssertSqlSafe(sql)).bind(email).bind(kind.column_role).fetch_optional(connection).await
}

/// Whether the table has the address, in whatever role.
pub(super) async fn taken(
    connection: &mut SqliteConnection,
    kind: &'static AccountKind,
    email: &str,
) -> Result<bool, sqlx::Error> {
    let sql = format!("SELECT 1 FROM {} WHERE email = ? COLLATE NOCASE", kind.table);
    let found: Option<i64> =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(email).fetch_optional(connection).await?;
    Ok(found.is_some())
}

/// The sessions of an account that there are now are over, at every server on this database.
pub(super) async fn end_sessions(
    connection: &mut SqliteConnection,
    kind: &'static AccountKind,
    id: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO ended_accounts (account, before) VALUES ($1, $2)")
        .bind(format!("{} {id}", kind.table))
        .bind(Millis::now().0)
        .execute(connection)
        .await?;
    Ok(())
}
