//! What an administrator keeps of clinic: practitioners, patients and their appointments.

use bellwire_dialects::clinic::wire::{MAX_MINUTES, MAX_NAME_BYTES, MAX_NOTE_BYTES, MIN_MINUTES};
use sqlx::SqliteConnection;

use super::records::new_room_id;
use super::store::add_room;
use crate::admin::{Change, Row, RowError, Value, put};
use crate::clock::Millis;
use crate::directory::{AccountId, AccountKind, Directory, NameColumns, RecordKind};

const PRACTITIONER: AccountKind = AccountKind {
    role: "practitioner",
    table: "clinic_users",
    id: AccountId::Uuid,
    column_role: Some("Practitioner"),
    name: NameColumns::Two,
    texts: &[],
    flags: &[("must_change_password", "must_change_password")],
    passwordless: None,
    erase: &[],
    readdress: &["UPDATE clinic_users SET email = $2 WHERE id = $1"],
};

const PATIENT: AccountKind = AccountKind {
    role: "patient",
    column_role: Some("Patient"),
    erase: &["UPDATE clinic_appointments SET name = 'Appointment', notes = NULL, answer = NULL \
         WHERE patient_id = $1"],
    ..PRACTITIONER
};

static PRACTITIONERS: AccountKind = PRACTITIONER;
static PATIENTS: AccountKind = PATIENT;

const STATUSES: [&str; 5] = ["Scheduled", "Completed", "Cancelled", "NoShow", "PendingPatientConfirmation"];

pub(super) static DIRECTORY: Directory = Directory {
    accounts: &[PRACTITIONER, PATIENT],
    records: &[RecordKind {
        name: "appointments",
        put: |all, row, now| Box::pin(appointment(all, row, now)),
    }],
    forget: &["DELETE FROM clinic_appointments WHERE id IN (SELECT a.id FROM clinic_appointments a \
         WHERE a.status IN ('Completed', 'Cancelled', 'NoShow') AND a.ends_at < $1 AND NOT EXISTS \
          (SELECT 1 FROM clinic_rooms r WHERE r.appointment_id = a.id) LIMIT $2)"],
    usage: None,
};

async fn appointment(all: &mut SqliteConnection, row: &mut Row, now: Millis) -> Result<Change, RowError> {
    let external = row.text("id", 64)?;
    let practitioner = row.account(all, "practitioner", &PRACTITIONERS).await?;
    let patient = row.account(all, "patient", &PATIENTS).await?;
    let starts_at = row.time("starts_at")?.ok_or_else(|| "starts_at is missing".to_owned())?;
    let minutes = row.number("minutes", i64::from(MIN_MINUTES)..=i64::from(MAX_MINUTES))?.unwrap_or(30);
    let ends_at = starts_at + minutes * 60_000;
    let kind = row.choice("kind", &["Remote", "Physical"])?.unwrap_or("Remote");
    let status = row.choice("status", &STATUSES)?;
    let mut fields: Vec<(&'static str, Value)> = vec![
        ("name", row.text("name", MAX_NAME_BYTES)?.into()),
        ("patient_id", patient.as_str().into()),
        ("practitioner_id", practitioner.as_str().into()),
        ("starts_at", starts_at.into()),
        ("minutes", minutes.into()),
        ("ends_at", ends_at.into()),
        ("kind", kind.into()),
        ("notes", row.optional("notes", MAX_NOTE_BYTES)?.into()),
    ];
    let id = uuid::Uuid::new_v4().to_string();
    let mut fresh = vec![("id", id.into()), ("created_at", now.0.into()), ("updated_at", now.0.into())];
    // Without a word about it, it is as far as it has come.
    match status {
        Some(status) => fields.push(("status", status.into())),
        None => fresh.push(("status", "Scheduled".into())),
    }
    let open = status.is_none_or(|status| ["Scheduled", "PendingPatientConfirmation"].contains(&status));
    let busy: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM clinic_appointments WHERE (practitioner_id = $1 OR patient_id = $2) \
         AND status IN ('Scheduled', 'PendingPatientConfirmation') AND starts_at < $3 AND ends_at > $4 \
         AND external_id IS NOT $5",
    )
    .bind(&practitioner)
    .bind(&patient)
    .bind(ends_at)
    .bind(starts_at)
    .bind(&external)
    .fetch_optional(&mut *all)
    .await?;
    if open && busy.is_some() {
        return Err("one of the two has another appointment then".to_owned().into());
    }
    let key = [("external_id", external.as_str().into())];
    let change = put(all, "clinic_appointments", &key, &fields, &fresh).await?;
    if kind == "Remote" && open {
        let id: String = sqlx::query_scalar("SELECT id FROM clinic_appointments WHERE external_id = $1")
            .bind(&external)
            .fetch_one(&mut *all)
            .await?;
        add_room(all, &id, &new_room_id(now), now).await.map_err(|error| RowError::from(error.0))?;
    }
    Ok(change)
}
