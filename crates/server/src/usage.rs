//! Figures of use of a backend's calls: how they went, what was used in them, and how people received each other. What a
//! backend has of it, it reads from its own records.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use sqlx::{FromRow, SqlitePool};

use crate::store::StoreError;

/// What a backend that keeps such figures reads. Spans are from the first moment on and before the second, in
/// milliseconds since 1970; calls count by when they were made.
#[derive(Debug)]
pub(crate) struct UsageQueries {
    pub(crate) usage: for<'a> fn(&'a SqlitePool, i64, i64) -> Reading<'a, Usage>,
    /// Those who were in most calls first, at most so many.
    pub(crate) people: for<'a> fn(&'a SqlitePool, i64, i64, u32) -> Reading<'a, Vec<PersonUsage>>,
    /// Of one call; `None`: there is none of this id.
    pub(crate) pairs: for<'a> fn(&'a SqlitePool, &'a str) -> Reading<'a, Option<Vec<PairFigures>>>,
}

pub(crate) type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

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
