//! Response bodies made of rows, and the facts of rows for the hub.

use bellwire_dialects::clinic::wire::{
    Appointment as Shown, AppointmentStatus, AppointmentType, PersonRow, RoomRecord, RoomState, StatusUser,
};
use schemars::JsonSchema;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::hub::Facts;
use super::store::{Appointment, User};
use crate::clock::Millis;

pub(super) fn user(user: User) -> StatusUser {
    StatusUser {
        id: Some(user.id),
        sub: None,
        email: Some(user.email),
        role: Some(user.role),
        first_name: Some(user.first_name),
        last_name: Some(user.last_name),
        name: None,
        profile_picture: None,
        profile_image_url: None,
    }
}

/// An appointment as lists show it, with its room.
pub(super) fn appointment(row: &Appointment) -> Shown {
    Shown {
        video_call_room: bare_room(row).or_else(|| past_room(row)).map(Box::new),
        notes: row.notes.clone(),
        ..short(row)
    }
}

/// A room's record, as the document has it: with the appointment inside, whose time goes by another name
/// there.
#[derive(Serialize, JsonSchema)]
pub(super) struct Room {
    #[serde(flatten)]
    room: RoomRecord,
    appointment: Shown,
}

pub(super) fn room(row: &Appointment) -> Option<Room> {
    let inside = short(row);
    let appointment = Shown { scheduled_date: inside.appointment_date_time.clone(), ..inside };
    Some(Room { room: bare_room(row)?, appointment })
}

/// What the hub has to know of it; `None` without a room.
pub(super) fn facts(row: &Appointment) -> Option<Facts> {
    let room = bare_room(row)?;
    let status = word::<AppointmentStatus>(&row.status);
    Some(Facts {
        room_id: room.room_id,
        practitioner: row.practitioner_id.clone(),
        patient: row.patient_id.clone(),
        open: match status {
            AppointmentStatus::Scheduled | AppointmentStatus::Completed | AppointmentStatus::NoShow => true,
            AppointmentStatus::Cancelled
            | AppointmentStatus::PendingPatientConfirmation
            | AppointmentStatus::Unknown => false,
        },
        started: row.room_started_at.is_some(),
        state: room.status,
        appointment: Box::new(short(row)),
    })
}

/// Without the room and what was noted.
fn short(row: &Appointment) -> Shown {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred minutes")]
    let minutes = row.minutes as f64;
    Shown {
        id: row.id.clone(),
        name: Some(row.name.clone()),
        patient_id: Some(row.patient_id.clone()),
        practitioner_id: Some(row.practitioner_id.clone()),
        appointment_date_time: Some(iso(row.starts_at)),
        scheduled_date: None,
        duration_in_minutes: minutes,
        kind: word::<AppointmentType>(&row.kind),
        status: word::<AppointmentStatus>(&row.status),
        notes: None,
        patient: Some(person(&row.patient_id, &row.patient_first_name, &row.patient_last_name)),
        practitioner: Some(person(
            &row.practitioner_id,
            &row.practitioner_first_name,
            &row.practitioner_last_name,
        )),
        video_call_room: None,
    }
}

fn bare_room(row: &Appointment) -> Option<RoomRecord> {
    Some(RoomRecord {
        id: row.room_row_id.clone(),
        room_id: row.room_id.clone()?,
        appointment_id: Some(row.id.clone()),
        status: word::<RoomState>(row.room_status.as_deref().unwrap_or_default()),
        practitioner_joined: row.practitioner_joined.unwrap_or_default(),
        patient_joined: row.patient_joined.unwrap_or_default(),
        started_at: row.room_started_at.map(iso),
        ended_at: row.room_ended_at.map(iso),
        created_at: row.room_created_at.map(iso),
        updated_at: row.room_updated_at.map(iso),
        appointment: None,
    })
}

/// What is left of a room that was cleaned up.
fn past_room(row: &Appointment) -> Option<RoomRecord> {
    Some(RoomRecord {
        room_id: row.past_room_id.clone()?,
        appointment_id: Some(row.id.clone()),
        status: RoomState::Ended,
        started_at: row.past_started_at.map(iso),
        ended_at: row.past_ended_at.map(iso),
        ..RoomRecord::default()
    })
}

fn person(id: &str, first_name: &str, last_name: &str) -> PersonRow {
    PersonRow {
        id: Some(id.to_owned()),
        first_name: Some(first_name.to_owned()),
        last_name: Some(last_name.to_owned()),
        ..PersonRow::default()
    }
}

/// A word of the database as the wire's type; a column's check allows no other.
pub(super) fn word<'de, T: Deserialize<'de> + Default>(text: &'de str) -> T {
    let text: StrDeserializer<'de, Error> = text.into_deserializer();
    T::deserialize(text).unwrap_or_default()
}

fn iso(at: i64) -> String {
    Millis(at).iso()
}
