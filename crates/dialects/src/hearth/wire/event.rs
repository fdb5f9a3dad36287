//! Socket events of calls. The older therapy events are in `therapy`.
//!
//! As deployed most events to the client do not name their session; `sessionId` there is additive.

use serde::{Deserialize, Serialize};

use super::{
    CallSettings, IceServerRow, MediaSettings, Metadata, SessionType, User, full_name, id_of, not_said,
};
use crate::{IceCandidateInit, SdpBody, lenient};

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
    /// Additive: who else is in a call of several, or called to it; `None`: not said.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub others: Option<Vec<AlsoCalled>>,
}

/// Somebody besides the two whom an invitation is from and to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlsoCalled {
    pub user: User,
    #[serde(default)]
    pub in_call: bool,
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
    /// Additive: a session of two may have become one of several.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub session_type: SessionType,
    /// Additive: where the media of this call goes through an engine, the peer to offer to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::or_default")]
    pub engine: Option<EnginePeer>,
}

/// A peer that is no person: it takes what somebody sends and passes it on to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnginePeer {
    #[serde(deserialize_with = "lenient::id")]
    pub peer_id: String,
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
