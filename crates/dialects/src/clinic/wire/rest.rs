//! REST bodies and replies.

use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient;
#[cfg(feature = "schema")]
use crate::schema::{times, written};

/// Bytes of an appointment's name, and of a note.
pub const MAX_NAME_BYTES: usize = 200;
pub const MAX_NOTE_BYTES: usize = 2000;
/// Minutes of an appointment.
pub const MIN_MINUTES: u32 = 5;
pub const MAX_MINUTES: u32 = 480;

/// A word of the backend's without its capitals and separators, which deployments write differently.
fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let plain = |word: String| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    Ok(lenient::text(from)?.map(|word| plain(word).to_ascii_lowercase()))
}

/// Reply of both logins, 201.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginReply {
    /// `LOGIN_SUCCESS` or `PASSWORD_CHANGE_REQUIRED`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["LOGIN_SUCCESS", "PASSWORD_CHANGE_REQUIRED"])))]
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub access_token: Option<String>,
    /// Good for 15 minutes and for nothing but a new password.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub temp_access_token: Option<String>,
}

impl std::fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginReply").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Reply of `GET /auth/status`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusReply {
    /// `TOKEN_VALID`.
    pub code: String,
    pub user: StatusUser,
}

/// Who a token belongs to; some deployments give the token's claims (`sub`) instead of the row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["id", "email", "firstName", "lastName"])))]
#[serde(rename_all = "camelCase")]
pub struct StatusUser {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sub: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[cfg_attr(feature = "schema", schemars(with = "super::UserRole"))]
    pub role: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub first_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub profile_picture: Option<String>,
    /// The same, as deployed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub profile_image_url: Option<String>,
}

/// What every failed REST call says, as Nest writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub status_code: u16,
    pub message: String,
    /// The status in words.
    pub error: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AppointmentType {
    Physical,
    Remote,
    #[default]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl<'de> Deserialize<'de> for AppointmentType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match word(from)?.as_deref() {
            Some("physical") => Self::Physical,
            Some("remote") => Self::Remote,
            Some(_) | None => Self::Unknown,
        })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AppointmentStatus {
    Scheduled,
    Completed,
    Cancelled,
    NoShow,
    PendingPatientConfirmation,
    #[default]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl<'de> Deserialize<'de> for AppointmentStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match word(from)?.as_deref() {
            Some("scheduled") => Self::Scheduled,
            Some("completed") => Self::Completed,
            Some("cancelled") => Self::Cancelled,
            Some("noshow") => Self::NoShow,
            Some("pendingpatientconfirmation") => Self::PendingPatientConfirmation,
            Some(_) | None => Self::Unknown,
        })
    }
}

/// `VideoCallStatus` of the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RoomState {
    /// A party is still to come.
    #[default]
    Waiting,
    /// Both were there.
    InProgress,
    /// No barrier: the room may be entered again.
    Ended,
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl<'de> Deserialize<'de> for RoomState {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match word(from)?.as_deref() {
            Some("waiting") => Self::Waiting,
            Some("inprogress") => Self::InProgress,
            Some("ended") => Self::Ended,
            Some(_) | None => Self::Unknown,
        })
    }
}

/// Patient or practitioner of an appointment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["id", "firstName", "lastName"])))]
#[serde(rename_all = "camelCase")]
pub struct PersonRow {
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// The account's id, where `id` is that of a profile.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub first_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub profile_picture: Option<String>,
    /// The same, as deployed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub profile_image_url: Option<String>,
    /// The account, where the row is a profile with its account inside.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub user: Option<Box<PersonRow>>,
}

/// An appointment; inside a room record the document calls its time `scheduledDate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["name", "patientId", "practitionerId", "appointmentDateTime", "durationInMinutes", "patient", "practitioner"]), transform = times(["appointmentDateTime", "scheduledDate"])))]
#[serde(rename_all = "camelCase")]
pub struct Appointment {
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub patient_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub practitioner_id: Option<String>,
    /// RFC 3339, as all times here.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub appointment_date_time: Option<String>,
    /// The same, in room records.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub scheduled_date: Option<String>,
    #[serde(default, deserialize_with = "lenient::number", skip_serializing_if = "is_zero")]
    pub duration_in_minutes: f64,
    #[serde(rename = "type", default)]
    pub kind: AppointmentType,
    #[serde(default)]
    pub status: AppointmentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub patient: Option<PersonRow>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub practitioner: Option<PersonRow>,
    /// Its room, where the backend joins it to the row (additive).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub video_call_room: Option<Box<RoomRecord>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// Reply of `GET /video-call/room/appointment/:appointmentId`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["startedAt", "endedAt", "createdAt", "updatedAt"])))]
#[serde(rename_all = "camelCase")]
pub struct RoomRecord {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub appointment_id: Option<String>,
    #[serde(default)]
    pub status: RoomState,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub practitioner_joined: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub patient_joined: bool,
    #[serde(default, deserialize_with = "lenient::text")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub updated_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub appointment: Option<Box<Appointment>>,
}

/// Reply of `POST /video-call/room/appointment/:appointmentId/create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RoomCreated {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
}

/// What every list says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_count: u32,
    /// From 1.
    #[serde(default, deserialize_with = "lenient::count")]
    pub current_page: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub page_size: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_pages: u32,
}

/// Reply of `GET /appointments` and `GET /appointments/upcoming`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppointmentPage {
    pub data: Vec<Appointment>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub meta: Meta,
}

/// Body of `POST /appointments/schedule`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["appointmentDateTime"])))]
#[serde(rename_all = "camelCase")]
pub struct ScheduleBody {
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_NAME_BYTES)))]
    pub name: String,
    pub patient_id: String,
    /// RFC 3339.
    pub appointment_date_time: String,
    #[cfg_attr(feature = "schema", schemars(range(min = MIN_MINUTES, max = MAX_MINUTES)))]
    pub duration_in_minutes: u32,
    #[serde(rename = "type")]
    pub kind: AppointmentType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub notes: Option<String>,
}

/// Body of `PATCH /appointments/:id/respond`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RespondBody {
    pub accepted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub message: Option<String>,
}
