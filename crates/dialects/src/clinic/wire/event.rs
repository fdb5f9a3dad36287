//! Socket events of the namespace `/video-call`.

use bellwire_call::{IceCandidate, IncomingSignal, Sdp, SdpKind};
use serde::{Deserialize, Serialize};

use super::{Appointment, RoomState};
use crate::{DecodeError, IceCandidateInit, SdpBody, lenient};

/// Event names, `CLIENT → SERVER` first.
pub mod name {
    /// [`super::RoomEvent`].
    pub const JOIN_ROOM: &str = "join-room";
    /// [`super::RoomEvent`].
    pub const LEAVE_ROOM: &str = "leave-room";
    /// [`super::SignalSaid`] from a client, [`super::SignalHeard`] from the server.
    pub const WEBRTC_SIGNAL: &str = "webrtc-signal";
    /// [`super::RoomEvent`].
    pub const SCREEN_SHARE_START: &str = "screen-share-start";
    /// [`super::RoomEvent`].
    pub const SCREEN_SHARE_STOP: &str = "screen-share-stop";
    /// [`super::Toggle`].
    pub const TOGGLE_VIDEO: &str = "toggle-video";
    /// [`super::Toggle`].
    pub const TOGGLE_AUDIO: &str = "toggle-audio";
    /// [`super::RoomEvent`].
    pub const END_CALL: &str = "end-call";

    /// Server: [`super::JoinedRoom`].
    pub const JOINED_ROOM: &str = "joined-room";
    /// Server: [`super::UserEvent`].
    pub const USER_JOINED: &str = "user-joined";
    /// Server: [`super::UserEvent`].
    pub const USER_LEFT: &str = "user-left";
    /// Server: [`super::UserEvent`].
    pub const SCREEN_SHARE_STARTED: &str = "screen-share-started";
    /// Server: [`super::UserEvent`].
    pub const SCREEN_SHARE_STOPPED: &str = "screen-share-stopped";
    /// Server: [`super::Toggled`].
    pub const VIDEO_TOGGLED: &str = "video-toggled";
    /// Server: [`super::Toggled`].
    pub const AUDIO_TOGGLED: &str = "audio-toggled";
    /// Server: [`super::UserEvent`].
    pub const CALL_ENDED: &str = "call-ended";
    /// Server: [`super::ErrorEvent`].
    pub const ERROR: &str = "error";
    /// Server, additive: [`super::RoomStatus`].
    pub const ROOM_STATUS: &str = "room-status";
}

/// What a client says of itself in a room: it enters, leaves, shares or ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomEvent {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
}

/// Camera or microphone state from a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Toggle {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    #[serde(deserialize_with = "super::said")]
    pub is_enabled: bool,
}

/// A description or candidate from a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalSaid {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    pub signal: SignalBody,
}

/// `{type:'offer'|'answer',sdp}`, or a candidate: with type `candidate` as documented, or a raw
/// `RTCIceCandidate` without any type as the web client sends it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalBody {
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text"
    )]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sdp: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<CandidateField>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sdp_mid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::place")]
    pub sdp_m_line_index: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub username_fragment: Option<String>,
}

/// A candidate's line, or the whole candidate once more inside.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CandidateField {
    Line(String),
    Whole(IceCandidateInit),
}

impl std::fmt::Debug for CandidateField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CandidateField(..)")
    }
}

impl std::fmt::Debug for SignalBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.sdp.as_ref().map_or(0, String::len);
        write!(f, "SignalBody({} bytes of sdp, candidate: {})", bytes, self.candidate.is_some())
    }
}

impl From<&Sdp> for SignalBody {
    fn from(sdp: &Sdp) -> Self {
        let SdpBody { kind, sdp } = sdp.into();
        Self { kind: Some(kind), sdp: Some(sdp), ..Self::default() }
    }
}

impl From<&IceCandidate> for SignalBody {
    fn from(candidate: &IceCandidate) -> Self {
        let IceCandidateInit { candidate, sdp_mid, sdp_m_line_index, username_fragment } = candidate.into();
        Self {
            kind: Some("candidate".to_owned()),
            sdp: None,
            candidate: Some(CandidateField::Line(candidate)),
            sdp_mid,
            sdp_m_line_index,
            username_fragment,
        }
    }
}

impl SignalBody {
    /// What it says, if that is one of the three and plausibly long.
    pub(crate) fn read(self, what: &'static str) -> Result<IncomingSignal, DecodeError> {
        let Self { kind, sdp, candidate, sdp_mid, sdp_m_line_index, username_fragment } = self;
        match (kind.as_deref(), sdp, candidate) {
            (Some("offer"), Some(sdp), _) => {
                let body = SdpBody { kind: "offer".to_owned(), sdp };
                Ok(IncomingSignal::Offer(body.read(what, SdpKind::Offer)?))
            }
            (Some("answer"), Some(sdp), _) => {
                let body = SdpBody { kind: "answer".to_owned(), sdp };
                Ok(IncomingSignal::Answer(body.read(what, SdpKind::Answer)?))
            }
            (None | Some("candidate"), None, Some(CandidateField::Whole(whole))) => {
                Ok(IncomingSignal::Candidate(whole.read()?))
            }
            (None | Some("candidate"), None, Some(CandidateField::Line(candidate))) => {
                let whole = IceCandidateInit { candidate, sdp_mid, sdp_m_line_index, username_fragment };
                Ok(IncomingSignal::Candidate(whole.read()?))
            }
            (Some("candidate"), None, None) => {
                Ok(IncomingSignal::Candidate(IceCandidateInit::read_or_end(None)?))
            }
            (said, _, _) => {
                let said = crate::limits::shown(said.unwrap_or("neither a description nor a candidate"));
                Err(DecodeError::Contradiction { what, said })
            }
        }
    }
}

/// We are in the room; only to the socket that entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedRoom {
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    /// Additive: who is in the room, us included. The deployed backend has no such list.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub participants: Option<Vec<String>>,
}

/// Something the other one in the room did: came, left, shares, ended the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserEvent {
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    /// Additive; the deployed backend does not say which room it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
    /// Additive: `disconnected` where a socket was lost and did not come back, `joined-elsewhere`
    /// where another device of the same user took the seat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub reason: Option<String>,
}

/// Camera or microphone state of the other one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Toggled {
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    #[serde(deserialize_with = "super::said")]
    pub is_enabled: bool,
    /// Additive, as in [`UserEvent`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

/// A description or candidate of the other one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalHeard {
    pub signal: SignalBody,
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: String,
    /// Additive, as in [`UserEvent`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

/// Something was refused. The deployed backend does not say which of our words it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorEvent {
    #[serde(default, deserialize_with = "lenient::text")]
    pub message: Option<String>,
    /// Additive, as in [`UserEvent`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub room_id: Option<String>,
}

/// Additive: who is in an appointment's room, to every socket of both parties whenever that changes,
/// and to a socket that just opened for every room that is not empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomStatus {
    #[serde(deserialize_with = "lenient::id")]
    pub appointment_id: String,
    #[serde(deserialize_with = "lenient::id")]
    pub room_id: String,
    pub status: RoomState,
    /// User ids of those in the room.
    #[serde(default, deserialize_with = "lenient::rows")]
    pub waiting: Vec<String>,
    /// What the appointment is, so that an alert needs no further question.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub appointment: Option<Appointment>,
}
