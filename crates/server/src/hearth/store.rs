//! The tables of hearth: accounts, call sessions with their seats, therapy sessions. Only data and SQL;
//! nothing here decides who may do what.

mod figures;
mod people;
mod sessions;
mod therapy;

use sqlx::SqlitePool;

use crate::clock::Millis;
use crate::store::{Pools, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// An account.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) profile_picture: Option<String>,
    /// `user` or `therapist`.
    pub(crate) role: String,
    pub(crate) created_at: i64,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a therapy session's new assessment says.
#[derive(Clone, Debug)]
pub(crate) struct Assessment<'a> {
    pub(crate) kind: &'a str,
    /// JSON.
    pub(crate) responses: &'a str,
    pub(crate) score: Option<f64>,
}

/// A call session's record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) session_id: String,
    pub(crate) kind: String,
    pub(crate) initiator: String,
    /// Seats.
    pub(crate) most: i64,
    pub(crate) status: String,
    pub(crate) open: bool,
    pub(crate) start_time: Option<i64>,
    pub(crate) end_time: Option<i64>,
    /// Seconds.
    pub(crate) duration: i64,
    pub(crate) end_reason: Option<String>,
    /// JSON, as on the wire.
    pub(crate) settings: String,
    /// JSON, as on the wire.
    pub(crate) metadata: String,
    pub(crate) therapy: Option<String>,
    pub(crate) ring_until: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// An invited user, with their account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct InviteeRow {
    /// `pending`, `joined`, `declined`, `busy`, `missed`.
    pub(crate) state: String,
    #[sqlx(flatten)]
    pub(crate) account: Account,
}

/// A seat, taken or left, with its account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SeatRow {
    pub(crate) peer_id: Option<String>,
    pub(crate) joined_at: i64,
    pub(crate) left_at: Option<i64>,
    pub(crate) is_active: bool,
    pub(crate) has_video: bool,
    pub(crate) has_audio: bool,
    pub(crate) is_sharing: bool,
    #[sqlx(flatten)]
    pub(crate) account: Account,
}

/// A call session with its people.
#[derive(Clone, Debug)]
pub(crate) struct FullSession {
    pub(crate) session: SessionRow,
    pub(crate) initiator: Account,
    pub(crate) invitees: Vec<InviteeRow>,
    pub(crate) seats: Vec<SeatRow>,
}

impl FullSession {
    pub(crate) fn is_over(&self) -> bool {
        self.session.status == "ended"
    }

    pub(crate) fn is_invited(&self, user: &str) -> bool {
        self.invitees.iter().any(|invitee| invitee.account.id == user)
    }

    pub(crate) fn has_seat(&self, user: &str) -> bool {
        self.seats.iter().any(|seat| seat.account.id == user)
    }
}

/// What became of asking for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seating {
    Taken,
    Full,
    Over,
}

/// The media a participant sends, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sends {
    pub(crate) video: Option<bool>,
    pub(crate) audio: Option<bool>,
    pub(crate) sharing: Option<bool>,
}

/// A therapy session's record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TherapyRow {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) therapist: Option<String>,
    pub(crate) scheduled_for: Option<i64>,
    /// Minutes.
    pub(crate) duration: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A member of a therapy session, with their account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TherapyPersonRow {
    pub(crate) part: String,
    pub(crate) joined_at: Option<i64>,
    #[sqlx(flatten)]
    pub(crate) account: Account,
}

/// A therapy session with its people.
#[derive(Clone, Debug)]
pub(crate) struct FullTherapy {
    pub(crate) session: TherapyRow,
    pub(crate) therapist: Option<Account>,
    pub(crate) people: Vec<TherapyPersonRow>,
    /// The call that goes on in it.
    pub(crate) call: Option<String>,
}

impl FullTherapy {
    pub(crate) fn is_therapist(&self, user: &str) -> bool {
        self.session.therapist.as_deref() == Some(user)
    }

    /// It is completed or cancelled.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.session.status.as_str(), "completed" | "cancelled")
    }

    pub(crate) fn is_member(&self, user: &str) -> bool {
        self.is_therapist(user) || self.people.iter().any(|person| person.account.id == user)
    }
}

/// A page of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    pub(crate) status: Option<&'a str>,
    pub(crate) limit: u32,
    pub(crate) offset: i64,
}

/// The tables of hearth.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

impl Store {
    pub(crate) fn new(pools: &Pools) -> Self {
        Self { read: pools.read.clone(), write: pools.write.clone() }
    }
}

fn millis(at: Millis) -> i64 {
    at.0
}
