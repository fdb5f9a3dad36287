//! Queries: pages of records and their counts.

use bellwire_call::{Direction, MediaKind, Person, PersonId, RemoteCallId, Subject};

use super::{Result, Store};
use crate::outcome::INTERRUPTED;
use crate::{Account, AccountRef, Counts, Filter, Outcome, Page, Record, members, timestamp};

/// The most records one page has.
const MAX_PAGE_RECORDS: u32 = 500;

/// A record with its account and the time talked; a macro because the text must be known when compiling.
macro_rules! select {
    ($what:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM calls c JOIN accounts a ON a.id = c.account WHERE c.hidden = 0 \
             AND (a.dialect = $1 AND a.server = $2 AND a.me = $3 OR $1 IS NULL) \
             AND (a.dialect = $4 OR $4 IS NULL) AND (c.peer_id = $5 OR $5 IS NULL \
             OR EXISTS (SELECT 1 FROM json_each(c.members) m WHERE m.value ->> 'id' = $5)) \
             AND (c.outcome = 'missed' AND c.outgoing = 0 OR NOT $6) \
             AND (instr(c.search, $7) > 0 OR $7 = '') \
             AND (c.started_ms >= $8 OR $8 IS NULL) AND (c.started_ms < $9 OR $9 IS NULL) ",
            $rest
        )
    };
}

#[derive(Debug, sqlx::FromRow)]
struct RecordRow {
    id: i64,
    dialect: String,
    server: String,
    me: String,
    label: String,
    remote: Option<String>,
    backend: Option<String>,
    outgoing: bool,
    kind: Option<String>,
    peer_id: String,
    peer_name: String,
    peer_avatar: Option<String>,
    members: String,
    subject_id: Option<String>,
    subject_label: Option<String>,
    outcome: String,
    reason: Option<String>,
    message: Option<String>,
    started_ms: i64,
    answered_ms: Option<i64>,
    ended_ms: Option<i64>,
    backend_s: i64,
    seen: bool,
    legs: i64,
    talked_ms: i64,
}

/// Binds a filter's nine values.
macro_rules! bind_filter {
    ($query:expr, $filter:expr) => {{
        let account: Option<&AccountRef> = $filter.account.as_ref();
        $query
            .bind(account.map(|account| account.dialect.clone()))
            .bind(account.map(|account| account.server.clone()))
            .bind(account.map(|account| account.me.0.clone()))
            .bind($filter.dialect.clone())
            .bind($filter.person.as_ref().map(|person| person.0.clone()))
            .bind($filter.missed)
            .bind($filter.text.trim().to_lowercase())
            .bind(timestamp::read(&$filter.from))
            .bind(timestamp::read(&$filter.until))
    }};
}

impl Store {
    /// Newest first, `skip` records left out at the beginning.
    pub(crate) async fn list(&mut self, filter: &Filter, skip: u32, limit: u32) -> Result<Page> {
        let lines: Vec<RecordRow> = bind_filter!(
            sqlx::query_as(select!(
                "c.*, a.dialect, a.server, a.me, a.label, \
                 (SELECT COUNT(*) FROM legs WHERE legs.call = c.id) AS legs, \
                 (SELECT COALESCE(SUM(talked_ms), 0) FROM legs WHERE legs.call = c.id) AS talked_ms",
                "ORDER BY c.started_ms DESC, c.id DESC LIMIT $10 OFFSET $11"
            )),
            filter
        )
        .bind(limit.min(MAX_PAGE_RECORDS))
        .bind(skip)
        .fetch_all(&mut self.connection)
        .await?;
        let total: i64 = bind_filter!(sqlx::query_scalar(select!("COUNT(*)", "")), filter)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(Page { records: lines.into_iter().map(record).collect(), total: count(total) })
    }

    pub(crate) async fn counts(&mut self, filter: &Filter) -> Result<Counts> {
        let (total, missed, unseen): (i64, i64, i64) = bind_filter!(
            sqlx::query_as(select!(
                "COUNT(*), COALESCE(SUM(c.outcome = 'missed' AND c.outgoing = 0), 0), \
                 COALESCE(SUM(c.seen = 0), 0)",
                ""
            )),
            filter
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok(Counts { total: count(total), missed: count(missed), unseen: count(unseen) })
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn record(line: RecordRow) -> Record {
    let outcome = Outcome::read(&line.outcome);
    let direction = if line.outgoing { Direction::Outgoing } else { Direction::Incoming };
    // The side that stayed to the end knows the duration best.
    let there_to_the_end =
        line.legs > 0 && line.reason.as_deref() != Some(INTERRUPTED) && outcome != Outcome::Elsewhere;
    let talked_s = (line.talked_ms + 500) / 1000;
    let duration_s = if there_to_the_end { talked_s } else { talked_s.max(line.backend_s) };
    Record {
        id: line.id,
        account: Account {
            key: AccountRef { dialect: line.dialect, server: line.server, me: PersonId(line.me) },
            label: line.label,
        },
        remote: line.remote.or(line.backend).map(RemoteCallId),
        peer: Person { id: PersonId(line.peer_id), name: line.peer_name, avatar: line.peer_avatar },
        members: members::read(&line.members),
        direction,
        kind: line.kind.as_deref().and_then(kind),
        subject: line
            .subject_id
            .map(|id| Subject { id, label: line.subject_label.clone().unwrap_or_default() }),
        outcome,
        reason: line.reason,
        message: line.message,
        missed: outcome == Outcome::Missed && direction == Direction::Incoming,
        seen: line.seen,
        started_at: timestamp::show(line.started_ms),
        answered_at: timestamp::show(line.answered_ms.unwrap_or(0)),
        ended_at: timestamp::show(line.ended_ms.unwrap_or(0)),
        duration_s: count(duration_s),
    }
}

fn kind(word: &str) -> Option<MediaKind> {
    match word {
        "voice" => Some(MediaKind::Voice),
        "video" => Some(MediaKind::Video),
        _ => None,
    }
}
