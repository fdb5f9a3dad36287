//! Socket events. Client and server word the same thing differently here (`targetUserId` becomes
//! `fromUserId`), so each direction has its struct.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient;
use crate::{IceCandidateInit, SdpBody};

/// Event names, `CLIENT → SERVER` first.
pub mod name {
    /// [`super::InitiateCall`].
    pub const INITIATE_VIDEO_CALL: &str = "initiate_video_call";
    /// [`super::InitiateCall`].
    pub const INITIATE_VOICE_CALL: &str = "initiate_voice_call";
    /// [`super::InitiateScreenShare`].
    pub const INITIATE_SCREEN_SHARE: &str = "initiate_screen_share";
    /// [`super::AcceptCall`].
    pub const ACCEPT_CALL: &str = "accept_call";
    /// [`super::DeclineCall`].
    pub const DECLINE_CALL: &str = "decline_call";
    /// [`super::EndCall`].
    pub const END_CALL: &str = "end_call";
    /// Client: [`super::ParticipantJoining`]; server: [`super::ParticipantJoined`].
    pub const PARTICIPANT_JOINED: &str = "participant_joined";
    /// Client: [`super::ParticipantLeaving`]; server: [`super::ParticipantLeft`].
    pub const PARTICIPANT_LEFT: &str = "participant_left";
    /// Client: [`super::OfferToServer`]; server: [`super::OfferToClient`].
    pub const WEBRTC_OFFER: &str = "webrtc_offer";
    /// Client: [`super::AnswerToServer`]; server: [`super::AnswerToClient`].
    pub const WEBRTC_ANSWER: &str = "webrtc_answer";
    /// Client: [`super::CandidateToServer`]; server: [`super::CandidateToClient`].
    pub const ICE_CANDIDATE: &str = "ice_candidate";
    /// [`super::TypingToServer`].
    pub const TYPING: &str = "typing";
    /// [`super::TypingToServer`].
    pub const STOP_TYPING: &str = "stop_typing";
    /// [`super::SendMessage`].
    pub const SEND_MESSAGE: &str = "send_message";
    /// [`super::UpdateStatus`].
    pub const UPDATE_STATUS: &str = "update_status";
    /// Additive. Client: [`super::MediaToServer`]; server: [`super::MediaToClient`].
    pub const MEDIA_STATE: &str = "media_state";

    /// Server: [`super::IncomingCall`].
    pub const INCOMING_VIDEO_CALL: &str = "incoming_video_call";
    /// Server: [`super::IncomingCall`].
    pub const INCOMING_VOICE_CALL: &str = "incoming_voice_call";
    /// Server: [`super::IncomingScreenShare`].
    pub const INCOMING_SCREEN_SHARE: &str = "incoming_screen_share";
    /// Server: [`super::CallAccepted`].
    pub const CALL_ACCEPTED: &str = "call_accepted";
    /// Server: [`super::CallDeclined`].
    pub const CALL_DECLINED: &str = "call_declined";
    /// Server: [`super::CallEnded`].
    pub const CALL_ENDED: &str = "call_ended";
    /// Server: [`super::UserStatusChange`].
    pub const USER_STATUS_CHANGE: &str = "user_status_change";
    /// Server: anything; shown by the web client only.
    pub const NOTIFICATION: &str = "notification";
    /// Server: [`super::NewMessage`].
    pub const NEW_MESSAGE: &str = "new_message";
    /// Server: [`super::UserTyping`].
    pub const USER_TYPING: &str = "user_typing";
    /// Server: [`super::UserTyping`].
    pub const USER_STOP_TYPING: &str = "user_stop_typing";
    /// Additive. Server: [`super::MessagesRead`].
    pub const MESSAGES_READ: &str = "messages_read";
    /// Additive. Server: [`super::CallError`].
    pub const CALL_ERROR: &str = "call_error";
}

/// The caller rings; `callId` is the caller's own word (ours is the `messageId` of the record).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitiateCall {
    pub call_id: String,
    #[serde(default)]
    pub room_id: String,
    pub recipient_id: String,
    #[serde(default)]
    pub chat_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_avatar: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitiateScreenShare {
    pub session_id: String,
    #[serde(default)]
    pub chat_id: String,
    pub recipient_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharer_avatar: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptCall {
    pub call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclineCall {
    pub call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Without `participantIds` the deployed backend's handler throws and takes its process along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndCall {
    pub call_id: String,
    #[serde(default)]
    pub participant_ids: Vec<String>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    /// Additive: `missed` if not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Enters the room of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantJoining {
    pub call_id: String,
    #[serde(default)]
    pub room_id: String,
    #[serde(default)]
    pub other_participant_ids: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantLeaving {
    pub call_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferToServer {
    pub call_id: String,
    pub target_user_id: String,
    pub offer: SdpBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerToServer {
    pub call_id: String,
    pub target_user_id: String,
    pub answer: SdpBody,
}

/// A candidate that is null means that there are no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateToServer {
    pub call_id: String,
    pub target_user_id: String,
    #[serde(default)]
    pub candidate: Option<IceCandidateInit>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferToClient {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub from_user_id: String,
    pub offer: SdpBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerToClient {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub from_user_id: String,
    pub answer: SdpBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateToClient {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub from_user_id: String,
    #[serde(default)]
    pub candidate: Option<IceCandidateInit>,
}

/// Additive: microphone and camera; what is missing has not changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaToServer {
    pub call_id: String,
    pub target_user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<bool>,
}

/// Additive: see [`MediaToServer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaToClient {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub from_user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub audio: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub video: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypingToServer {
    #[serde(default)]
    pub chat_id: String,
    pub recipient_id: String,
}

/// `message` is a text or the message as REST stored it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    #[serde(default)]
    pub chat_id: String,
    pub recipient_id: String,
    #[serde(default)]
    pub message: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateStatus {
    pub status: String,
}

/// A person in an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PersonBody {
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::picture")]
    pub avatar: Option<String>,
}

/// An incoming call; the event's name says whether with pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncomingCall {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub chat_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
    pub caller: PersonBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncomingScreenShare {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub chat_id: Option<String>,
    pub sharer: PersonBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallAccepted {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub participant_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub participant_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallDeclined {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub reason: Option<String>,
    /// Additive: who declined, for the other devices of the callee.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub declined_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnded {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_by: Option<String>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    /// Additive: `missed` if not answered in time, `failed` if the server gave the call up,
    /// `answered_elsewhere` for the second of two devices that accepted at once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantJoined {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    pub participant: PersonBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantLeft {
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub participant_id: String,
    /// Additive: `disconnected` when only the socket went away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// Additive: something about a call was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallError {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub call_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::written")]
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserStatusChange {
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    /// `online`, `offline` or what a user calls it.
    pub status: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMessage {
    #[serde(default, deserialize_with = "lenient::text")]
    pub chat_id: Option<String>,
    /// The message as REST stored it; a deployed web client may send a bare text.
    pub message: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserTyping {
    #[serde(default, deserialize_with = "lenient::text")]
    pub chat_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user_name: Option<String>,
}

/// Additive: everything the other one had written was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagesRead {
    #[serde(deserialize_with = "lenient::id")]
    pub conversation_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub reader_id: String,
}
