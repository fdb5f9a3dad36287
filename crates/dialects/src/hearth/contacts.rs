//! Contacts: sessions that can be entered now, therapy sessions, and the people known from both. The
//! backend has no list of people and counts every request, so two requests make it all.

use std::collections::BTreeMap;

use bellwire_call::{MediaKind, Person, Subject};
use serde::Deserialize;

use super::{
    history,
    wire::{
        CallSession, SessionStatus, SessionType, TherapyReply, TherapyRole, TherapySession, TherapyStatus,
        TherapyType,
    },
};
use crate::{Contact, Phase, Reply, ReplyError, RestCall, Rows, Slot, limits, rest};

const HISTORY_PATH: &str = "/video-call/history";
const THERAPY_PATH: &str = "/therapy/sessions";
/// Calls looked at; what can be entered is among the newest.
const MAX_CALLS: u32 = 50;

pub(super) fn requests() -> Vec<RestCall> {
    vec![history::history_request(1, MAX_CALLS), rest::fetch(THERAPY_PATH)]
}

pub(super) fn list(
    me: &str,
    search: &str,
    now: &str,
    replies: &[Reply],
) -> Result<Rows<Contact>, ReplyError> {
    let find = |path: &str| replies.iter().find(|reply| reply.call.path == path);
    let calls = match find(HISTORY_PATH) {
        Some(reply) => history::read_history(reply.status, &reply.body)?,
        None => Rows::default(),
    };
    let therapy = match find(THERAPY_PATH) {
        Some(reply) => therapy(reply)?,
        None => Rows::default(),
    };
    let left_out = calls.left_out.saturating_add(therapy.left_out);
    let (calls, therapy) = (calls.items, therapy.items);
    let mut lines: Vec<Contact> = Vec::new();
    let mut known: BTreeMap<String, Person> = BTreeMap::new();
    let mut meet = |person: &Person| {
        let entry = known.entry(person.id.0.clone()).or_insert_with(|| person.clone());
        if entry.name.is_empty() {
            *entry = person.clone();
        }
    };
    for session in &therapy {
        let others = company(me, session);
        others.iter().for_each(&mut meet);
        lines.extend(appointment(me, now, session, &others, &calls));
    }
    for session in &calls {
        history::others(me, session).iter().for_each(&mut meet);
        let shown = session.therapy_session_id.as_ref().is_some_and(|id| {
            lines.iter().any(|line| line.id == *id && line.slot.as_ref().is_some_and(|slot| slot.they_wait))
        });
        if !shown {
            lines.extend(open_session(me, session));
        }
    }
    lines.sort_by_key(rank);
    let mut people: Vec<Person> = known.into_values().filter(|person| !person.name.is_empty()).collect();
    people.sort_by_key(|person| person.name.to_lowercase());
    lines.extend(people.into_iter().map(|person| Contact { voice: true, ..Contact::of(person) }));
    let search = search.trim().to_lowercase();
    lines.retain(|line| fits(line, &search));
    Ok(Rows { items: lines, left_out })
}

/// A deployment without therapy sessions, or one that does not show them to us, has none.
fn therapy(reply: &Reply) -> Result<Rows<TherapySession>, ReplyError> {
    match reply.status {
        0 => return Err(ReplyError::Unreachable),
        401 => return Err(ReplyError::TokenExpired),
        200..=299 => {}
        _ => return Ok(Rows::default()),
    }
    let reply = TherapyReply::deserialize(&reply.body).map_err(|_| ReplyError::NotUnderstood)?;
    let rows = reply.data.map(|data| data.into_list()).or(reply.sessions).unwrap_or_default();
    Ok(Rows::plain(&rows))
}

/// What goes on comes first, then what comes next.
fn rank(line: &Contact) -> (u8, String) {
    let Some(slot) = &line.slot else { return (9, String::new()) };
    let phase = match slot.phase {
        Phase::Waiting => 0,
        Phase::InProgress => 1,
        Phase::Upcoming | Phase::Unconfirmed => 2,
        Phase::Ended | Phase::Cancelled => 3,
    };
    (phase, slot.starts_at.clone())
}

fn fits(line: &Contact, search: &str) -> bool {
    let label = line.subject.as_ref().map_or("", |subject| subject.label.as_str());
    // A search for another person hides no waiting party.
    search.is_empty()
        || line.slot.as_ref().is_some_and(|slot| slot.they_wait)
        || [line.person.name.as_str(), label].iter().any(|text| text.to_lowercase().contains(search))
}

/// A call that goes on, or waits for us, with a person in it.
fn open_session(me: &str, session: &CallSession) -> Option<Contact> {
    let phase = match session.status {
        SessionStatus::Waiting => Phase::Waiting,
        SessionStatus::Active => Phase::InProgress,
        SessionStatus::Ended | SessionStatus::Unknown => return None,
    };
    let present: Vec<_> = session.participants.iter().filter(|seat| seat.is_active).collect();
    if present.iter().any(|seat| seat.user_id.id() == me) {
        return None;
    }
    let there = history::person(&present.first()?.user_id);
    let everybody = history::others(me, session);
    let person = everybody.iter().find(|person| person.id == there.id).cloned().unwrap_or(there);
    let kind = history::kind(session);
    // Conversations of more than two are shown, and entered elsewhere.
    let pair = session.session_type != SessionType::Group && everybody.len() == 1;
    let (name, what) = match session.session_type {
        SessionType::Group => ("Group call", "group"),
        SessionType::Therapy => ("Therapy session", "therapy"),
        SessionType::OneToOne | SessionType::Unknown => ("Call", "one_to_one"),
    };
    let label = history::title(session).unwrap_or_else(|| name.to_owned());
    Some(Contact {
        id: session.session_id.clone(),
        detail: label.clone(),
        online: true,
        subject: Some(Subject { id: session.session_id.clone(), label }),
        slot: Some(Slot {
            starts_at: session.start_time.clone().or_else(|| session.created_at.clone()).unwrap_or_default(),
            minutes: 0,
            phase,
            they_wait: true,
            label: what.to_owned(),
        }),
        voice: pair && kind == MediaKind::Voice,
        video: pair && kind == MediaKind::Video,
        ..Contact::of(person)
    })
}

/// Who is in a therapy session with us: its therapist first, observers left out.
fn company(me: &str, session: &TherapySession) -> Vec<Person> {
    let active = session.participants.iter().filter(|person| person.role != TherapyRole::Observer);
    let all = session.therapist_id.iter().chain(active.map(|person| &person.user_id));
    let mut company: Vec<Person> = Vec::new();
    for party in all.take(limits::MAX_ROWS).filter(|party| party.id() != me && !party.id().is_empty()) {
        let person = history::person(party);
        if !company.iter().any(|known| known.id == person.id) {
            company.push(person);
        }
    }
    company
}

fn appointment(
    me: &str,
    now: &str,
    session: &TherapySession,
    others: &[Person],
    calls: &[CallSession],
) -> Option<Contact> {
    let person = others.first()?.clone();
    let what = match session.kind {
        TherapyType::Individual => "individual_therapy",
        TherapyType::Group => "group_therapy",
        // There is no other person.
        TherapyType::AiGuided | TherapyType::SelfPaced | TherapyType::Unknown => return None,
    };
    let phase = match session.status {
        TherapyStatus::Scheduled => Phase::Upcoming,
        TherapyStatus::InProgress => Phase::InProgress,
        TherapyStatus::Completed | TherapyStatus::Cancelled | TherapyStatus::Unknown => return None,
    };
    let starts_at = session.scheduled_for.clone().unwrap_or_default();
    // Both are UTC, so that days compare as text; without a clock every day is to come.
    let day = |time: &str| time.get(..10).unwrap_or_default().to_owned();
    if phase == Phase::Upcoming && !starts_at.is_empty() && day(&starts_at) < day(now) {
        return None;
    }
    let call = calls.iter().find(|call| {
        call.therapy_session_id.as_deref() == Some(session.id.as_str())
            && open_session(me, call).is_some_and(|line| line.video || line.voice)
    });
    let title = session.title.as_deref().map(limits::shown).filter(|title| !title.is_empty());
    let label = title.unwrap_or_else(|| "Therapy session".to_owned());
    let about = call.map_or_else(|| session.id.clone(), |call| call.session_id.clone());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let minutes = session.duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    let pair = others.len() == 1;
    Some(Contact {
        id: session.id.clone(),
        detail: label.clone(),
        online: call.is_some(),
        subject: Some(Subject { id: about, label }),
        slot: Some(Slot {
            starts_at,
            minutes,
            phase: if call.is_some() { Phase::Waiting } else { phase },
            they_wait: call.is_some(),
            label: what.to_owned(),
        }),
        voice: pair && call.is_none_or(|call| history::kind(call) == MediaKind::Voice),
        video: pair && call.is_none_or(|call| history::kind(call) == MediaKind::Video),
        ..Contact::of(person)
    })
}

#[cfg(test)]
mod tests {
    use bellwire_call::PersonId;
    use serde_json::{Value, json};

    use super::*;

    fn user(id: &str, name: &str) -> Value {
        json!({ "_id": id, "firstName": name, "lastName": "Test" })
    }

    fn replies(calls: &Value, therapy: (u16, Value)) -> Vec<Reply> {
        let [history, sessions] = <[RestCall; 2]>::try_from(requests()).unwrap();
        let body = json!({ "success": true, "data": { "callSessions": calls, "totalPages": 1,
            "currentPage": "1", "total": 2 } });
        vec![
            Reply { call: history, status: 200, body },
            Reply { call: sessions, status: therapy.0, body: therapy.1 },
        ]
    }

    fn call(id: &str, status: &str, other: &Value, active: bool) -> Value {
        json!({ "sessionId": id, "sessionType": "one-to-one", "status": status, "initiatorId": other,
            "participants": [{ "userId": other, "isActive": active }] })
    }

    #[test]
    fn what_can_be_entered_comes_before_appointments_and_people() {
        let calls = json!([
            call("call_2", "active", &user("ben", "Ben"), true),
            call("call_1", "ended", &user("cleo", "Cleo"), false),
            call("call_0", "waiting", &user("cleo", "Cleo"), false),
        ]);
        let therapy = json!({ "success": true, "data": [
            { "_id": "t1", "title": "Tuesdays", "type": "individual", "status": "scheduled", "duration": 50,
              "therapistId": user("doc", "Doc"), "participants": [{ "userId": "ana", "role": "participant" }],
              "scheduledFor": "2026-01-06T10:00:00.000Z" },
            { "_id": "t0", "type": "individual", "status": "scheduled", "therapistId": user("doc", "Doc"),
              "scheduledFor": "2026-01-04T10:00:00.000Z" },
            { "_id": "t2", "type": "self-paced", "status": "in-progress", "therapistId": user("doc", "Doc") },
        ] });
        let replies = replies(&calls, (200, therapy));
        let lines = list("ana", "", "2026-01-05T10:00:00.000Z", &replies).unwrap().items;
        let ids: Vec<_> = lines.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(ids, ["call_2", "t1", "ben", "cleo", "doc"]);
        let slot = lines[1].slot.as_ref().unwrap();
        assert_eq!((slot.phase, slot.minutes, slot.they_wait), (Phase::Upcoming, 50, false));
        assert_eq!(lines[1].subject.as_ref().unwrap().id, "t1");
        assert_eq!(lines[0].subject.as_ref().unwrap().id, "call_2");
        assert!(lines[0].video && !lines[0].voice && lines[2].voice && lines[2].video);
        assert_eq!(lines[2].person.id, PersonId("ben".into()));
        let found = list("ana", " tues", "", &replies).unwrap().items;
        let ids: Vec<_> = found.iter().map(|line| line.id.as_str()).collect();
        assert_eq!(ids, ["call_2", "t1"], "who waits is shown whatever is searched");
    }

    #[test]
    fn who_waits_in_a_therapy_session_is_met_in_their_call() {
        let mut waiting = call("call_9", "waiting", &user("doc", "Doc"), true);
        waiting["sessionType"] = json!("therapy");
        waiting["therapySessionId"] = json!("t1");
        let therapy = json!([{ "_id": "t1", "type": "individual", "status": "in-progress",
            "therapistId": user("doc", "Doc"), "participants": [{ "userId": user("ana", "Ana") }] }]);
        let body = json!({ "success": true, "sessions": therapy });
        let lines = list("ana", "", "", &replies(&json!([waiting]), (200, body))).unwrap().items;
        assert_eq!(lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["t1", "doc"]);
        let slot = lines[0].slot.as_ref().unwrap();
        assert_eq!((slot.phase, slot.they_wait), (Phase::Waiting, true));
        assert_eq!(lines[0].subject.as_ref().unwrap().id, "call_9");
    }

    #[test]
    fn a_group_is_shown_and_not_called_and_a_missing_endpoint_is_no_error() {
        let mut group = call("call_5", "active", &user("ben", "Ben"), true);
        group["sessionType"] = json!("group");
        let lines = list("ana", "", "", &replies(&json!([group]), (404, json!("<html>")))).unwrap().items;
        assert_eq!((lines[0].id.as_str(), lines[0].video, lines[0].voice), ("call_5", false, false));
        let expired = replies(&json!([]), (401, Value::Null));
        assert_eq!(list("ana", "", "", &expired).unwrap_err(), ReplyError::TokenExpired);
    }

    #[test]
    fn a_therapist_sees_the_client_of_each_session_and_odd_rows_cost_themselves() {
        let client = json!({ "_id": "cli", "id": "cli", "firstName": "Cleo", "fullName": "Cleo Test" });
        let body = json!({ "success": true, "count": 3, "sessions": [
            { "_id": "t1", "id": "t1", "title": "Tuesdays", "type": "individual", "status": "scheduled",
              "scheduledFor": "2026-01-06T10:00:00.000Z", "duration": "60", "user": client,
              "therapist": user("doc", "Doc"), "participants": [] },
            { "_id": 7, "type": "group", "status": null, "user": null, "therapist": user("doc", "Doc"),
              "participants": [{ "user": null, "role": "participant" }, { "user": user("eve", "Eve") }, 5] },
            { "title": "no id" },
        ] });
        let lines =
            list("doc", "", "2026-01-05T10:00:00.000Z", &replies(&json!([null]), (200, body))).unwrap();
        let ids: Vec<_> = lines.items.iter().map(|line| line.id.as_str()).collect();
        assert_eq!((ids.as_slice(), lines.left_out), (["7", "t1", "cli", "eve"].as_slice(), 2));
        assert_eq!(lines.items[1].person.name, "Cleo");
        assert_eq!(lines.items[1].slot.as_ref().unwrap().minutes, 60);
    }
}
