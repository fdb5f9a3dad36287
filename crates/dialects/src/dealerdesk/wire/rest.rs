//! REST bodies and replies. Rows have the names of their database columns.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CallStatus, CallType, RowId, UserType};
use crate::lenient;
#[cfg(feature = "schema")]
use crate::{
    MAX_EMAIL_BYTES, MAX_PASSWORD_BYTES,
    schema::{times, written},
};

/// Body of both logins; a technician has no password as deployed.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginBody {
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_EMAIL_BYTES)))]
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_PASSWORD_BYTES)))]
    pub password: Option<String>,
}

impl std::fmt::Debug for LoginBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginBody(..)")
    }
}

/// Reply of both logins. The services that answer as deployed give no token and name the account as
/// they like; [`Account::find`] looks through what they may say.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct LoginReply {
    #[serde(default, deserialize_with = "lenient::flag_if_any")]
    pub success: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub message: Option<String>,
    /// Additive: for the socket and for REST, where the server wants one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub dealer: Option<Account>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub technician: Option<Account>,
}

impl std::fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginReply").field("success", &self.success).finish_non_exhaustive()
    }
}

/// A dealer or technician.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    pub email: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub avatar: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(..)")
    }
}

impl Account {
    /// The account in a login's reply, wherever it is; fields that are not there are empty.
    #[must_use]
    pub fn find(body: &Value) -> Option<Self> {
        let places = ["dealer", "technician", "user", "account", "data"];
        let inner = places.iter().filter_map(|place| body.get(place)).find(|value| value.is_object());
        let account = inner.unwrap_or(body);
        let text = |fields: &[&str]| {
            let found = fields.iter().filter_map(|field| account.get(field)?.as_str());
            found.map(str::trim).find(|text| !text.is_empty()).map(str::to_owned)
        };
        let whole = text(&["name", "fullName", "full_name", "companyName", "company_name", "businessName"]);
        let parts = || {
            let first = text(&["firstName", "first_name"])?;
            let last = text(&["lastName", "last_name"]).unwrap_or_default();
            Some(format!("{first} {last}").trim().to_owned())
        };
        let found = Self {
            email: text(&["email"]).unwrap_or_default(),
            name: whole.or_else(parts).unwrap_or_default(),
            avatar: text(&["avatar", "profileImage", "profile_image"]),
        };
        (inner.is_some() || !found.email.is_empty()).then_some(found)
    }
}

/// What every failed REST call says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub error: String,
}

/// A row of `chat_rooms`, with what the list of rooms adds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["created_at", "last_message_time"])))]
pub struct RoomRow {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub dealer_email: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub technician_email: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub post_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "super::count")]
    pub unread_count: u32,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_message: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_message_time: Option<String>,
    /// E-mail address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_message_sender: Option<String>,
    /// Additive: what the other one is called.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub other_name: Option<String>,
    /// Additive: the other one is signed in somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub other_online: Option<bool>,
}

/// A row of `chat_messages`; `new_message` and `chat_notification` add `senderName` and `roomId`. The
/// columns have other names as deployed than in the document; both are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["room_id", "sender_type", "created_at"]), transform = times(["created_at"])))]
#[serde(from = "MessageColumns")]
pub struct MessageRow {
    #[cfg_attr(feature = "schema", schemars(with = "i64"))]
    pub id: RowId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    pub sender_email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_type: Option<UserType>,
    pub message: String,
    pub is_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(rename = "senderName", skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<String>,
    #[serde(rename = "roomId", skip_serializing_if = "Option::is_none")]
    pub event_room_id: Option<String>,
}

/// The columns under every name they are known to have.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct MessageColumns {
    id: RowId,
    #[serde(default, deserialize_with = "lenient::text")]
    room_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    sender_email: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    sender_type: Option<UserType>,
    #[serde(default, deserialize_with = "lenient::text")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    message_content: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag_if_any")]
    is_read: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag_if_any")]
    read_status: Option<bool>,
    #[serde(default, deserialize_with = "lenient::text")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    sent_at: Option<String>,
    #[serde(default, rename = "senderName", deserialize_with = "lenient::text")]
    sender_name: Option<String>,
    #[serde(default, rename = "roomId", deserialize_with = "lenient::text")]
    event_room_id: Option<String>,
}

impl From<MessageColumns> for MessageRow {
    fn from(row: MessageColumns) -> Self {
        Self {
            id: row.id,
            room_id: row.room_id,
            sender_email: row.sender_email.unwrap_or_default(),
            sender_type: row.sender_type,
            message: row.message.or(row.message_content).unwrap_or_default(),
            is_read: row.is_read.or(row.read_status).unwrap_or(false),
            created_at: row.created_at.or(row.sent_at),
            sender_name: row.sender_name,
            event_room_id: row.event_room_id,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadCount {
    #[serde(deserialize_with = "super::count")]
    pub unread_count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["timestamp"])))]
pub struct Health {
    pub status: String,
    pub service: String,
    pub timestamp: String,
}

/// A row of `call_logs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["caller_type", "call_type", "started_at"]), transform = times(["started_at", "ended_at"])))]
pub struct CallLogRow {
    #[cfg_attr(feature = "schema", schemars(with = "i64"))]
    pub id: RowId,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub caller_email: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub caller_type: Option<UserType>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call_type: Option<CallType>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_status: CallStatus,
    #[serde(default, deserialize_with = "lenient::text")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_at: Option<String>,
    /// From the first ring on, as deployed.
    #[serde(default, deserialize_with = "super::count")]
    pub duration_seconds: u32,
    /// Additive: from the answer on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub talk_seconds: Option<u32>,
    /// Additive: what the one who is not asking is called.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub other_name: Option<String>,
}

/// What `GET /api/chat/calls` answers when asked by `page`; by `offset` it is the bare rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallsPage {
    pub calls: Vec<CallLogRow>,
    pub pagination: Pagination,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// From 1.
    #[serde(default, deserialize_with = "super::count")]
    pub current_page: u32,
    #[serde(default, deserialize_with = "super::count")]
    pub total_pages: u32,
    #[serde(default, deserialize_with = "super::count")]
    pub total_items: u32,
    #[serde(default, deserialize_with = "super::count")]
    pub items_per_page: u32,
}
