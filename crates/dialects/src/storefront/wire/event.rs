//! Socket events. The same struct serves both directions where the backend forwards it unchanged. A call's
//! id is text and nothing else: it is said back as it was heard.

use serde::{Deserialize, Serialize};

use super::{CallStatus, CallType, UserType};
use crate::lenient;
use crate::{IceCandidateInit, SdpBody};

/// Event names, `CLIENT → SERVER` first.
pub mod name {
    /// Argument: our user id, as a bare string.
    pub const ADD_USER: &str = "addUser";
    /// [`super::IncomingVideoCall`], both ways.
    pub const INCOMING_VIDEO_CALL: &str = "incomingVideoCall";
    /// [`super::JoinVideoCall`].
    pub const JOIN_VIDEO_CALL: &str = "joinVideoCall";
    /// [`super::LeaveVideoCall`].
    pub const LEAVE_VIDEO_CALL: &str = "leaveVideoCall";
    /// [`super::SdpOffer`], both ways.
    pub const OFFER: &str = "offer";
    /// [`super::SdpAnswer`], both ways.
    pub const ANSWER: &str = "answer";
    /// [`super::IceCandidateEvent`], both ways.
    pub const ICE_CANDIDATE: &str = "ice-candidate";
    /// [`super::CallStatusUpdate`], both ways.
    pub const CALL_STATUS_UPDATE: &str = "callStatusUpdate";
    /// [`super::EndVideoCall`].
    pub const END_VIDEO_CALL: &str = "endVideoCall";
    /// [`super::ToggleAudio`].
    pub const TOGGLE_AUDIO: &str = "toggleAudio";
    /// [`super::ToggleVideo`].
    pub const TOGGLE_VIDEO: &str = "toggleVideo";
    /// [`super::CallPartyEvent`].
    pub const START_SCREEN_SHARE: &str = "startScreenShare";
    /// [`super::CallPartyEvent`].
    pub const STOP_SCREEN_SHARE: &str = "stopScreenShare";
    /// [`super::CallQualityReport`].
    pub const CALL_QUALITY_REPORT: &str = "callQualityReport";

    /// Server: list of [`super::OnlineUser`].
    pub const GET_USERS: &str = "getUsers";
    /// Server: [`super::OnlineStatusChanged`].
    pub const USER_ONLINE_STATUS_CHANGED: &str = "userOnlineStatusChanged";
    /// Server: [`super::CallTargetOffline`].
    pub const CALL_TARGET_OFFLINE: &str = "callTargetOffline";
    /// Server: [`super::CallError`].
    pub const CALL_ERROR: &str = "callError";
    /// Server: [`super::UserJoinedCall`].
    pub const USER_JOINED_CALL: &str = "userJoinedCall";
    /// Server: [`super::UserLeftCall`].
    pub const USER_LEFT_CALL: &str = "userLeftCall";
    /// Server: [`super::CallEnded`].
    pub const CALL_ENDED: &str = "callEnded";
    /// Server: [`super::ToggleAudio`].
    pub const PARTICIPANT_AUDIO_TOGGLE: &str = "participantAudioToggle";
    /// Server: [`super::ToggleVideo`].
    pub const PARTICIPANT_VIDEO_TOGGLE: &str = "participantVideoToggle";
    /// Server: [`super::CallPartyEvent`].
    pub const SCREEN_SHARE_STARTED: &str = "screenShareStarted";
    /// Server: [`super::CallPartyEvent`].
    pub const SCREEN_SHARE_STOPPED: &str = "screenShareStopped";
}

/// A ring, made by the caller and forwarded unchanged to the callee.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncomingVideoCall {
    pub call_id: String,
    pub seller_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub seller_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub shop_name: Option<String>,
    pub customer_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub customer_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call_type: Option<CallType>,
    /// Written as null where there is none, as the web client does.
    #[serde(default, deserialize_with = "lenient::text")]
    pub order_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub product_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub product_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub is_callback: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub original_call_id: Option<String>,
    /// Additive: who rings. The deployed backend leaves it out; then it is the side that is not us.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub initiated_by: Option<UserType>,
    /// Additive: the order's id, so that the callee's subject can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub order_id: Option<String>,
}

/// Enter a call's room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinVideoCall {
    pub call_id: String,
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub user_type: Option<UserType>,
}

/// Leave a call's room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaveVideoCall {
    pub call_id: String,
    pub user_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SdpOffer {
    pub call_id: String,
    pub offer: SdpBody,
    pub sender_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub receiver_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SdpAnswer {
    pub call_id: String,
    pub answer: SdpBody,
    pub sender_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub receiver_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidateEvent {
    pub call_id: String,
    /// Null where a browser says that it has no more.
    #[serde(default)]
    pub candidate: Option<IceCandidateInit>,
    pub sender_id: String,
    /// Additive: web clients leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub receiver_id: Option<String>,
}

/// A call's status as one side (or the server) announces it; goes to every connected client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallStatusUpdate {
    pub call_id: String,
    pub status: CallStatus,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub user_type: Option<UserType>,
    /// Added by the server.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
    /// Additive: `busy` with status `declined`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// Ends a call for both in its room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndVideoCall {
    pub call_id: String,
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// Microphone state; from a client `toggleAudio`, from the server `participantAudioToggle`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToggleAudio {
    pub call_id: String,
    pub user_id: String,
    pub is_audio_enabled: bool,
}

/// Camera state; from a client `toggleVideo`, from the server `participantVideoToggle`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToggleVideo {
    pub call_id: String,
    pub user_id: String,
    pub is_video_enabled: bool,
}

/// An event that says only which call and who: the four screen share events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallPartyEvent {
    pub call_id: String,
    pub user_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallQualityReport {
    pub call_id: String,
    pub user_id: String,
    #[serde(default)]
    pub quality: serde_json::Value,
}

/// One row of `getUsers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OnlineUser {
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub socket_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnlineStatusChanged {
    pub user_id: String,
    pub is_online: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub timestamp: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallTargetOffline {
    pub call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub target_user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub message: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallError {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub call_id: Option<String>,
    #[serde(default, deserialize_with = "super::id_if_any")]
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserJoinedCall {
    pub call_id: String,
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub user_type: Option<UserType>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub participant_count: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserLeftCall {
    pub call_id: String,
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub participant_count: Option<u32>,
    /// `disconnected` when the socket went away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnded {
    pub call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub ended_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
}
