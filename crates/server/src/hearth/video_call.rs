//! REST: call sessions.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::hearth::wire::{
    CallSession, DemoBody, DemoData, EndData, HistoryData, IceServerRow, InitiateData, InviteBody,
    InviteData, JoinData, MediaBody, SessionStatus, SessionType,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::current_user::CurrentUser;
use super::hub::Seat;
use super::response;
use super::state::Shared;
use super::store::{FullSession, Page};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::hearth::defaults::BACKEND;
use crate::reply::{
    self, Created, Data, DataWithMessage, Done, IceServersReply, data, data_with_message as said, done,
};
use crate::request::{self, Body, Query, Text};

type Answer<T> = Result<Json<DataWithMessage<T>>, ApiError>;
type AnswerCreated<T> = Result<Created<Json<DataWithMessage<T>>>, ApiError>;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct HistoryQuery {
    #[serde(flatten)]
    page: request::Page,
    #[schemars(with = "SessionStatus")]
    status: Text,
}

fn ice(state: &Shared, user: &str) -> Vec<IceServerRow> {
    response::ice(state.context.ice_servers(BACKEND, user, Millis::now()))
}

async fn live(state: &Shared, full: &FullSession) -> BTreeMap<String, Seat> {
    let id = full.session.session_id.clone();
    state.hub.look(move |hub| hub.seats(&id)).await.unwrap_or_default()
}

pub(super) async fn initiate(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<Value>,
) -> AnswerCreated<InitiateData> {
    let full = state.sessions.initiate(&me, body).await?;
    let data = InitiateData {
        session_id: full.session.session_id.clone(),
        ice_servers: ice(&state, &me.id),
        call_settings: response::settings(&full.session),
        max_participants: response::seats(&full.session),
    };
    Ok(Created(said("Call session initiated successfully", data)))
}

pub(super) async fn join(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Answer<JoinData> {
    let full = state.sessions.join(&me, &id).await?;
    let live = live(&state, &full).await;
    let data = JoinData {
        session_id: id,
        session_type: SessionType::parse(&full.session.kind),
        participants: response::present(&full, &live),
        call_settings: response::settings(&full.session),
        ice_servers: ice(&state, &me.id),
        max_participants: response::seats(&full.session),
    };
    Ok(said("Ready to join call session", data))
}

pub(super) async fn invite(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<InviteBody>,
) -> Answer<InviteData> {
    let invited = state.sessions.invite(&me, &id, body.participants).await?;
    Ok(said("Invitations sent", InviteData { invited }))
}

pub(super) async fn session(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Data<CallSession>>, ApiError> {
    let full = state.sessions.seen(&me, &id).await?;
    let live = live(&state, &full).await;
    Ok(data(response::session(&full, &live)))
}

pub(super) async fn media(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<MediaBody>,
) -> Result<Json<Done>, ApiError> {
    state.sessions.media(&me, &id, body).await?;
    Ok(done("Media settings updated successfully"))
}

pub(super) async fn end(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Answer<EndData> {
    let full = state.sessions.end(&me, &id).await?;
    #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
    let duration = full.session.duration as f64;
    let data = EndData { duration, duration_in_minutes: (duration / 60.0).round() };
    Ok(said("Call session ended successfully", data))
}

pub(super) async fn history(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Query(asked): Query<HistoryQuery>,
) -> Result<Json<Data<HistoryData>>, ApiError> {
    let (page, limit) = asked.page.read()?;
    let status = asked.status.get().map(SessionStatus::parse);
    if status == Some(SessionStatus::Unknown) {
        return Err(ApiError::bad_request("status must be waiting, active or ended"));
    }
    let wanted = Page {
        status: status.map(SessionStatus::as_str),
        limit,
        offset: i64::from(page - 1) * i64::from(limit),
    };
    let (sessions, total) = state.store.history(&me.id, wanted).await?;
    let total = u32::try_from(total).unwrap_or(u32::MAX);
    let mut call_sessions = Vec::with_capacity(sessions.len());
    for full in &sessions {
        let live = if full.is_over() { BTreeMap::new() } else { live(&state, full).await };
        call_sessions.push(response::session(full, &live));
    }
    Ok(data(HistoryData {
        call_sessions,
        total_pages: total.div_ceil(limit),
        current_page: Some(page.to_string()),
        total,
    }))
}

pub(super) async fn demo(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<DemoBody>,
) -> AnswerCreated<DemoData> {
    let full = state.sessions.demo(&me, body.session_id).await?;
    let data = DemoData {
        session_id: full.session.session_id.clone(),
        session_type: SessionType::parse(&full.session.kind),
        call_settings: response::settings(&full.session),
        ice_servers: ice(&state, &me.id),
    };
    Ok(Created(said("Demo session ready", data)))
}

pub(super) async fn ice_servers(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
) -> Json<IceServersReply> {
    let servers = state.context.ice_servers(BACKEND, &me.id, Millis::now());
    reply::ice_servers(servers, state.context.ice_ttl_s())
}
