//! Rooms, messages and past calls over REST: the requests and the parsers of their replies.

use bellwire_call::{MediaKind, Person, PersonId};
use serde::Deserialize;
use serde_json::Value;

use super::{
    account::Account,
    subject,
    wire::{CallLogRow, CallStatus, CallType, MessageRow, Pagination, Room, RoomRow},
};
use crate::rows::Row;
use crate::{
    Contact, HistoryItem, HistoryPage, LastMessage, Message, ReplyError, RestCall, Rows, lenient, limits,
    rest,
};

pub(super) fn rooms_request(me: &str) -> RestCall {
    rest::fetch(format!("/api/chat/rooms/{}", rest::segment_of(me)))
}

/// By its two people: asked by the room's name, the deployed backend takes the name and the word
/// `messages` for two people, and makes a room of them.
pub(super) fn messages_request(room: &Room, limit: u32) -> RestCall {
    let people = rest::fetch("/api/chat/messages")
        .with("dealerEmail", &room.dealer)
        .with("technicianEmail", &room.technician);
    let post = match &room.post {
        Some(post) => people.with("postId", post),
        None => people,
    };
    post.with("limit", limit.clamp(1, 200)).with("offset", 0)
}

pub(super) fn history_request(me: &str, page: u32, limit: u32) -> RestCall {
    rest::fetch("/api/chat/calls")
        .with("userEmail", me)
        .with("page", page.max(1))
        .with("limit", limit.clamp(1, 100))
}

/// The rows of a reply that is a bare list.
fn rows(status: u16, body: &Value) -> Result<Vec<Value>, ReplyError> {
    rest::read(status, body)
}

/// A page of past calls, its rows as they are on the wire.
#[derive(Deserialize)]
struct Page {
    calls: Vec<Value>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pagination: Pagination,
}

impl Account {
    pub(super) fn rooms(&self, search: &str, status: u16, body: &Value) -> Result<Rows<Contact>, ReplyError> {
        let lines = Rows::read(&rows(status, body)?, |row: RoomRow| match Room::parse(&row.room_id) {
            None => Row::Odd,
            // A room of two others is none of ours.
            Some(_) => self.line(row).map_or(Row::Hidden, Row::Item),
        });
        let search = search.trim().to_lowercase();
        let found = |line: &Contact| {
            let label = line.subject.as_ref().map_or("", |subject| subject.label.as_str());
            let texts = [line.person.name.as_str(), line.person.id.0.as_str(), label];
            texts.iter().any(|text| text.to_lowercase().contains(&search))
        };
        Ok(lines.filter_map(|line| (search.is_empty() || found(&line)).then_some(line)))
    }

    fn line(&self, row: RoomRow) -> Option<Contact> {
        let (room, other) = self.our_room(&row.room_id)?;
        let name = self.name_of(&other, row.other_name.as_deref());
        let subject = subject(&room);
        let last_message = row.last_message.filter(|text| !text.is_empty()).map(|text| LastMessage {
            text: limits::shown(&text),
            at: row.last_message_time.as_deref().map(limits::shown).unwrap_or_default(),
            from_me: row.last_message_sender.as_deref().is_some_and(|sender| self.is_me(sender)),
        });
        let detail = match &subject {
            Some(subject) => format!("{} · {other}", subject.label),
            None => other.clone(),
        };
        let online = row.other_online.unwrap_or_else(|| self.is_online(&other));
        let person = Person { id: PersonId(other), name, avatar: None };
        Some(Contact {
            id: row.room_id.clone(),
            detail: limits::shown(&detail),
            online,
            subject,
            thread: Some(row.room_id),
            unread: row.unread_count,
            last_message,
            voice: true,
            ..Contact::of(person)
        })
    }

    pub(super) fn message_rows(
        &self,
        thread: &str,
        status: u16,
        body: &Value,
    ) -> Result<Rows<Message>, ReplyError> {
        Ok(Rows::read(&rows(status, body)?, |row: MessageRow| Row::Item(self.shown_message(thread, row))))
    }

    /// The deployed backend keeps the calls but has no way to ask for them (404): an empty page.
    pub(super) fn past_calls(&self, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
        if status == 404 {
            return Ok(HistoryPage::default());
        }
        let (calls, pages) = if body.is_array() {
            (rows(status, body)?, None)
        } else {
            let page: Page = rest::read(status, body)?;
            (page.calls, Some(page.pagination))
        };
        let Rows { items, left_out } =
            Rows::read(&calls, |call: CallLogRow| match Room::parse(&call.room_id) {
                None => Row::Odd,
                Some(_) => self.past_call(call).map_or(Row::Hidden, Row::Item),
            });
        let total = u32::try_from(items.len()).unwrap_or(u32::MAX);
        Ok(match pages {
            Some(pages) => HistoryPage {
                left_out,
                items,
                page: pages.current_page,
                pages: pages.total_pages,
                total: pages.total_items,
            },
            None => HistoryPage { items, page: 1, pages: 1, total, left_out },
        })
    }

    fn past_call(&self, row: CallLogRow) -> Option<HistoryItem> {
        let (room, other) = self.our_room(&row.room_id)?;
        let name = self.name_of(&other, row.other_name.as_deref());
        let status = match row.call_status {
            CallStatus::Initiated | CallStatus::Unknown => "initiated",
            CallStatus::Answered => "accepted",
            CallStatus::Rejected => "declined",
            CallStatus::Ended => "ended",
            CallStatus::Missed => "missed",
        };
        Some(HistoryItem {
            call: row.id.to_string(),
            peer: Person { id: PersonId(other), name, avatar: None },
            members: Vec::new(),
            outgoing: self.is_me(&row.caller_email),
            status: status.to_owned(),
            started_at: row.started_at.unwrap_or_default(),
            duration_s: row.talk_seconds.unwrap_or(row.duration_seconds),
            subject: subject(&room),
            kind: row.call_type.map(|kind| match kind {
                CallType::Audio => MediaKind::Voice,
                CallType::Video => MediaKind::Video,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Identity;

    fn dealer() -> Account {
        Account::new(&Identity {
            dialect: "dealerdesk".into(),
            person: Person { id: PersonId("dan@x.example".into()), name: "Dan".into(), avatar: None },
            role: "dealer".into(),
            token: String::new(),
            cookie: None,
            bearer: false,
            refresh_token: None,
        })
    }

    #[test]
    fn a_room_becomes_a_line_with_its_thread() {
        let body = json!([
            { "room_id": "dan@x.example:tea@y.example:POST_7", "post_id": 7, "unread_count": "2",
              "last_message": "Tomorrow?", "last_message_time": "2026-01-05T10:00:00.000Z",
              "last_message_sender": "tea@y.example" },
            { "room_id": "eve@x.example:tea@y.example", "unread_count": "2" },
            { "unread_count": 1 },
            { "room_id": "dan@x.example:tim@y.example", "other_name": "Tim", "other_online": true },
        ]);
        let Rows { items: lines, left_out } = dealer().rooms("", 200, &body).unwrap();
        assert_eq!(left_out, 1);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].id, "dan@x.example:tea@y.example:POST_7");
        assert_eq!(lines[0].thread.as_ref(), Some(&lines[0].id));
        assert_eq!(lines[0].subject.as_ref().unwrap().label, "Post #7");
        assert_eq!((lines[0].unread, lines[0].voice, lines[0].video), (2, true, true));
        assert!(!lines[0].last_message.as_ref().unwrap().from_me);
        assert_eq!((lines[1].person.name.as_str(), lines[1].online), ("Tim", true));
        assert_eq!(lines[1].subject, None);
        assert_eq!(dealer().rooms("POST #7", 200, &body).unwrap().items.len(), 1);
        assert_eq!(dealer().rooms("tim", 200, &body).unwrap().items[0].person.name, "Tim");
    }

    #[test]
    fn past_calls_are_read_by_page_as_bare_rows_or_not_at_all() {
        let row = json!({ "id": "12", "room_id": "dan@x.example:tea@y.example", "caller_email": "dan@x.example",
            "caller_type": "DEALER", "call_type": "AUDIO", "call_status": "MISSED",
            "started_at": "2026-01-05T10:00:00.000Z", "ended_at": null, "duration_seconds": "0" });
        let page = dealer().past_calls(200, &json!([row, { "id": 1 }])).unwrap();
        assert_eq!((page.items.len(), page.pages), (1, 1));
        let item = &page.items[0];
        assert_eq!((item.call.as_str(), item.status.as_str(), item.outgoing), ("12", "missed", true));
        assert_eq!(item.kind, Some(MediaKind::Voice));
        let paging = json!({ "currentPage": 2, "totalPages": 3, "totalItems": 41, "itemsPerPage": 20 });
        let page = dealer().past_calls(200, &json!({ "calls": [row], "pagination": paging })).unwrap();
        assert_eq!((page.page, page.pages, page.total), (2, 3, 41));
        assert_eq!(dealer().past_calls(404, &json!("Cannot GET")).unwrap(), HistoryPage::default());
        assert_eq!(dealer().past_calls(401, &Value::Null), Err(ReplyError::TokenExpired));
    }

    #[test]
    fn messages_are_read_under_either_name_of_their_columns() {
        let body = json!([
            { "id": "2", "room_id": 4, "sender_email": "tea@y.example", "sender_type": "TECHNICIAN",
              "message_content": "hi", "sent_at": "2026-01-05T10:00:00.000Z", "read_status": true },
            { "id": 3, "sender_email": null, "sender_type": 9, "message": "ho", "is_read": 0 },
            { "message": "no id" },
        ]);
        let rows = dealer().message_rows("dan@x.example:tea@y.example", 200, &body).unwrap();
        assert_eq!(rows.left_out, 1);
        let [first, second] = rows.items.as_slice() else { panic!("{rows:?}") };
        assert_eq!((first.text.as_str(), first.read, first.from_me), ("hi", true, false));
        assert_eq!(first.at, "2026-01-05T10:00:00.000Z");
        assert_eq!((second.text.as_str(), second.id.as_str()), ("ho", "3"));
    }

    #[test]
    fn addresses_are_no_way_to_another_path() {
        assert_eq!(rooms_request("a/../b@x").path, "/api/chat/rooms/a%2F..%2Fb%40x");
        let request = messages_request(&Room::parse("a@x:b@y:POST_7").unwrap(), 9999);
        assert_eq!(request.path, "/api/chat/messages");
        let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(query, ["dealerEmail=a@x", "technicianEmail=b@y", "postId=7", "limit=200", "offset=0"]);
    }
}
