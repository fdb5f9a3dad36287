//! Relayed events between the two users of a room: descriptions, media, messages, reading and typing.
//! Nothing of it changes a call.

use bellwire_dialects::dealerdesk::wire::{
    IceCandidateEvent, MediaStateEvent, MessageRead, MessageRow, Room, RoomMarkedRead, RowId, ScreenShare,
    UserTyping, WebrtcAnswer, WebrtcOffer, name,
};

use super::{Hub, Relay, Replies, emit_all, foreign, nobody, refusal};
use crate::hub_actor::{Reply, SocketKey};

impl Hub {
    pub(super) fn relay(&self, from: SocketKey, room: &Room, call: Option<i64>, relay: Relay) -> Replies {
        let Some(me) = self.presence.party(from) else { return nobody(from) };
        let Some(other) = me.other(room) else { return foreign(from) };
        let mut here = self.calls.values().filter(|live| live.facts.room == *room);
        if !here.any(|live| call.is_none_or(|call| call == live.facts.id)) {
            return match relay {
                Relay::Offer(_) | Relay::Answer(_) => {
                    vec![Reply::emit(from, name::ERROR, &refusal("There is no call in this room", "NO_CALL"))]
                }
                // Late ones of these are what every hang-up leaves behind.
                Relay::Candidate(_) | Relay::Media { .. } | Relay::Sharing(_) => Vec::new(),
            };
        }
        let (room_id, sender_email) = (room.to_string(), Some(me.email.clone()));
        let (call_id, target_email) = (call.map(RowId::Number), None);
        // Also to devices that only registered: as deployed they would miss an early offer.
        let to: Vec<SocketKey> = self.presence.sockets(&other).collect();
        match relay {
            Relay::Offer(offer) => {
                let body = WebrtcOffer { offer, room_id, target_email, sender_email, call_id };
                emit_all(to, name::WEBRTC_OFFER, &body)
            }
            Relay::Answer(answer) => {
                let body = WebrtcAnswer { answer, room_id, target_email, sender_email, call_id };
                emit_all(to, name::WEBRTC_ANSWER, &body)
            }
            Relay::Candidate(candidate) => {
                let body = IceCandidateEvent { candidate, room_id, target_email, sender_email, call_id };
                emit_all(to, name::ICE_CANDIDATE, &body)
            }
            Relay::Media { audio, video } => {
                let body = MediaStateEvent { room_id, audio, video, sender_email };
                emit_all(to, name::MEDIA_STATE, &body)
            }
            Relay::Sharing(on) => {
                let event = if on { name::SCREEN_SHARE_STARTED } else { name::SCREEN_SHARE_STOPPED };
                emit_all(to, event, &ScreenShare { room_id, sender_email })
            }
        }
    }

    pub(super) fn typing(&self, from: SocketKey, room: Option<Room>, on: bool) -> Replies {
        let Some(me) = self.presence.party(from) else { return nobody(from) };
        let Some(room) = room.or_else(|| self.presence.last_room(from).cloned()) else { return Vec::new() };
        if me.other(&room).is_none() {
            return foreign(from);
        }
        let room_id = Some(room.to_string());
        let body =
            UserTyping { user_email: me.email.clone(), user_type: Some(me.role), is_typing: on, room_id };
        self.to_other(me, &room, name::USER_TYPING, &body)
    }

    pub(super) fn message(&self, from: SocketKey, room: &Room, row: MessageRow) -> Replies {
        let Some(me) = self.presence.party(from) else { return nobody(from) };
        let Some(other) = me.other(room) else { return foreign(from) };
        let in_room = self.presence.in_room(me, room).chain(self.presence.in_room(&other, room));
        let mut replies = emit_all(in_room.collect(), name::NEW_MESSAGE, &row);
        // As deployed also to those who are in the room.
        let notified = self.presence.sockets(&other).collect();
        replies.extend(emit_all(notified, name::CHAT_NOTIFICATION, &row));
        replies
    }

    pub(super) fn read(&self, from: SocketKey, room: &Room, message: Option<i64>) -> Replies {
        let Some(me) = self.presence.party(from) else { return nobody(from) };
        let Some(other) = me.other(room) else { return foreign(from) };
        let read_by = Some(me.email.clone());
        // The reader's other devices no longer count it either.
        let to = self.presence.sockets(me).chain(self.presence.in_room(&other, room)).collect();
        match message {
            Some(id) => {
                let room_id = Some(room.to_string());
                let body = MessageRead { message_id: RowId::Number(id), room_id, read_by };
                emit_all(to, name::MESSAGE_READ, &body)
            }
            None => {
                emit_all(to, name::ROOM_MARKED_READ, &RoomMarkedRead { room_id: room.to_string(), read_by })
            }
        }
    }
}
