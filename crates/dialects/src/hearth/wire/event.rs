//! Socket events of calls. The older therapy events are in `therapy`.
//!
//! As deployed most events to the client do not name their session; `sessionId` there is additive.

use serde::{Deserialize, Serialize};

use super::{
    CallSettings, IceServerRow, MediaSettings, Metadata, SessionType, User, full_name, id_of, not_said,
};
use crate::{IceCandidateInit, SdpBody, lenient};

/// Event names, `CLIENT → SERVER` first.
pub mod name {
    /// Argument: the token, as a bare string.
    pub const AUTHENTICATE: &str = "authenticate";
    /// [`super::JoinCallSession`].
    pub const JOIN_CALL_SESSION: &str = "join_call_session";
    /// [`super::LeaveCallSession`].
    pub const LEAVE_CALL_SESSION: &str = "leave_call_session";
    /// [`super::SendOffer`]; from the server [`super::RelayedOffer`].
    pub const WEBRTC_OFFER: &str = "webrtc_offer";
    /// [`super::SendAnswer`]; from the server [`super::RelayedAnswer`].
    pub const WEBRTC_ANSWER: &str = "webrtc_answer";
    /// [`super::SendCandidate`]; from the server [`super::RelayedCandidate`].
    pub const WEBRTC_ICE_CANDIDATE: &str = "webrtc_ice_candidate";
    /// [`super::MediaStateChanged`].
    pub const MEDIA_STATE_CHANGED: &str = "media_state_changed";
    /// [`super::ToggleVideo`].
    pub const TOGGLE_VIDEO: &str = "toggle_video";
    /// [`super::ToggleAudio`].
    pub const TOGGLE_AUDIO: &str = "toggle_audio";
    /// [`super::ScreenShare`].
    pub const SCREEN_SHARE_STARTED: &str = "screen_share_started";
    /// [`super::ScreenShare`].
    pub const SCREEN_SHARE_STOPPED: &str = "screen_share_stopped";
    /// [`super::super::QualityReport`].
    pub const CALL_QUALITY_REPORT: &str = "call_quality_report";
    /// [`super::super::ConnectionIssue`].
    pub const CONNECTION_ISSUE: &str = "connection_issue";
    /// Additive: [`super::DeclineCall`]. A deployed server does not listen for it.
    pub const DECLINE_CALL: &str = "decline_call";

    /// Server: [`super::Authenticated`].
    pub const AUTHENTICATED: &str = "authenticated";
    /// Server: [`super::AuthenticationError`].
    pub const AUTHENTICATION_ERROR: &str = "authentication_error";
    /// Server: [`super::CallInvitation`].
    pub const CALL_INVITATION: &str = "call_invitation";
    /// Server: [`super::CallSessionJoined`].
    pub const CALL_SESSION_JOINED: &str = "call_session_joined";
    /// Server: [`super::UserJoinedCall`].
    pub const USER_JOINED_CALL: &str = "user_joined_call";
    /// Server: [`super::UserLeftCall`].
    pub const USER_LEFT_CALL: &str = "user_left_call";
    /// Server: [`super::InitiatePeerConnection`].
    pub const INITIATE_PEER_CONNECTION: &str = "initiate_peer_connection";
    /// Server: [`super::ParticipantMediaChanged`].
    pub const PARTICIPANT_MEDIA_CHANGED: &str = "participant_media_changed";
    /// Server: [`super::ParticipantMediaUpdated`].
    pub const PARTICIPANT_MEDIA_UPDATED: &str = "participant_media_updated";
    /// Server: [`super::ParticipantToggledVideo`].
    pub const PARTICIPANT_TOGGLED_VIDEO: &str = "participant_toggled_video";
    /// Server: [`super::ParticipantToggledAudio`].
    pub const PARTICIPANT_TOGGLED_AUDIO: &str = "participant_toggled_audio";
    /// Server: [`super::ParticipantScreenShare`].
    pub const PARTICIPANT_SCREEN_SHARE_STARTED: &str = "participant_screen_share_started";
    /// Server: [`super::ParticipantScreenShare`].
    pub const PARTICIPANT_SCREEN_SHARE_STOPPED: &str = "participant_screen_share_stopped";
    /// Server: [`super::super::ParticipantConnectionIssue`].
    pub const PARTICIPANT_CONNECTION_ISSUE: &str = "participant_connection_issue";
    /// Server: [`super::CallEnded`].
    pub const CALL_ENDED: &str = "call_ended";
    /// Server: [`super::CallError`].
    pub const CALL_ERROR: &str = "call_error";
    /// Server: [`super::CallError`].
    pub const ERROR: &str = "error";
    /// Server, additive: [`super::CallDeclined`].
    pub const CALL_DECLINED: &str = "call_declined";
    /// Server, additive: [`super::InvitationClosed`].
    pub const INVITATION_CLOSED: &str = "call_invitation_closed";

    /// Older, about a therapy session: its id as a bare string.
    pub const JOIN_SESSION: &str = "join_session";
    /// Older: the session's id as a bare string.
    pub const LEAVE_SESSION: &str = "leave_session";
    /// Older, both ways: [`super::super::TherapyDescription`].
    pub const VIDEO_OFFER: &str = "video_offer";
    /// Older, both ways: [`super::super::TherapyDescription`].
    pub const VIDEO_ANSWER: &str = "video_answer";
    /// Older, both ways: [`super::super::TherapyDescription`].
    pub const ICE_CANDIDATE: &str = "ice_candidate";
    /// Older: [`super::super::TherapyNotice`].
    pub const START_SCREEN_SHARE: &str = "start_screen_share";
    /// Older: [`super::super::TherapyNotice`].
    pub const STOP_SCREEN_SHARE: &str = "stop_screen_share";
    /// Older, both ways: [`super::super::TherapyChat`].
    pub const CHAT_MESSAGE: &str = "chat_message";
    /// Older, server: [`super::super::TherapyNotice`].
    pub const USER_JOINED: &str = "user_joined";
    /// Older, server: [`super::super::TherapyNotice`].
    pub const USER_LEFT: &str = "user_left";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinCallSession {
    pub session_id: String,
    /// The joiner's own name for itself in this call, the same again after a lost connection.
    pub peer_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaveCallSession {
    pub session_id: String,
}

/// With `targetPeerId` alone two listeners of the deployed server wake one of the two targets each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendOffer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_socket_id: Option<String>,
    pub session_id: String,
    pub offer: SdpBody,
}

/// See [`SendOffer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendAnswer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_socket_id: Option<String>,
    pub session_id: String,
    pub answer: SdpBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendCandidate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_socket_id: Option<String>,
    pub session_id: String,
    /// A browser says null when it has no more.
    #[serde(default)]
    pub candidate: Option<IceCandidateInit>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayedOffer {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_socket_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_user_id: Option<String>,
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    pub offer: SdpBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayedAnswer {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_socket_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_user_id: Option<String>,
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    pub answer: SdpBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayedCandidate {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_socket_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub from_user_id: Option<String>,
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default)]
    pub candidate: Option<IceCandidateInit>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaStateChanged {
    pub session_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_video: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_audio: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_screen_sharing: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToggleVideo {
    pub session_id: String,
    pub has_video: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToggleAudio {
    pub session_id: String,
    pub has_audio: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScreenShare {
    pub session_id: String,
}

/// Additive: an invited person says no, on all their devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclineCall {
    pub session_id: String,
    /// `declined` or `busy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authenticated {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub user: Option<User>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuthenticationError {
    #[serde(default, deserialize_with = "lenient::written")]
    pub message: String,
}

/// A ring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallInvitation {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub session_type: SessionType,
    pub initiator: User,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub ice_servers: Vec<IceServerRow>,
    /// Additive: the therapy session this is about.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::id_if_any")]
    pub therapy_session_id: Option<String>,
    /// Additive: people the session has room for; 0: not said.
    #[serde(default, skip_serializing_if = "not_said", deserialize_with = "lenient::count")]
    pub max_participants: u32,
}

/// A person in a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub peer_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub socket_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub first_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub profile_picture: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag_if_any")]
    pub has_video: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag_if_any")]
    pub has_audio: Option<bool>,
    #[serde(default, deserialize_with = "lenient::flag_if_any")]
    pub is_screen_sharing: Option<bool>,
}

impl Participant {
    /// Both names, as far as there are any.
    #[must_use]
    pub fn name(&self) -> String {
        full_name(self.first_name.as_deref(), self.last_name.as_deref())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSessionJoined {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub participants: Vec<Participant>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub call_settings: CallSettings,
    /// Additive: people the session has room for; 0: not said.
    #[serde(default, skip_serializing_if = "not_said", deserialize_with = "lenient::count")]
    pub max_participants: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserJoinedCall {
    pub participant: Participant,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserLeftCall {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub socket_id: Option<String>,
    /// `disconnected` when the socket went away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitiatePeerConnection {
    #[serde(deserialize_with = "lenient::id")]
    pub target_peer_id: String,
    pub participant: Participant,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantMediaChanged {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub socket_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub has_video: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub has_audio: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::flag_if_any")]
    pub is_screen_sharing: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

/// What the REST call `media` leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantMediaUpdated {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub media_settings: MediaSettings,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantToggledVideo {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub peer_id: Option<String>,
    pub has_video: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantToggledAudio {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub peer_id: Option<String>,
    pub has_audio: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantScreenShare {
    #[serde(deserialize_with = "id_of")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub socket_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub peer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnded {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub ended_by: Option<User>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    /// Additive: `missed`, `timeout`, `declined`, `busy`, `cancelled`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// `call_error` and `error`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallError {
    #[serde(default, deserialize_with = "lenient::written")]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub session_id: Option<String>,
}

/// Additive: an invited person said no.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallDeclined {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// Additive, to the devices of an invited person: their ring is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvitationClosed {
    #[serde(deserialize_with = "lenient::id")]
    pub session_id: String,
    /// `answered`, `declined`, `cancelled` or `missed`.
    #[serde(default, deserialize_with = "lenient::written")]
    pub reason: String,
}
