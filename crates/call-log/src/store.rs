//! SQLite store on one connection. Only SQL is here; how two reports of one call are merged is decided in
//! `row`.

mod find;
mod open;
mod query;
mod row;
#[cfg(test)]
pub(crate) mod tests;

use std::path::Path;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite, Transaction};

pub(crate) use open::{OpenError, Opened, Unreadable, is_usable_after};
use row::Row;

use crate::outcome::INTERRUPTED;
use crate::{Account, AccountRef, BackendCall, LocalCall, Outcome};

/// Records kept; the oldest are dropped.
const MAX_RECORDS: i64 = 50_000;
/// Writes between two checks of that.
const WRITES_BETWEEN_DROPS: usize = 2_000;
/// Longer ids are refused.
const MAX_ID_BYTES: usize = 256;

/// Takes the file for writing at once: a reader that becomes a writer later may find it taken.
const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

type Result<T> = std::result::Result<T, sqlx::Error>;
type Tx<'a> = Transaction<'a, Sqlite>;

#[derive(Debug)]
pub(crate) struct Store {
    connection: SqliteConnection,
    /// Since the oldest were dropped last.
    written: usize,
}

impl Store {
    /// Opens or creates the file (`None`: memory), and closes calls an earlier run left open.
    pub(crate) async fn open(file: Option<&Path>) -> std::result::Result<Opened, OpenError> {
        let mut opened = open::open(file).await?;
        opened.store.close_interrupted().await.map_err(OpenError::Recover)?;
        opened.store.drop_oldest().await.map_err(OpenError::Recover)?;
        Ok(opened)
    }

    /// The same for a file that was open before in this run, whose live calls go on.
    pub(crate) async fn open_again(file: Option<&Path>) -> std::result::Result<Opened, OpenError> {
        open::open(file).await
    }

    /// Counts the rows that this connection has written, which is how a change is told from a report
    /// that says nothing new (SQLite's `total_changes`).
    pub(crate) async fn changes(&mut self) -> Result<i64> {
        sqlx::query_scalar("SELECT total_changes()").fetch_one(&mut self.connection).await
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.connection.close().await
    }

    /// As on a full disk: the file may not grow any more while this connection is open.
    #[cfg(test)]
    pub(crate) async fn allow_no_more_pages(&mut self) {
        let pages: i64 =
            sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut self.connection).await.expect("counted");
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(limit).execute(&mut self.connection).await.expect("limited");
    }

    /// Writes what is known of calls, all or nothing.
    pub(crate) async fn write(&mut self, calls: &[LocalCall]) -> Result<()> {
        let mut tx = self.connection.begin_with(BEGIN_WRITE).await?;
        for call in calls {
            local(&mut tx, call).await?;
        }
        tx.commit().await?;
        self.count(calls.len()).await
    }

    /// Takes a page of a backend's history in; says how many records are new.
    pub(crate) async fn merge(
        &mut self,
        account: &Account,
        calls: &[BackendCall],
        now_ms: i64,
    ) -> Result<u32> {
        let mut tx = self.connection.begin_with(BEGIN_WRITE).await?;
        let owner = owner(&mut tx, account, now_ms).await?;
        let new = backend(&mut tx, &owner, calls).await?;
        tx.commit().await?;
        self.count(calls.len()).await?;
        Ok(new)
    }

    /// Missed calls were looked at: one, or all.
    pub(crate) async fn mark_seen(&mut self, id: Option<i64>) -> Result<()> {
        sqlx::query("UPDATE calls SET seen = 1 WHERE seen = 0 AND (id = $1 OR $1 IS NULL)")
            .bind(id)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Takes one record out, unless its call goes on.
    pub(crate) async fn delete(&mut self, id: i64) -> Result<bool> {
        let mut tx = self.connection.begin_with(BEGIN_WRITE).await?;
        let deleted = remove(&mut tx, Some(id), None).await?;
        tx.commit().await?;
        Ok(deleted > 0)
    }

    /// Takes out all records of an account (`None`: of all) but those of calls that go on.
    pub(crate) async fn clear(&mut self, account: Option<&AccountRef>, now_ms: i64) -> Result<u32> {
        let mut tx = self.connection.begin_with(BEGIN_WRITE).await?;
        let owner = match account {
            Some(account) => match known_owner(&mut tx, account).await? {
                Some(owner) => Some(owner.id),
                None => return Ok(0),
            },
            None => None,
        };
        let deleted = remove(&mut tx, None, owner).await?;
        sqlx::query("UPDATE accounts SET cleared_ms = $2 WHERE id = $1 OR $1 IS NULL")
            .bind(owner)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(deleted)
    }

    /// No call exists when the program starts: what is still open was interrupted.
    async fn close_interrupted(&mut self) -> Result<()> {
        let mut tx = self.connection.begin_with(BEGIN_WRITE).await?;
        let open: Vec<(i64, i64)> =
            sqlx::query_as("SELECT call, MAX(noted_ms) FROM legs WHERE live = 1 GROUP BY call")
                .fetch_all(&mut *tx)
                .await?;
        for (id, noted_ms) in open {
            if let Some(mut row) = find::by_id(&mut tx, id).await? {
                row.ended_ms = Some(noted_ms.max(row.started_ms));
                row.reason = Some(INTERRUPTED.into());
                if row.answered_ms.is_none() && !row.outgoing {
                    row.outcome = Outcome::Missed.as_str().into();
                    row.seen = false;
                } else {
                    row.outcome = Outcome::Interrupted.as_str().into();
                }
                row.update(&mut tx).await?;
            }
        }
        sqlx::query("UPDATE legs SET live = 0 WHERE live = 1").execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Remote callers and server histories are untrusted, so both are bounded.
    async fn count(&mut self, writes: usize) -> Result<()> {
        self.written += writes;
        if self.written >= WRITES_BETWEEN_DROPS {
            self.written = 0;
            self.drop_oldest().await?;
        }
        Ok(())
    }

    async fn drop_oldest(&mut self) -> Result<()> {
        sqlx::query(
            "DELETE FROM calls WHERE id IN (SELECT id FROM calls ORDER BY started_ms DESC, id DESC \
             LIMIT -1 OFFSET $1)",
        )
        .bind(MAX_RECORDS)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}

/// An account as the tables know it.
#[derive(Debug, sqlx::FromRow)]
struct AccountRow {
    id: i64,
    label: String,
    since_ms: i64,
    cleared_ms: i64,
}

async fn known_owner(tx: &mut Tx<'_>, key: &AccountRef) -> Result<Option<AccountRow>> {
    sqlx::query_as(
        "SELECT id, label, since_ms, cleared_ms FROM accounts WHERE dialect = $1 AND server = $2 AND me = $3",
    )
    .bind(&key.dialect)
    .bind(&key.server)
    .bind(&key.me.0)
    .fetch_optional(&mut **tx)
    .await
}

/// The account's row, written only where something about it is new.
async fn owner(tx: &mut Tx<'_>, account: &Account, now_ms: i64) -> Result<AccountRow> {
    if let Some(known) = known_owner(tx, &account.key).await?
        && known.label == account.label
    {
        return Ok(known);
    }
    sqlx::query_as(
        "INSERT INTO accounts (dialect, server, me, label, since_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (dialect, server, me) DO UPDATE SET label = excluded.label \
         RETURNING id, label, since_ms, cleared_ms",
    )
    .bind(&account.key.dialect)
    .bind(&account.key.server)
    .bind(&account.key.me.0)
    .bind(&account.label)
    .bind(now_ms)
    .fetch_one(&mut **tx)
    .await
}

/// What this phone knows, into the one record of the call.
async fn local(tx: &mut Tx<'_>, call: &LocalCall) -> Result<()> {
    let owner = owner(tx, &call.account, call.started_ms).await?;
    let by_leg = find::by_leg(tx, &call.uid).await?;
    let known_leg = by_leg.is_some();
    let by_remote = match &call.remote {
        Some(remote) => find::by_remote(tx, owner.id, row::base(remote)).await?,
        None => None,
    };
    let fresh = Row::of_local(owner.id, call);
    let by_remote = match by_remote {
        None if !known_leg => find::brought(tx, owner.id, &fresh).await?,
        by_remote => by_remote,
    };
    let newest = match &by_leg {
        Some(row) => find::newest_leg(tx, row.id).await?.is_none_or(|uid| uid == call.uid),
        None => true,
    };
    let id = match (by_leg, by_remote) {
        (Some(ours), Some(theirs)) if ours.id != theirs.id => unite(tx, ours, theirs, call).await?,
        (Some(mut row), _) | (None, Some(mut row)) => {
            if newest {
                row.take_local(call, known_leg);
            }
            row.update(tx).await?;
            row.id
        }
        (None, None) => fresh.insert(tx).await?,
    };
    sqlx::query(
        "INSERT INTO legs (uid, call, live, talked_ms, noted_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (uid) DO UPDATE SET call = excluded.call, live = excluded.live, \
         talked_ms = MAX(talked_ms, excluded.talked_ms), noted_ms = excluded.noted_ms",
    )
    .bind(&call.uid)
    .bind(id)
    .bind(call.is_live())
    .bind(call.talked_ms)
    .bind(call.noted_ms)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The id makes two records one: ours, and the one that came with a page of history or from an earlier
/// time in the same room.
async fn unite(tx: &mut Tx<'_>, ours: Row, mut theirs: Row, call: &LocalCall) -> Result<i64> {
    let only_leg = find::legs(tx, ours.id).await? <= 1;
    theirs.hidden |= ours.hidden;
    // The older time of the two is when it began.
    if ours.started_ms > 0 && only_leg {
        theirs.started_ms = theirs.started_ms.min(ours.started_ms);
    }
    sqlx::query("UPDATE legs SET call = $2 WHERE uid = $1")
        .bind(&call.uid)
        .bind(theirs.id)
        .execute(&mut **tx)
        .await?;
    // If a line of the history was taken for ours by mistake, its next page brings it back.
    if only_leg {
        sqlx::query("DELETE FROM calls WHERE id = $1").bind(ours.id).execute(&mut **tx).await?;
    }
    theirs.take_local(call, true);
    theirs.update(tx).await?;
    Ok(theirs.id)
}

/// What a backend remembers, into the one record of each call; says how many are new. Certain matches
/// come first, so that a likely one does not take what is certainly another's.
async fn backend(tx: &mut Tx<'_>, owner: &AccountRow, calls: &[BackendCall]) -> Result<u32> {
    let named = calls.iter().filter(|call| !call.remote.0.is_empty() && call.remote.0.len() <= MAX_ID_BYTES);
    let mut left = Vec::new();
    for call in named {
        let line = Row::of_backend(owner, call);
        match find::same_id(tx, owner.id, &call.remote.0).await? {
            Some(row) => {
                find::take_line_from_others(tx, owner.id, &call.remote.0, row.id).await?;
                join(tx, row, &line).await?;
            }
            None => left.push((call, line)),
        }
    }
    let mut unknown = Vec::new();
    for (call, line) in left {
        match find::known_line(tx, owner.id, &call.remote.0).await? {
            Some(row) => join(tx, row, &line).await?,
            None => unknown.push((call, line)),
        }
    }
    let mut new = 0;
    for (call, line) in unknown {
        // A page may say the same line twice.
        if let Some(row) = find::known_line(tx, owner.id, &call.remote.0).await? {
            join(tx, row, &line).await?;
        } else if let Some(row) = find::unclaimed(tx, owner.id, &line).await? {
            join(tx, row, &line).await?;
        } else if owner.cleared_ms == 0 || line.started_ms > owner.cleared_ms {
            line.insert(tx).await?;
            new += 1;
        }
    }
    Ok(new)
}

async fn join(tx: &mut Tx<'_>, mut row: Row, line: &Row) -> Result<()> {
    let (ours, live) = find::presence(tx, row.id).await?;
    let before = row.clone();
    row.take_backend(line, ours, live);
    // A page that says what is known already leaves the file as it is.
    if row == before { Ok(()) } else { row.update(tx).await }
}

/// Records the backend knows stay as empty marks, so that its history does not bring them back.
async fn remove(tx: &mut Tx<'_>, id: Option<i64>, owner: Option<i64>) -> Result<u32> {
    let marked = sqlx::query(
        "UPDATE calls SET hidden = 1, seen = 1, peer_name = '', peer_avatar = NULL, members = '[]', subject_id = NULL, \
         subject_label = NULL, message = NULL, search = '', \
         peer_id = CASE WHEN remote IS NULL AND backend IS NULL THEN peer_id ELSE '' END \
         WHERE hidden = 0 AND (id = $1 OR $1 IS NULL) AND (account = $2 OR $2 IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM legs WHERE legs.call = calls.id AND legs.live = 1)",
    )
    .bind(id)
    .bind(owner)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    Ok(u32::try_from(marked).unwrap_or(u32::MAX))
}
