//! Lists over REST: which endpoint, and what the reply says in neutral terms. The shapes of the
//! message endpoints are in no document, so they are read widely and row by row.

use bellwire_call::{Person, PersonId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    chat, login,
    wire::{self, CallStatus, ConversationRow, Last, Pagination, PersonRef, conversation_of},
};
use crate::{Contact, HistoryItem, HistoryPage, LastMessage, ReplyError, RestCall, limits, rest};

pub(super) fn conversations_request() -> RestCall {
    rest::fetch("/messages/conversations")
}

pub(super) fn history_request(page: u32, limit: u32) -> RestCall {
    rest::fetch("/communication/call-history").with("page", page.max(1)).with("limit", limit.clamp(1, 100))
}

/// The rows of a list reply, in `data` or in `data.<name>`; no more than plausible.
pub(super) fn rows(status: u16, body: &Value, name: &str) -> Result<Vec<Value>, ReplyError> {
    #[derive(Deserialize)]
    struct List {
        data: Value,
    }
    let List { data } = rest::read(status, body)?;
    let mut rows = match data {
        Value::Array(rows) => rows,
        Value::Object(mut fields) => match fields.remove(name) {
            Some(Value::Array(rows)) => rows,
            Some(_) | None => return Err(ReplyError::NotUnderstood),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(ReplyError::NotUnderstood);
        }
    };
    rows.truncate(limits::ROWS);
    Ok(rows)
}

/// `search` is looked for here: the backend cannot.
pub(super) fn conversations(
    me: &str,
    search: &str,
    status: u16,
    body: &Value,
) -> Result<Vec<Contact>, ReplyError> {
    let search = search.trim().to_lowercase();
    let rows = rows(status, body, "conversations")?;
    let contacts = rows.iter().filter_map(|row| contact(me, &ConversationRow::deserialize(row).ok()?));
    Ok(contacts
        .filter(|contact| {
            contact.person.name.to_lowercase().contains(&search)
                || contact.detail.to_lowercase().contains(&search)
        })
        .collect())
}

fn contact(me: &str, row: &ConversationRow) -> Option<Contact> {
    let other = row.other(me)?;
    let id = limits::id(other.id().to_owned()).ok().filter(|id| id != me)?;
    let status = other.status.as_deref().is_some_and(|status| status != "offline");
    let last = row.last_message.as_ref().and_then(|last| match last {
        Last::Message(message) => Some(LastMessage {
            text: limits::shown(&chat::text_of(message)),
            at: message.created_at.clone().unwrap_or_default(),
            from_me: message.sender.id() == me,
        }),
        Last::Text(text) => {
            Some(LastMessage { text: limits::shown(text), at: String::new(), from_me: false })
        }
        Last::Unknown(_) => None,
    });
    Some(Contact {
        id: conversation_of(me, &id),
        detail: limits::shown(other.email.as_deref().unwrap_or_default()),
        online: other.is_online.unwrap_or(status),
        thread: Some(id),
        unread: row.unread_count,
        last_message: last,
        voice: true,
        ..Contact::of(login::person(other))
    })
}

pub(super) fn history(me: &str, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
    #[derive(Deserialize)]
    struct Pages {
        #[serde(default)]
        pagination: Pagination,
    }
    let rows = rows(status, body, "calls")?;
    let Pages { pagination } = rest::read(status, body)?;
    let calls = rows.iter().filter_map(|row| past_call(me, &wire::Message::deserialize(row).ok()?));
    Ok(HistoryPage {
        left_out: 0,
        items: calls.collect(),
        page: pagination.current_page,
        pages: pagination.total_pages,
        total: pagination.total_calls.unwrap_or_default(),
    })
}

/// Screens that were shared are in the same list but are no calls.
fn past_call(me: &str, row: &wire::Message) -> Option<HistoryItem> {
    let kind = row.kind.kind()?;
    let outgoing = row.sender.id() == me;
    let peer = if outgoing { &row.receiver } else { &row.sender };
    let call = row.call_data.clone().unwrap_or_default();
    let status = match call.status {
        Some(CallStatus::Answered) => "accepted",
        Some(CallStatus::Unknown) | None => "ended",
        Some(
            status @ (CallStatus::Initiated
            | CallStatus::Ringing
            | CallStatus::Missed
            | CallStatus::Declined
            | CallStatus::Ended
            | CallStatus::Failed),
        ) => status.as_str(),
    };
    Some(HistoryItem {
        call: row.id().to_owned(),
        peer: person(peer),
        outgoing,
        status: status.to_owned(),
        started_at: row.created_at.clone().or(call.started_at).unwrap_or_default(),
        duration_s: seconds(call.duration),
        subject: None,
        kind: Some(kind),
    })
}

fn person(of: &PersonRef) -> Person {
    match of {
        PersonRef::Id(id) => Person { id: PersonId(id.clone()), name: String::new(), avatar: None },
        PersonRef::Full(user) => login::person(user),
    }
}

/// Whole seconds of a duration that a stranger wrote.
pub(super) fn seconds(duration: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let whole = duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    whole
}

#[cfg(test)]
mod tests {
    use bellwire_call::MediaKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn conversations_are_read_in_every_shape() {
        let user = json!({ "_id": "b", "fullName": "Ben", "email": "ben@example.com", "isOnline": true });
        let last = json!({ "_id": "m", "sender": "b", "receiver": "a", "content": "Hello",
            "createdAt": "2026-01-05T10:00:00.000Z" });
        let shapes = [
            json!([{ "conversationId": "a_b", "user": user, "lastMessage": last, "unreadCount": 2 }]),
            json!([{ "_id": "a_b", "otherUser": user, "lastMessage": last, "unreadCount": 2 }]),
            json!({ "conversations": [{ "participants": [{ "_id": "a" }, user], "lastMessage": last,
                "unreadCount": 2 }] }),
        ];
        for shape in shapes {
            let body = json!({ "success": true, "data": shape });
            let contacts = conversations("a", "", 200, &body).unwrap();
            let [contact] = contacts.as_slice() else { panic!("{contacts:?}") };
            assert_eq!((contact.id.as_str(), contact.person.name.as_str()), ("a_b", "Ben"));
            assert_eq!((contact.unread, contact.online, contact.voice, contact.video), (2, true, true, true));
            assert_eq!(contact.thread.as_deref(), Some("b"));
            let last = contact.last_message.as_ref().unwrap();
            assert_eq!((last.text.as_str(), last.from_me), ("Hello", false));
            assert_eq!(conversations("a", " BEN@ ", 200, &body).unwrap().len(), 1);
            assert!(conversations("a", "zoe", 200, &body).unwrap().is_empty());
        }
    }

    #[test]
    fn a_bad_row_costs_one_row() {
        let body = json!({ "success": true, "data": [
            { "user": { "fullName": "Nobody" } }, 7, { "user": { "id": "a" } },
            { "user": { "id": "b", "avatar": { "url": "https://img/b" } }, "lastMessage": "Hi" },
            { "user": { "id": "c" }, "lastMessage": { "odd": true } } ] });
        let contacts = conversations("a", "", 200, &body).unwrap();
        let ids: Vec<_> = contacts.iter().map(|contact| contact.person.id.0.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
        assert_eq!(contacts[0].person.avatar.as_deref(), Some("https://img/b"));
        assert!(contacts[0].last_message.is_some() && contacts[1].last_message.is_none());
        let refused = conversations("a", "", 429, &json!({ "success": false, "message": "Slow down" }));
        assert_eq!(refused.unwrap_err(), ReplyError::Refused { status: 429, message: "Slow down".into() });
        assert_eq!(conversations("a", "", 401, &Value::Null).unwrap_err(), ReplyError::TokenExpired);
    }

    #[test]
    fn the_history_holds_calls_and_says_which_way_they_went() {
        let ben = json!({ "_id": "b", "fullName": "Ben" });
        let body = json!({ "success": true, "data": [
            { "_id": "m3", "sender": "a", "receiver": ben, "type": "video_call", "createdAt": "2026-01-05",
              "callData": { "status": "answered", "duration": 61, "participants": [
                { "userId": ben, "joinedAt": "2026-01-05" }] } },
            { "_id": "m2", "sender": ben, "receiver": "a", "type": "voice_call",
              "callData": { "status": "missed" } },
            { "_id": "m1", "sender": ben, "receiver": "a", "type": "screen_share" } ],
            "pagination": { "currentPage": 1, "totalPages": 2, "totalCalls": 23 } });
        let page = history("a", 200, &body).unwrap();
        assert_eq!((page.page, page.pages, page.total), (1, 2, 23));
        let [first, second] = page.items.as_slice() else { panic!("{:?}", page.items) };
        assert_eq!((first.status.as_str(), first.outgoing, first.duration_s), ("accepted", true, 61));
        assert_eq!((first.peer.name.as_str(), first.kind), ("Ben", Some(MediaKind::Video)));
        assert_eq!((second.status.as_str(), second.outgoing), ("missed", false));
        assert_eq!(second.kind, Some(MediaKind::Voice));
    }
}
