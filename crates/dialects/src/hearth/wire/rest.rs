//! REST bodies and replies of calls and the login.

use serde::{Deserialize, Serialize};

use super::{CallSettings, Ref, SessionStatus, SessionType, User, not_said};
#[cfg(feature = "schema")]
use crate::schema::{times, written};
use crate::{IceServerRow, lenient};

/// Characters of a title or a tag, and of a call's description.
pub const MAX_TITLE_CHARS: usize = 200;
pub const MAX_METADATA_CHARS: usize = 2000;
pub const MAX_TAGS: usize = 20;
/// Bytes of a session's name that a client chooses.
pub const MAX_SESSION_ID_BYTES: usize = 64;

#[derive(Clone, Serialize, Deserialize)]
pub struct LoginReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    pub token: String,
    pub user: User,
}

impl std::fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginReply").field("success", &self.success).finish_non_exhaustive()
    }
}

/// What most successful calls say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply<T> {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub message: Option<String>,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
}

/// What every failed call says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub message: String,
    /// What validation found.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::rows")]
    pub errors: Vec<FieldError>,
}

/// One finding of the validation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldError {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub msg: String,
    #[serde(default, alias = "param", deserialize_with = "lenient::or_default")]
    pub path: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub location: String,
}

/// What a call is called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Metadata {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TITLE_CHARS)))]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_METADATA_CHARS)))]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::rows")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TAGS), inner(length(max = MAX_TITLE_CHARS))))]
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InitiateBody {
    pub session_type: SessionType,
    /// User ids, at least one.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub participants: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_settings: Option<CallSettings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub therapy_session_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InitiateData {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub ice_servers: Vec<IceServerRow>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    /// Additive: people the session has room for; 0: not said.
    #[serde(default, skip_serializing_if = "not_said", deserialize_with = "lenient::count")]
    pub max_participants: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct JoinData {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub session_type: SessionType,
    /// Those in the call now.
    #[serde(default, deserialize_with = "lenient::rows")]
    pub participants: Vec<SessionParticipant>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub ice_servers: Vec<IceServerRow>,
    /// Additive: people the session has room for; 0: not said.
    #[serde(default, skip_serializing_if = "not_said", deserialize_with = "lenient::count")]
    pub max_participants: u32,
}

/// One seat of a call session, taken or left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["joinedAt", "leftAt"])))]
#[serde(rename_all = "camelCase")]
pub struct SessionParticipant {
    #[serde(default)]
    pub user_id: Ref,
    #[serde(default, deserialize_with = "lenient::text")]
    pub socket_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub peer_id: Option<String>,
    /// RFC 3339, as all times here.
    #[serde(default, deserialize_with = "lenient::text")]
    pub joined_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub left_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_active: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub has_video: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub has_audio: bool,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_screen_sharing: bool,
}

/// A call's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["startTime", "endTime", "createdAt", "updatedAt"])))]
#[serde(rename_all = "camelCase")]
pub struct CallSession {
    #[serde(
        rename = "_id",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text"
    )]
    pub id: Option<String>,
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub session_type: SessionType,
    #[serde(default)]
    pub initiator_id: Ref,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub participants: Vec<SessionParticipant>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub max_participants: u32,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub status: SessionStatus,
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub end_time: Option<String>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    #[serde(default, deserialize_with = "super::id_if_any")]
    pub therapy_session_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub updated_at: Option<String>,
    /// Additive: who was asked to come. The deployed backend does not keep them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::rows")]
    pub invitees: Vec<Ref>,
    /// Additive: `hangup`, `missed`, `timeout`, `declined`, `busy`, `cancelled`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub end_reason: Option<String>,
}

/// Body of `PUT session/:id/media`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_video: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_audio: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_screen_sharing: Option<bool>,
}

/// What `participant_media_updated` carries.
pub type MediaSettings = MediaBody;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EndData {
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration_in_minutes: f64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["currentPage"])))]
#[serde(rename_all = "camelCase")]
pub struct HistoryData {
    #[serde(default, deserialize_with = "lenient::rows")]
    pub call_sessions: Vec<CallSession>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_pages: u32,
    /// Some deployments write the query's text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub current_page: Option<String>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total: u32,
}

/// Additive: body of `POST session/:id/invite`, which asks more people to come to a session that goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InviteBody {
    /// User ids, at least one.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub participants: Vec<String>,
}

/// Who of them is rung now: nobody who is in it or is being rung.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InviteData {
    #[serde(default, deserialize_with = "lenient::rows")]
    pub invited: Vec<String>,
}

/// Body of `POST demo-session`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DemoBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_SESSION_ID_BYTES)))]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DemoData {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub session_type: SessionType,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub ice_servers: Vec<IceServerRow>,
}
