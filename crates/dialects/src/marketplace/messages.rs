//! Messages of a conversation, read from a list or an event. Calls are messages too and get a text here.

use bellwire_call::MediaKind;
use serde_json::Value;

use super::{
    reply::{lasted, rows, seconds},
    wire::{self, CallStatus, MessageType},
};
use crate::{Message, ReplyError, RestCall, Rows, ThreadCall, ThreadOutcome, limits, rest, rows::Row};

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
    let rows = rows(status, body, "messages")?;
    let mut messages = Rows::read(&rows, |row: wire::Message| {
        // The thread was asked for by its other person: a row that names neither of them is none of it.
        let here = [row.sender.id(), row.receiver.id()].contains(&thread);
        if here { Row::Item(message(me, &row)) } else { Row::Odd }
    });
    messages.items.sort_by(|one, other| one.at.cmp(&other.at));
    Ok(messages)
}

/// A message in neutral terms.
pub(super) fn message(me: &str, row: &wire::Message) -> Message {
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
    let duration_s = over.map_or(0, |call| seconds(lasted(call)));
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
}
