//! Wire structs of hearth: every event and REST body, in both directions.
//!
//! Client and server share these and nothing else; neither shares how it reads a message. Reading
//! is lenient (unknown fields are ignored, what some deployment leaves out is optional), writing
//! gives exactly the documented field names.

mod event;
mod figures;
pub mod name;
mod rest;
mod therapy;

pub use event::{
    AlsoCalled, Authenticated, AuthenticationError, CallDeclined, CallEnded, CallError, CallInvitation,
    CallSessionJoined, DeclineCall, EnginePeer, InitiatePeerConnection, InvitationClosed, JoinCallSession,
    LeaveCallSession, MediaStateChanged, Participant, ParticipantMediaChanged, ParticipantMediaUpdated,
    ParticipantScreenShare, ParticipantToggledAudio, ParticipantToggledVideo, RelayedAnswer,
    RelayedCandidate, RelayedOffer, ScreenShare, SendAnswer, SendCandidate, SendOffer, ToggleAudio,
    ToggleVideo, UserJoinedCall, UserLeftCall,
};
pub use figures::{
    CONNECTION_FAILED, CONNECTION_LOST, ConnectionIssue, ParticipantConnectionIssue, QualityReport,
};
pub use rest::{
    CallSession, DemoBody, DemoData, EndData, Failure, FieldError, HistoryData, InitiateBody, InitiateData,
    InviteBody, InviteData, JoinData, LoginReply, MAX_METADATA_CHARS, MAX_SESSION_ID_BYTES, MAX_TAGS,
    MAX_TITLE_CHARS, MediaBody, MediaSettings, Metadata, Reply, SessionParticipant,
};
pub use therapy::{
    AssessmentBody, MAX_MINUTES, MAX_PEOPLE, MAX_TEXT_CHARS, TherapyBody, TherapyChat, TherapyChatBody,
    TherapyDescription, TherapyNotice, TherapyPerson, TherapyReply, TherapyRole, TherapySession,
    TherapySessions, TherapyStatus, TherapyType,
};

pub use crate::{IceCandidateInit, IceServerRow, IceServersReply, LoginBody, SdpBody};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{lenient, words::words};

/// How many may take part in a call, and what it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SessionType {
    #[default]
    OneToOne,
    Group,
    Therapy,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    SessionType, exact,
    OneToOne = "one-to-one", Group = "group", Therapy = "therapy";
    else Unknown = "unknown"
);

/// Where a call session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// Only the initiator came yet.
    #[default]
    Waiting,
    Active,
    Ended,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    SessionStatus, exact,
    Waiting = "waiting", Active = "active", Ended = "ended";
    else Unknown = "unknown"
);

/// What a call allows; a field that is missing has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the backend's record")]
pub struct CallSettings {
    /// False: a call without pictures.
    pub is_video_enabled: bool,
    pub is_audio_enabled: bool,
    pub is_recording_enabled: bool,
    pub allow_screen_share: bool,
    /// Additive: an engine passes the media on, so that there may be more seats than members can be connected to each
    /// other. What a client says here does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub through_engine: bool,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            is_video_enabled: true,
            is_audio_enabled: true,
            is_recording_enabled: false,
            allow_screen_share: true,
            through_engine: false,
        }
    }
}

/// A number that an older backend does not give.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn not_said(count: &u32) -> bool {
    *count == 0
}

/// A person as the socket and the login name them (`id`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", try_from = "Named")]
pub struct User {
    pub id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_picture: Option<String>,
}

/// A person as either of the two writes them; a document with virtual fields has both ids.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(rename = "_id", default, deserialize_with = "lenient::text")]
    document: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    last_name: Option<String>,
    /// Both in one, of documents with virtual fields.
    #[serde(default, deserialize_with = "lenient::text")]
    full_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    email: Option<String>,
    #[serde(default, deserialize_with = "picture")]
    profile_picture: Option<String>,
    /// What the deployed backend calls it: an address, or an object with one.
    #[serde(default, deserialize_with = "picture")]
    avatar: Option<String>,
}

/// A picture: an address, or what an image host returned.
fn picture<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let address = match Value::deserialize(from)? {
        Value::String(address) => Some(address),
        Value::Object(hosted) => hosted.get("url").and_then(Value::as_str).map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    Ok(address.filter(|address| !address.is_empty()))
}

impl TryFrom<Named> for User {
    type Error = &'static str;

    fn try_from(named: Named) -> Result<Self, Self::Error> {
        let Named { document, id, first_name, last_name, full_name: whole, email, profile_picture, avatar } =
            named;
        let id = id.or(document).ok_or("a person without an id")?;
        let unnamed = full_name(first_name.as_deref(), last_name.as_deref()).is_empty();
        let first_name = if unnamed { whole.or(first_name) } else { first_name };
        let profile_picture = profile_picture.or(avatar);
        Ok(Self { id, first_name, last_name, email, profile_picture })
    }
}

impl User {
    /// Both names, as far as there are any.
    #[must_use]
    pub fn name(&self) -> String {
        full_name(self.first_name.as_deref(), self.last_name.as_deref())
    }
}

/// First and last name as one.
pub(crate) fn full_name(first: Option<&str>, last: Option<&str>) -> String {
    let words = [first, last].into_iter().flatten().map(str::trim).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A person that a record populates in some replies and leaves as an id in others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Ref {
    Full(Populated),
    Id(String),
}

impl Default for Ref {
    fn default() -> Self {
        Self::Id(String::new())
    }
}

/// A deleted person is null, and then a reference with an empty id.
impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        if value.is_object() {
            return Ok(Populated::deserialize(value).map_or_else(|_| Self::default(), Self::Full));
        }
        Ok(Self::Id(lenient::text(value).ok().flatten().unwrap_or_default()))
    }
}

/// A populated person of a record (`_id`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", try_from = "Named")]
pub struct Populated {
    #[serde(rename = "_id")]
    pub id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_picture: Option<String>,
}

impl TryFrom<Named> for Populated {
    type Error = &'static str;

    fn try_from(named: Named) -> Result<Self, Self::Error> {
        let User { id, first_name, last_name, email, profile_picture } = named.try_into()?;
        Ok(Self { id, first_name, last_name, email, profile_picture })
    }
}

impl Ref {
    /// The person's id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Full(person) => &person.id,
            Self::Id(id) => id,
        }
    }
}

/// An id that a deployment without `.lean()` writes as the whole document.
pub(crate) fn id_of<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Ref::deserialize(from)? {
        Ref::Full(person) => person.id,
        Ref::Id(id) => id,
    })
}

/// The same where there may be none.
pub(crate) fn id_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Thing {
        Id(String),
        Document {
            #[serde(rename = "_id")]
            id: String,
        },
    }
    Ok(Option::<Thing>::deserialize(from)?.map(|thing| match thing {
        Thing::Id(id) | Thing::Document { id } => id,
    }))
}
