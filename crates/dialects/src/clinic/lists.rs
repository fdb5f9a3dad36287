//! Appointments over REST: the requests and the parsers of their replies.

use serde::Deserialize;
use serde_json::Value;

use super::{
    account::Account,
    appointment::Meeting,
    rooms::{self, Seen},
    wire::{Appointment, AppointmentStatus, AppointmentType, Meta, RoomRecord, RoomState},
};
use crate::{Contact, Phase, Reply, ReplyError, RestCall, Rows, Slot, lenient, rest, timestamp};

pub(super) const LIST_PATH: &str = "/appointments";
const ROOM_PATH: &str = "/video-call/room/appointment/";
/// Rows of one page; no deployment is known to allow more.
const PAGE_ROWS: u32 = 50;
/// Pages of a list after the first.
const MAX_FURTHER_PAGES: u32 = 20;
/// Rooms a list asks about: those of the hours around now.
const MAX_ROOMS: usize = 24;
const AROUND_S: i64 = 6 * 3600;
/// Before its time a room is open in this sense only.
const EARLY_S: i64 = 15 * 60;

/// How far back a day reaches: a dialect does not know where midnight is.
pub(super) const LOOK_BACK_S: i64 = 12 * 3600;
/// How far ahead the list looks.
const LOOK_AHEAD_S: i64 = 366 * 86_400;
/// How far back a search looks.
const SEARCH_BACK_S: i64 = 90 * 86_400;

/// One page of a list, row by row.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) data: Rows<Appointment>,
    pub(super) meta: Meta,
}

/// The appointments of about a day.
pub(super) fn day_request(now: i64, page: u32) -> RestCall {
    window(list_page(page), now - LOOK_BACK_S, now + 2 * 86_400)
}

fn list_request(now: Option<i64>, search: &str, page: u32) -> RestCall {
    let back = if search.trim().is_empty() { LOOK_BACK_S } else { SEARCH_BACK_S };
    match now {
        Some(now) => window(list_page(page), now - back, now + LOOK_AHEAD_S),
        None => list_page(page),
    }
}

fn list_page(page: u32) -> RestCall {
    rest::fetch(LIST_PATH).with("page", page).with("pageSize", PAGE_ROWS)
}

/// As deployed a date counts only if both are given; without, the list begins years ago.
fn window(call: RestCall, from: i64, to: i64) -> RestCall {
    call.with("startDate", timestamp::text(from)).with("endDate", timestamp::text(to))
}

pub(super) fn room_request(appointment: &str) -> RestCall {
    rest::fetch(format!("{ROOM_PATH}{}", rest::segment(appointment)))
}

/// The appointments among which the next one with a person is.
pub(super) fn near_request(now: Option<i64>) -> RestCall {
    list_request(now, "", 1)
}

pub(super) fn page(status: u16, body: &Value) -> Result<Page, ReplyError> {
    #[derive(Deserialize)]
    struct Listed {
        data: Vec<Value>,
        #[serde(default, deserialize_with = "lenient::or_default")]
        meta: Meta,
    }
    let Listed { data, meta } = rest::read(status, body)?;
    Ok(Page { data: Rows::plain(&data), meta })
}

/// First one page, then the others, then the rooms that the rows do not carry.
pub(super) fn contacts_calls(
    account: &Account,
    search: &str,
    now: Option<i64>,
    replies: &[Reply],
) -> Vec<RestCall> {
    let lists = || replies.iter().filter(|reply| reply.call.path == LIST_PATH);
    let Some(first) = lists().next() else { return vec![list_request(now, search, 1)] };
    let Ok(page) = page(first.status, &first.body) else { return Vec::new() };
    let pages = page.meta.total_pages.clamp(1, 1 + MAX_FURTHER_PAGES);
    if pages > 1 && lists().nth(1).is_none() {
        return (2..=pages).map(|page| list_request(now, search, page)).collect();
    }
    if replies.iter().any(|reply| reply.call.path.starts_with(ROOM_PATH)) {
        return Vec::new();
    }
    let near = |meeting: &Meeting| match (now, meeting.starts, meeting.ends()) {
        (Some(now), Some(starts), Some(ends)) => (starts - AROUND_S..ends + AROUND_S).contains(&now),
        (None, _, _) | (_, None, _) | (_, _, None) => true,
    };
    rows(replies)
        .into_iter()
        .filter(|row| row.video_call_room.is_none() && row.kind == AppointmentType::Remote)
        .filter_map(|row| account.meeting(&row))
        .filter(|meeting| meeting.is_open() && near(meeting))
        .take(MAX_ROOMS)
        .map(|meeting| room_request(&meeting.id))
        .collect()
}

fn rows(replies: &[Reply]) -> Rows<Appointment> {
    let lists = replies.iter().filter(|reply| reply.call.path == LIST_PATH);
    let mut rows = Rows::default();
    for page in lists.filter_map(|reply| page(reply.status, &reply.body).ok()) {
        rows.extend(page.data);
    }
    rows
}

pub(super) fn contacts(
    account: &Account,
    search: &str,
    now: Option<i64>,
    replies: &[Reply],
) -> Result<Rows<Contact>, ReplyError> {
    for reply in replies.iter().filter(|reply| reply.call.path == LIST_PATH) {
        page(reply.status, &reply.body)?;
    }
    if replies.iter().any(|reply| reply.status == 401) {
        return Err(ReplyError::TokenExpired);
    }
    let room = |meeting: &Meeting| -> Option<RoomRecord> {
        let path = room_request(&meeting.id).path;
        let reply = replies.iter().find(|reply| reply.call.path == path)?;
        rest::read(reply.status, &reply.body).ok()
    };
    let rows = rows(replies);
    let mut left_out = rows.left_out;
    let mut contacts: Vec<(Option<i64>, Contact)> = Vec::new();
    for row in rows {
        let Some(meeting) = account.meeting(&row) else {
            left_out = left_out.saturating_add(1);
            continue;
        };
        if search.trim().is_empty() && !is_today_or_later(&meeting, now) {
            continue;
        }
        let record = row.video_call_room.map(|record| *record).or_else(|| room(&meeting));
        let starts = meeting.starts;
        let contact = contact(account, meeting, record.as_ref(), now);
        if waits(&contact) || matches(&contact, search) {
            contacts.push((starts, contact));
        }
    }
    contacts.sort_by(|(a, one), (b, two)| (a, &one.id).cmp(&(b, &two.id)));
    contacts.dedup_by(|(_, one), (_, two)| one.id == two.id);
    Ok(Rows { items: contacts.into_iter().map(|(_, contact)| contact).collect(), left_out })
}

fn is_today_or_later(meeting: &Meeting, now: Option<i64>) -> bool {
    match (now, meeting.ends()) {
        (Some(now), Some(ends)) => ends >= now - LOOK_BACK_S,
        (None, _) | (_, None) => true,
    }
}

/// A search for another person hides no waiting party.
fn waits(contact: &Contact) -> bool {
    contact.slot.as_ref().is_some_and(|slot| slot.they_wait)
}

fn matches(contact: &Contact, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    [&contact.person.name, &contact.detail].into_iter().any(|text| text.to_lowercase().contains(&search))
}

fn contact(account: &Account, meeting: Meeting, record: Option<&RoomRecord>, now: Option<i64>) -> Contact {
    let seen = record.map(|record| rooms::seen(record, account.role, None));
    let phase = phase(&meeting, seen, now);
    // Its room may still be entered, but not by mistake.
    let open = meeting.is_open() && meeting.status != AppointmentStatus::Completed;
    let label = match meeting.kind {
        AppointmentType::Physical => "physical",
        AppointmentType::Remote => "remote",
        AppointmentType::Unknown => "",
    };
    let slot = Slot {
        meeting: None,
        starts_at: meeting.starts_at.clone(),
        minutes: meeting.minutes,
        phase,
        they_wait: open && seen.is_some_and(|seen| seen.they && !seen.we),
        label: label.to_owned(),
    };
    Contact {
        id: meeting.id.clone(),
        detail: meeting.label.clone(),
        subject: Some(meeting.subject()),
        slot: Some(slot),
        video: open && meeting.kind == AppointmentType::Remote,
        ..Contact::of(meeting.peer)
    }
}

fn phase(meeting: &Meeting, seen: Option<Seen>, now: Option<i64>) -> Phase {
    match meeting.status {
        AppointmentStatus::PendingPatientConfirmation => return Phase::Unconfirmed,
        AppointmentStatus::Cancelled => return Phase::Cancelled,
        AppointmentStatus::NoShow => return Phase::Ended,
        AppointmentStatus::Completed | AppointmentStatus::Scheduled | AppointmentStatus::Unknown => {}
    }
    let over = || match (now, meeting.ends()) {
        (Some(now), Some(ends)) => ends < now,
        (None, _) | (_, None) => false,
    };
    let early = || match (now, meeting.starts) {
        (Some(now), Some(starts)) => now < starts - EARLY_S,
        (None, _) | (_, None) => true,
    };
    match seen.map(|seen| (seen.state, seen.they || seen.we)) {
        Some((RoomState::InProgress, _)) => Phase::InProgress,
        Some((RoomState::Waiting | RoomState::Unknown, true)) => Phase::Waiting,
        Some((RoomState::Ended, true)) => Phase::Waiting,
        Some((RoomState::Ended, false)) => Phase::Ended,
        Some((_, false)) | None if meeting.status == AppointmentStatus::Completed || over() => Phase::Ended,
        Some((RoomState::Waiting | RoomState::Unknown, false)) if !early() => Phase::Waiting,
        Some((_, false)) | None => Phase::Upcoming,
    }
}

#[cfg(test)]
mod tests {
    use bellwire_call::{Person, PersonId};
    use serde_json::json;

    use super::*;
    use crate::{Directory, Identity};

    const NOW: &str = "2026-01-05T10:00:00.000Z";

    fn account(role: &str, id: &str) -> Account {
        Account::new(&Identity {
            dialect: "clinic".into(),
            person: Person { id: PersonId(id.into()), name: String::new(), avatar: None },
            role: role.into(),
            token: "t".into(),
            cookie: None,
            bearer: true,
            refresh_token: None,
        })
    }

    fn row(id: &str, at: &str, status: &str, kind: &str) -> Value {
        json!({ "id": id, "name": format!("Visit {id}"), "appointmentDateTime": at, "durationInMinutes": 30,
            "type": kind, "status": status, "patientId": "u-ann", "practitionerId": "u-jane",
            "patient": { "id": "u-ann", "firstName": "Ann", "lastName": "Wu" } })
    }

    fn page_of(rows: &[Value], page: u32, pages: u32) -> Value {
        json!({ "data": rows, "meta": { "totalCount": 9, "currentPage": page, "pageSize": 50, "totalPages": pages } })
    }

    /// Answers round after round as the session does.
    fn list(account: &Account, search: &str, answer: impl Fn(&RestCall) -> (u16, Value)) -> Vec<Contact> {
        let mut replies = Vec::new();
        for _ in 0..4 {
            let calls = account.contacts(search, NOW, &replies);
            assert!(calls.len() <= 64);
            replies.extend(calls.into_iter().map(|call| {
                let (status, body) = answer(&call);
                Reply { call, status, body }
            }));
        }
        account.parse_contacts(search, NOW, &replies).unwrap().items
    }

    #[test]
    fn the_list_takes_every_page_and_the_rooms_near_now() {
        let account = account("practitioner", "u-jane");
        let answer = |call: &RestCall| match call.path.as_str() {
            LIST_PATH if call.query[0].1 == "1" => {
                let from = if call.query[2].1.starts_with("2025") { "2025-10-07" } else { "2026-01-04" };
                assert!(call.query[2].0 == "startDate" && call.query[2].1.starts_with(from), "{call:?}");
                assert_eq!(call.query[3], ("endDate".to_owned(), "2027-01-06T10:00:00.000Z".to_owned()));
                let rows = [
                    row("a3", "2026-01-06T09:00:00Z", "Scheduled", "Remote"),
                    row("a1", "2026-01-05T09:55:00Z", "Scheduled", "Remote"),
                    row("a0", "2026-01-04T08:00:00Z", "Completed", "Remote"),
                ];
                (200, page_of(&rows, 1, 2))
            }
            LIST_PATH => {
                let rows = [
                    row("a2", "2026-01-05T11:00:00Z", "PendingPatientConfirmation", "Remote"),
                    row("a4", "2026-01-05T10:30:00Z", "Scheduled", "Physical"),
                    row("a5", "2026-01-05T10:45:00Z", "Cancelled", "Remote"),
                ];
                (200, page_of(&rows, 2, 2))
            }
            path => {
                assert_eq!(path, "/video-call/room/appointment/a1", "only rooms that may be near");
                (200, json!({ "roomId": "r", "status": "Waiting", "patientJoined": true }))
            }
        };
        let contacts = list(&account, "", answer);
        let shown: Vec<_> = contacts
            .iter()
            .map(|contact| {
                let slot = contact.slot.as_ref().unwrap();
                (contact.id.as_str(), slot.phase, slot.they_wait, contact.video, slot.label.as_str())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a1", Phase::Waiting, true, true, "remote"),
                ("a4", Phase::Upcoming, false, false, "physical"),
                ("a5", Phase::Cancelled, false, false, "remote"),
                ("a2", Phase::Unconfirmed, false, false, "remote"),
                ("a3", Phase::Upcoming, false, true, "remote"),
            ]
        );
        assert_eq!((contacts[0].person.name.as_str(), contacts[0].detail.as_str()), ("Ann Wu", "Visit a1"));
        assert_eq!(contacts[0].subject.as_ref().unwrap().id, "a1");
        assert_eq!(list(&account, "visit a3", answer).len(), 2);
        let ids = |search: &str| -> Vec<String> {
            list(&account, search, answer).into_iter().map(|contact| contact.id).collect()
        };
        assert_eq!(ids("nobody"), ["a1"], "who waits is shown whatever is searched");
        assert_eq!(ids("visit a0"), ["a0", "a1"], "what is past can be searched");
    }

    #[test]
    fn a_list_that_carries_its_rooms_needs_no_question() {
        let account = account("patient", "u-ann");
        let mut with_room = row("a1", NOW, "Scheduled", "Remote");
        with_room["videoCallRoom"] = json!({ "roomId": "r", "status": "InProgress", "practitionerJoined": true,
            "patientJoined": true });
        let contacts = list(&account, "", |call| {
            assert_eq!(call.path, LIST_PATH);
            (200, page_of(std::slice::from_ref(&with_room), 1, 1))
        });
        let slot = contacts[0].slot.as_ref().unwrap();
        assert_eq!((slot.phase, slot.they_wait, slot.minutes), (Phase::InProgress, false, 30));
    }

    #[test]
    fn an_old_token_is_told_whoever_answers() {
        let account = account("patient", "u-ann");
        let reply = |call: RestCall, status, body| Reply { call, status, body };
        let list = reply(list_request(None, "", 1), 401, Value::Null);
        assert_eq!(account.parse_contacts("", NOW, &[list]), Err(ReplyError::TokenExpired));
        let page =
            reply(list_request(None, "", 1), 200, page_of(&[row("a1", NOW, "Scheduled", "Remote")], 1, 1));
        let room = reply(room_request("a1"), 401, Value::Null);
        assert_eq!(account.parse_contacts("", NOW, &[page.clone(), room]), Err(ReplyError::TokenExpired));
        let missing = reply(room_request("a1"), 404, Value::Null);
        assert_eq!(account.parse_contacts("", NOW, &[page, missing]).unwrap().items.len(), 1);
    }

    /// As deployed: a date counts only with the other one, and the oldest comes first.
    fn deployed(past: u32, call: &RestCall) -> Value {
        let query = |name: &str| call.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let number = |name: &str| query(name).and_then(|text| text.parse::<usize>().ok()).unwrap();
        let (now, day) = (timestamp::seconds(NOW).unwrap(), 86_400);
        let bounds = query("startDate")
            .and_then(timestamp::seconds)
            .zip(query("endDate").and_then(timestamp::seconds));
        let days = (0..=i64::from(past)).rev().map(|days| now - days * day);
        let kept: Vec<_> =
            days.filter(|at| bounds.is_none_or(|(from, to)| (from..=to).contains(at))).collect();
        let size = number("pageSize");
        let pages = u32::try_from(kept.len().div_ceil(size)).unwrap();
        let page = number("page");
        let rows: Vec<_> = kept
            .iter()
            .skip((page - 1) * size)
            .take(size)
            .map(|at| row(&format!("a{}", (now - at) / day), &timestamp::text(*at), "Completed", "Remote"))
            .collect();
        page_of(&rows, u32::try_from(page).unwrap(), pages)
    }

    #[test]
    fn a_busy_practice_costs_one_request() {
        let account = account("practitioner", "u-jane");
        let asked = std::cell::Cell::new(0);
        let answer = |call: &RestCall| {
            if call.path != LIST_PATH {
                return (404, Value::Null);
            }
            asked.set(asked.get() + 1);
            (200, deployed(1_200, call))
        };
        let contacts = list(&account, "", answer);
        assert_eq!((contacts.len(), asked.get()), (1, 1));
        assert_eq!(list(&account, "visit a31", answer).len(), 1, "what is past can be searched");
    }

    #[test]
    fn the_newest_appointments_come_first_where_the_backend_begins_with_the_oldest() {
        let account = account("practitioner", "u-jane");
        let _ = account.contacts("", NOW, &[]);
        let read = |page: u32| {
            let query = account.history(page, 50).unwrap();
            let page = query.parse(200, &deployed(1_200, &query.call)).unwrap();
            (query.call, page)
        };
        let (asked, oldest) = read(1);
        assert_eq!((oldest.page, oldest.pages), (25, 25), "what came is what it says it is");
        assert_ne!(account.history(1, 50).unwrap().call, asked, "asked again, the other end is meant");
        let mut calls = Vec::new();
        for number in 1..=25 {
            let (_, page) = read(number);
            assert_eq!(page.page, number);
            calls.extend(page.items.into_iter().map(|item| item.call));
        }
        let expected: Vec<_> = (0..=1_200).map(|days| format!("a{days}")).collect();
        assert_eq!(calls, expected);
    }

    #[test]
    fn past_appointments_stand_for_past_calls() {
        let account = account("practitioner", "u-jane");
        assert_eq!(account.history(2, 500).unwrap().call.query.len(), 4, "nobody said what time it is");
        let _ = account.contacts("", NOW, &[]);
        let query = account.history(2, 500).unwrap();
        let call = &query.call;
        assert_eq!(call.query[1], ("pageSize".to_owned(), "100".to_owned()));
        assert_eq!(call.query[4], ("endDate".to_owned(), NOW.to_owned()));
        assert_eq!(call.query[5].0, "startDate", "as deployed one date alone counts for nothing");
        let mut talked = row("a1", "2026-01-05T09:00:00Z", "Scheduled", "Remote");
        talked["videoCallRoom"] = json!({ "roomId": "r", "status": "Ended",
            "startedAt": "2026-01-05T09:02:00.000Z", "endedAt": "2026-01-05T09:20:30.000Z" });
        let rows = [
            talked,
            row("a2", "2026-01-04T09:00:00Z", "NoShow", "Remote"),
            row("a3", "2026-01-03T09:00:00Z", "Completed", "Remote"),
            row("a4", "2026-01-02T09:00:00Z", "Completed", "Physical"),
            row("a5", "2026-01-01T09:00:00Z", "Scheduled", "Remote"),
        ];
        let page = query.parse(200, &page_of(&rows, 2, 3)).unwrap();
        let items: Vec<_> = page
            .items
            .iter()
            .map(|item| (item.call.as_str(), item.status.as_str(), item.duration_s, item.outgoing))
            .collect();
        assert_eq!(items, [("r", "ended", 1110, true), ("a2", "missed", 0, true), ("a3", "ended", 0, true)]);
        assert_eq!((page.page, page.pages, page.total), (2, 3, 9));
        assert_eq!(page.items[0].started_at, "2026-01-05T09:02:00.000Z");
    }
}
