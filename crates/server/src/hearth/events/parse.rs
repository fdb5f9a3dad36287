//! Parser of socket events, into requests to the hub; `None` for an event that does not fit its shape.

use bellwire_dialects::hearth::wire::{
    ConnectionIssue, DeclineCall, JoinCallSession, LeaveCallSession, MediaBody, MediaStateChanged,
    QualityReport, ScreenShare, SendAnswer, SendCandidate, SendOffer, TherapyChat, TherapyDescription,
    TherapyNotice, ToggleAudio, ToggleVideo, name,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::hearth::engine::Word;
use crate::hearth::figures::Report;
use crate::hearth::hub::{Media, Request, Target};

/// Bytes of an id or a name for oneself.
const ID: usize = 128;
/// Characters of a word and of a text.
const WORD: usize = 64;
const TEXT: usize = 1000;

pub(super) enum Parsed {
    Authenticate(String),
    Ask(Request),
    Join { session_id: String, peer_id: String },
    Decline { session_id: String, busy: bool },
    EnterTherapy { id: String },
    Chat(TherapyChat),
}

impl Parsed {
    /// The call session it is about.
    pub(super) fn session(&self) -> Option<&str> {
        match self {
            Self::Join { session_id, .. } | Self::Decline { session_id, .. } => Some(session_id),
            Self::Ask(request) => match request {
                Request::Leave { session_id }
                | Request::Relay { session_id, .. }
                | Request::Media { session_id, .. }
                | Request::Quality { session_id, .. }
                | Request::Issue { session_id, .. } => Some(session_id),
                Request::Connected { .. }
                | Request::NotConnected { .. }
                | Request::Full { .. }
                | Request::Join { .. }
                | Request::TooLate(_)
                | Request::Refuse { .. }
                | Request::EnterTherapy { .. }
                | Request::LeaveTherapy { .. }
                | Request::TherapyRelay { .. }
                | Request::TherapySharing { .. } => None,
            },
            Self::Authenticate(_) | Self::EnterTherapy { .. } | Self::Chat(_) => None,
        }
    }
}

pub(super) fn parse(event: &str, data: Value) -> Option<Parsed> {
    Some(Parsed::Ask(match event {
        name::AUTHENTICATE => return bare(data).map(Parsed::Authenticate),
        name::JOIN_CALL_SESSION => {
            let JoinCallSession { session_id, peer_id } = read(data)?;
            return Some(Parsed::Join { session_id: id(session_id)?, peer_id: id(peer_id)? });
        }
        name::DECLINE_CALL => {
            let DeclineCall { session_id, reason } = read(data)?;
            let busy = reason.as_deref() == Some("busy");
            return Some(Parsed::Decline { session_id: id(session_id)?, busy });
        }
        name::LEAVE_CALL_SESSION => {
            let LeaveCallSession { session_id } = read(data)?;
            Request::Leave { session_id: id(session_id)? }
        }
        name::WEBRTC_OFFER => {
            let SendOffer { target_peer_id, target_socket_id, session_id, offer } = read(data)?;
            let target = target(target_peer_id, target_socket_id);
            Request::Relay { session_id: id(session_id)?, target, relay: Word::Offer(offer) }
        }
        name::WEBRTC_ANSWER => {
            let SendAnswer { target_peer_id, target_socket_id, session_id, answer } = read(data)?;
            let target = target(target_peer_id, target_socket_id);
            Request::Relay { session_id: id(session_id)?, target, relay: Word::Answer(answer) }
        }
        name::WEBRTC_ICE_CANDIDATE => {
            let SendCandidate { target_peer_id, target_socket_id, session_id, candidate } = read(data)?;
            let target = target(target_peer_id, target_socket_id);
            Request::Relay { session_id: id(session_id)?, target, relay: Word::Candidate(candidate) }
        }
        name::MEDIA_STATE_CHANGED => {
            let MediaStateChanged { session_id, has_video, has_audio, is_screen_sharing } = read(data)?;
            let media = Media::Everything(MediaBody { has_video, has_audio, is_screen_sharing });
            Request::Media { session_id: id(session_id)?, media }
        }
        name::TOGGLE_VIDEO => {
            let ToggleVideo { session_id, has_video } = read(data)?;
            Request::Media { session_id: id(session_id)?, media: Media::Video(has_video) }
        }
        name::TOGGLE_AUDIO => {
            let ToggleAudio { session_id, has_audio } = read(data)?;
            Request::Media { session_id: id(session_id)?, media: Media::Audio(has_audio) }
        }
        name::SCREEN_SHARE_STARTED | name::SCREEN_SHARE_STOPPED => {
            let ScreenShare { session_id } = read(data)?;
            let media = Media::Sharing(event == name::SCREEN_SHARE_STARTED);
            Request::Media { session_id: id(session_id)?, media }
        }
        name::CALL_QUALITY_REPORT => {
            let QualityReport { session_id, quality_data } = read(data)?;
            Request::Quality { session_id: id(session_id)?, report: Report::parse(&quality_data)? }
        }
        name::CONNECTION_ISSUE => {
            let ConnectionIssue { session_id, issue_type, description, target_user_id } = read(data)?;
            let (kind, description) = (cut(&issue_type, WORD), cut(&description, TEXT));
            Request::Issue {
                session_id: id(session_id)?,
                kind,
                description,
                about: target_user_id.and_then(id),
            }
        }
        name::JOIN_SESSION => return bare(data).and_then(id).map(|id| Parsed::EnterTherapy { id }),
        name::LEAVE_SESSION => Request::LeaveTherapy { id: bare(data).and_then(id)? },
        name::VIDEO_OFFER => therapy(name::VIDEO_OFFER, data)?,
        name::VIDEO_ANSWER => therapy(name::VIDEO_ANSWER, data)?,
        name::ICE_CANDIDATE => therapy(name::ICE_CANDIDATE, data)?,
        name::START_SCREEN_SHARE | name::STOP_SCREEN_SHARE => {
            let TherapyNotice { session_id, .. } = read(data)?;
            Request::TherapySharing { id: id(session_id)?, on: event == name::START_SCREEN_SHARE }
        }
        name::CHAT_MESSAGE => {
            let line: TherapyChat = read(data)?;
            let session_id = id(line.session_id)?;
            return Some(Parsed::Chat(TherapyChat {
                session_id,
                message: line.message,
                ..TherapyChat::default()
            }));
        }
        _ => return None,
    }))
}

fn therapy(event: &'static str, data: Value) -> Option<Request> {
    let body: TherapyDescription = read(data)?;
    let body = TherapyDescription { session_id: id(body.session_id)?, ..body };
    Some(Request::TherapyRelay { event, body: Box::new(body) })
}

/// With both given, the message is still passed on once.
fn target(peer: Option<String>, socket: Option<String>) -> Option<Target> {
    peer.map(Target::Peer).or(socket.map(Target::Socket))
}

fn read<T: DeserializeOwned>(data: Value) -> Option<T> {
    serde_json::from_value(data).ok()
}

/// A text without an object around it; some clients wrap it.
fn bare(data: Value) -> Option<String> {
    match data {
        Value::String(text) => Some(text),
        Value::Object(fields) => {
            let text = fields.get("token").or_else(|| fields.get("sessionId"))?;
            text.as_str().map(str::to_owned)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn id(text: String) -> Option<String> {
    (!text.is_empty() && text.len() <= ID).then_some(text)
}

fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}
