//! Chat messages: encoder and decoder of everything that is beside the calls.

use bellwire_call::PersonId;

use super::{
    Dealerdesk, MAX_MARKED_ROOMS, MAX_RECENT_MESSAGES,
    wire::{MarkRoomRead, MessageRead, MessageRow, RoomMarkedRead, SendMessage, Typing, UserTyping, name},
};
use crate::events::{emit, emit_perishable};
use crate::{ChatAction, DecodeError, EncodeError, Outbound, Reaction, SideEvent, limits};

impl Dealerdesk {
    pub(super) fn say_chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        let (ChatAction::Open { thread }
        | ChatAction::Send { thread, .. }
        | ChatAction::MarkRead { thread }
        | ChatAction::Typing { thread, .. }) = action;
        self.account.our_room(thread).ok_or(EncodeError::NoWords)?;
        let room_id = thread.clone();
        Ok(match action {
            ChatAction::Open { .. } => {
                self.open_thread = Some(room_id.clone());
                self.in_room(&room_id, Vec::new())
            }
            ChatAction::Send { text, .. } => {
                let message = limits::message(text);
                if message.is_empty() {
                    return Ok(Vec::new());
                }
                let body = SendMessage { room_id: room_id.clone(), message, sender_type: self.account.role };
                // As deployed it comes back, and so counts as sent, in its room alone: a call's room is left for
                // it until the next event is heard.
                let here = self.room.as_deref() == Some(thread);
                let mut said = Vec::new();
                if !here {
                    said.extend(self.enter(&room_id));
                }
                said.push(emit(name::SEND_MESSAGE, &body));
                said
            }
            ChatAction::MarkRead { .. } => {
                if self.marked.len() < MAX_MARKED_ROOMS {
                    self.marked.insert(room_id.clone());
                }
                let body = MarkRoomRead { room_id: room_id.clone() };
                self.in_room(&room_id, vec![emit(name::MARK_ROOM_READ, &body)])
            }
            ChatAction::Typing { on, .. } => {
                let body = Typing { is_typing: *on, room_id: Some(room_id.clone()) };
                let typing = emit_perishable(name::TYPING, &body);
                // As deployed it goes to the room we are in, whichever is meant.
                let said = self.in_room(&room_id, vec![typing]);
                if self.room.as_deref() == Some(thread) { said } else { Vec::new() }
            }
        })
    }

    /// As deployed a socket in the room receives `new_message` and, being registered too, once more
    /// by `chat_notification`.
    pub(super) fn message(&mut self, event: &str, row: MessageRow) -> Result<Reaction, DecodeError> {
        let id = limits::id(row.id.to_string())?;
        let room = row.event_room_id.clone().or_else(|| row.room_id.clone());
        let what = if event == name::NEW_MESSAGE { name::NEW_MESSAGE } else { name::CHAT_NOTIFICATION };
        let room = room.ok_or_else(|| DecodeError::Empty { what: what.to_owned() })?;
        let (_, other) = self.account.our_room(&room).ok_or(DecodeError::ForeignCall { what })?;
        let from_me = self.account.is_me(&row.sender_email);
        if !from_me && !other.eq_ignore_ascii_case(&row.sender_email) {
            return Err(DecodeError::ForeignSender { what });
        }
        if self.recent.iter().any(|(known, ..)| *known == id) {
            return Ok(Reaction::none());
        }
        if self.recent.len() >= MAX_RECENT_MESSAGES {
            self.recent.pop_front();
        }
        self.recent.push_back((id, room.clone(), from_me));
        if !from_me {
            self.account.learn_name(&other, row.sender_name.as_deref());
        }
        let message = self.account.shown_message(&room, row);
        Ok(Reaction { side: vec![SideEvent::Message(message)], ..Reaction::default() })
    }

    /// Reading the newest one means that all were read; of an older one nothing follows.
    pub(super) fn message_read(&self, event: &MessageRead) -> Reaction {
        let id = event.message_id.to_string();
        let Some((_, room, from_me)) = self.recent.iter().find(|(known, ..)| *known == id) else {
            return Reaction::none();
        };
        let newest = self.recent.iter().rev().find(|(_, other, _)| other == room);
        if newest.is_none_or(|(newest, ..)| *newest != id) {
            return Reaction::none();
        }
        // What is ours they have read, and the other way round.
        let by_me = event.read_by.as_deref().map_or(!from_me, |who| self.account.is_me(who));
        let side = vec![SideEvent::ThreadRead { thread: room.clone(), by_me }];
        Reaction { side, ..Reaction::default() }
    }

    /// As deployed it does not say who: it was us if we have just said so.
    pub(super) fn room_read(&mut self, event: &RoomMarkedRead) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::ROOM_MARKED_READ;
        self.account.our_room(&event.room_id).ok_or(DecodeError::ForeignCall { what: WHAT })?;
        let by_me = match event.read_by.as_deref() {
            Some(who) => self.account.is_me(who),
            None => self.marked.contains(&event.room_id),
        };
        if by_me {
            self.marked.remove(&event.room_id);
        }
        let side = vec![SideEvent::ThreadRead { thread: event.room_id.clone(), by_me }];
        Ok(Reaction { side, ..Reaction::default() })
    }

    /// As deployed it does not say where: in the thread on the screen if that is with them, else in the
    /// room where nothing in particular is talked about.
    pub(super) fn typing(&self, event: UserTyping) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::USER_TYPING;
        let person = limits::address(event.user_email)?;
        if self.account.is_me(&person) {
            return Ok(Reaction::none());
        }
        let with_them = |room: &str| {
            self.account.our_room(room).is_some_and(|(_, other)| other.eq_ignore_ascii_case(&person))
        };
        let thread = match event.room_id {
            Some(room) => {
                if !with_them(&room) {
                    return Err(DecodeError::ForeignSender { what: WHAT });
                }
                room
            }
            None => match self.open_thread.clone().filter(|room| with_them(room)) {
                Some(room) => room,
                None => self.account.base_room(&person).to_string(),
            },
        };
        let side = vec![SideEvent::Typing { thread, person: PersonId(person), on: event.is_typing }];
        Ok(Reaction { side, ..Reaction::default() })
    }
}
