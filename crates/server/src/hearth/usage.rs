//! Usage of hearth: what its records say of calls in a span of time, and of one call's people. Only reads, for an
//! operator; what retention deletes is not in it any more.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::{FromRow, SqlitePool};

use crate::store::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// How calls went and what was used in them.
#[derive(Clone, Debug, Default, Serialize, FromRow)]
pub struct CallUsage {
    pub calls: i64,
    pub one_to_one: i64,
    pub group: i64,
    pub therapy: i64,
    /// Somebody else came.
    pub answered: i64,
    pub declined: i64,
    pub busy: i64,
    pub cancelled: i64,
    pub missed: i64,
    /// Ended by the server, because nothing had happened for long.
    pub timed_out: i64,
    /// Of those that are over, seconds.
    pub talked_s: i64,
    pub longest_s: i64,
    /// People who came to answered calls, one who came to several counted for each.
    pub people: i64,
    pub most_people: i64,
    /// Answered calls with pictures, with a shared screen, with three people or more, with a recording.
    pub with_video: i64,
    pub with_sharing: i64,
    pub with_several: i64,
    pub with_recording: i64,
    /// Answered calls in which a connection was interrupted, or failed for good.
    pub with_interruption: i64,
    pub with_failure: i64,
}

impl CallUsage {
    /// Fraction of the answered calls that went wrong: in which a connection failed, or that timed out.
    #[must_use]
    pub fn error_rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "calls are far below 2^53")]
        let rate = (self.with_failure + self.timed_out) as f64 / self.answered.max(1) as f64;
        rate.min(1.0)
    }
}

/// Answered calls that began in one hour of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct HourUsage {
    /// 0 to 23, UTC.
    pub hour: i64,
    pub calls: i64,
    pub talked_s: i64,
}

/// Reports and issues, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, FromRow)]
pub struct Figures {
    /// Reports by what they said of a connection.
    pub excellent: i64,
    pub good: i64,
    pub fair: i64,
    pub poor: i64,
    /// Means over these reports.
    pub rtt_ms: i64,
    pub loss_permille: i64,
    /// Media stopped flowing, no connection came about, another issue.
    pub lost: i64,
    pub failed: i64,
    pub other: i64,
}

impl Figures {
    #[must_use]
    pub fn reports(&self) -> i64 {
        self.excellent + self.good + self.fair + self.poor
    }
}

/// What the records say of a span of time.
#[derive(Clone, Debug, Serialize)]
pub struct Usage {
    #[serde(flatten)]
    pub calls: CallUsage,
    pub error_rate: f64,
    pub hours: Vec<HourUsage>,
    pub figures: Figures,
}

/// One person's part in it.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct PersonUsage {
    pub email: String,
    pub calls: i64,
    /// In calls, seconds.
    pub talked_s: i64,
    /// Calls in which they shared their screen.
    pub shared: i64,
    /// How others received them.
    #[sqlx(skip)]
    pub figures: Figures,
}

/// How one participant of a call received another one.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct PairFigures {
    /// Addresses of who says so, and of whom.
    pub by: String,
    pub about: String,
    #[sqlx(flatten)]
    pub figures: Figures,
}

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
pub(crate) async fn usage(database: &SqlitePool, from: i64, until: i64) -> Result<Usage> {
    let calls: CallUsage = sqlx::query_as(CALLS).bind(from).bind(until).fetch_one(database).await?;
    let hours = sqlx::query_as(HOURS).bind(from).bind(until).fetch_all(database).await?;
    let figures = sqlx::query_as(FIGURES).bind(from).bind(until).fetch_one(database).await?;
    Ok(Usage { error_rate: calls.error_rate(), calls, hours, figures })
}

/// At most so many people.
pub(crate) async fn people(
    database: &SqlitePool,
    from: i64,
    until: i64,
    most: u32,
) -> Result<Vec<PersonUsage>> {
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
pub(crate) async fn pairs(database: &SqlitePool, session_id: &str) -> Result<Option<Vec<PairFigures>>> {
    let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM hearth_sessions WHERE session_id = $1")
        .bind(session_id)
        .fetch_optional(database)
        .await?;
    if known.is_none() {
        return Ok(None);
    }
    Ok(Some(sqlx::query_as(PAIRS).bind(session_id).fetch_all(database).await?))
}
