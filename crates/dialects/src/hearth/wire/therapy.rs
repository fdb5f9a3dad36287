//! Therapy sessions over REST, and the older socket events inside one. The call in a therapy session
//! is a call session like any other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Ref, id_if_any};
#[cfg(feature = "schema")]
use crate::schema::times;
use crate::{lenient, words::words};

/// Characters of a description or a message.
pub const MAX_TEXT_CHARS: usize = 4000;
/// People of one therapy session besides its therapist.
pub const MAX_PEOPLE: usize = 32;
pub const MAX_MINUTES: u32 = 24 * 60;

/// How a therapy session is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TherapyType {
    #[default]
    Individual,
    Group,
    AiGuided,
    SelfPaced,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    TherapyType, exact,
    Individual = "individual", Group = "group", AiGuided = "ai-guided", SelfPaced = "self-paced";
    else Unknown = "unknown"
);

/// Where a therapy session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TherapyStatus {
    #[default]
    Scheduled,
    #[serde(alias = "active")]
    InProgress,
    #[serde(alias = "ended")]
    Completed,
    Cancelled,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    TherapyStatus, exact,
    Scheduled = "scheduled", InProgress = "in-progress" | "active", Completed = "completed" | "ended",
    Cancelled = "cancelled";
    else Unknown = "unknown"
);

/// The part a person has in a therapy session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TherapyRole {
    #[default]
    Participant,
    Observer,
    CoTherapist,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    TherapyRole, exact,
    Participant = "participant", Observer = "observer", CoTherapist = "co-therapist";
    else Unknown = "unknown"
);

/// A person of a therapy session besides its therapist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["joinedAt"])))]
#[serde(rename_all = "camelCase")]
pub struct TherapyPerson {
    #[serde(default, alias = "user")]
    pub user_id: Ref,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: TherapyRole,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub joined_at: Option<String>,
}

/// One therapy session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["scheduledFor", "startedAt", "endedAt", "createdAt", "updatedAt"])))]
#[serde(rename_all = "camelCase", from = "Listed")]
pub struct TherapySession {
    #[serde(rename = "_id", deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: TherapyType,
    pub status: TherapyStatus,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub therapist_id: Option<Ref>,
    pub participants: Vec<TherapyPerson>,
    /// RFC 3339, as all times here.
    #[serde(default, deserialize_with = "lenient::text")]
    pub scheduled_for: Option<String>,
    /// Minutes.
    pub duration: f64,
    #[serde(default, deserialize_with = "lenient::text")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_at: Option<String>,
    /// Additive: the call that goes on in it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub call_session_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub updated_at: Option<String>,
}

/// The same under every name that a field is known to have.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(rename = "_id", deserialize_with = "lenient::id")]
    id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "lenient::maybe")]
    kind: Option<TherapyType>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    session_type: Option<TherapyType>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    status: TherapyStatus,
    #[serde(default, deserialize_with = "lenient::maybe")]
    therapist_id: Option<Ref>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    therapist: Option<Ref>,
    /// The client of the session, as deployed.
    #[serde(default, deserialize_with = "lenient::maybe")]
    user: Option<Ref>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    user_id: Option<Ref>,
    #[serde(default, deserialize_with = "lenient::rows")]
    participants: Vec<TherapyPerson>,
    #[serde(default, deserialize_with = "lenient::text")]
    scheduled_for: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    scheduled_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    start_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    duration: f64,
    #[serde(default, deserialize_with = "lenient::text")]
    started_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    ended_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    call_session_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    updated_at: Option<String>,
}

impl From<Listed> for TherapySession {
    fn from(listed: Listed) -> Self {
        let client = listed.user.or(listed.user_id).filter(|client| !client.id().is_empty());
        let mut participants = listed.participants;
        if let Some(client) = client
            && !participants
                .iter()
                .any(|person| person.user_id.id() == client.id() && person.role != TherapyRole::Observer)
        {
            let role = TherapyRole::Participant;
            participants.insert(0, TherapyPerson { user_id: client, role, joined_at: None });
        }
        Self {
            id: listed.id,
            title: listed.title,
            description: listed.description,
            kind: listed.kind.or(listed.session_type).unwrap_or_default(),
            status: listed.status,
            therapist_id: listed.therapist_id.or(listed.therapist),
            participants,
            scheduled_for: listed.scheduled_for.or(listed.scheduled_at).or(listed.start_time),
            duration: listed.duration,
            started_at: listed.started_at,
            ended_at: listed.ended_at,
            call_session_id: listed.call_session_id,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
        }
    }
}

/// The list, alone or with page figures around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TherapySessions {
    Page { sessions: Vec<Value> },
    List(Vec<Value>),
}

impl TherapySessions {
    /// The rows alone.
    #[must_use]
    pub fn into_list(self) -> Vec<Value> {
        match self {
            Self::Page { sessions } | Self::List(sessions) => sessions,
        }
    }
}

/// Reply of the list; some deployments put the sessions beside `data`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TherapyReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub data: Option<TherapySessions>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub sessions: Option<Vec<Value>>,
}

/// How a client should name a person; more is read.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is of use")]
struct Invitee {
    user_id: String,
    role: Option<TherapyRole>,
}

/// Body of creating and changing one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["scheduledFor"])))]
#[serde(rename_all = "camelCase")]
pub struct TherapyBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = super::MAX_TITLE_CHARS)))]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TEXT_CHARS)))]
    pub description: Option<String>,
    #[serde(rename = "type", alias = "sessionType", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TherapyType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TherapyStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_PEOPLE)))]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<Invitee>>"))]
    pub participants: Option<Vec<TherapyPerson>>,
    #[serde(default, alias = "scheduledAt", alias = "startTime", skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<String>,
    /// Minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_MINUTES)))]
    pub duration: Option<u32>,
}

/// Body of `POST :id/chat`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TherapyChatBody {
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_TEXT_CHARS)))]
    pub message: String,
}

/// Body of `POST :id/assessment`: answers in the application's own words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AssessmentBody {
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = super::MAX_TITLE_CHARS)))]
    pub kind: Option<String>,
    #[serde(default)]
    pub responses: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// `video_offer`, `video_answer` and `ice_candidate`: a description or a candidate, handed on as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapyDescription {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, skip_serializing_if = "Value::is_null", deserialize_with = "lenient::or_default")]
    pub offer: Value,
    #[serde(default, skip_serializing_if = "Value::is_null", deserialize_with = "lenient::or_default")]
    pub answer: Value,
    #[serde(default, skip_serializing_if = "Value::is_null", deserialize_with = "lenient::or_default")]
    pub candidate: Value,
    /// To one person; without it to all others in the session.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub target_user_id: Option<String>,
    /// Set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_user_id: Option<String>,
}

/// Who came, went, or began to share, in a therapy session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapyNotice {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "id_if_any")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub last_name: Option<String>,
}

/// A line of a therapy session's chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["timestamp"])))]
#[serde(rename_all = "camelCase")]
pub struct TherapyChat {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    pub message: String,
    /// Set by the server, as what follows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "id_if_any")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
}
