//! Parser of socket events, into requests to the hub. An event that does not fit its shape is dropped.

use bellwire_dialects::marketplace::wire::{
    AcceptCall, AnswerToServer, CandidateToServer, DeclineCall, InitiateCall, InitiateScreenShare,
    MediaToServer, MessageType, OfferToServer, ParticipantJoining, ParticipantLeaving, SdpBody, SendMessage,
    TypingToServer, UpdateStatus, name,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::marketplace::hub::{Relay, Request};

const LONGEST_ID: usize = 100;
const LONGEST_REASON: usize = 200;
const LONGEST_STATUS: usize = 32;

#[derive(Debug)]
pub(super) enum Parsed {
    Ring {
        call_id: String,
        recipient: String,
        kind: MessageType,
    },
    /// A request about that call.
    Of(String, Request),
    Ask(Request),
    Say {
        recipient: String,
        text: String,
        /// Of the message that REST has made of it already.
        id: Option<String>,
    },
}

/// What is read of an end. The participants are those of the record, so that a client that leaves them
/// out (which ends the deployed backend as well as the call) only ends the call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndBody {
    call_id: String,
    #[serde(default)]
    reason: Value,
}

pub(super) fn parse(event: &str, data: Value) -> Option<Parsed> {
    let (call_id, request) = match event {
        name::INITIATE_VIDEO_CALL | name::INITIATE_VOICE_CALL => {
            let body: InitiateCall = read(data)?;
            let kind = if event == name::INITIATE_VOICE_CALL {
                MessageType::VoiceCall
            } else {
                MessageType::VideoCall
            };
            return ring(body.call_id, body.recipient_id, kind);
        }
        name::INITIATE_SCREEN_SHARE => {
            let body: InitiateScreenShare = read(data)?;
            return ring(body.session_id, body.recipient_id, MessageType::ScreenShare);
        }
        name::ACCEPT_CALL => {
            let body: AcceptCall = read(data)?;
            (body.call_id.clone(), Request::Accept { call_id: body.call_id })
        }
        name::DECLINE_CALL => {
            let body: DeclineCall = read(data)?;
            let reason = body.reason.filter(|reason| reason.len() <= LONGEST_REASON);
            (body.call_id.clone(), Request::Decline { call_id: body.call_id, reason })
        }
        name::END_CALL => {
            let body: EndBody = read(data)?;
            let reason = body.reason.as_str().filter(|reason| reason.len() <= LONGEST_REASON);
            let reason = reason.map(str::to_owned);
            (body.call_id.clone(), Request::End { call_id: body.call_id, reason })
        }
        name::PARTICIPANT_JOINED => {
            let body: ParticipantJoining = read(data)?;
            (body.call_id.clone(), Request::Enter { call_id: body.call_id })
        }
        name::PARTICIPANT_LEFT => {
            let body: ParticipantLeaving = read(data)?;
            (body.call_id.clone(), Request::Leave { call_id: body.call_id })
        }
        name::WEBRTC_OFFER => {
            let body: OfferToServer = read(data)?;
            relay(body.call_id, Relay::Offer(typed(body.offer, "offer")?))
        }
        name::WEBRTC_ANSWER => {
            let body: AnswerToServer = read(data)?;
            relay(body.call_id, Relay::Answer(typed(body.answer, "answer")?))
        }
        name::ICE_CANDIDATE => {
            let body: CandidateToServer = read(data)?;
            relay(body.call_id, Relay::Candidate(body.candidate))
        }
        name::MEDIA_STATE => {
            let body: MediaToServer = read(data)?;
            relay(body.call_id, Relay::Media { audio: body.audio, video: body.video })
        }
        name::TYPING | name::STOP_TYPING => {
            let body: TypingToServer = read(data)?;
            let request = Request::Typing { to: id(body.recipient_id)?, on: event == name::TYPING };
            return Some(Parsed::Ask(request));
        }
        name::SEND_MESSAGE => {
            let body: SendMessage = read(data)?;
            let (text, message) = said(&body.message)?;
            return Some(Parsed::Say { recipient: id(body.recipient_id)?, text, id: message });
        }
        name::UPDATE_STATUS => {
            let UpdateStatus { status } = read(data)?;
            let shown: String = status.chars().filter(|c| !c.is_control()).take(LONGEST_STATUS).collect();
            let shown = shown.trim().to_owned();
            return (!shown.is_empty()).then_some(Parsed::Ask(Request::Status(shown)));
        }
        _ => return None,
    };
    Some(Parsed::Of(id(call_id)?, request))
}

fn ring(call_id: String, recipient: String, kind: MessageType) -> Option<Parsed> {
    Some(Parsed::Ring { call_id: id(call_id)?, recipient: id(recipient)?, kind })
}

/// The text of a message, and its id where it has one: a bare text, or a message as REST returns it.
fn said(message: &Value) -> Option<(String, Option<String>)> {
    if let Some(text) = message.as_str() {
        return Some((text.to_owned(), None));
    }
    let text = ["content", "text", "message"].iter().find_map(|field| message.get(field)?.as_str())?;
    let known = ["_id", "id"].iter().find_map(|field| message.get(field)?.as_str());
    Some((text.to_owned(), known.map(str::to_owned).and_then(id)))
}

fn relay(call_id: String, relay: Relay) -> (String, Request) {
    (call_id.clone(), Request::Relay { call_id, relay })
}

fn read<T: DeserializeOwned>(data: Value) -> Option<T> {
    serde_json::from_value(data).ok()
}

fn typed(sdp: SdpBody, kind: &str) -> Option<SdpBody> {
    (sdp.kind == kind).then_some(sdp)
}

fn id(id: String) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(plain)).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_end_without_participants_is_an_end() {
        for body in [
            json!({ "callId": "c" }),
            json!({ "callId": "c", "participantIds": null, "duration": "x", "reason": 7 }),
            json!({ "callId": "c", "participantIds": "everybody" }),
        ] {
            let parsed = parse(name::END_CALL, body);
            assert!(
                matches!(parsed, Some(Parsed::Of(call, Request::End { reason: None, .. })) if call == "c")
            );
        }
    }

    #[test]
    fn a_message_is_a_text_or_what_rest_made_of_it() {
        assert_eq!(said(&json!("Hi")), Some(("Hi".into(), None)));
        assert_eq!(said(&json!({ "_id": "m1", "content": "Hi" })), Some(("Hi".into(), Some("m1".into()))));
        assert_eq!(said(&json!({ "id": 4, "text": "Hi" })), Some(("Hi".into(), None)));
        assert_eq!(said(&json!({ "content": { "$ne": 1 } })), None);
        assert_eq!(said(&json!(null)), None);
    }

    #[test]
    fn what_no_id_can_be_is_nothing() {
        for call in ["", "a b", "../x", "\u{202e}", &"x".repeat(LONGEST_ID + 1)] {
            assert!(parse(name::ACCEPT_CALL, json!({ "callId": call })).is_none(), "{call}");
        }
        assert!(
            parse(
                name::WEBRTC_OFFER,
                json!({ "callId": "c", "targetUserId": "u",
            "offer": { "type": "answer", "sdp": "" } })
            )
            .is_none()
        );
        assert!(parse(name::UPDATE_STATUS, json!({ "status": "\u{7}" })).is_none());
    }
}
