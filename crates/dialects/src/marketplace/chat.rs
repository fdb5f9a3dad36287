//! Messages. A thread goes by the other person's id, as its REST path does; calls are messages of
//! their conversation too and are put in words here.

use std::collections::VecDeque;

use bellwire_call::{MediaKind, PersonId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Marketplace, Waiting,
    decode::beside,
    encode, records, value,
    wire::{
        self, CallStatus, Envelope, MessageType, MessagesRead, NewMessage, SendBody, SendMessage,
        TypingToServer, UserTyping, chat_of, conversation_of, name,
    },
};
use crate::{
    ChatAction, DecodeError, EncodeError, Message, Method, Outbound, Reaction, ReplyError, RestCall, Rows,
    SideEvent, ThreadCall, ThreadOutcome, limits, rest, rows::Row,
};

/// Messages remembered so that one told twice is heard once.
const SEEN: usize = 256;

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
        if self.ids.len() >= SEEN {
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

pub(super) fn messages_request(thread: &str, limit: u32) -> RestCall {
    rest::fetch(format!("/messages/conversation/{}", rest::segment(thread)))
        .with("page", 1)
        .with("limit", limit.clamp(1, 100))
}

/// Oldest first, whichever way the backend lists them.
pub(super) fn messages(
    me: &str,
    thread: &str,
    status: u16,
    body: &Value,
) -> Result<Rows<Message>, ReplyError> {
    let rows = records::rows(status, body, "messages")?;
    let mut messages = Rows::read(&rows, |row: wire::Message| {
        // The thread was asked for by its other person: a row that names neither of them is none of it.
        let here = [row.sender.id(), row.receiver.id()].contains(&thread);
        if here { Row::Item(message(me, &row)) } else { Row::Odd }
    });
    messages.items.sort_by(|one, other| one.at.cmp(&other.at));
    Ok(messages)
}

/// A message in neutral terms.
fn message(me: &str, row: &wire::Message) -> Message {
    let from_me = row.sender.id() == me;
    let thread = if from_me { row.receiver.id() } else { row.sender.id() };
    Message {
        id: row.id().to_owned(),
        thread: thread.to_owned(),
        from_me,
        sender: row.sender.full().map(|user| limits::shown(user.shown_name())).unwrap_or_default(),
        text: text_of(row),
        at: row.created_at.clone().unwrap_or_default(),
        read: row.is_read || row.read_at.is_some(),
        call: call_of(row),
    }
}

/// What stands in a message's place for people.
pub(super) fn text_of(row: &wire::Message) -> String {
    if let Some(call) = call_of(row) {
        return call_text(call);
    }
    let content = limits::message(row.content.as_deref().unwrap_or_default());
    match row.kind {
        MessageType::ScreenShare => "Screen share".to_owned(),
        MessageType::Image if content.is_empty() => "Picture".to_owned(),
        MessageType::File if content.is_empty() => file_name(row),
        MessageType::Image
        | MessageType::File
        | MessageType::Text
        | MessageType::VideoCall
        | MessageType::VoiceCall
        | MessageType::Unknown => content,
    }
}

fn file_name(row: &wire::Message) -> String {
    let name = row.attachments.iter().find_map(|file| {
        ["originalName", "filename", "name"].iter().find_map(|field| file.get(field)?.as_str())
    });
    name.map(limits::shown).filter(|name| !name.is_empty()).unwrap_or_else(|| "File".to_owned())
}

/// The call that a message tells of. Shared screens have no sound or picture of their own.
fn call_of(row: &wire::Message) -> Option<ThreadCall> {
    let kind = match row.kind {
        MessageType::VideoCall => MediaKind::Video,
        MessageType::VoiceCall => MediaKind::Voice,
        MessageType::ScreenShare
        | MessageType::Image
        | MessageType::File
        | MessageType::Text
        | MessageType::Unknown => return None,
    };
    let call = row.call_data.as_ref();
    let outcome = match call.and_then(|call| call.status) {
        Some(CallStatus::Missed) => ThreadOutcome::Missed,
        Some(CallStatus::Declined) => ThreadOutcome::Declined,
        Some(CallStatus::Failed) => ThreadOutcome::Failed,
        Some(
            CallStatus::Initiated
            | CallStatus::Ringing
            | CallStatus::Answered
            | CallStatus::Ended
            | CallStatus::Unknown,
        )
        | None => ThreadOutcome::Placed,
    };
    // While it rings or goes on, how long it has is not how long it was.
    let over = call.filter(|call| call.status == Some(CallStatus::Ended));
    let duration_s = over.map_or(0, |call| records::seconds(records::lasted(call)));
    Some(ThreadCall { kind, outcome, duration_s })
}

fn call_text(ThreadCall { kind, outcome, duration_s }: ThreadCall) -> String {
    let what = match kind {
        MediaKind::Video => "Video call",
        MediaKind::Voice => "Voice call",
    };
    match outcome {
        ThreadOutcome::Missed => format!("Missed {}", what.to_lowercase()),
        ThreadOutcome::Declined => format!("{what}, declined"),
        ThreadOutcome::Failed => format!("{what}, failed"),
        ThreadOutcome::Placed if duration_s > 0 => {
            format!("{what}, {}:{:02}", duration_s / 60, duration_s % 60)
        }
        ThreadOutcome::Placed => what.to_owned(),
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
        if self.waiting.len() >= limits::REQUESTS {
            return Err(EncodeError::TooManyCalls);
        }
        Ok(match action {
            // Whoever is signed in is in all conversations.
            ChatAction::Open { .. } => Vec::new(),
            ChatAction::Send { thread, text } => {
                let body = SendBody {
                    receiver_id: thread.clone(),
                    content: limits::message(text),
                    kind: MessageType::Text,
                };
                let send = rest::send(Method::Post, "/messages/send", value(&body));
                vec![self.request(send, Waiting::Sent { to: thread.clone(), text: text.clone() })]
            }
            ChatAction::MarkRead { thread } => {
                let conversation = conversation_of(self.me(), thread);
                let path = format!("/messages/read/{}", rest::segment(&conversation));
                let read = RestCall { method: Method::Put, ..rest::fetch(path) };
                vec![self.request(read, Waiting::Read { from: thread.clone() })]
            }
            ChatAction::Typing { thread, on } => {
                let event = if *on { name::TYPING } else { name::STOP_TYPING };
                let chat_id = chat_of(self.me(), thread);
                let body = TypingToServer { chat_id, recipient_id: thread.clone() };
                vec![encode::emit_perishable(event, &body)]
            }
        })
    }

    /// The message is kept; as deployed the socket has to be told by whoever wrote it.
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
        reaction.outbound.push(encode::emit(name::SEND_MESSAGE, &relay));
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
            self.note_presence(&sender, true);
        }
        let sent = self.waiting.values().find_map(|waiting| match waiting {
            Waiting::Sent { to, text } if sender == self.me() && *to == receiver => {
                let said = limits::message(row.content.as_deref().unwrap_or_default());
                (sanitised(text) == said).then(|| text.clone())
            }
            Waiting::Initiate { .. }
            | Waiting::Accept { .. }
            | Waiting::Share { .. }
            | Waiting::Sent { .. }
            | Waiting::Read { .. }
            | Waiting::Record => None,
        });
        Ok(self.told(&row, sent.as_deref()))
    }

    /// `sent`: what we wrote ourselves, by which the message is known that still waits. The deployed
    /// backend keeps it without tags and blanks at the ends.
    fn told(&mut self, row: &wire::Message, sent: Option<&str>) -> Reaction {
        let mut message = message(self.me(), row);
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
        self.note_presence(&who, true);
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
    use serde_json::json;

    use super::*;

    fn row(kind: &str, call: &Value) -> wire::Message {
        let row = json!({ "_id": "m1", "sender": "a", "receiver": "b", "content": "", "type": kind,
            "callData": call });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_call_is_a_message_in_words() {
        let text = |kind, status, duration: f64| {
            text_of(&row(kind, &json!({ "status": status, "duration": duration })))
        };
        assert_eq!(text("video_call", "missed", 0.0), "Missed video call");
        assert_eq!(text("voice_call", "declined", 0.0), "Voice call, declined");
        assert_eq!(text("voice_call", "ended", 185.4), "Voice call, 3:05");
        assert_eq!(text("video_call", "ended", 0.0), "Video call");
        assert_eq!(text("video_call", "sleeping", 0.0), "Video call");
        assert_eq!(text("video_call", "missed", 30.0), "Missed video call");
        let call = |status| call_of(&row("voice_call", &json!({ "status": status, "duration": 30.0 })));
        let lasted = ["ended", "answered", "missed"].map(|status| call(status).map(|call| call.duration_s));
        assert_eq!(lasted, [Some(30), Some(0), Some(0)]);
        assert_eq!(text("screen_share", "ended", 9.0), "Screen share");
        assert_eq!(text("image", "ended", 0.0), "Picture");
        let mut file = row("file", &Value::Null);
        assert_eq!(text_of(&file), "File");
        file.attachments = vec![json!("uploads/1"), json!({ "originalName": "plan.pdf" })];
        assert_eq!(text_of(&file), "plan.pdf");
    }

    #[test]
    fn tags_go_and_what_only_looks_like_one_stays() {
        assert_eq!(sanitised(" hej <b>du</b> "), "hej du");
        assert_eq!(sanitised("hej <b>"), "hej");
        assert_eq!(sanitised("1 < 2 and 3 > 2"), "1 < 2 and 3 > 2");
        assert_eq!(sanitised("<"), "<");
    }

    #[test]
    fn a_thread_is_oldest_first_and_one_bad_row_costs_one_row() {
        let body = json!({ "success": true, "data": [
            { "_id": "m2", "sender": { "_id": "b", "fullName": "Ben" }, "receiver": "a", "content": "two",
              "createdAt": "2026-01-05T10:00:02.000Z" },
            { "_id": "m1", "sender": "a", "receiver": { "id": "b" }, "content": "one", "type": "text",
              "createdAt": "2026-01-05T10:00:01.000Z", "isRead": true },
            { "_id": 7 },
            { "_id": "m3", "sender": "a", "receiver": "stranger", "content": "not here" } ] });
        let Rows { items: messages, left_out } = messages("a", "b", 200, &body).unwrap();
        assert_eq!(left_out, 2);
        let shown: Vec<_> =
            messages.iter().map(|m| (m.id.as_str(), m.text.as_str(), m.from_me, m.read)).collect();
        assert_eq!(shown, [("m1", "one", true, true), ("m2", "two", false, false)]);
        assert_eq!(messages[1].sender, "Ben");
        assert!(messages.iter().all(|message| message.thread == "b"));
    }

    #[test]
    fn a_flood_of_messages_keeps_the_newest_ids_only() {
        let mut seen = Seen::default();
        for n in 0..10 * SEEN {
            assert!(seen.add(&n.to_string()));
        }
        assert_eq!(seen.ids.len(), SEEN);
        assert!(!seen.add(&(10 * SEEN - 1).to_string()));
    }
}
