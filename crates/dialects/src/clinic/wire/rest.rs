//! REST bodies and replies.

use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient;

/// A word of the backend's without its capitals and separators, which deployments write differently.
fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let plain = |word: String| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    Ok(lenient::text(from)?.map(|word| plain(word).to_ascii_lowercase()))
}

#[derive(Clone, Serialize, Deserialize)]
pub struct LoginBody {
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for LoginBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginBody(..)")
    }
}

/// Reply of both logins, 201.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginReply {
    /// `LOGIN_SUCCESS` or `PASSWORD_CHANGE_REQUIRED`.
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
pub struct StatusReply {
    /// `TOKEN_VALID`.
    pub code: String,
    pub user: StatusUser,
}

/// Who a token belongs to; some deployments give the token's claims (`sub`) instead of the row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusUser {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sub: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
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
pub enum AppointmentType {
    Physical,
    Remote,
    #[default]
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
pub enum AppointmentStatus {
    Scheduled,
    Completed,
    Cancelled,
    NoShow,
    PendingPatientConfirmation,
    #[default]
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
pub enum RoomState {
    /// A party is still to come.
    #[default]
    Waiting,
    /// Both were there.
    InProgress,
    /// No barrier: the room may be entered again.
    Ended,
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
    pub user: Option<Box<PersonRow>>,
}

/// An appointment; inside a room record the document calls its time `scheduledDate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    pub appointment: Option<Box<Appointment>>,
}

/// Reply of `POST /video-call/room/appointment/:appointmentId/create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomCreated {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
}

/// What every list says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct AppointmentPage {
    pub data: Vec<Appointment>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub meta: Meta,
}

/// Body of `POST /appointments/schedule`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleBody {
    pub name: String,
    pub patient_id: String,
    /// RFC 3339.
    pub appointment_date_time: String,
    pub duration_in_minutes: u32,
    #[serde(rename = "type")]
    pub kind: AppointmentType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// Body of `PATCH /appointments/:id/respond`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RespondBody {
    pub accepted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
