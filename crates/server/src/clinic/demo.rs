//! Data to show and to test with: two practitioners, four patients, appointments of last week, today and
//! the days to come. Ids never change; times are counted from the moment of filling.

use bellwire_dialects::clinic::wire::{AppointmentStatus, AppointmentType, UserRole};

use super::store::{NewAppointment, Store, User};
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::demo::DemoError;

pub(super) const DOCTOR: &str = "doctor@demo.example";
pub(super) const PATIENT: &str = "patient@demo.example";

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Role, e-mail, first name, last name, and whether a new password has to be chosen first.
const PEOPLE: [(UserRole, &str, &str, &str, bool); 7] = [
    (UserRole::Practitioner, DOCTOR, "Dr. Ingrid", "Halvorsen", false),
    (UserRole::Practitioner, "doctor2@demo.example", "Dr. Kwabena", "Osei-Mensah", false),
    (UserRole::Patient, PATIENT, "Tomás", "Ferreira", false),
    (
        UserRole::Patient,
        "patient2@demo.example",
        "Anna-Katharina Wilhelmine Theodora",
        "Freifrau von und zu Hohenfels-Sonnenberg-Wittgenstein",
        false,
    ),
    (UserRole::Patient, "patient3@demo.example", "مريم", "الحسن", false),
    (UserRole::Patient, "patient4@demo.example", "Søren", "Ødegård", false),
    (UserRole::Patient, "newcomer@demo.example", "Nora", "Newcomer", true),
];

struct Slot {
    name: &'static str,
    practitioner: usize,
    patient: usize,
    /// From now.
    starts_in: i64,
    minutes: i64,
    kind: AppointmentType,
    status: AppointmentStatus,
    /// Minutes talked in its room.
    talked: Option<i64>,
    notes: Option<&'static str>,
}

/// Fills empty tables; those that have accounts are left as they are.
pub(super) async fn fill(store: &Store, context: &ServerContext, now: Millis) -> Result<(), DemoError> {
    if store.has_users().await? {
        return Ok(());
    }
    let password_hash = context.demo_hash().await?;
    for (number, (role, email, first_name, last_name, must_change_password)) in PEOPLE.iter().enumerate() {
        let user = User {
            id: user_id(number),
            email: (*email).to_owned(),
            password_hash: password_hash.clone(),
            role: role.as_str().to_owned(),
            first_name: (*first_name).to_owned(),
            last_name: (*last_name).to_owned(),
            must_change_password: *must_change_password,
            created_at: now.0 - 300 * DAY,
            generation: 0,
        };
        store.add_user(&user).await?;
    }
    // Slots begin on whole five minutes, but the one that is on now stays in the past.
    let base = now.0 - now.0.rem_euclid(5 * MINUTE);
    for (number, slot) in slots().into_iter().enumerate() {
        let starts_at = base + slot.starts_in;
        let new = NewAppointment {
            id: format!("a9901000-0000-4000-8000-0000000000{:02x}", number + 1),
            name: slot.name.to_owned(),
            patient: user_id(slot.patient),
            practitioner: user_id(slot.practitioner),
            starts_at,
            minutes: slot.minutes,
            kind: slot.kind,
            status: slot.status,
            notes: slot.notes.map(str::to_owned),
        };
        let room = format!("room_{}_demo{:05}", now.0, number + 1);
        let room = (slot.kind == AppointmentType::Remote).then_some(room);
        store.schedule(&new, room.as_deref(), Millis(now.0 - 10 * DAY)).await?;
        if let (Some(room), Some(talked)) = (room, slot.talked) {
            let begun = starts_at + 2 * MINUTE;
            store.set_talked(&room, Millis(begun), Millis(begun + talked * MINUTE + 17_000)).await?;
        }
    }
    Ok(())
}

fn user_id(number: usize) -> String {
    format!("c11e1c00-0000-4000-8000-0000000000{:02x}", number + 1)
}

fn slots() -> Vec<Slot> {
    use AppointmentStatus::{Cancelled, Completed, NoShow, PendingPatientConfirmation, Scheduled};
    let remote = |name, practitioner, patient, starts_in, minutes, status| Slot {
        name,
        practitioner,
        patient,
        starts_in,
        minutes,
        kind: AppointmentType::Remote,
        status,
        talked: None,
        notes: None,
    };
    vec![
        remote("Follow-up after surgery", 0, 2, -5 * MINUTE, 30, Scheduled),
        remote("Blood pressure review", 0, 3, 30 * MINUTE, 20, Scheduled),
        remote("First consultation", 0, 4, 75 * MINUTE, 45, PendingPatientConfirmation),
        remote("Medication review", 1, 4, 15 * MINUTE, 30, Scheduled),
        Slot {
            talked: Some(21),
            notes: Some("Wound heals well; stitches out on Friday"),
            ..remote("Wound check", 0, 5, -3 * HOUR, 30, Completed)
        },
        Slot { kind: AppointmentType::Physical, ..remote("Stitches out", 0, 5, DAY, 15, Scheduled) },
        remote("Test results", 0, 2, 3 * DAY, 15, Scheduled),
        remote("Second opinion", 1, 2, DAY + 2 * HOUR, 40, Scheduled),
        remote("Nutrition advice", 0, 3, 5 * DAY, 30, PendingPatientConfirmation),
        Slot { talked: Some(27), ..remote("Before surgery", 0, 2, -6 * DAY, 30, Completed) },
        remote("Nutrition advice", 0, 3, -4 * DAY, 30, NoShow),
        remote("Vaccination questions", 0, 4, -8 * DAY, 15, Cancelled),
        Slot { talked: Some(12), ..remote("Intake", 1, 4, -9 * DAY, 20, Completed) },
    ]
}
