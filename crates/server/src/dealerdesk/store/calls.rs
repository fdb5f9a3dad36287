//! SQL about call records. A change is a compare-and-set: true for the caller that made it.

use bellwire_dialects::dealerdesk::wire::{CallLogRow, CallStatus, CallType, Room, RowId, UserType};
use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::{Result, Store};
use crate::clock::Millis;
use crate::dealerdesk::party::{Party, room};

/// A call that is to be placed.
#[derive(Clone, Debug)]
pub(crate) struct NewCall {
    pub(crate) room: Room,
    pub(crate) caller: UserType,
    pub(crate) call_type: CallType,
    pub(crate) ring_until: Millis,
}

/// One call record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: i64,
    pub(crate) room: Room,
    pub(crate) caller: UserType,
    pub(crate) call_type: CallType,
    pub(crate) status: CallStatus,
    pub(crate) started_at: Millis,
    pub(crate) ring_until: Millis,
    /// Seconds, from the first ring on.
    pub(crate) duration: u32,
}

/// A filter of a user's calls.
#[derive(Clone, Debug)]
pub(crate) struct CallQuery {
    pub(crate) me: Party,
    /// One room's only.
    pub(crate) room: Option<Room>,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    room_id: String,
    caller_email: String,
    caller_type: String,
    call_type: String,
    call_status: String,
    started_at: i64,
    answered_at: Option<i64>,
    ended_at: Option<i64>,
    duration_seconds: i64,
    ring_until: i64,
}

#[derive(FromRow)]
struct Listed {
    #[sqlx(flatten)]
    row: Row,
    other_name: String,
}

fn seconds(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// `None` for a row that this server has not written.
fn call(row: Row) -> Option<Call> {
    Some(Call {
        id: row.id,
        room: room(&row.room_id)?,
        caller: UserType::parse(&row.caller_type)?,
        call_type: CallType::parse(&row.call_type),
        status: CallStatus::parse(&row.call_status),
        started_at: Millis(row.started_at),
        ring_until: Millis(row.ring_until),
        duration: seconds(row.duration_seconds),
    })
}

impl Store {
    /// The room must be there.
    pub(crate) async fn add_call(&self, new: &NewCall, now: Millis) -> Result<Call> {
        let caller = Party::of(&new.room, new.caller);
        // Not RETURNING: its row comes before the commit, whose failure would then go unnoticed.
        let done = sqlx::query(
            "INSERT INTO call_logs (room_id, caller_email, caller_type, call_type, call_status, started_at, \
             ring_until) VALUES ($1, $2, $3, $4, 'INITIATED', $5, $6)",
        )
        .bind(new.room.to_string())
        .bind(&caller.email)
        .bind(new.caller.as_str())
        .bind(new.call_type.as_str())
        .bind(now.0)
        .bind(new.ring_until.0)
        .execute(&self.write)
        .await?;
        Ok(Call {
            id: done.last_insert_rowid(),
            room: new.room.clone(),
            caller: new.caller,
            call_type: new.call_type,
            status: CallStatus::Initiated,
            started_at: now,
            ring_until: new.ring_until,
            duration: 0,
        })
    }

    /// A call that is over since then; for demo data.
    pub(crate) async fn add_past_call(
        &self,
        new: &NewCall,
        status: CallStatus,
        started: Millis,
        answered: Option<Millis>,
        ended: Millis,
    ) -> Result<()> {
        let call = self.add_call(new, started).await?;
        let duration = answered.map_or(0, |_| ended.seconds() - started.seconds());
        sqlx::query(
            "UPDATE call_logs SET call_status = $2, answered_at = $3, ended_at = $4, duration_seconds = $5 \
             WHERE id = $1",
        )
        .bind(call.id)
        .bind(status.as_str())
        .bind(answered.map(|at| at.0))
        .bind(ended.0)
        .bind(duration)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    pub(crate) async fn call(&self, id: i64) -> Result<Option<Call>> {
        // The pool that wrote: the answer decides what people are told about a change just made.
        let row: Option<Row> = sqlx::query_as("SELECT * FROM call_logs WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.write)
            .await?;
        Ok(row.and_then(call))
    }

    /// Calls that ring or run.
    pub(crate) async fn live_calls(&self) -> Result<Vec<Call>> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT * FROM call_logs WHERE call_status IN ('INITIATED', 'ANSWERED') ORDER BY id",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(rows.into_iter().filter_map(call).collect())
    }

    pub(crate) async fn mark_answered(&self, id: i64, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE call_logs SET call_status = 'ANSWERED', answered_at = $2 \
             WHERE id = $1 AND call_status = 'INITIATED'",
        )
        .bind(id)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends a call that was not answered: `Rejected` or `Missed`.
    pub(crate) async fn mark_unanswered(&self, id: i64, status: CallStatus, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE call_logs SET call_status = $2, ended_at = $3 WHERE id = $1 AND call_status = 'INITIATED'",
        )
        .bind(id)
        .bind(status.as_str())
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    pub(crate) async fn mark_ended(&self, id: i64, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE call_logs SET call_status = 'ENDED', ended_at = $2, \
             duration_seconds = MAX(0, $2 / 1000 - started_at / 1000) \
             WHERE id = $1 AND call_status = 'ANSWERED'",
        )
        .bind(id)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// A page of a user's calls, newest first, and how many there are on all pages.
    pub(crate) async fn past_calls(&self, query: &CallQuery) -> Result<(Vec<CallLogRow>, u32)> {
        macro_rules! calls {
            ($people:literal, $theirs:literal) => {
                concat!(
                    "SELECT c.*, p.name AS other_name FROM call_logs c \
                     JOIN chat_rooms r ON r.room_id = c.room_id JOIN ",
                    $people,
                    " p ON p.email = ",
                    $theirs,
                    " WHERE c.id IN (SELECT c.id"
                )
            };
        }
        let mut page = filtered(
            match query.me.role {
                UserType::Dealer => calls!("technicians", "r.technician_email"),
                UserType::Technician => calls!("dealers", "r.dealer_email"),
            },
            query,
        );
        page.push(" ORDER BY c.started_at DESC, c.id DESC LIMIT ").push_bind(query.limit);
        page.push(" OFFSET ").push_bind(query.offset).push(") ORDER BY c.started_at DESC, c.id DESC");
        let rows: Vec<Listed> = page.build_query_as().fetch_all(&self.read).await?;
        let mut count = filtered("SELECT COUNT(*)", query);
        let count: i64 = count.build_query_scalar().fetch_one(&self.read).await?;
        Ok((rows.into_iter().filter_map(listed).collect(), seconds(count)))
    }
}

/// `select` and the filter of a list of calls.
fn filtered(select: &'static str, query: &CallQuery) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(select);
    sql.push(" FROM chat_rooms r JOIN call_logs c ON c.room_id = r.room_id");
    sql.push(match query.me.role {
        UserType::Dealer => " WHERE r.dealer_email = ",
        UserType::Technician => " WHERE r.technician_email = ",
    });
    sql.push_bind(query.me.email.clone());
    if let Some(room) = &query.room {
        sql.push(" AND r.room_id = ").push_bind(room.to_string());
    }
    sql
}

fn listed(listed: Listed) -> Option<CallLogRow> {
    let Listed { row, other_name } = listed;
    let talked = row.answered_at.zip(row.ended_at);
    Some(CallLogRow {
        id: RowId::Number(row.id),
        room_id: row.room_id,
        caller_email: row.caller_email,
        caller_type: Some(UserType::parse(&row.caller_type)?),
        call_type: Some(CallType::parse(&row.call_type)),
        call_status: CallStatus::parse(&row.call_status),
        started_at: Some(Millis(row.started_at).iso()),
        ended_at: row.ended_at.map(|at| Millis(at).iso()),
        duration_seconds: seconds(row.duration_seconds),
        talk_seconds: Some(
            talked.map_or(0, |(from, to)| seconds(Millis(to).seconds() - Millis(from).seconds())),
        ),
        other_name: Some(other_name),
    })
}
