//! Chat messages. A thread goes by the other person's id, as its REST path does; calls are messages of
//! their conversation too and get a text here.

use std::collections::VecDeque;

use bellwire_call::PersonId;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Marketplace, PendingRequest,
    decode::beside,
    messages,
    wire::{
        self, Envelope, MessageType, MessagesRead, NewMessage, SendBody, SendMessage, TypingToServer,
        UserTyping, chat_of, conversation_of, name,
    },
};
use crate::events::{emit, emit_perishable, value};
use crate::{
    ChatAction, DecodeError, EncodeError, Message, Method, Outbound, Reaction, RestCall, SideEvent, limits,
    rest,
};

/// Messages remembered so that one told twice is heard once.
const MAX_SEEN_MESSAGES: usize = 256;

/// Ids of the newest messages heard.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: VecDeque<String>,
    /// Numbers messages that came without an id.
    nameless: u64,
}

impl Seen {
    /// True if it was not there.
    fn add(&mut self, id: &str) -> bool {
        if self.ids.iter().any(|known| known == id) {
            return false;
        }
        if self.ids.len() >= MAX_SEEN_MESSAGES {
            self.ids.pop_front();
        }
        self.ids.push_back(id.to_owned());
        true
    }

    fn name(&mut self) -> String {
        self.nameless += 1;
        format!("live-{}", self.nameless)
    }
}

/// A text as the deployed backend keeps it: without tags, and without blanks at the ends.
fn sanitised(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        kept.push_str(before);
        let named = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match tag.find('>') {
            Some(end) if named => rest = &tag[end + 1..],
            Some(_) | None => {
                kept.push('<');
                rest = &tag[1..];
            }
        }
    }
    kept.push_str(rest);
    limits::message(&kept)
}

impl Marketplace {
    pub(super) fn do_in_chat(&mut self, action: &ChatAction) -> Result<Vec<Outbound>, EncodeError> {
        if self.pending.is_full() {
            return Err(EncodeError::TooManyCalls);
        }
        Ok(match action {
            // A signed-in account is in all its conversations.
            ChatAction::Open { .. } => Vec::new(),
            ChatAction::Send { thread, text } => {
                let body = SendBody {
                    receiver_id: thread.clone(),
                    content: limits::message(text),
                    kind: MessageType::Text,
                };
                let send = rest::send(Method::Post, "/messages/send", value(&body));
                vec![self.pending.send(send, PendingRequest::Sent { to: thread.clone(), text: text.clone() })]
            }
            ChatAction::MarkRead { thread } => {
                let conversation = conversation_of(self.me(), thread);
                let path = format!("/messages/read/{}", rest::segment(&conversation));
                let read = RestCall { method: Method::Put, ..rest::fetch(path) };
                vec![self.pending.send(read, PendingRequest::Read { from: thread.clone() })]
            }
            ChatAction::Typing { thread, on } => {
                let event = if *on { name::TYPING } else { name::STOP_TYPING };
                let chat_id = chat_of(self.me(), thread);
                let body = TypingToServer { chat_id, recipient_id: thread.clone() };
                vec![emit_perishable(event, &body)]
            }
        })
    }

    /// The message is kept; as deployed its author has to send it to the socket too.
    pub(super) fn sent(&mut self, to: String, text: String, status: u16, body: &Value) -> Reaction {
        if !(200..300).contains(&status) {
            return beside(SideEvent::MessageLost { thread: to, text });
        }
        let Ok(reply) = Envelope::<Value>::deserialize(body) else { return Reaction::none() };
        // Some deployments put the message one level deeper.
        let record = reply.data.get("message").filter(|inner| inner.is_object()).unwrap_or(&reply.data);
        let Ok(row) = wire::Message::deserialize(record) else { return Reaction::none() };
        let relay =
            SendMessage { chat_id: chat_of(self.me(), &to), recipient_id: to, message: record.clone() };
        let mut reaction = self.told(&row, Some(&text));
        reaction.outbound.push(emit(name::SEND_MESSAGE, &relay));
        reaction
    }

    pub(super) fn read(&self, from: String, status: u16) -> Reaction {
        match status {
            200..=299 => beside(SideEvent::ThreadRead { thread: from, by_me: true }),
            _ => Reaction::none(),
        }
    }

    pub(super) fn new_message(&mut self, event: NewMessage) -> Result<Reaction, DecodeError> {
        const WHAT: &str = name::NEW_MESSAGE;
        if let Value::String(text) = &event.message {
            // A bare text says who wrote it by its chat only.
            let author = event.chat_id.as_deref().and_then(|chat| self.other_of(chat));
            let thread = author.ok_or(DecodeError::ForeignSender { what: WHAT })?.to_owned();
            let message = Message {
                id: self.seen.name(),
                thread,
                from_me: false,
                sender: String::new(),
                text: limits::message(text),
                at: String::new(),
                read: false,
                call: None,
            };
            return Ok(beside(SideEvent::Message(message)));
        }
        let malformed = |source| DecodeError::Malformed { what: WHAT.to_owned(), source };
        let row: wire::Message = serde_json::from_value(event.message).map_err(malformed)?;
        let (sender, receiver) = (row.sender.id().to_owned(), row.receiver.id().to_owned());
        limits::id(sender.clone())?;
        limits::id(receiver.clone())?;
        if (sender == self.me()) == (receiver == self.me()) {
            return Err(DecodeError::ForeignSender { what: WHAT });
        }
        if sender != self.me() {
            self.account.note_presence(&sender, true);
        }
        let sent = self.pending.iter().find_map(|request| match &request.purpose {
            PendingRequest::Sent { to, text } if sender == self.me() && *to == receiver => {
                let said = limits::message(row.content.as_deref().unwrap_or_default());
                (sanitised(text) == said).then(|| text.clone())
            }
            PendingRequest::Initiate { .. }
            | PendingRequest::Accept { .. }
            | PendingRequest::Share { .. }
            | PendingRequest::Sent { .. }
            | PendingRequest::Read { .. }
            | PendingRequest::Record => None,
        });
        Ok(self.told(&row, sent.as_deref()))
    }

    /// `sent`: what we wrote ourselves, by which the message is known that still waits. The deployed
    /// backend keeps it without tags and blanks at the ends.
    fn told(&mut self, row: &wire::Message, sent: Option<&str>) -> Reaction {
        let mut message = messages::message(self.me(), row);
        if message.id.is_empty() {
            message.id = self.seen.name();
        } else if !self.seen.add(&message.id) {
            return Reaction::none();
        }
        let waiting = sent.map(limits::message).filter(|text| message.from_me && *text != message.text);
        let mut reaction = Reaction::none();
        if let Some(text) = waiting {
            // First as it waits, so that it counts as arrived, then as it is kept, under the same id.
            reaction.side.push(SideEvent::Message(Message { text, ..message.clone() }));
        }
        reaction.side.push(SideEvent::Message(message));
        reaction
    }

    pub(super) fn typing(&mut self, event: UserTyping, on: bool) -> Result<Reaction, DecodeError> {
        let said = event.user_id.or_else(|| Some(self.other_of(event.chat_id.as_deref()?)?.to_owned()));
        let who = limits::id(said.ok_or(DecodeError::ForeignSender { what: name::USER_TYPING })?)?;
        if who == self.me() {
            return Ok(Reaction::none());
        }
        self.account.note_presence(&who, true);
        let person = PersonId(who.clone());
        Ok(beside(SideEvent::Typing { thread: who, person, on }))
    }

    pub(super) fn messages_read(&mut self, event: MessagesRead) -> Result<Reaction, DecodeError> {
        let by_me = event.reader_id == self.me();
        let mut pair = event.conversation_id.splitn(2, '_');
        let other = match (pair.next(), pair.next()) {
            (Some(one), Some(other)) if one == self.me() => other,
            (Some(one), Some(other)) if other == self.me() => one,
            _ => return Err(DecodeError::ForeignSender { what: name::MESSAGES_READ }),
        };
        if !by_me && event.reader_id != other {
            return Err(DecodeError::ForeignSender { what: name::MESSAGES_READ });
        }
        let thread = limits::id(other.to_owned())?;
        Ok(beside(SideEvent::ThreadRead { thread, by_me }))
    }

    /// Who else is in `chat_<one>_<other>`.
    fn other_of<'chat>(&self, chat: &'chat str) -> Option<&'chat str> {
        let (one, other) = chat.strip_prefix("chat_")?.split_once('_')?;
        let other = match (one == self.me(), other == self.me()) {
            (true, false) => other,
            (false, true) => one,
            (true, true) | (false, false) => return None,
        };
        limits::id(other.to_owned()).is_ok().then_some(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_what_only_looks_like_one_stays() {
        assert_eq!(sanitised(" hej <b>du</b> "), "hej du");
        assert_eq!(sanitised("hej <b>"), "hej");
        assert_eq!(sanitised("1 < 2 and 3 > 2"), "1 < 2 and 3 > 2");
        assert_eq!(sanitised("<"), "<");
    }

    #[test]
    fn a_flood_of_messages_keeps_the_newest_ids_only() {
        let mut seen = Seen::default();
        for n in 0..10 * MAX_SEEN_MESSAGES {
            assert!(seen.add(&n.to_string()));
        }
        assert_eq!(seen.ids.len(), MAX_SEEN_MESSAGES);
        assert!(!seen.add(&(10 * MAX_SEEN_MESSAGES - 1).to_string()));
    }
}
