//! Event names of hearth, `CLIENT → SERVER` first.

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
/// [`super::QualityReport`].
pub const CALL_QUALITY_REPORT: &str = "call_quality_report";
/// [`super::ConnectionIssue`].
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
/// Server, additive: [`super::CallSessionJoined`], as the session is now.
pub const CALL_SESSION_UPDATED: &str = "call_session_updated";
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
/// Server: [`super::ParticipantConnectionIssue`].
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
/// Older, both ways: [`super::TherapyDescription`].
pub const VIDEO_OFFER: &str = "video_offer";
/// Older, both ways: [`super::TherapyDescription`].
pub const VIDEO_ANSWER: &str = "video_answer";
/// Older, both ways: [`super::TherapyDescription`].
pub const ICE_CANDIDATE: &str = "ice_candidate";
/// Older: [`super::TherapyNotice`].
pub const START_SCREEN_SHARE: &str = "start_screen_share";
/// Older: [`super::TherapyNotice`].
pub const STOP_SCREEN_SHARE: &str = "stop_screen_share";
/// Older, both ways: [`super::TherapyChat`].
pub const CHAT_MESSAGE: &str = "chat_message";
/// Older, server: [`super::TherapyNotice`].
pub const USER_JOINED: &str = "user_joined";
/// Older, server: [`super::TherapyNotice`].
pub const USER_LEFT: &str = "user_left";
