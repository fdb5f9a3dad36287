//! Past calls over REST, and who was in a session besides us.

use bellwire_call::{MediaKind, Person, PersonId, Subject};
use serde_json::Value;

use super::wire::{CallSession, HistoryData, Ref, Reply, SessionStatus, SessionType, full_name};
use crate::{HistoryItem, HistoryPage, ReplyError, RestCall, limits, rest};

pub(super) fn history_request(page: u32, limit: u32) -> RestCall {
    rest::fetch("/video-call/history").with("page", page.max(1)).with("limit", limit.clamp(1, 100))
}

/// The page's sessions and its figures.
pub(super) fn read_history(status: u16, body: &Value) -> Result<HistoryData, ReplyError> {
    rest::read::<Reply<HistoryData>>(status, body)?.data.ok_or(ReplyError::NotUnderstood)
}

pub(super) fn history(me: &str, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
    let data = read_history(status, body)?;
    let page = data.current_page.and_then(|page| page.parse().ok()).unwrap_or(1);
    let items = data.call_sessions.iter().take(limits::ROWS).map(|session| past_call(me, session)).collect();
    Ok(HistoryPage { items, page, pages: data.total_pages, total: data.total, left_out: 0 })
}

fn past_call(me: &str, session: &CallSession) -> HistoryItem {
    let started = session.start_time.as_ref().or(session.created_at.as_ref());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let duration_s = session.duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    let peer = others(me, session).into_iter().next();
    HistoryItem {
        call: session.session_id.clone(),
        peer: peer.unwrap_or_else(|| Person {
            id: PersonId(String::new()),
            name: String::new(),
            avatar: None,
        }),
        outgoing: session.initiator_id.id() == me,
        status: outcome(session).to_owned(),
        started_at: started.cloned().unwrap_or_default(),
        duration_s,
        subject: title(session).map(|label| Subject { id: session.session_id.clone(), label }),
        kind: Some(kind(session)),
    }
}

/// The deployed backend keeps only that a session has ended; without a start nobody came.
fn outcome(session: &CallSession) -> &'static str {
    match (session.status, session.end_reason.as_deref()) {
        (SessionStatus::Waiting, _) => "ringing",
        (SessionStatus::Active, _) => "accepted",
        (SessionStatus::Ended | SessionStatus::Unknown, Some("declined" | "busy")) => "declined",
        (SessionStatus::Ended | SessionStatus::Unknown, Some("missed" | "cancelled")) => "missed",
        (SessionStatus::Ended | SessionStatus::Unknown, None) if session.start_time.is_none() => "missed",
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

/// Everybody of a session but us: who began it first, then who came, then who was asked to.
pub(super) fn others(me: &str, session: &CallSession) -> Vec<Person> {
    let came = session.participants.iter().map(|seat| &seat.user_id);
    let all = std::iter::once(&session.initiator_id).chain(came).chain(&session.invitees);
    let mut others: Vec<Person> = Vec::new();
    for party in all.take(limits::ROWS).filter(|party| party.id() != me && !party.id().is_empty()) {
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
