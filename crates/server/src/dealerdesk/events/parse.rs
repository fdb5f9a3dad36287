//! Parser of socket events. An event that does not fit its shape is dropped.

use bellwire_dialects::dealerdesk::wire::{
    CallInitiate, CallRef, CallType, IceCandidateEvent, JoinRoom, MarkRead, MarkRoomRead, MediaStateEvent,
    Register, Room, RowId, ScreenShare, SdpBody, SendMessage, Typing, UserType, WebrtcAnswer, WebrtcOffer,
    name,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::dealerdesk::hub::Relay;
use crate::dealerdesk::party::{Party, room, room_of};

const LONGEST_CANDIDATE: usize = 4096;

/// Every event of a client that means something.
pub(super) const EVENTS: &[&str] = &[
    name::REGISTER,
    name::JOIN_ROOM,
    name::SEND_MESSAGE,
    name::MARK_READ,
    name::MARK_ROOM_READ,
    name::TYPING,
    name::CALL_INITIATE,
    name::CALL_ACCEPT,
    name::CALL_REJECT,
    name::CALL_END,
    name::WEBRTC_OFFER,
    name::WEBRTC_ANSWER,
    name::ICE_CANDIDATE,
    name::MEDIA_STATE,
    name::SCREEN_SHARE_STARTED,
    name::SCREEN_SHARE_STOPPED,
];

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Register(Party),
    /// Who it says it is, and the room.
    Join(Party, Room),
    Send(Room, String),
    MarkRead(i64),
    MarkRoomRead(Room),
    Typing(Option<Room>, bool),
    Place {
        /// `None`: it names no room.
        room: Option<Room>,
        kind: CallType,
        target: String,
    },
    Accept(i64),
    Reject(i64, Option<String>),
    End(i64, Option<String>),
    Relay(Room, Option<i64>, Relay),
}

pub(super) fn parse(event: &str, data: Value) -> Option<Asked> {
    Some(match event {
        name::REGISTER => {
            let Register { user_email, user_type } = read(data)?;
            Asked::Register(party(user_type, &user_email)?)
        }
        name::JOIN_ROOM => {
            let body: JoinRoom = read(data)?;
            let room = room_of(&body.dealer_email, &body.technician_email, body.post_id.as_deref())?;
            Asked::Join(Party::of(&room, body.user_type), room)
        }
        name::SEND_MESSAGE => {
            let SendMessage { room_id, message, sender_type: _ } = read(data)?;
            Asked::Send(room(&room_id)?, message)
        }
        name::MARK_READ => {
            let MarkRead { message_id } = read(data)?;
            Asked::MarkRead(message_id.number()?)
        }
        name::MARK_ROOM_READ => {
            let MarkRoomRead { room_id } = read(data)?;
            Asked::MarkRoomRead(room(&room_id)?)
        }
        name::TYPING => {
            let Typing { is_typing, room_id } = read(data)?;
            let place = match room_id {
                Some(name) => Some(room(&name)?),
                None => None,
            };
            Asked::Typing(place, is_typing)
        }
        // Every one of these is answered, also one that makes no sense.
        name::CALL_INITIATE => match read::<CallInitiate>(data) {
            Some(body) => {
                Asked::Place { room: room(&body.room_id), kind: body.call_type, target: body.target_email }
            }
            None => Asked::Place { room: None, kind: CallType::Video, target: String::new() },
        },
        name::CALL_ACCEPT => Asked::Accept(call(data)?.0),
        name::CALL_REJECT => {
            let (id, reason) = call(data)?;
            // The one word there is; others would be a stranger's on the caller's screen.
            Asked::Reject(id, reason.filter(|reason| reason == "busy"))
        }
        name::CALL_END => {
            let (id, reason) = call(data)?;
            Asked::End(id, reason)
        }
        name::WEBRTC_OFFER => {
            let body: WebrtcOffer = read(data)?;
            relay(&body.room_id, body.call_id.as_ref(), Relay::Offer(typed(body.offer, "offer")?))?
        }
        name::WEBRTC_ANSWER => {
            let body: WebrtcAnswer = read(data)?;
            relay(&body.room_id, body.call_id.as_ref(), Relay::Answer(typed(body.answer, "answer")?))?
        }
        name::ICE_CANDIDATE => {
            let body: IceCandidateEvent = read(data)?;
            if body.candidate.as_ref().is_some_and(|init| init.candidate.len() > LONGEST_CANDIDATE) {
                return None;
            }
            relay(&body.room_id, body.call_id.as_ref(), Relay::Candidate(body.candidate))?
        }
        name::MEDIA_STATE => {
            let MediaStateEvent { room_id, audio, video, sender_email: _ } = read(data)?;
            relay(&room_id, None, Relay::Media { audio, video })?
        }
        name::SCREEN_SHARE_STARTED | name::SCREEN_SHARE_STOPPED => {
            let ScreenShare { room_id, sender_email: _ } = read(data)?;
            relay(&room_id, None, Relay::Sharing(event == name::SCREEN_SHARE_STARTED))?
        }
        _ => return None,
    })
}

fn party(role: UserType, email: &str) -> Option<Party> {
    let party = Party::new(role, email);
    (!party.email.is_empty() && party.email.len() <= 254).then_some(party)
}

fn call(data: Value) -> Option<(i64, Option<String>)> {
    let CallRef { call_id, room_id: _, reason } = read(data)?;
    Some((call_id.number()?, reason))
}

/// A call that is named but not by a number is none of ours.
fn relay(place: &str, call: Option<&RowId>, relay: Relay) -> Option<Asked> {
    let id = match call {
        Some(id) => Some(id.number()?),
        None => None,
    };
    Some(Asked::Relay(room(place)?, id, relay))
}

fn typed(body: SdpBody, kind: &str) -> Option<SdpBody> {
    (body.kind == kind).then_some(body)
}

fn read<T: DeserializeOwned>(data: Value) -> Option<T> {
    serde_json::from_value(data).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_event_of_a_client_is_forgotten() {
        let body = json!({
            "userEmail": "d@x", "userType": "DEALER", "dealerEmail": "D@x", "technicianEmail": "t@x",
            "postId": 7, "roomId": "d@x:t@x:POST_7", "message": "Hi", "senderType": "DEALER",
            "messageId": "3", "isTyping": true, "callType": "AUDIO", "targetEmail": "t@x", "callId": 5,
            "reason": "busy", "offer": { "type": "offer", "sdp": "v=0" },
            "answer": { "type": "answer", "sdp": "v=0" }, "candidate": null, "audio": true,
        });
        for event in EVENTS {
            assert!(parse(event, body.clone()).is_some(), "{event}");
            let nonsense = parse(event, json!({ "callId": {}, "roomId": 5 }));
            assert!(nonsense.is_none() || *event == name::CALL_INITIATE, "{event}: {nonsense:?}");
        }
        assert_eq!(parse(name::CALL_REJECT, body.clone()), Some(Asked::Reject(5, Some("busy".into()))));
        let Some(Asked::Join(who, room)) = parse(name::JOIN_ROOM, body) else { panic!("no room") };
        assert_eq!((who.email.as_str(), room.to_string().as_str()), ("d@x", "d@x:t@x:POST_7"));
        assert_eq!(parse("invented", json!({})), None);
    }
}
