//! REST bodies and replies. Most replies are `{success, message?, data}`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{CallStatus, ConversationRow, MessageType};
use crate::lenient;
#[cfg(feature = "schema")]
use crate::{
    MAX_EMAIL_BYTES,
    schema::{times, written},
};

/// Characters of a written message.
pub const MAX_MESSAGE_CHARS: usize = 5000;

/// What most replies are wrapped in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope<T> {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub message: Option<String>,
    pub data: T,
}

impl<T> Envelope<T> {
    /// A success with nothing to add.
    pub fn of(data: T) -> Self {
        Self { success: true, message: None, data }
    }

    /// A success in words.
    pub fn said(message: &str, data: T) -> Self {
        Self { success: true, message: Some(message.to_owned()), data }
    }
}

/// What every failed REST call says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub message: String,
    /// Seconds; with 429.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub retry_after: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefreshBody {
    pub refresh_token: String,
}

impl std::fmt::Debug for RefreshBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshBody(..)")
    }
}

/// A user as REST shows one. Mongoose writes `_id`, `id` or both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["id", "fullName"])))]
#[serde(rename_all = "camelCase")]
pub struct User {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    #[serde(
        rename = "_id",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text"
    )]
    pub mongo_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub full_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    #[cfg_attr(feature = "schema", schemars(with = "super::Role"))]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::picture")]
    pub avatar: Option<String>,
    /// What the deployed backend calls it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::picture")]
    pub profile_picture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub is_online: Option<bool>,
    /// `online`, `offline` or what a user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub status: Option<String>,
}

impl User {
    /// The id, whichever way it is written; empty if it is not.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().or(self.mongo_id.as_deref()).unwrap_or_default()
    }

    /// Address of a picture, under either name.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        let named = [self.avatar.as_deref(), self.profile_picture.as_deref()];
        named.into_iter().flatten().find(|address| !address.is_empty())
    }

    /// What the user is called; may be empty.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.full_name.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

/// A reference that the backend populates in some replies and leaves as an id in others.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum PersonRef {
    Id(String),
    Full(Box<User>),
}

/// A deleted person is null, and then a reference without an id.
impl<'de> Deserialize<'de> for PersonRef {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        if value.is_object() {
            return Ok(
                User::deserialize(value).map_or_else(|_| Self::default(), |user| Self::Full(Box::new(user)))
            );
        }
        Ok(Self::Id(lenient::text(value).ok().flatten().unwrap_or_default()))
    }
}

impl Default for PersonRef {
    fn default() -> Self {
        Self::Id(String::new())
    }
}

impl PersonRef {
    /// As much of the user as the reference says.
    #[must_use]
    pub fn into_user(self) -> User {
        match self {
            Self::Id(id) => User { id: Some(id), ..User::default() },
            Self::Full(user) => *user,
        }
    }

    /// The id; empty if the reference has none.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Full(user) => user.id(),
        }
    }

    /// The populated user.
    #[must_use]
    pub fn full(&self) -> Option<&User> {
        match self {
            Self::Id(_) => None,
            Self::Full(user) => Some(user),
        }
    }
}

/// `data` of a login.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["refreshToken"])))]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    pub user: User,
    pub token: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").finish_non_exhaustive()
    }
}

/// Reply of the login.
pub type LoginReply = Envelope<SignedIn>;

/// `data` of a refresh; some deployments renew the refresh token too.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["refreshToken"])))]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    pub token: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// `data` of `GET /auth/me`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeReply {
    pub user: User,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InitiateBody {
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_EMAIL_BYTES)))]
    pub receiver_id: String,
}

/// `data` of an initiate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Initiated {
    #[serde(deserialize_with = "lenient::id")]
    pub message_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub room_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_data: CallData,
}

/// Reply of an initiate.
pub type InitiateReply = Envelope<Initiated>;

/// `data` of a join.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CallReply {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub room_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_data: CallData,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndBody {
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
}

/// Additive: the deployed backend takes no body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclineBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A person's stay in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["joinedAt", "leftAt"])))]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    #[serde(default)]
    pub user_id: PersonRef,
    #[serde(default, deserialize_with = "lenient::text")]
    pub joined_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub left_at: Option<String>,
}

/// What a message that is a call says of it. Times are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["status"]), transform = times(["startedAt", "endedAt"])))]
#[serde(rename_all = "camelCase")]
pub struct CallData {
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    #[serde(default, deserialize_with = "lenient::text")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub status: Option<CallStatus>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub participants: Vec<Participant>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub recording_url: Option<String>,
    /// `low`, `medium`, `high`, `hd`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub quality: Option<String>,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["_id", "conversation", "content", "createdAt"]), transform = times(["readAt", "createdAt"])))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[serde(
        rename = "_id",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text"
    )]
    pub mongo_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub conversation: Option<String>,
    #[serde(default)]
    pub sender: PersonRef,
    #[serde(default)]
    pub receiver: PersonRef,
    #[serde(default, deserialize_with = "lenient::text")]
    pub content: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: MessageType,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call_data: Option<CallData>,
    /// Files, in the words of whatever stored them.
    #[serde(default, deserialize_with = "lenient::rows")]
    pub attachments: Vec<Value>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_read: bool,
    #[serde(default, deserialize_with = "lenient::text")]
    pub read_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
}

impl Message {
    /// The id, whichever way it is written; empty if it is not.
    #[must_use]
    pub fn id(&self) -> &str {
        self.mongo_id.as_deref().or(self.id.as_deref()).unwrap_or_default()
    }
}

/// Pages of a list, from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    #[serde(default, deserialize_with = "lenient::count")]
    pub current_page: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_pages: u32,
    /// Of the call history.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub total_calls: Option<u32>,
    /// Of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub total_messages: Option<u32>,
}

/// Reply of `GET /communication/call-history`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallsReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub data: Vec<Message>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub pagination: Pagination,
}

/// Reply of `GET /messages/conversation/:userId`, oldest first.
pub type MessagesReply = CallsReply;

/// Reply of `POST /messages/send`.
pub type MessageReply = Envelope<Message>;

/// Reply of `GET /messages/conversations`, newest first.
pub type ConversationsReply = Envelope<Vec<ConversationRow>>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendBody {
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_EMAIL_BYTES)))]
    pub receiver_id: String,
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_MESSAGE_CHARS)))]
    pub content: String,
    #[serde(rename = "type", default)]
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["text"])))]
    pub kind: MessageType,
}

/// `data` of `PUT /messages/read/:conversationId`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadReply {
    /// Messages that were unread until now.
    pub modified_count: u32,
}

/// `data` of `GET /messages/unread`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadReply {
    pub unread_count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StatusBody {
    pub is_online: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TypingBody {
    pub receiver_id: String,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_typing: bool,
}

/// `data` of `GET /messages/status/:userId`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["lastSeen"])))]
#[serde(rename_all = "camelCase")]
pub struct StatusReply {
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    pub is_online: bool,
    pub status: String,
    /// RFC 3339; null while online or never seen.
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_seen: Option<String>,
}
