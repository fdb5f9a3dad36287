//! An appointment as one of its two parties sees it. Who is in its room is in `rooms`.

use bellwire_call::{Person, PersonId, Subject};

use super::wire::{Appointment, AppointmentStatus, AppointmentType, PersonRow, UserRole};
use crate::limits;
use crate::timestamp;

/// An appointment from one party's side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meeting {
    pub(super) id: String,
    /// What people call it; may be empty.
    pub(super) label: String,
    /// RFC 3339; empty if the backend does not say.
    pub(super) starts_at: String,
    /// Seconds since 1970.
    pub(super) starts: Option<i64>,
    pub(super) minutes: u32,
    pub(super) kind: AppointmentType,
    pub(super) status: AppointmentStatus,
    /// The other party, by the id that the appointment names it by.
    pub(super) peer: Person,
    /// The other party's account, which its events carry; `None`: the appointment names a profile
    /// only, so the first account that is heard in the room is believed.
    pub(super) peer_user: Option<String>,
}

impl Meeting {
    /// An appointment of which nothing is known but whom it is with.
    pub(super) fn unknown(id: &str, peer: Person) -> Self {
        Self {
            id: id.to_owned(),
            label: String::new(),
            starts_at: String::new(),
            starts: None,
            minutes: 0,
            kind: AppointmentType::Unknown,
            status: AppointmentStatus::Unknown,
            peer,
            peer_user: None,
        }
    }

    /// `None`: the row has no plausible id.
    pub(super) fn of(row: &Appointment, role: UserRole, me: &str) -> Option<Self> {
        let id = limits::id(row.id.clone()).ok()?;
        let patient = Party::of(row.patient.as_ref(), row.patient_id.as_deref());
        let practitioner = Party::of(row.practitioner.as_ref(), row.practitioner_id.as_deref());
        let (ours, theirs) = match role {
            UserRole::Practitioner => (practitioner, patient),
            UserRole::Patient => (patient, practitioner),
        };
        // Where our own row goes by our account's id, so does theirs.
        let by_account = ours.named == me;
        let peer_user =
            theirs.account.or_else(|| (by_account && !theirs.named.is_empty()).then(|| theirs.named.clone()));
        let starts_at = row.appointment_date_time.as_ref().or(row.scheduled_date.as_ref());
        let starts_at = starts_at.map(|text| limits::shown(text)).unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the minutes of a week"
        )]
        let minutes = row.duration_in_minutes.clamp(0.0, 10_080.0) as u32;
        Some(Self {
            id,
            label: limits::shown(row.name.as_deref().unwrap_or_default()),
            starts: timestamp::seconds(&starts_at),
            starts_at,
            minutes,
            kind: row.kind,
            status: row.status,
            peer: Person { id: PersonId(theirs.named), name: theirs.name, avatar: theirs.avatar },
            peer_user,
        })
    }

    /// Takes over what `newer` says and keeps what it leaves open.
    pub(super) fn update(&mut self, newer: Self) {
        let Self { id: _, label, starts_at, starts, minutes, kind, status, peer, peer_user } = newer;
        replace(&mut self.label, label, String::is_empty);
        replace(&mut self.starts_at, starts_at, String::is_empty);
        replace(&mut self.starts, starts, Option::is_none);
        replace(&mut self.minutes, minutes, |minutes| *minutes == 0);
        replace(&mut self.kind, kind, |kind| *kind == AppointmentType::Unknown);
        replace(&mut self.status, status, |status| *status == AppointmentStatus::Unknown);
        replace(&mut self.peer.id, peer.id, |id| id.0.is_empty());
        replace(&mut self.peer.name, peer.name, String::is_empty);
        replace(&mut self.peer.avatar, peer.avatar, Option::is_none);
        replace(&mut self.peer_user, peer_user, Option::is_none);
    }

    /// Seconds since 1970; an appointment without a length takes an hour.
    pub(super) fn ends(&self) -> Option<i64> {
        let minutes = if self.minutes == 0 { 60 } else { self.minutes };
        self.starts.map(|starts| starts + i64::from(minutes) * 60)
    }

    /// It has a room that may be entered.
    pub(super) fn is_open(&self) -> bool {
        let status = match self.status {
            AppointmentStatus::Scheduled | AppointmentStatus::Completed | AppointmentStatus::Unknown => true,
            AppointmentStatus::Cancelled
            | AppointmentStatus::NoShow
            | AppointmentStatus::PendingPatientConfirmation => false,
        };
        status && self.kind != AppointmentType::Physical
    }

    pub(super) fn subject(&self) -> Subject {
        Subject { id: self.id.clone(), label: self.label.clone() }
    }
}

fn replace<T>(old: &mut T, new: T, says_nothing: impl Fn(&T) -> bool) {
    if !says_nothing(&new) {
        *old = new;
    }
}

struct Party {
    /// The id the appointment names the party by; may be empty.
    named: String,
    account: Option<String>,
    name: String,
    avatar: Option<String>,
}

impl Party {
    fn of(row: Option<&PersonRow>, id: Option<&str>) -> Self {
        let Some(row) = row else {
            return Self {
                named: id.unwrap_or_default().to_owned(),
                account: None,
                name: String::new(),
                avatar: None,
            };
        };
        let inner = row.user.as_deref();
        let account = row.user_id.clone().or_else(|| inner?.id.clone());
        let named = id.or(row.id.as_deref()).or(account.as_deref()).unwrap_or_default();
        let name = [Some(row), inner].into_iter().flatten().map(full_name).find(|name| !name.is_empty());
        let pictures = [Some(row), inner].into_iter().flatten();
        let mut pictures = pictures.flat_map(|row| [&row.profile_picture, &row.profile_image_url]);
        let avatar = pictures.find_map(|picture| picture.clone().filter(|address| !address.is_empty()));
        Self { named: named.to_owned(), account, name: name.unwrap_or_default(), avatar }
    }
}

fn full_name(row: &PersonRow) -> String {
    let parts = [row.first_name.as_deref(), row.last_name.as_deref()];
    let full = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let full = limits::shown(&full);
    if full.is_empty() { limits::shown(row.name.as_deref().unwrap_or_default()) } else { full }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn meeting(row: Value) -> Meeting {
        let row = serde_json::from_value(row).unwrap();
        Meeting::of(&row, UserRole::Practitioner, "u-doctor").unwrap()
    }

    #[test]
    fn accounts_are_known_where_the_row_says_them() {
        let by_account =
            meeting(json!({ "id": "a1", "patient": { "id": "u-ann", "firstName": "Ann", "lastName": "Wu" },
            "practitioner": { "id": "u-doctor" } }));
        let pictured = meeting(json!({ "id": "a1", "patient": { "id": "u-ann", "profilePicture": null,
            "profileImageUrl": "https://img.example/ann" } }));
        assert_eq!(pictured.peer.avatar.as_deref(), Some("https://img.example/ann"));
        assert_eq!(by_account.peer_user.as_deref(), Some("u-ann"));
        assert_eq!(by_account.peer.name, "Ann Wu");
        let profiles = meeting(json!({ "id": "a1", "patientId": "p7", "practitionerId": "d2" }));
        assert_eq!((profiles.peer.id.0.as_str(), profiles.peer_user), ("p7", None));
        let inside = meeting(json!({ "id": "a1", "patientId": "p7", "practitionerId": "d2",
            "patient": { "id": "p7", "user": { "id": "u-ann", "firstName": "Ann", "lastName": null } } }));
        assert_eq!((inside.peer_user.as_deref(), inside.peer.name.as_str()), (Some("u-ann"), "Ann"));
    }

    #[test]
    fn what_a_later_row_leaves_out_is_kept() {
        let mut known =
            meeting(json!({ "id": "a1", "name": "Check-up", "type": "Remote", "status": "Scheduled",
            "appointmentDateTime": "2026-01-05T10:00:00Z", "durationInMinutes": 30, "patientId": "u-ann" }));
        known.update(meeting(
            json!({ "id": "a1", "status": "Cancelled", "patient": { "id": "u-ann", "name": "Ann" } }),
        ));
        assert_eq!((known.label.as_str(), known.peer.name.as_str()), ("Check-up", "Ann"));
        assert_eq!(known.status, AppointmentStatus::Cancelled);
        assert_eq!(known.ends().unwrap() - known.starts.unwrap(), 1800);
        assert!(!known.is_open());
    }
}
