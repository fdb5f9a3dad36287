//! REST bodies and replies. Most replies are `{success, message?, data}`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CallStatus, MessageType};
use crate::lenient;

/// What most replies are wrapped in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope<T> {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    #[serde(default)]
    pub message: String,
    /// Seconds; with 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
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

#[derive(Clone, Serialize, Deserialize)]
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
#[serde(rename_all = "camelCase")]
pub struct User {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "_id", default, skip_serializing_if = "Option::is_none")]
    pub mongo_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::picture")]
    pub avatar: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_online: Option<bool>,
    /// `online`, `offline` or what a user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl User {
    /// The id, whichever way it is written; empty if it is not.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().or(self.mongo_id.as_deref()).unwrap_or_default()
    }

    /// What the user is called; may be empty.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.full_name.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

/// A reference that the backend populates in some replies and leaves as an id in others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PersonRef {
    Id(String),
    Full(Box<User>),
}

impl PersonRef {
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
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    pub user: User,
    pub token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    pub token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// `data` of `GET /auth/me`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeReply {
    pub user: User,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitiateBody {
    pub receiver_id: String,
}

/// `data` of an initiate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Initiated {
    pub message_id: String,
    #[serde(default)]
    pub room_id: String,
    #[serde(default)]
    pub call_data: CallData,
}

/// Reply of an initiate.
pub type InitiateReply = Envelope<Initiated>;

/// `data` of a join.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallReply {
    #[serde(default)]
    pub room_id: String,
    #[serde(default)]
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

/// Somebody's stay in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    pub user_id: PersonRef,
    #[serde(default)]
    pub joined_at: Option<String>,
    #[serde(default)]
    pub left_at: Option<String>,
}

/// What a message that is a call says of it. Times are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallData {
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    #[serde(default)]
    pub started_at: Option<String>,
    #[serde(default)]
    pub ended_at: Option<String>,
    #[serde(default)]
    pub status: Option<CallStatus>,
    #[serde(default)]
    pub room_id: Option<String>,
    #[serde(default)]
    pub participants: Vec<Participant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    /// `low`, `medium`, `high`, `hd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[serde(rename = "_id", default, skip_serializing_if = "Option::is_none")]
    pub mongo_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default)]
    pub conversation: Option<String>,
    pub sender: PersonRef,
    pub receiver: PersonRef,
    #[serde(default)]
    pub content: Option<String>,
    #[serde(rename = "type", default)]
    pub kind: MessageType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_data: Option<CallData>,
    /// Files, in the words of whatever stored them.
    #[serde(default)]
    pub attachments: Vec<Value>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_read: bool,
    #[serde(default)]
    pub read_at: Option<String>,
    #[serde(default)]
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
    #[serde(default)]
    pub current_page: u32,
    #[serde(default)]
    pub total_pages: u32,
    /// Of the call history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_calls: Option<u32>,
    /// Of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_messages: Option<u32>,
}

/// Reply of `GET /communication/call-history`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallsReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default)]
    pub data: Vec<Message>,
    #[serde(default)]
    pub pagination: Pagination,
}

/// Reply of `GET /messages/conversation/:userId`, oldest first.
pub type MessagesReply = CallsReply;

/// Reply of `POST /messages/send`.
pub type MessageReply = Envelope<Message>;

/// One line of `GET /messages/conversations`. Deployments differ in how they call the other one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    #[serde(rename = "_id", default, skip_serializing_if = "Option::is_none")]
    pub mongo_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_user: Option<User>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participants: Option<Vec<User>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<Last>,
    #[serde(default)]
    pub unread_count: u32,
}

/// The newest message of a conversation, or what a deployment shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Last {
    Message(Box<Message>),
    Text(String),
    Unknown(Value),
}

impl ConversationRow {
    /// Who the conversation is with.
    #[must_use]
    pub fn other(&self, me: &str) -> Option<&User> {
        let listed = self.participants.iter().flatten().find(|user| user.id() != me);
        self.user.as_ref().or(self.other_user.as_ref()).or(listed)
    }
}

/// Reply of `GET /messages/conversations`, newest first.
pub type ConversationsReply = Envelope<Vec<ConversationRow>>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendBody {
    pub receiver_id: String,
    pub content: String,
    #[serde(rename = "type", default)]
    pub kind: MessageType,
}

/// `data` of `PUT /messages/read/:conversationId`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadReply {
    /// Messages that were unread until now.
    pub modified_count: u32,
}

/// `data` of `GET /messages/unread`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadReply {
    pub unread_count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusBody {
    pub is_online: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypingBody {
    pub receiver_id: String,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_typing: bool,
}

/// `data` of `GET /messages/status/:userId`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReply {
    pub user_id: String,
    pub is_online: bool,
    pub status: String,
    /// RFC 3339; null while online or never seen.
    pub last_seen: Option<String>,
}
