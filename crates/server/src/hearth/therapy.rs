//! REST: therapy sessions. The call in one is a call session like any other.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::hearth::wire::{
    AssessmentBody, MAX_MINUTES, MAX_PEOPLE, MAX_TEXT_CHARS, MAX_TITLE_CHARS, TherapyBody, TherapyChat,
    TherapyChatBody, TherapyRole, TherapySession, TherapyStatus, TherapyType,
};

use super::current_user::CurrentUser;
use super::hub::News;
use super::response;
use super::state::{Shared, State as Hearth};
use super::store::{Account, Assessment, FullTherapy, TherapyRow};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::{Created, Data, DataWithMessage, Done, data, data_with_message, done};
use crate::request::Body;
use crate::store::new_id;

const RESPONSES: usize = 16 * 1024;

type Answer = Result<Json<DataWithMessage<TherapySession>>, ApiError>;

fn shown(full: &FullTherapy, message: &'static str) -> Json<DataWithMessage<TherapySession>> {
    data_with_message(message, response::therapy(full))
}

pub(super) async fn list(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
) -> Result<Json<Data<Vec<TherapySession>>>, ApiError> {
    let sessions = state.store.therapies(&me.id).await?;
    Ok(data(sessions.iter().map(response::therapy).collect()))
}

pub(super) async fn one(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Data<TherapySession>>, ApiError> {
    let full = member(&state, &me, &id).await?;
    Ok(data(response::therapy(&full)))
}

pub(super) async fn create(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<TherapyBody>,
) -> Result<Created<Json<DataWithMessage<TherapySession>>>, ApiError> {
    let kind = known_kind(body.kind.unwrap_or_default())?;
    let alone = matches!(kind, TherapyType::AiGuided | TherapyType::SelfPaced);
    let therapist = me.role == "therapist";
    if !alone && !therapist {
        return Err(ApiError::forbidden("Only a therapist can hold a session with others"));
    }
    check(&body)?;
    let mut people = people(&state, &body).await?;
    if alone {
        people.retain(|(id, _)| *id == me.id);
    }
    if !therapist && !people.iter().any(|(id, _)| *id == me.id) {
        people.push((me.id.clone(), TherapyRole::Participant.as_str()));
    }
    people.retain(|(id, _)| !therapist || *id != me.id);
    let now = Millis::now();
    let row = TherapyRow {
        id: new_id(now),
        title: body.title.unwrap_or_else(|| "Therapy session".to_owned()),
        description: body.description,
        kind: kind.as_str().to_owned(),
        status: TherapyStatus::Scheduled.as_str().to_owned(),
        therapist: therapist.then(|| me.id.clone()),
        scheduled_for: time(body.scheduled_for.as_deref())?,
        duration: i64::from(body.duration.unwrap_or(50)),
        started_at: None,
        ended_at: None,
        created_at: now.0,
        updated_at: now.0,
    };
    state.store.add_therapy(&row, &people).await?;
    let full = member(&state, &me, &row.id).await?;
    Ok(Created(shown(&full, "Therapy session created successfully")))
}

pub(super) async fn change(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<TherapyBody>,
) -> Answer {
    let full = holder(&state, &me, &id).await?;
    check(&body)?;
    let people = match &body.participants {
        Some(_) => Some(people(&state, &body).await?),
        None => None,
    };
    let mut row = full.session;
    row.title = body.title.unwrap_or(row.title);
    row.description = body.description.or(row.description);
    if let Some(kind) = body.kind {
        row.kind = known_kind(kind)?.as_str().to_owned();
    }
    if let Some(status) = body.status {
        row.status = match status {
            TherapyStatus::Unknown => return Err(ApiError::bad_request("Unknown status")),
            TherapyStatus::Scheduled
            | TherapyStatus::InProgress
            | TherapyStatus::Completed
            | TherapyStatus::Cancelled => status.as_str().to_owned(),
        };
    }
    if body.scheduled_for.is_some() {
        row.scheduled_for = time(body.scheduled_for.as_deref())?;
    }
    row.duration = body.duration.map_or(row.duration, i64::from);
    row.updated_at = Millis::now().0;
    let therapist = row.therapist.clone();
    let people = people.map(|mut people| {
        people.retain(|(id, _)| Some(id) != therapist.as_ref());
        people
    });
    state.store.change_therapy(&row, people.as_deref()).await?;
    let full = found(&state, &id).await?;
    admit_only_people(&state, &me, &full).await?;
    Ok(shown(&full, "Therapy session updated successfully"))
}

pub(super) async fn start(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Answer {
    holder(&state, &me, &id).await?;
    if !state.store.start_therapy(&id, Millis::now()).await? {
        return Err(ApiError::bad_request("This therapy session cannot be started"));
    }
    Ok(shown(&found(&state, &id).await?, "Therapy session started successfully"))
}

pub(super) async fn end(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Answer {
    holder(&state, &me, &id).await?;
    if !state.store.end_therapy(&id, Millis::now()).await? {
        return Err(over());
    }
    let full = found(&state, &id).await?;
    admit_only_people(&state, &me, &full).await?;
    Ok(shown(&full, "Therapy session ended successfully"))
}

pub(super) async fn join(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Answer {
    let full = member(&state, &me, &id).await?;
    if full.is_over() {
        return Err(over());
    }
    state.store.join_therapy(&id, &me.id, Millis::now()).await?;
    Ok(shown(&found(&state, &id).await?, "Joined therapy session successfully"))
}

pub(super) async fn chat(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<TherapyChatBody>,
) -> Result<Json<DataWithMessage<TherapyChat>>, ApiError> {
    let line = say(&state, &me, &id, &body.message).await?;
    Ok(data_with_message("Message sent", line))
}

pub(super) async fn assess(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<AssessmentBody>,
) -> Result<Json<Done>, ApiError> {
    member(&state, &me, &id).await?;
    let kind = body.kind.unwrap_or_else(|| "general".to_owned());
    let responses = body.responses.to_string();
    if kind.chars().count() > MAX_TITLE_CHARS || responses.len() > RESPONSES {
        return Err(ApiError::bad_request("The assessment is too long"));
    }
    let assessment = Assessment { kind: &kind, responses: &responses, score: body.score };
    state.store.add_assessment(&id, &me.id, &assessment, Millis::now()).await?;
    Ok(done("Assessment saved"))
}

/// A line of the chat, kept and sent to all sockets in the room; also lines from sockets.
pub(super) async fn say(
    state: &Hearth,
    me: &Account,
    id: &str,
    message: &str,
) -> Result<TherapyChat, ApiError> {
    present_member(state, me, id).await?;
    let message = message.trim();
    if message.is_empty() || message.chars().count() > MAX_TEXT_CHARS {
        return Err(ApiError::bad_request("A message has between 1 and 4000 characters"));
    }
    let now = Millis::now();
    state.store.add_chat(id, &me.id, message, now).await?;
    let line = TherapyChat {
        session_id: id.to_owned(),
        message: message.to_owned(),
        user_id: Some(me.id.clone()),
        first_name: Some(me.first_name.clone()),
        last_name: Some(me.last_name.clone()),
        timestamp: Some(now.iso()),
    };
    state.hub.tell(News::Chat(line.clone())).await;
    Ok(line)
}

fn over() -> ApiError {
    ApiError::bad_request("This therapy session is over")
}

/// A user who is no member of the session any more leaves its room and calls at once; all of them,
/// when it is over.
async fn admit_only_people(state: &Hearth, me: &Account, full: &FullTherapy) -> Result<(), ApiError> {
    let id = full.session.id.clone();
    if full.is_over() {
        state.sessions.end_of_therapy(me, &id).await?;
    } else {
        state.sessions.uninvite_strangers(full).await?;
    }
    let people = match full.is_over() {
        true => BTreeSet::new(),
        false => full
            .people
            .iter()
            .map(|person| person.account.id.clone())
            .chain(full.session.therapist.clone())
            .collect(),
    };
    state.hub.tell(News::TherapyPeople { id, people }).await;
    Ok(())
}

/// A therapy session the caller is of and that is not over: what its room is for.
pub(super) async fn present_member(state: &Hearth, me: &Account, id: &str) -> Result<FullTherapy, ApiError> {
    let full = member(state, me, id).await?;
    if full.is_over() { Err(over()) } else { Ok(full) }
}

/// A therapy session the caller is of.
async fn member(state: &Hearth, me: &Account, id: &str) -> Result<FullTherapy, ApiError> {
    let full = found(state, id).await?;
    if full.is_member(&me.id) {
        Ok(full)
    } else {
        Err(ApiError::forbidden("You are not part of this therapy session"))
    }
}

/// A therapy session the caller holds: as its therapist, or alone.
async fn holder(state: &Hearth, me: &Account, id: &str) -> Result<FullTherapy, ApiError> {
    let full = member(state, me, id).await?;
    if full.is_therapist(&me.id) || full.session.therapist.is_none() {
        Ok(full)
    } else {
        Err(ApiError::forbidden("Only the therapist can do this"))
    }
}

async fn found(state: &Hearth, id: &str) -> Result<FullTherapy, ApiError> {
    state.store.therapy(id).await?.ok_or_else(|| ApiError::not_found("Therapy session not found"))
}

async fn people(state: &Hearth, body: &TherapyBody) -> Result<Vec<(String, &'static str)>, ApiError> {
    let mut people = Vec::new();
    for person in body.participants.iter().flatten() {
        let role = match person.role {
            TherapyRole::Unknown => return Err(ApiError::bad_request("Unknown role")),
            known @ (TherapyRole::Participant | TherapyRole::Observer | TherapyRole::CoTherapist) => known,
        };
        let id = person.user_id.id();
        if state.store.account(id).await?.is_none() {
            return Err(ApiError::not_found("Participant not found"));
        }
        people.push((id.to_owned(), role.as_str()));
    }
    Ok(people)
}

fn known_kind(kind: TherapyType) -> Result<TherapyType, ApiError> {
    match kind {
        TherapyType::Unknown => Err(ApiError::bad_request("Unknown type of therapy session")),
        TherapyType::Individual | TherapyType::Group | TherapyType::AiGuided | TherapyType::SelfPaced => {
            Ok(kind)
        }
    }
}

fn check(body: &TherapyBody) -> Result<(), ApiError> {
    let long = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.chars().count() > most);
    if long(&body.title, MAX_TITLE_CHARS) || long(&body.description, MAX_TEXT_CHARS) {
        return Err(ApiError::bad_request("Title or description is too long"));
    }
    if body.participants.as_ref().is_some_and(|people| people.len() > MAX_PEOPLE) {
        return Err(ApiError::bad_request("Too many participants"));
    }
    if body.duration.is_some_and(|minutes| !(1..=MAX_MINUTES).contains(&minutes)) {
        return Err(ApiError::bad_request("duration is between 1 and 1440 minutes"));
    }
    Ok(())
}

fn time(text: Option<&str>) -> Result<Option<i64>, ApiError> {
    match text {
        None => Ok(None),
        Some(text) => match Millis::parse(text, false) {
            Some(at) => Ok(Some(at.0)),
            None => Err(ApiError::bad_request("scheduledFor is not a date")),
        },
    }
}
