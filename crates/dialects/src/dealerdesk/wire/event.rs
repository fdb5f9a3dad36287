//! Socket events. A `userEmail` in a payload is what a client wrote there: the server goes by the
//! socket, the client by the room.

use serde::{Deserialize, Serialize};

use super::{CallType, RowId, UserType};
use crate::{IceCandidateInit, SdpBody, lenient};

/// Names of the events.
pub mod name {
    /// Client: [`super::Register`].
    pub const REGISTER: &str = "register_for_notifications";
    /// Client: [`super::JoinRoom`].
    pub const JOIN_ROOM: &str = "join_room";
    /// Client: [`super::SendMessage`].
    pub const SEND_MESSAGE: &str = "send_message";
    /// Client: [`super::MarkRead`].
    pub const MARK_READ: &str = "mark_read";
    /// Client: [`super::MarkRoomRead`].
    pub const MARK_ROOM_READ: &str = "mark_room_read";
    /// Client: [`super::Typing`].
    pub const TYPING: &str = "typing";
    /// Client: [`super::CallInitiate`].
    pub const CALL_INITIATE: &str = "call_initiate";
    /// Client: [`super::CallRef`].
    pub const CALL_ACCEPT: &str = "call_accept";
    /// Client: [`super::CallRef`].
    pub const CALL_REJECT: &str = "call_reject";
    /// Client: [`super::CallRef`].
    pub const CALL_END: &str = "call_end";
    /// [`super::WebrtcOffer`], both ways.
    pub const WEBRTC_OFFER: &str = "webrtc_offer";
    /// [`super::WebrtcAnswer`], both ways.
    pub const WEBRTC_ANSWER: &str = "webrtc_answer";
    /// [`super::IceCandidateEvent`], both ways.
    pub const ICE_CANDIDATE: &str = "ice_candidate";
    /// Additive: [`super::MediaStateEvent`], both ways.
    pub const MEDIA_STATE: &str = "media_state";
    /// Additive: [`super::ScreenShare`], both ways.
    pub const SCREEN_SHARE_STARTED: &str = "screen_share_started";
    /// Additive: [`super::ScreenShare`], both ways.
    pub const SCREEN_SHARE_STOPPED: &str = "screen_share_stopped";

    /// Server: [`super::IncomingCall`].
    pub const INCOMING_CALL: &str = "incoming_call";
    /// Server: [`super::CallInitiated`].
    pub const CALL_INITIATED: &str = "call_initiated";
    /// Server: [`super::CallFailed`].
    pub const CALL_FAILED: &str = "call_failed";
    /// Server: [`super::CallAccepted`].
    pub const CALL_ACCEPTED: &str = "call_accepted";
    /// Server: [`super::CallRejected`].
    pub const CALL_REJECTED: &str = "call_rejected";
    /// Server: [`super::CallEnded`].
    pub const CALL_ENDED: &str = "call_ended";
    /// Server: [`super::UserJoined`].
    pub const USER_JOINED: &str = "user_joined";
    /// Server: [`super::UserLeft`].
    pub const USER_LEFT: &str = "user_left";
    /// Server: [`super::super::MessageRow`], to the room.
    pub const NEW_MESSAGE: &str = "new_message";
    /// Server: [`super::super::MessageRow`], to every socket of the one it is for.
    pub const CHAT_NOTIFICATION: &str = "chat_notification";
    /// Server: [`super::MessageRead`].
    pub const MESSAGE_READ: &str = "message_read";
    /// Server: [`super::RoomMarkedRead`].
    pub const ROOM_MARKED_READ: &str = "room_marked_read";
    /// Server: [`super::UserTyping`].
    pub const USER_TYPING: &str = "user_typing";
    /// Server: [`super::ErrorEvent`].
    pub const ERROR: &str = "error";
    /// Additive, server: [`super::UserPresence`].
    pub const USER_PRESENCE: &str = "user_presence";
}

/// Makes the socket one of that user's, to be told of calls and messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Register {
    pub user_email: String,
    pub user_type: UserType,
}

/// Enter the room of these two; it is made if there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinRoom {
    pub dealer_email: String,
    pub technician_email: String,
    pub user_type: UserType,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub post_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    pub room_id: String,
    pub message: String,
    pub sender_type: UserType,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkRead {
    pub message_id: RowId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkRoomRead {
    pub room_id: String,
}

/// Goes to the room that the socket entered last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    pub is_typing: bool,
    /// Additive: the room that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallInitiate {
    pub room_id: String,
    pub call_type: CallType,
    pub target_email: String,
}

/// `call_accept`, `call_reject`, `call_end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRef {
    pub call_id: RowId,
    pub room_id: String,
    /// Additive: `busy` with a reject, `missed` with an end without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `targetEmail` from a client, `senderEmail` from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebrtcOffer {
    pub offer: SdpBody,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub target_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sender_email: Option<String>,
    /// Additive: which of the room's calls it is about.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call_id: Option<RowId>,
}

/// `targetEmail` from a client, `senderEmail` from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebrtcAnswer {
    pub answer: SdpBody,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub target_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sender_email: Option<String>,
    /// Additive: which of the room's calls it is about.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call_id: Option<RowId>,
}

/// `targetEmail` from a client, `senderEmail` from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidateEvent {
    /// Null where a browser says that it has no more.
    #[serde(default)]
    pub candidate: Option<IceCandidateInit>,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub target_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sender_email: Option<String>,
    /// Additive: which of the room's calls it is about.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call_id: Option<RowId>,
}

/// Whether microphone and camera are on; what is left out is unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaStateEvent {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub audio: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub video: Option<bool>,
    /// Added by the server.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sender_email: Option<String>,
}

/// `screen_share_started` and `screen_share_stopped`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScreenShare {
    pub room_id: String,
    /// Added by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_email: Option<String>,
}

/// A ring, to every socket of the one it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncomingCall {
    pub call_id: RowId,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    pub caller_email: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub caller_type: Option<UserType>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_type: CallType,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
    /// Additive: what the caller is called; the deployed backend gives the address only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub caller_name: Option<String>,
}

/// The other side is being rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallInitiated {
    pub call_id: RowId,
    #[serde(default, deserialize_with = "lenient::written")]
    pub status: String,
    /// Additive: which of our invitations it answers.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

/// There is no ring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallFailed {
    #[serde(default, deserialize_with = "lenient::written")]
    pub reason: String,
    /// Additive: which of our invitations it answers.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

impl CallFailed {
    /// They are signed in nowhere.
    pub const NOT_AVAILABLE: &'static str = "User not available";
    /// They are in a call, and another one waits already.
    pub const BUSY: &'static str = "User busy";
    /// Anything else.
    pub const FAILED: &'static str = "Failed to initiate call";
}

/// To all in the room, the one who accepted too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallAccepted {
    pub call_id: RowId,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRejected {
    pub call_id: RowId,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub rejected_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
    /// Additive: `busy`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnded {
    pub call_id: RowId,
    /// From the first ring on, as deployed.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration_seconds: f64,
    /// Additive: `missed` when not answered, `disconnected` when a side did not come back.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// A user entered a room we are in; which one is not said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserJoined {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub user_type: Option<UserType>,
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
}

/// One of a user's sockets closed; they may have others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserLeft {
    pub user_email: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub user_type: Option<UserType>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRead {
    pub message_id: RowId,
    /// Additive.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
    /// Additive: who read it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub read_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomMarkedRead {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    /// Additive: who read it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub read_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserTyping {
    pub user_email: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub user_type: Option<UserType>,
    #[serde(deserialize_with = "lenient::flag")]
    pub is_typing: bool,
    /// Additive.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorEvent {
    #[serde(default, deserialize_with = "lenient::written")]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub code: Option<String>,
}

/// A user we share a room with came or went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserPresence {
    pub user_email: String,
    #[serde(deserialize_with = "super::flag")]
    pub is_online: bool,
}
