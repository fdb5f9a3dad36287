//! Usage of hearth: what its records say of calls in a span of time, and of one call's people. Only reads; what
//! retention deletes is not in it any more.

use std::collections::HashMap;

use sqlx::{FromRow, SqlitePool};

use crate::store::StoreError;
use crate::usage::{CallUsage, Figures, PairFigures, PersonUsage, Usage, UsageQueries};

type Result<T> = std::result::Result<T, StoreError>;

pub(super) static QUERIES: UsageQueries = UsageQueries {
    usage: |database, from, until| Box::pin(usage(database, from, until)),
    people: |database, from, until, most| Box::pin(people(database, from, until, most)),
    pairs: |database, session_id| Box::pin(pairs(database, session_id)),
};

/// Sums of the columns of `hearth_figures f`, and means over the reports.
macro_rules! figures {
    () => {
        "COALESCE(SUM(f.excellent), 0) AS excellent, COALESCE(SUM(f.good), 0) AS good, \
         COALESCE(SUM(f.fair), 0) AS fair, COALESCE(SUM(f.poor), 0) AS poor, \
         COALESCE(SUM(f.rtt_ms) / NULLIF(SUM(f.excellent + f.good + f.fair + f.poor), 0), 0) AS rtt_ms, \
         COALESCE(SUM(f.loss_permille) / NULLIF(SUM(f.excellent + f.good + f.fair + f.poor), 0), 0) \
         AS loss_permille, COALESCE(SUM(f.lost), 0) AS lost, COALESCE(SUM(f.failed), 0) AS failed, \
         COALESCE(SUM(f.other), 0) AS other"
    };
}

const CALLS: &str = "WITH mine AS (SELECT s.kind, s.end_reason, s.start_time IS NOT NULL AS answered, \
     s.duration, CASE WHEN json_valid(s.settings) THEN s.settings ELSE '{}' END AS settings, \
     (SELECT COUNT(*) FROM hearth_participants p WHERE p.session = s.session_id) AS people, \
     EXISTS (SELECT 1 FROM hearth_participants p WHERE p.session = s.session_id AND p.has_shared) AS shared, \
     EXISTS (SELECT 1 FROM hearth_figures f WHERE f.session = s.session_id AND f.lost > 0) AS lost, \
     EXISTS (SELECT 1 FROM hearth_figures f WHERE f.session = s.session_id AND f.failed > 0) AS failed \
     FROM hearth_sessions s WHERE s.created_at >= $1 AND s.created_at < $2) \
     SELECT COUNT(*) AS calls, COUNT(*) FILTER (WHERE kind = 'one-to-one') AS one_to_one, \
     COUNT(*) FILTER (WHERE kind = 'group') AS \"group\", COUNT(*) FILTER (WHERE kind = 'therapy') AS therapy, \
     COUNT(*) FILTER (WHERE answered) AS answered, \
     COUNT(*) FILTER (WHERE end_reason = 'declined') AS declined, \
     COUNT(*) FILTER (WHERE end_reason = 'busy') AS busy, \
     COUNT(*) FILTER (WHERE end_reason = 'cancelled') AS cancelled, \
     COUNT(*) FILTER (WHERE end_reason = 'missed') AS missed, \
     COUNT(*) FILTER (WHERE end_reason = 'timeout') AS timed_out, \
     COALESCE(SUM(duration), 0) AS talked_s, COALESCE(MAX(duration), 0) AS longest_s, \
     COALESCE(SUM(people) FILTER (WHERE answered), 0) AS people, \
     COALESCE(MAX(people) FILTER (WHERE answered), 0) AS most_people, \
     COUNT(*) FILTER (WHERE answered AND json_extract(settings, '$.isVideoEnabled') IS NOT 0) AS with_video, \
     COUNT(*) FILTER (WHERE answered AND shared) AS with_sharing, \
     COUNT(*) FILTER (WHERE answered AND people > 2) AS with_several, \
     COUNT(*) FILTER (WHERE answered AND json_extract(settings, '$.isRecordingEnabled') IS 1) AS with_recording, \
     COUNT(*) FILTER (WHERE answered AND lost) AS with_interruption, \
     COUNT(*) FILTER (WHERE answered AND failed) AS with_failure FROM mine";

const HOURS: &str = "SELECT CAST(strftime('%H', s.start_time / 1000, 'unixepoch') AS INTEGER) AS hour, \
     COUNT(*) AS calls, COALESCE(SUM(s.duration), 0) AS talked_s FROM hearth_sessions s \
     WHERE s.created_at >= $1 AND s.created_at < $2 AND s.start_time IS NOT NULL GROUP BY hour ORDER BY hour";

const FIGURES: &str = concat!(
    "SELECT ",
    figures!(),
    " FROM hearth_sessions s JOIN hearth_figures f ON f.session = s.session_id \
     WHERE s.created_at >= $1 AND s.created_at < $2"
);

/// Those who were in most calls first.
const PEOPLE: &str = "SELECT u.id, u.email, COUNT(*) AS calls, COALESCE(SUM(p.has_shared), 0) AS shared, \
     COALESCE(SUM(MAX(0, COALESCE(p.left_at, s.updated_at) - p.joined_at)), 0) / 1000 AS talked_s \
     FROM hearth_sessions s JOIN hearth_participants p ON p.session = s.session_id \
     JOIN hearth_users u ON u.id = p.user \
     WHERE s.created_at >= $1 AND s.created_at < $2 AND s.start_time IS NOT NULL \
     GROUP BY u.id ORDER BY calls DESC, talked_s DESC, u.email LIMIT $3";

const RECEIVED: &str = concat!(
    "SELECT f.about AS id, ",
    figures!(),
    " FROM hearth_sessions s JOIN hearth_figures f ON f.session = s.session_id \
     WHERE s.created_at >= $1 AND s.created_at < $2 GROUP BY f.about"
);

const PAIRS: &str = concat!(
    "SELECT a.email AS \"by\", b.email AS about, ",
    figures!(),
    " FROM hearth_figures f JOIN hearth_users a ON a.id = f.user JOIN hearth_users b ON b.id = f.about \
     WHERE f.session = $1 GROUP BY f.user, f.about ORDER BY a.email, b.email"
);

/// Of calls that were made from the first moment on and before the second, in milliseconds since 1970.
async fn usage(database: &SqlitePool, from: i64, until: i64) -> Result<Usage> {
    let calls: CallUsage = sqlx::query_as(CALLS).bind(from).bind(until).fetch_one(database).await?;
    let hours = sqlx::query_as(HOURS).bind(from).bind(until).fetch_all(database).await?;
    let figures = sqlx::query_as(FIGURES).bind(from).bind(until).fetch_one(database).await?;
    Ok(Usage { error_rate: calls.error_rate(), calls, hours, figures })
}

/// At most so many people.
async fn people(database: &SqlitePool, from: i64, until: i64, most: u32) -> Result<Vec<PersonUsage>> {
    let people: Vec<(String, PersonUsage)> =
        of_ids(sqlx::query_as(PEOPLE).bind(from).bind(until).bind(most).fetch_all(database).await?);
    // Each on its own, so that nothing counts for several calls.
    let received = sqlx::query_as(RECEIVED).bind(from).bind(until).fetch_all(database).await?;
    let mut received: HashMap<String, Figures> = of_ids(received).into_iter().collect();
    let with = |(id, person)| PersonUsage { figures: received.remove(&id).unwrap_or_default(), ..person };
    Ok(people.into_iter().map(with).collect())
}

/// A row by its id.
#[derive(FromRow)]
struct OfId<T> {
    id: String,
    #[sqlx(flatten)]
    row: T,
}

fn of_ids<T>(rows: Vec<OfId<T>>) -> Vec<(String, T)> {
    rows.into_iter().map(|OfId { id, row }| (id, row)).collect()
}

/// Of one call session; `None`: there is none of this id.
async fn pairs(database: &SqlitePool, session_id: &str) -> Result<Option<Vec<PairFigures>>> {
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM hearth_sessions WHERE session_id = $1")
        .bind(session_id)
        .fetch_optional(database)
        .await?;
    if known.is_none() {
        return Ok(None);
    }
    Ok(Some(sqlx::query_as(PAIRS).bind(session_id).fetch_all(database).await?))
}
