//! Past calls over REST, and who was in a session besides us.

use std::collections::BTreeSet;

use bellwire_call::{MediaKind, Person, PersonId, Subject};
use serde::Deserialize;
use serde_json::Value;

use super::wire::{CallSession, Ref, Reply, SessionStatus, SessionType, full_name};
use crate::{HistoryItem, HistoryPage, ReplyError, RestCall, Rows, lenient, limits, rest};

pub(super) fn history_request(page: u32, limit: u32) -> RestCall {
    rest::fetch("/video-call/history").with("page", page.max(1)).with("limit", limit.clamp(1, 100))
}

/// The page's sessions and its figures.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Page {
    call_sessions: Vec<Value>,
    #[serde(deserialize_with = "lenient::count")]
    total_pages: u32,
    /// Some deployments write the query's text.
    #[serde(deserialize_with = "lenient::count")]
    current_page: u32,
    #[serde(deserialize_with = "lenient::count")]
    total: u32,
}

fn read_page(status: u16, body: &Value) -> Result<Page, ReplyError> {
    rest::read::<Reply<Page>>(status, body)?.data.ok_or(ReplyError::NotUnderstood)
}

/// The sessions alone.
pub(super) fn read_history(status: u16, body: &Value) -> Result<Rows<CallSession>, ReplyError> {
    Ok(Rows::plain(&read_page(status, body)?.call_sessions))
}

pub(super) fn history(me: &str, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
    let page = read_page(status, body)?;
    let rows = Rows::<CallSession>::plain(&page.call_sessions);
    let items = rows.items.iter().map(|session| past_call(me, session)).collect();
    let (pages, total, left_out) = (page.total_pages, page.total, rows.left_out);
    Ok(HistoryPage { items, page: page.current_page.max(1), pages, total, left_out })
}

fn past_call(me: &str, session: &CallSession) -> HistoryItem {
    let started = session.start_time.as_ref().or(session.created_at.as_ref());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let duration_s = session.duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    let members = others(me, session);
    let peer = members.first().cloned();
    let status = outcome(session);
    HistoryItem {
        call: session.session_id.clone(),
        peer: peer.unwrap_or_else(|| Person {
            id: PersonId(String::new()),
            name: String::new(),
            avatar: None,
        }),
        members: if members.len() > 1 { members } else { Vec::new() },
        outgoing: session.initiator_id.id() == me,
        status: status.to_owned(),
        started_at: started.cloned().unwrap_or_default(),
        duration_s: if status == "missed" { 0 } else { duration_s },
        subject: title(session).map(|label| Subject { id: session.session_id.clone(), label }),
        kind: Some(kind(session)),
    }
}

/// More than one person has taken a seat; a person deleted since counts as another one.
fn met(session: &CallSession) -> bool {
    let came: BTreeSet<&str> = session.participants.iter().map(|seat| seat.user_id.id()).collect();
    came.len() > 1 || (came.is_empty() && session.start_time.is_some())
}

/// The deployed backend keeps only that a session has ended: where one person alone was in it, whatever
/// start it names, the call was missed.
fn outcome(session: &CallSession) -> &'static str {
    match (session.status, session.end_reason.as_deref()) {
        (SessionStatus::Waiting, _) => "ringing",
        (SessionStatus::Active, _) => "accepted",
        (SessionStatus::Ended | SessionStatus::Unknown, Some("declined" | "busy")) => "declined",
        (SessionStatus::Ended | SessionStatus::Unknown, Some("missed" | "cancelled")) => "missed",
        (SessionStatus::Ended | SessionStatus::Unknown, None) if !met(session) => "missed",
        (SessionStatus::Ended | SessionStatus::Unknown, Some(_) | None) => "ended",
    }
}

pub(super) fn kind(session: &CallSession) -> MediaKind {
    if session.call_settings.is_video_enabled { MediaKind::Video } else { MediaKind::Voice }
}

/// What people call the session, if it is more than a call of two.
pub(super) fn title(session: &CallSession) -> Option<String> {
    let given = session.metadata.as_ref().and_then(|metadata| metadata.title.as_deref()).map(limits::shown);
    given.filter(|title| !title.is_empty()).or_else(|| match session.session_type {
        SessionType::Group => Some("Group call".to_owned()),
        SessionType::Therapy => Some("Therapy session".to_owned()),
        SessionType::OneToOne | SessionType::Unknown => None,
    })
}

/// All of a session but us: the initiator first, then who came, then who was invited.
pub(super) fn others(me: &str, session: &CallSession) -> Vec<Person> {
    let came = session.participants.iter().map(|seat| &seat.user_id);
    let all = std::iter::once(&session.initiator_id).chain(came).chain(&session.invitees);
    let mut others: Vec<Person> = Vec::new();
    for party in all.take(limits::MAX_ROWS).filter(|party| party.id() != me && !party.id().is_empty()) {
        let person = person(party);
        match others.iter_mut().find(|known| known.id == person.id) {
            Some(known) if known.name.is_empty() => *known = person,
            Some(_) => {}
            None => others.push(person),
        }
    }
    others
}

/// A person, as far as the record says.
pub(super) fn person(party: &Ref) -> Person {
    match party {
        Ref::Id(id) => Person { id: PersonId(id.clone()), name: String::new(), avatar: None },
        Ref::Full(person) => Person {
            id: PersonId(person.id.clone()),
            name: limits::shown(&full_name(person.first_name.as_deref(), person.last_name.as_deref())),
            avatar: person.profile_picture.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(sessions: &Value) -> HistoryPage {
        let data = json!({ "callSessions": sessions, "totalPages": "1", "currentPage": "1", "total": 3 });
        history("ana", 200, &json!({ "success": true, "data": data })).unwrap()
    }

    #[test]
    fn a_deleted_person_costs_their_name_and_no_row() {
        let ben = json!({ "_id": "ben", "firstName": "Ben", "avatar": { "url": "https://img/ben" } });
        let page = page(&json!([
            { "sessionId": "1", "initiatorId": null, "status": "ended",
              "participants": [{ "userId": null, "isActive": false }, { "userId": "ana" }] },
            { "sessionId": 2, "initiatorId": ben, "status": null, "participants": null },
            { "initiatorId": ben, "status": "ended" },
            null,
        ]));
        assert_eq!((page.items.len(), page.left_out), (2, 2));
        assert_eq!((page.items[0].peer.name.as_str(), page.items[0].status.as_str()), ("", "ended"));
        assert_eq!((page.items[1].call.as_str(), page.items[1].peer.name.as_str()), ("2", "Ben"));
        assert_eq!(page.items[1].peer.avatar.as_deref(), Some("https://img/ben"));
    }

    #[test]
    fn a_session_of_several_names_everybody_but_us_and_one_of_two_nobody() {
        let seat = |id: &str| json!({ "userId": { "_id": id, "firstName": id }, "joinedAt": "" });
        let page = page(&json!([
            { "sessionId": "1", "initiatorId": "ben", "status": "ended",
              "participants": [seat("ben"), seat("ana"), seat("cy")], "invitees": ["dee", "ben"] },
            { "sessionId": "2", "initiatorId": "ana", "status": "ended",
              "participants": [seat("ana"), seat("ben")] },
        ]));
        let ids =
            |at: usize| -> Vec<&str> { page.items[at].members.iter().map(|one| one.id.0.as_str()).collect() };
        assert_eq!(ids(0), ["ben", "cy", "dee"]);
        assert_eq!(page.items[0].members[0].name, "ben");
        assert_eq!(ids(1), Vec::<&str>::new());
    }

    #[test]
    fn a_session_that_only_its_caller_was_in_is_missed() {
        let seat = |id: &str| json!({ "userId": id, "joinedAt": "2026-01-05T10:00:00Z" });
        let status = |seats: Value| {
            let session = json!({ "sessionId": "1", "initiatorId": "ana", "status": "ended", "duration": 10,
                "startTime": "2026-01-05T10:00:00Z", "participants": seats });
            let item = page(&json!([session])).items.remove(0);
            (item.status, item.duration_s)
        };
        assert_eq!(status(json!([seat("ana")])), ("missed".to_owned(), 0));
        assert_eq!(status(json!([seat("ana"), seat("ana")])), ("missed".to_owned(), 0));
        assert_eq!(status(json!([seat("ana"), seat("ben")])), ("ended".to_owned(), 10));
    }
}
