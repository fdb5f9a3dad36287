//! Contacts: sessions that can be entered now, therapy sessions, and the people known from both. The
//! backend has no list of people and counts every request, so two requests make it all.

use std::collections::BTreeMap;

use bellwire_call::{MediaKind, Person, Subject};
use serde::Deserialize;

use super::{
    history, room,
    wire::{
        CallSession, SessionParticipant, SessionStatus, SessionType, TherapyReply, TherapyRole,
        TherapySession, TherapyStatus, TherapyType,
    },
};
use crate::{Attendee, Contact, Meeting, Part, Phase, Reply, ReplyError, RestCall, Rows, Slot, limits, rest};

const HISTORY_PATH: &str = "/video-call/history";
const THERAPY_PATH: &str = "/therapy/sessions";
/// Calls looked at; what can be entered is among the newest.
const MAX_CALLS: u32 = 50;
/// People of one meeting that are listed.
const MAX_ATTENDEES: usize = 64;

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
    let meeting = meeting_in(session, &everybody);
    let seat_left = meeting.as_ref().is_none_or(|meeting| present.len() < usize::from(meeting.seats));
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
            meeting,
        }),
        voice: seat_left && kind == MediaKind::Voice,
        video: seat_left && kind == MediaKind::Video,
        ..Contact::of(person)
    })
}

/// Who was asked to a call that more than two can be in.
fn meeting_in(session: &CallSession, everybody: &[Person]) -> Option<Meeting> {
    let seats =
        room::seats(session.session_type, session.max_participants, session.call_settings.through_engine);
    let is_in = |person: &Person| {
        session.participants.iter().any(|seat| seat.is_active && seat.user_id.id() == person.id.0)
    };
    let attendee = |person: &Person| Attendee {
        person: person.clone(),
        part: Part::Participant,
        present: is_in(person),
    };
    (seats > 2).then(|| Meeting {
        people: everybody.iter().take(MAX_ATTENDEES).map(attendee).collect(),
        part: Part::Participant,
        seats,
        camera: session.call_settings.is_video_enabled,
        sharing: session.call_settings.allow_screen_share,
        recorded: session.call_settings.is_recording_enabled,
    })
}

/// Everybody of a therapy session, observers as well; `call`: the one that goes on in it.
fn meeting_of(me: &str, session: &TherapySession, call: Option<&CallSession>) -> Meeting {
    let therapist = session.therapist_id.iter().map(|therapist| (therapist, Part::Therapist));
    let others = session.participants.iter().map(|person| (&person.user_id, part(person.role)));
    let mut own = Part::Participant;
    let mut people: Vec<Attendee> = Vec::new();
    for (party, part) in therapist.chain(others).filter(|(party, _)| !party.id().is_empty()) {
        let person = history::person(party);
        if person.id.0 == me {
            own = part;
        } else if people.len() < MAX_ATTENDEES && people.iter().all(|known| known.person.id != person.id) {
            let is_theirs = |seat: &SessionParticipant| seat.is_active && seat.user_id.id() == person.id.0;
            let present = call.is_some_and(|call| call.participants.iter().any(is_theirs));
            people.push(Attendee { person, part, present });
        }
    }
    let settings = call.map(|call| call.call_settings).unwrap_or_default();
    Meeting {
        people,
        part: own,
        seats: room::seats(
            SessionType::Therapy,
            call.map_or(0, |call| call.max_participants),
            settings.through_engine,
        ),
        camera: settings.is_video_enabled,
        sharing: settings.allow_screen_share,
        recorded: settings.is_recording_enabled,
    }
}

fn part(role: TherapyRole) -> Part {
    match role {
        TherapyRole::Participant | TherapyRole::Unknown => Part::Participant,
        TherapyRole::Observer => Part::Observer,
        TherapyRole::CoTherapist => Part::CoTherapist,
    }
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
    let open = calls.iter().find_map(|call| {
        let of_it = call.therapy_session_id.as_deref() == Some(session.id.as_str());
        Some((call, of_it.then(|| open_session(me, call)).flatten()?))
    });
    let full = open.as_ref().is_some_and(|(_, line)| !line.video && !line.voice);
    let call = open.map(|(call, _)| call);
    let title = session.title.as_deref().map(limits::shown).filter(|title| !title.is_empty());
    let label = title.unwrap_or_else(|| "Therapy session".to_owned());
    let about = call.map_or_else(|| session.id.clone(), |call| call.session_id.clone());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let minutes = session.duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    Some(Contact {
        id: session.id.clone(),
        detail: label.clone(),
        online: call.is_some(),
        subject: Some(Subject { id: about, label }),
        slot: Some(Slot {
            starts_at,
            minutes,
            phase: match call {
                Some(_) if full => Phase::InProgress,
                Some(_) => Phase::Waiting,
                None => phase,
            },
            they_wait: call.is_some(),
            label: what.to_owned(),
            meeting: Some(meeting_of(me, session, call)),
        }),
        voice: !full && call.is_none_or(|call| history::kind(call) == MediaKind::Voice),
        video: !full && call.is_none_or(|call| history::kind(call) == MediaKind::Video),
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
    fn a_therapy_session_without_a_free_seat_is_one_line_that_cannot_be_entered() {
        let mut full = call("call_9", "active", &user("doc", "Doc"), true);
        full["sessionType"] = json!("therapy");
        full["therapySessionId"] = json!("t1");
        full["maxParticipants"] = json!(3);
        for other in ["cleo", "eve"] {
            let seat = json!({ "userId": other, "isActive": true });
            full["participants"].as_array_mut().unwrap().push(seat);
        }
        let therapy = json!([{ "_id": "t1", "type": "group", "status": "in-progress",
            "therapistId": user("doc", "Doc"), "participants": [{ "userId": user("ana", "Ana") }] }]);
        let body = json!({ "success": true, "sessions": therapy });
        let lines = list("ana", "", "", &replies(&json!([full]), (200, body))).unwrap().items;
        let sessions: Vec<_> = lines.iter().filter(|line| line.slot.is_some()).collect();
        assert_eq!(sessions.len(), 1);
        assert_eq!((sessions[0].id.as_str(), sessions[0].voice, sessions[0].video), ("t1", false, false));
        let slot = sessions[0].slot.as_ref().unwrap();
        assert_eq!((slot.phase, slot.meeting.as_ref().unwrap().seats), (Phase::InProgress, 3));
    }

    #[test]
    fn a_group_with_a_seat_left_is_called_and_a_missing_endpoint_is_no_error() {
        let mut group = call("call_5", "active", &user("ben", "Ben"), true);
        group["sessionType"] = json!("group");
        group["invitees"] = json!([user("ana", "Ana"), user("cleo", "Cleo")]);
        group["callSettings"] = json!({ "allowScreenShare": false, "isRecordingEnabled": true });
        let mut full = group.clone();
        full["sessionId"] = json!("call_6");
        full["maxParticipants"] = json!("3");
        for other in ["cleo", "eve"] {
            let seat = json!({ "userId": other, "isActive": true });
            full["participants"].as_array_mut().unwrap().push(seat);
        }
        let both = json!([group, full]);
        let lines = list("ana", "", "", &replies(&both, (404, json!("<html>")))).unwrap().items;
        assert_eq!((lines[0].id.as_str(), lines[0].video, lines[0].voice), ("call_5", true, false));
        assert_eq!((lines[1].id.as_str(), lines[1].video), ("call_6", false));
        let meeting = lines[0].slot.as_ref().unwrap().meeting.as_ref().unwrap();
        let who: Vec<_> = meeting.people.iter().map(|one| (one.person.id.0.as_str(), one.present)).collect();
        assert_eq!((meeting.seats, who.as_slice()), (8, [("ben", true), ("cleo", false)].as_slice()));
        assert!(meeting.camera && !meeting.sharing && meeting.recorded);
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

    #[test]
    fn the_parts_in_a_therapy_session_are_shown() {
        let body = json!([{ "_id": "t1", "type": "group", "status": "in-progress",
            "therapistId": user("doc", "Doc"), "participants": [
                { "userId": user("ana", "Ana"), "role": "observer" },
                { "userId": user("ben", "Ben"), "role": "co-therapist" },
                { "userId": user("cleo", "Cleo"), "role": "juggler" },
                { "userId": user("eve", "Eve"), "role": "observer" },
                { "userId": null, "role": 5 }] }]);
        let lines = list("ana", "", "", &replies(&json!([]), (200, json!({ "data": body })))).unwrap().items;
        let meeting = lines[0].slot.as_ref().unwrap().meeting.as_ref().unwrap();
        let parts: Vec<_> = meeting.people.iter().map(|one| (one.person.id.0.as_str(), one.part)).collect();
        let expected = [
            ("doc", Part::Therapist),
            ("ben", Part::CoTherapist),
            ("cleo", Part::Participant),
            ("eve", Part::Observer),
        ];
        assert_eq!((parts.as_slice(), meeting.part, meeting.seats), (expected.as_slice(), Part::Observer, 8));
        assert!(lines[0].video && meeting.people.iter().all(|one| !one.present));
    }
}
