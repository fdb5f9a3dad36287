//! The tables of clinic: accounts, appointments, rooms. Only SQL is in here; permissions are decided
//! elsewhere.

use bellwire_dialects::clinic::wire::{AppointmentStatus, AppointmentType, RoomState, UserRole};
use sqlx::{QueryBuilder, Sqlite, SqlitePool};

use super::party::Party;
use crate::clock::Millis;
use crate::store::{Pools, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone, sqlx::FromRow)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) role: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) must_change_password: bool,
    pub(crate) created_at: i64,
    /// How often the password was changed.
    pub(crate) generation: i64,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub(crate) struct NewAppointment {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) patient: String,
    pub(crate) practitioner: String,
    pub(crate) starts_at: i64,
    pub(crate) minutes: i64,
    pub(crate) kind: AppointmentType,
    pub(crate) status: AppointmentStatus,
    pub(crate) notes: Option<String>,
}

/// An appointment with its parties and its room.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Appointment {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) patient_id: String,
    pub(crate) practitioner_id: String,
    pub(crate) starts_at: i64,
    pub(crate) minutes: i64,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) notes: Option<String>,
    pub(crate) past_room_id: Option<String>,
    pub(crate) past_started_at: Option<i64>,
    pub(crate) past_ended_at: Option<i64>,
    pub(crate) patient_first_name: String,
    pub(crate) patient_last_name: String,
    pub(crate) practitioner_first_name: String,
    pub(crate) practitioner_last_name: String,
    pub(crate) room_row_id: Option<String>,
    pub(crate) room_id: Option<String>,
    pub(crate) room_status: Option<String>,
    pub(crate) practitioner_joined: Option<bool>,
    pub(crate) patient_joined: Option<bool>,
    pub(crate) room_started_at: Option<i64>,
    pub(crate) room_ended_at: Option<i64>,
    pub(crate) room_created_at: Option<i64>,
    pub(crate) room_updated_at: Option<i64>,
}

impl Appointment {
    /// Whether it is an appointment of that person.
    pub(crate) fn is_of(&self, party: &Party) -> bool {
        match party.role {
            UserRole::Practitioner => self.practitioner_id == party.id,
            UserRole::Patient => self.patient_id == party.id,
        }
    }
}

/// What a room's row becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomRow {
    pub(crate) room_id: String,
    pub(crate) status: RoomState,
    pub(crate) practitioner_joined: bool,
    pub(crate) patient_joined: bool,
    pub(crate) at: Millis,
}

/// Columns a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SortBy {
    Starts,
    Created,
    Name,
    Status,
}

/// A filter of a user's appointments.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) party: Party,
    pub(crate) patient: Option<String>,
    pub(crate) from: Option<Millis>,
    pub(crate) to: Option<Millis>,
    /// Not over by then, and not cancelled.
    pub(crate) upcoming_at: Option<Millis>,
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

/// An appointment with everything; a macro because the text must be known when compiling.
macro_rules! appointment {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.name, a.patient_id, a.practitioner_id, a.starts_at, a.minutes, a.kind, a.status, \
             a.notes, a.past_room_id, a.past_started_at, a.past_ended_at, \
             p.first_name AS patient_first_name, p.last_name AS patient_last_name, \
             d.first_name AS practitioner_first_name, d.last_name AS practitioner_last_name, \
             r.id AS room_row_id, r.room_id, r.status AS room_status, r.practitioner_joined, \
             r.patient_joined, r.started_at AS room_started_at, r.ended_at AS room_ended_at, \
             r.created_at AS room_created_at, r.updated_at AS room_updated_at \
             FROM clinic_appointments a JOIN clinic_users p ON p.id = a.patient_id \
             JOIN clinic_users d ON d.id = a.practitioner_id \
             LEFT JOIN clinic_rooms r ON r.appointment_id = a.id ",
            $rest
        )
    };
}

/// `select` and the filter of a list: of what was asked for, no more.
fn filtered(select: &'static str, query: &Query) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(select);
    sql.push(match query.party.role {
        UserRole::Practitioner => " FROM clinic_appointments a WHERE a.practitioner_id = ",
        UserRole::Patient => " FROM clinic_appointments a WHERE a.patient_id = ",
    });
    sql.push_bind(query.party.id.clone());
    if let (UserRole::Practitioner, Some(patient)) = (query.party.role, &query.patient) {
        sql.push(" AND a.patient_id = ").push_bind(patient.clone());
    }
    if let Some(from) = query.from {
        sql.push(" AND a.starts_at >= ").push_bind(from.0);
    }
    if let Some(to) = query.to {
        sql.push(" AND a.starts_at <= ").push_bind(to.0);
    }
    if let Some(at) = query.upcoming_at {
        sql.push(" AND a.status IN ('Scheduled', 'PendingPatientConfirmation') AND a.ends_at >= ")
            .push_bind(at.0);
    }
    sql
}

/// What a list is sorted by. Where it is the start, that is the index's order, forwards or backwards.
fn order(query: &Query) -> &'static str {
    match (query.sort_by, query.descending) {
        (SortBy::Starts, false) => " ORDER BY a.starts_at, a.id",
        (SortBy::Starts, true) => " ORDER BY a.starts_at DESC, a.id DESC",
        (SortBy::Created, false) => " ORDER BY a.created_at, a.starts_at, a.id",
        (SortBy::Created, true) => " ORDER BY a.created_at DESC, a.starts_at, a.id",
        (SortBy::Name, false) => " ORDER BY a.name, a.starts_at, a.id",
        (SortBy::Name, true) => " ORDER BY a.name DESC, a.starts_at, a.id",
        (SortBy::Status, false) => " ORDER BY a.status, a.starts_at, a.id",
        (SortBy::Status, true) => " ORDER BY a.status DESC, a.starts_at, a.id",
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

impl Store {
    pub(crate) fn new(pools: &Pools) -> Self {
        Self { read: pools.read.clone(), write: pools.write.clone() }
    }

    pub(crate) async fn has_users(&self) -> Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM clinic_users LIMIT 1").fetch_optional(&self.read).await?;
        Ok(found.is_some())
    }

    pub(crate) async fn user(&self, id: &str) -> Result<Option<User>> {
        Ok(sqlx::query_as("SELECT * FROM clinic_users WHERE id = $1 AND disabled = 0")
            .bind(id)
            .fetch_optional(&self.read)
            .await?)
    }

    pub(crate) async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        Ok(sqlx::query_as("SELECT * FROM clinic_users WHERE email = $1 AND disabled = 0")
            .bind(email)
            .fetch_optional(&self.read)
            .await?)
    }

    pub(crate) async fn add_user(&self, user: &User) -> Result<()> {
        sqlx::query(
            "INSERT INTO clinic_users (id, email, password_hash, role, first_name, last_name, \
             must_change_password, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&user.id)
        .bind(&user.email)
        .bind(&user.password_hash)
        .bind(&user.role)
        .bind(&user.first_name)
        .bind(&user.last_name)
        .bind(user.must_change_password)
        .bind(user.created_at)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// True for a user who still had to choose one.
    /// In place of the password of that generation, if a new one is due.
    pub(crate) async fn set_password(&self, id: &str, generation: i64, hash: &str) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE clinic_users SET password_hash = $2, must_change_password = 0, \
             generation = generation + 1 \
             WHERE id = $1 AND must_change_password = 1 AND generation = $3",
        )
        .bind(id)
        .bind(hash)
        .bind(generation)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn appointment(&self, id: &str) -> Result<Option<Appointment>> {
        Ok(sqlx::query_as(appointment!("WHERE a.id = $1")).bind(id).fetch_optional(&self.read).await?)
    }

    pub(crate) async fn appointment_of_room(&self, room: &str) -> Result<Option<Appointment>> {
        Ok(sqlx::query_as(appointment!("WHERE r.room_id = $1")).bind(room).fetch_optional(&self.read).await?)
    }

    /// Rooms that were not empty when the server stopped.
    pub(crate) async fn occupied(&self) -> Result<Vec<Appointment>> {
        Ok(sqlx::query_as(appointment!(
            "WHERE a.id IN (SELECT appointment_id FROM clinic_rooms \
             WHERE practitioner_joined OR patient_joined)"
        ))
        .fetch_all(&self.read)
        .await?)
    }

    /// One page, chosen by the index alone, and how many appointments there are.
    pub(crate) async fn appointments(&self, query: &Query) -> Result<(Vec<Appointment>, u32)> {
        let mut page = filtered(appointment!("WHERE a.id IN (SELECT a.id"), query);
        page.push(order(query)).push(" LIMIT ").push_bind(query.limit);
        page.push(" OFFSET ").push_bind(query.offset).push(")").push(order(query));
        let rows = page.build_query_as().fetch_all(&self.read).await?;
        let mut count = filtered("SELECT COUNT(*)", query);
        let total: i64 = count.build_query_scalar().fetch_one(&self.read).await?;
        Ok((rows, u32::try_from(total).unwrap_or(u32::MAX)))
    }

    /// Adds an appointment unless one of the two is taken then; a remote one gets its room at once.
    /// False: the slot is taken.
    pub(crate) async fn schedule(
        &self,
        new: &NewAppointment,
        room: Option<&str>,
        now: Millis,
    ) -> Result<bool> {
        let mut transaction = self.write.begin().await?;
        let added = sqlx::query(
            "INSERT INTO clinic_appointments (id, name, patient_id, practitioner_id, starts_at, minutes, \
             ends_at, kind, status, notes, created_at, updated_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11 WHERE NOT EXISTS \
             (SELECT 1 FROM clinic_appointments WHERE (practitioner_id = $4 OR patient_id = $3) \
              AND status IN ('Scheduled', 'PendingPatientConfirmation') AND starts_at < $7 AND ends_at > $5)",
        )
        .bind(&new.id)
        .bind(&new.name)
        .bind(&new.patient)
        .bind(&new.practitioner)
        .bind(new.starts_at)
        .bind(new.minutes)
        .bind(new.starts_at + new.minutes * 60_000)
        .bind(kind_word(new.kind))
        .bind(status_word(new.status))
        .bind(&new.notes)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some(room) = room {
            add_room(&mut transaction, &new.id, room, now).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The patient's answer; false if it has one already.
    pub(crate) async fn respond(
        &self,
        id: &str,
        status: AppointmentStatus,
        message: Option<&str>,
        now: Millis,
    ) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE clinic_appointments SET status = $2, answer = $3, updated_at = $4 \
             WHERE id = $1 AND status = 'PendingPatientConfirmation'",
        )
        .bind(id)
        .bind(status_word(status))
        .bind(message)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The room of an appointment, made if there is none.
    pub(crate) async fn ensure_room(&self, appointment: &str, fresh: &str, now: Millis) -> Result<String> {
        let mut transaction = self.write.begin().await?;
        add_room(&mut transaction, appointment, fresh, now).await?;
        let room = sqlx::query_scalar("SELECT room_id FROM clinic_rooms WHERE appointment_id = $1")
            .bind(appointment)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(room)
    }

    /// Writes who is in a room. The first time both were there and the last end are kept.
    pub(crate) async fn save_room(&self, row: &RoomRow) -> Result<()> {
        sqlx::query(
            "UPDATE clinic_rooms SET practitioner_joined = $3, patient_joined = $4, \
             started_at = CASE WHEN $2 = 'InProgress' THEN COALESCE(started_at, $5) ELSE started_at END, \
             ended_at = CASE WHEN $2 <> 'Ended' THEN NULL WHEN status = 'Ended' THEN COALESCE(ended_at, $5) \
                        ELSE $5 END, \
             status = $2, updated_at = $5 WHERE room_id = $1",
        )
        .bind(&row.room_id)
        .bind(state_word(row.status))
        .bind(row.practitioner_joined)
        .bind(row.patient_joined)
        .bind(row.at.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// A room that was used and left.
    pub(crate) async fn set_talked(&self, room: &str, from: Millis, to: Millis) -> Result<()> {
        sqlx::query(
            "UPDATE clinic_rooms SET status = 'Ended', started_at = $2, ended_at = $3, updated_at = $3 \
             WHERE room_id = $1",
        )
        .bind(room)
        .bind(from.0)
        .bind(to.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Remote appointments that were over before then become completed or missed.
    pub(crate) async fn close_past(&self, before: Millis, now: Millis) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE clinic_appointments SET updated_at = $2, status = CASE WHEN EXISTS \
              (SELECT 1 FROM clinic_rooms r WHERE r.appointment_id = clinic_appointments.id \
               AND r.started_at IS NOT NULL) THEN 'Completed' ELSE 'NoShow' END \
             WHERE status = 'Scheduled' AND kind = 'Remote' AND ends_at < $1 AND NOT EXISTS \
              (SELECT 1 FROM clinic_rooms r WHERE r.appointment_id = clinic_appointments.id \
               AND (r.practitioner_joined OR r.patient_joined))",
        )
        .bind(before.0)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected())
    }

    /// Forgets rooms that ended before then; when they were used stays with the appointment.
    pub(crate) async fn clear_rooms(&self, before: Millis) -> Result<u64> {
        let mut transaction = self.write.begin().await?;
        sqlx::query(
            "UPDATE clinic_appointments SET (past_room_id, past_started_at, past_ended_at) = \
              (SELECT room_id, started_at, ended_at FROM clinic_rooms r \
               WHERE r.appointment_id = clinic_appointments.id) \
             WHERE id IN (SELECT appointment_id FROM clinic_rooms \
               WHERE status = 'Ended' AND ended_at < $1 AND started_at IS NOT NULL)",
        )
        .bind(before.0)
        .execute(&mut *transaction)
        .await?;
        let cleared = sqlx::query(
            "DELETE FROM clinic_rooms WHERE status = 'Ended' AND ended_at < $1 \
             AND NOT practitioner_joined AND NOT patient_joined",
        )
        .bind(before.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(cleared.rows_affected())
    }
}

pub(super) async fn add_room(
    connection: &mut sqlx::SqliteConnection,
    appointment: &str,
    room: &str,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT OR IGNORE INTO clinic_rooms (id, appointment_id, room_id, status, created_at, updated_at) \
         VALUES ($1, $2, $3, 'Waiting', $4, $4)",
    )
    .bind(uuid::Uuid::new_v4().to_string())
    .bind(appointment)
    .bind(room)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) fn kind_word(kind: AppointmentType) -> &'static str {
    match kind {
        AppointmentType::Physical => "Physical",
        AppointmentType::Remote | AppointmentType::Unknown => "Remote",
    }
}

pub(crate) fn status_word(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Scheduled => "Scheduled",
        AppointmentStatus::Completed => "Completed",
        AppointmentStatus::Cancelled => "Cancelled",
        AppointmentStatus::NoShow => "NoShow",
        AppointmentStatus::PendingPatientConfirmation | AppointmentStatus::Unknown => {
            "PendingPatientConfirmation"
        }
    }
}

fn state_word(state: RoomState) -> &'static str {
    match state {
        RoomState::Waiting | RoomState::Unknown => "Waiting",
        RoomState::InProgress => "InProgress",
        RoomState::Ended => "Ended",
    }
}
