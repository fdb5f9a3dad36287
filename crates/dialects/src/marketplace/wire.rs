//! Wire structs of marketplace: every event and REST body, in both directions.
//!
//! Client and server share these and nothing else; neither shares how it reads a message. Reading
//! is lenient (unknown fields are ignored, what some deployment leaves out is optional), writing
//! gives exactly the documented field names.

mod conversation;
mod event;
mod rest;

pub use conversation::{ConversationRow, Last, Unread};
pub use event::{
    AcceptCall, AnswerToClient, AnswerToServer, CallAccepted, CallDeclined, CallEnded, CallError,
    CandidateToClient, CandidateToServer, DeclineCall, EndCall, IncomingCall, IncomingScreenShare,
    InitiateCall, InitiateScreenShare, MediaToClient, MediaToServer, MessagesRead, NewMessage, OfferToClient,
    OfferToServer, ParticipantJoined, ParticipantJoining, ParticipantLeaving, ParticipantLeft, PersonBody,
    SendMessage, TypingToServer, UpdateStatus, UserStatusChange, UserTyping, name,
};
pub use rest::{
    CallData, CallReply, CallsReply, ConversationsReply, DeclineBody, EndBody, Envelope, Failure,
    InitiateBody, InitiateReply, Initiated, LoginReply, MAX_MESSAGE_CHARS, MeReply, Message, MessageReply,
    MessagesReply, Pagination, Participant, PersonRef, ReadReply, RefreshBody, SendBody, SignedIn,
    StatusBody, StatusReply, Tokens, TypingBody, UnreadReply, User,
};

pub use crate::{IceCandidateInit, IceServerRow, IceServersReply, LoginBody, SdpBody};

use bellwire_call::MediaKind;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::words::words;

/// The kind of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Provider,
    Client,
    Admin,
}

words!(Role, exact, Provider = "provider", Client = "client", Admin = "admin");

/// What a message of a conversation is; calls are messages too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    #[default]
    Text,
    Image,
    File,
    VideoCall,
    VoiceCall,
    ScreenShare,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    MessageType, exact,
    Text = "text", Image = "image", File = "file", VideoCall = "video_call", VoiceCall = "voice_call",
    ScreenShare = "screen_share";
    else Unknown = "unknown"
);

impl MessageType {
    /// What kind of call it is, if it is one.
    #[must_use]
    pub fn kind(self) -> Option<MediaKind> {
        match self {
            Self::VideoCall => Some(MediaKind::Video),
            Self::VoiceCall => Some(MediaKind::Voice),
            Self::Text | Self::Image | Self::File | Self::ScreenShare | Self::Unknown => None,
        }
    }
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CallStatus {
    Initiated,
    Ringing,
    Answered,
    Missed,
    Declined,
    Ended,
    Failed,
    /// A word this version does not know; never written.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    CallStatus, exact,
    Initiated = "initiated", Ringing = "ringing", Answered = "answered", Missed = "missed", Declined =
    "declined", Ended = "ended", Failed = "failed";
    else Unknown = "unknown"
);

/// Path segment and event word of a kind of call.
#[must_use]
pub fn call_path(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Voice => "voice-call",
        MediaKind::Video => "video-call",
    }
}

/// The conversation of two people: their ids in order.
#[must_use]
pub fn conversation_of(one: &str, other: &str) -> String {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    format!("{first}_{second}")
}

/// The `chatId` that goes with what `me` sends to `other`.
#[must_use]
pub fn chat_of(me: &str, other: &str) -> String {
    format!("chat_{me}_{other}")
}

/// A picture: an address, or what an image host returned.
fn picture<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let picture = Option::<Value>::deserialize(from)?;
    Ok(match &picture {
        Some(Value::String(address)) => Some(address.clone()),
        Some(Value::Object(hosted)) => hosted.get("url").and_then(Value::as_str).map(str::to_owned),
        Some(_) | None => None,
    }
    .filter(|address| !address.is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_the_same_read_and_written() {
        for status in [
            CallStatus::Initiated,
            CallStatus::Ringing,
            CallStatus::Answered,
            CallStatus::Missed,
            CallStatus::Declined,
            CallStatus::Ended,
            CallStatus::Failed,
        ] {
            assert_eq!(CallStatus::parse(status.as_str()), status);
            assert_eq!(serde_json::to_value(status).unwrap(), json!(status.as_str()));
        }
        for kind in [
            MessageType::Text,
            MessageType::Image,
            MessageType::File,
            MessageType::VideoCall,
            MessageType::VoiceCall,
            MessageType::ScreenShare,
        ] {
            assert_eq!(MessageType::parse(kind.as_str()), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.as_str()));
        }
        for role in [Role::Provider, Role::Client, Role::Admin] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(serde_json::from_value::<CallStatus>(json!("paused")).unwrap(), CallStatus::Unknown);
    }

    #[test]
    fn both_sides_name_their_conversation_alike() {
        assert_eq!(conversation_of("b", "a"), "a_b");
        assert_eq!(conversation_of("a", "b"), "a_b");
    }
}
