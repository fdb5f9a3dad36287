//! Conversations and past calls over REST: the requests and the parsers of their replies. The shapes of the
//! message endpoints are in no document, so they are read widely and row by row.

use std::collections::BTreeSet;

use bellwire_call::{Person, PersonId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    login, messages,
    reply::{lasted, rows, seconds},
    wire::{self, CallStatus, ConversationRow, Last, Pagination, PersonRef, conversation_of},
};
use crate::rows::Row;
use crate::{
    Contact, HistoryItem, HistoryPage, LastMessage, ReplyError, RestCall, Rows, lenient, limits, rest,
};

pub(super) fn conversations_request() -> RestCall {
    rest::fetch("/messages/conversations")
}

pub(super) fn history_request(page: u32, limit: u32) -> RestCall {
    rest::fetch("/communication/call-history").with("page", page.max(1)).with("limit", limit.clamp(1, 100))
}

/// `search` is looked for here: the backend cannot.
pub(super) fn conversations(
    me: &str,
    search: &str,
    status: u16,
    body: &Value,
) -> Result<Rows<Contact>, ReplyError> {
    let search = search.trim().to_lowercase();
    let rows = rows(status, body, "conversations")?;
    let lines = Rows::read(&rows, |row: ConversationRow| contact(me, &row));
    Ok(lines.filter_map(|contact| {
        let texts = [&contact.person.name, &contact.detail];
        texts.iter().any(|text| text.to_lowercase().contains(&search)).then_some(contact)
    }))
}

fn contact(me: &str, row: &ConversationRow) -> Row<Contact> {
    let Some(other) = row.other(me) else {
        // The other person deleted their account and cannot be called; a row without any person is odd.
        return if row.participants.as_ref().is_some_and(|people| !people.is_empty()) {
            Row::Hidden
        } else {
            Row::Odd
        };
    };
    let Some(id) = limits::id(other.id().to_owned()).ok().filter(|id| id != me) else { return Row::Odd };
    let status = other.status.as_deref().is_some_and(|status| status != "offline");
    let last = row.last_message.as_ref().and_then(|last| match last {
        Last::Message(message) if message.sender.id().is_empty() => None,
        Last::Message(message) => Some(LastMessage {
            text: limits::shown(&messages::text_of(message)),
            at: message.created_at.clone().unwrap_or_default(),
            from_me: message.sender.id() == me,
        }),
        Last::Text(text) => {
            Some(LastMessage { text: limits::shown(text), at: String::new(), from_me: false })
        }
        Last::Unknown(_) => None,
    });
    Row::Item(Contact {
        id: conversation_of(me, &id),
        detail: limits::shown(other.email.as_deref().unwrap_or_default()),
        online: other.is_online.unwrap_or(status),
        thread: Some(id),
        unread: row.unread_count.of(me),
        last_message: last,
        voice: true,
        ..Contact::of(login::person(other))
    })
}

pub(super) fn history(me: &str, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
    #[derive(Deserialize)]
    struct Pages {
        #[serde(default, deserialize_with = "lenient::or_default")]
        pagination: Pagination,
    }
    let rows = rows(status, body, "calls")?;
    let Pages { pagination } = rest::read(status, body)?;
    let calls = Rows::read(&rows, |row: wire::Message| match row.id() {
        "" => Row::Odd,
        _ => past_call(me, &row).map_or(Row::Hidden, Row::Item),
    });
    Ok(HistoryPage {
        left_out: calls.left_out,
        items: calls.items,
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
    let came = call.participants.iter().filter(|person| person.joined_at.is_some());
    let met = came.map(|person| person.user_id.id()).collect::<BTreeSet<_>>().len() > 1;
    let duration_s = seconds(lasted(&call));
    let status = match call.status {
        // The deployed backend knows no missed call: one that its caller alone has entered was.
        Some(CallStatus::Ended) if !met && !call.participants.is_empty() => "missed",
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
        members: Vec::new(),
        outgoing,
        status: status.to_owned(),
        started_at: row.created_at.clone().or(call.started_at).unwrap_or_default(),
        duration_s: if status == "missed" { 0 } else { duration_s },
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
            let [contact] = contacts.items.as_slice() else { panic!("{contacts:?}") };
            assert_eq!((contact.id.as_str(), contact.person.name.as_str()), ("a_b", "Ben"));
            assert_eq!((contact.unread, contact.online, contact.voice, contact.video), (2, true, true, true));
            assert_eq!(contact.thread.as_deref(), Some("b"));
            let last = contact.last_message.as_ref().unwrap();
            assert_eq!((last.text.as_str(), last.from_me), ("Hello", false));
            assert_eq!(conversations("a", " BEN@ ", 200, &body).unwrap().items.len(), 1);
            assert!(conversations("a", "zoe", 200, &body).unwrap().items.is_empty());
        }
    }

    #[test]
    fn a_bad_row_costs_one_row() {
        let body = json!({ "success": true, "data": [
            { "user": { "fullName": "Nobody" } }, 7, { "user": { "id": "a" } },
            { "user": { "id": "b", "avatar": { "url": "https://img/b" } }, "lastMessage": "Hi" },
            { "user": { "id": "c" }, "lastMessage": { "odd": true } } ] });
        let Rows { items: contacts, left_out } = conversations("a", "", 200, &body).unwrap();
        assert_eq!(left_out, 3);
        let ids: Vec<_> = contacts.iter().map(|contact| contact.person.id.0.as_str()).collect();
        assert_eq!(ids, ["b", "c"]);
        assert_eq!(contacts[0].person.avatar.as_deref(), Some("https://img/b"));
        assert!(contacts[0].last_message.is_some() && contacts[1].last_message.is_none());
        let refused = conversations("a", "", 429, &json!({ "success": false, "message": "Slow down" }));
        assert_eq!(refused.unwrap_err(), ReplyError::Refused { status: 429, message: "Slow down".into() });
        assert_eq!(conversations("a", "", 401, &Value::Null).unwrap_err(), ReplyError::TokenExpired);
    }

    #[test]
    fn unread_counts_are_read_in_every_shape_and_an_empty_conversation_is_hidden() {
        let ben = json!({ "_id": "b", "fullName": "Ben", "profilePicture": "https://img/ben" });
        for (count, unread) in [
            (json!({ "a": 2, "b": 5 }), 2),
            (json!({}), 0),
            (json!({ "a": "3" }), 3),
            (json!(4), 4),
            (json!("5"), 5),
            (json!(null), 0),
            (json!([1]), 0),
        ] {
            let body = json!({ "data": { "conversations": [
                { "_id": "1", "participants": [{ "_id": "a" }, ben], "unreadCount": count },
                { "_id": "2", "participants": [null, { "_id": "a" }], "unreadCount": {} } ] } });
            let lines = conversations("a", "", 200, &body).unwrap();
            assert_eq!((lines.items.len(), lines.left_out), (1, 0), "{count}");
            assert_eq!(lines.items[0].unread, unread, "{count}");
            assert_eq!(lines.items[0].person.avatar.as_deref(), Some("https://img/ben"));
        }
    }

    #[test]
    fn what_the_deployed_backend_leaves_out_of_a_past_call_is_worked_out() {
        let call = |people: &[&str]| {
            let people: Vec<_> =
                people.iter().map(|id| json!({ "userId": id, "joinedAt": "2026-01-05T10:00:00Z" })).collect();
            let body = json!({ "data": [{ "_id": "m", "sender": "a", "receiver": null, "type": "voice_call",
                "callData": { "status": "ended", "duration": 0, "startedAt": "2026-01-05T10:00:00.000Z",
                    "endedAt": "2026-01-05T10:01:05.500Z", "participants": people } }] });
            let item = history("a", 200, &body).unwrap().items.remove(0);
            (item.status, item.duration_s)
        };
        assert_eq!(call(&["a", "b"]), ("ended".to_owned(), 65));
        assert_eq!(call(&["a"]), ("missed".to_owned(), 0));
        assert_eq!(call(&["a", "a"]), ("missed".to_owned(), 0));
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
