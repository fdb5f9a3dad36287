//! Response bodies made of records.

use bellwire_dialects::marketplace::wire::{
    CallData, ConversationRow, Last, Message as Wire, Participant, PersonRef, Unread, User as WireUser,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::store::{Conversation, FullMessage, Message, User};
use crate::clock::Millis;

/// A page of messages; `P` says which of how many.
#[derive(Serialize, JsonSchema)]
pub(super) struct Paged<P> {
    pub(super) success: bool,
    pub(super) data: Vec<Wire>,
    pub(super) pagination: P,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallPages {
    pub(super) current_page: u32,
    pub(super) total_pages: u32,
    pub(super) total_calls: u32,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessagePages {
    pub(super) current_page: u32,
    pub(super) total_pages: u32,
    pub(super) total_messages: u32,
}

/// A user as they see themselves.
pub(super) fn own(user: &User) -> WireUser {
    WireUser {
        id: Some(user.id.clone()),
        full_name: Some(user.full_name.clone()),
        email: Some(user.email.clone()),
        role: Some(user.role().as_str().to_owned()),
        avatar: user.avatar.clone(),
        ..WireUser::default()
    }
}

/// A user as those see them with whom they have a conversation.
fn other(user: &User, status: &str) -> WireUser {
    WireUser { is_online: Some(status != "offline"), status: Some(status.to_owned()), ..own(user) }
}

fn reference(id: &str, name: &str, avatar: Option<&String>) -> PersonRef {
    PersonRef::Full(Box::new(WireUser {
        id: Some(id.to_owned()),
        mongo_id: Some(id.to_owned()),
        full_name: Some(name.to_owned()),
        avatar: avatar.cloned(),
        ..WireUser::default()
    }))
}

pub(super) fn message(full: &FullMessage) -> Wire {
    let message = &full.message;
    Wire {
        mongo_id: Some(message.id.clone()),
        id: None,
        conversation: Some(message.conversation.clone()),
        sender: reference(&message.sender, &full.sender_name, full.sender_avatar.as_ref()),
        receiver: reference(&message.receiver, &full.receiver_name, full.receiver_avatar.as_ref()),
        content: Some(message.content.clone()),
        kind: message.kind(),
        call_data: message.status.is_some().then(|| call_data(message)),
        attachments: Vec::new(),
        is_read: message.is_read,
        read_at: iso(message.read_at),
        created_at: iso(Some(message.created_at)),
    }
}

/// The part of a message that makes it a call.
pub(super) fn call_data(message: &Message) -> CallData {
    let participant = |id: &str, joined: Option<i64>, left: Option<i64>| Participant {
        user_id: PersonRef::Id(id.to_owned()),
        joined_at: iso(joined),
        left_at: iso(left),
    };
    let mut participants = vec![participant(
        &message.sender,
        Some(message.created_at),
        message.sender_left.or(message.ended_at),
    )];
    if message.answered_at.is_some() && message.kind().kind().is_some() {
        participants.push(participant(&message.receiver, message.answered_at, message.receiver_left));
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
    let duration = message.duration.unwrap_or_default() as f64;
    CallData {
        duration,
        started_at: iso(message.answered_at.or(Some(message.created_at))),
        ended_at: iso(message.ended_at),
        status: message.status(),
        room_id: message.room_id.clone(),
        participants,
        recording_url: message.recording_url.clone(),
        quality: message.quality.clone(),
    }
}

/// One line of a user's conversations.
pub(super) fn conversation(row: &Conversation, status: &str) -> ConversationRow {
    ConversationRow {
        conversation_id: Some(row.id.clone()),
        user: Some(other(&row.other, status)),
        last_message: Some(Last::Message(Box::new(message(&row.last)))),
        unread_count: Unread::Mine(row.unread),
        ..ConversationRow::default()
    }
}

pub(super) fn iso(at: Option<i64>) -> Option<String> {
    at.map(|at| Millis(at).iso())
}
