//! Therapy sessions over REST, and the older socket events inside one. The call in a therapy session
//! is a call session like any other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Ref, id_if_any};
use crate::lenient;

/// How a therapy session is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TherapyType {
    #[default]
    Individual,
    Group,
    AiGuided,
    SelfPaced,
    /// A word this version does not know; never written.
    #[serde(other)]
    Unknown,
}

impl TherapyType {
    /// The word on the wire and in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Group => "group",
            Self::AiGuided => "ai-guided",
            Self::SelfPaced => "self-paced",
            Self::Unknown => "unknown",
        }
    }

    /// The type a word stands for; `Unknown` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "individual" => Self::Individual,
            "group" => Self::Group,
            "ai-guided" => Self::AiGuided,
            "self-paced" => Self::SelfPaced,
            _ => Self::Unknown,
        }
    }
}

/// Where a therapy session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    Unknown,
}

impl TherapyStatus {
    /// The word on the wire and in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// The status a word stands for; `Unknown` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "scheduled" => Self::Scheduled,
            "in-progress" | "active" => Self::InProgress,
            "completed" | "ended" => Self::Completed,
            "cancelled" => Self::Cancelled,
            _ => Self::Unknown,
        }
    }
}

/// What somebody does in a therapy session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TherapyRole {
    #[default]
    Participant,
    Observer,
    CoTherapist,
    /// A word this version does not know; never written.
    #[serde(other)]
    Unknown,
}

impl TherapyRole {
    /// The word on the wire and in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Observer => "observer",
            Self::CoTherapist => "co-therapist",
            Self::Unknown => "unknown",
        }
    }

    /// The role a word stands for; `Unknown` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "participant" => Self::Participant,
            "observer" => Self::Observer,
            "co-therapist" => Self::CoTherapist,
            _ => Self::Unknown,
        }
    }
}

/// Somebody of a therapy session besides its therapist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapyPerson {
    #[serde(alias = "user")]
    pub user_id: Ref,
    #[serde(default)]
    pub role: TherapyRole,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<String>,
}

/// One therapy session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Listed")]
pub struct TherapySession {
    #[serde(rename = "_id")]
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: TherapyType,
    pub status: TherapyStatus,
    pub therapist_id: Option<Ref>,
    pub participants: Vec<TherapyPerson>,
    /// RFC 3339, as all times here.
    pub scheduled_for: Option<String>,
    /// Minutes.
    pub duration: f64,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    /// Additive: the call that goes on in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_session_id: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

/// The same under every name that a field is known to have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<TherapyType>,
    #[serde(default)]
    session_type: Option<TherapyType>,
    #[serde(default)]
    status: TherapyStatus,
    #[serde(default)]
    therapist_id: Option<Ref>,
    #[serde(default)]
    therapist: Option<Ref>,
    #[serde(default)]
    participants: Vec<TherapyPerson>,
    #[serde(default)]
    scheduled_for: Option<String>,
    #[serde(default)]
    scheduled_at: Option<String>,
    #[serde(default)]
    start_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    duration: f64,
    #[serde(default)]
    started_at: Option<String>,
    #[serde(default)]
    ended_at: Option<String>,
    #[serde(default)]
    call_session_id: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
}

impl From<Listed> for TherapySession {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            title: listed.title,
            description: listed.description,
            kind: listed.kind.or(listed.session_type).unwrap_or_default(),
            status: listed.status,
            therapist_id: listed.therapist_id.or(listed.therapist),
            participants: listed.participants,
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
    Page { sessions: Vec<TherapySession> },
    List(Vec<TherapySession>),
}

impl TherapySessions {
    /// The sessions alone.
    #[must_use]
    pub fn into_list(self) -> Vec<TherapySession> {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<TherapySessions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<TherapySession>>,
}

/// Body of creating and changing one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapyBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "type", alias = "sessionType", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TherapyType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TherapyStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participants: Option<Vec<TherapyPerson>>,
    #[serde(default, alias = "scheduledAt", alias = "startTime", skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<String>,
    /// Minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
}

/// Body of `POST :id/chat`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TherapyChatBody {
    pub message: String,
}

/// Body of `POST :id/assessment`: answers in the application's own words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AssessmentBody {
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
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
    pub session_id: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub offer: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub answer: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub candidate: Value,
    /// To one person; without it to everybody else in the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_user_id: Option<String>,
    /// Set by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_user_id: Option<String>,
}

/// Who came, went, or began to share, in a therapy session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapyNotice {
    pub session_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "id_if_any")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

/// A line of a therapy session's chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapyChat {
    pub session_id: String,
    pub message: String,
    /// Set by the server, as what follows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "id_if_any")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}
