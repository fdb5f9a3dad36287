//! Lookup of the record a report is about: by id where both sides use the same, else by person, direction and
//! time.

use super::{Result, Row, Tx};

/// A record of the backend and one of ours this close to each other are one call; clocks differ.
const SAME_CALL_MS: i64 = 60_000;

/// Has this phone been in the call?
macro_rules! ours {
    () => {
        "EXISTS (SELECT 1 FROM legs WHERE legs.call = calls.id)"
    };
}

pub(super) async fn by_id(tx: &mut Tx<'_>, id: i64) -> Result<Option<Row>> {
    sqlx::query_as("SELECT * FROM calls WHERE id = $1").bind(id).fetch_optional(&mut **tx).await
}

pub(super) async fn by_leg(tx: &mut Tx<'_>, uid: &str) -> Result<Option<Row>> {
    sqlx::query_as("SELECT calls.* FROM calls JOIN legs ON legs.call = calls.id WHERE legs.uid = $1")
        .bind(uid)
        .fetch_optional(&mut **tx)
        .await
}

/// By the id its signals carry, which the history may have brought first.
pub(super) async fn by_remote(tx: &mut Tx<'_>, account: i64, remote: &str) -> Result<Option<Row>> {
    sqlx::query_as(
        "SELECT * FROM calls WHERE account = $1 AND (remote = $2 OR remote IS NULL AND backend = $2) \
         ORDER BY remote IS NULL LIMIT 1",
    )
    .bind(account)
    .bind(remote)
    .fetch_optional(&mut **tx)
    .await
}

/// A record the history brought of this call under another name: of the appointment it is about, or
/// still going on with the same person.
pub(super) async fn brought(tx: &mut Tx<'_>, account: i64, call: &Row) -> Result<Option<Row>> {
    let found: Vec<Row> = sqlx::query_as(concat!(
        "SELECT * FROM calls WHERE account = $1 AND remote IS NULL AND NOT ",
        ours!(),
        " AND (backend = $2 AND subject_id = $2 OR outcome = 'ongoing' AND outgoing = $3 AND peer_id = $4 \
         AND abs(started_ms - $5) <= $6) ORDER BY backend = $2 DESC, abs(started_ms - $5), id LIMIT 16"
    ))
    .bind(account)
    .bind(&call.subject_id)
    .bind(call.outgoing)
    .bind(&call.peer_id)
    .bind(call.started_ms)
    .bind(SAME_CALL_MS)
    .fetch_all(&mut **tx)
    .await?;
    let about_it = |row: &Row| row.backend == call.subject_id;
    // A call the backend has not named yet cannot be in its history either: that one is another device's.
    let same_time =
        |row: &Row| call.remote.is_some() && may_be_one(call.remote.as_deref(), row.backend.as_deref());
    Ok(found.into_iter().find(|row| about_it(row) || same_time(row)))
}

/// A call of ours whose signals carried the id of the history.
pub(super) async fn same_id(tx: &mut Tx<'_>, account: i64, call: &str) -> Result<Option<Row>> {
    sqlx::query_as("SELECT * FROM calls WHERE account = $1 AND remote = $2")
        .bind(account)
        .bind(call)
        .fetch_optional(&mut **tx)
        .await
}

/// A record this line of the history was taken into before.
pub(super) async fn known_line(tx: &mut Tx<'_>, account: i64, call: &str) -> Result<Option<Row>> {
    sqlx::query_as("SELECT * FROM calls WHERE account = $1 AND backend = $2")
        .bind(account)
        .bind(call)
        .fetch_optional(&mut **tx)
        .await
}

/// A call of ours that no line of the history was found for yet, about the same appointment, or with the
/// same person at the same time.
pub(super) async fn unclaimed(tx: &mut Tx<'_>, account: i64, line: &Row) -> Result<Option<Row>> {
    let found: Vec<Row> = sqlx::query_as(concat!(
        "SELECT * FROM calls WHERE account = $1 AND backend IS NULL AND ",
        ours!(),
        " AND ($2 = $3 AND subject_id = $2 OR outgoing = $4 AND peer_id = $5 \
         AND abs(started_ms - $6) <= $7) \
         ORDER BY $2 = $3 AND subject_id = $2 DESC, abs(started_ms - $6), id LIMIT 16"
    ))
    .bind(account)
    .bind(&line.backend)
    .bind(&line.subject_id)
    .bind(line.outgoing)
    .bind(&line.peer_id)
    .bind(line.started_ms)
    .bind(SAME_CALL_MS)
    .fetch_all(&mut **tx)
    .await?;
    let about_it = |row: &Row| line.backend == line.subject_id && row.subject_id == line.subject_id;
    Ok(found
        .into_iter()
        .find(|row| about_it(row) || may_be_one(row.remote.as_deref(), line.backend.as_deref())))
}

/// Two ids of one sort are two calls; a history with ids of its own has another sort of them.
fn may_be_one(signals: Option<&str>, history: Option<&str>) -> bool {
    // Numbers, UUIDs and what databases count with, against what programs make up ("call_17_x").
    let counted = |id: &str| id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    match (signals, history) {
        (Some(signals), Some(history)) => counted(signals) != counted(history),
        (None, _) | (_, None) => true,
    }
}

/// Takes a line of the history from every record but this one: its signals say that it is this one's.
pub(super) async fn take_line_from_others(
    tx: &mut Tx<'_>,
    account: i64,
    call: &str,
    keep: i64,
) -> Result<()> {
    sqlx::query(concat!(
        "DELETE FROM calls WHERE account = $1 AND backend = $2 AND id <> $3 AND NOT ",
        ours!()
    ))
    .bind(account)
    .bind(call)
    .bind(keep)
    .execute(&mut **tx)
    .await?;
    sqlx::query("UPDATE calls SET backend = NULL WHERE account = $1 AND backend = $2 AND id <> $3")
        .bind(account)
        .bind(call)
        .bind(keep)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether this phone was in the call, and whether it still is.
pub(super) async fn presence(tx: &mut Tx<'_>, id: i64) -> Result<(bool, bool)> {
    let (legs, live): (i64, i64) =
        sqlx::query_as("SELECT COUNT(*), COALESCE(SUM(live), 0) FROM legs WHERE call = $1")
            .bind(id)
            .fetch_one(&mut **tx)
            .await?;
    Ok((legs > 0, live > 0))
}

pub(super) async fn legs(tx: &mut Tx<'_>, id: i64) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM legs WHERE call = $1").bind(id).fetch_one(&mut **tx).await
}

pub(super) async fn newest_leg(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>> {
    sqlx::query_scalar("SELECT uid FROM legs WHERE call = $1 ORDER BY rowid DESC LIMIT 1")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}
