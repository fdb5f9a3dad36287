//! REST: call sessions.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bellwire_dialects::hearth::wire::{
    DemoBody, DemoData, EndData, HistoryData, IceServerRow, InitiateData, JoinData, MediaBody, Reply,
    SessionStatus, SessionType,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::current_user::CurrentUser;
use super::hub::Seat;
use super::response;
use super::state::Shared;
use super::store::{FullSession, Page};
use crate::clock::Millis;
use crate::error::ApiError;
use crate::hearth::defaults::BACKEND;
use crate::request::{Body, Params};

type Answer<T> = Result<Json<Reply<T>>, ApiError>;

fn done<T: Serialize>(message: &str, data: T) -> Json<Reply<T>> {
    Json(Reply { success: true, message: Some(message.to_owned()), data: Some(data) })
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
) -> Result<(StatusCode, Json<Reply<InitiateData>>), ApiError> {
    let full = state.sessions.initiate(&me, body).await?;
    let data = InitiateData {
        session_id: full.session.session_id.clone(),
        ice_servers: ice(&state, &me.id),
        call_settings: response::settings(&full.session),
    };
    Ok((StatusCode::CREATED, done("Call session initiated successfully", data)))
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
    };
    Ok(done("Ready to join call session", data))
}

pub(super) async fn session(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let full = state.sessions.seen(&me, &id).await?;
    let live = live(&state, &full).await;
    Ok(Json(json!({ "success": true, "data": response::session(&full, &live) })))
}

pub(super) async fn media(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    Body(body): Body<MediaBody>,
) -> Result<Json<Value>, ApiError> {
    state.sessions.media(&me, &id, body).await?;
    Ok(Json(json!({ "success": true, "message": "Media settings updated successfully" })))
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
    Ok(done("Call session ended successfully", data))
}

pub(super) async fn history(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    query: Params,
) -> Answer<HistoryData> {
    let page = query.number("page", 1)?.clamp(1, 1_000_000);
    let limit = query.number("limit", 20)?.clamp(1, 100);
    let status = query.text("status").map(SessionStatus::parse);
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
    let data = HistoryData {
        call_sessions,
        total_pages: total.div_ceil(limit),
        current_page: Some(page.to_string()),
        total,
    };
    Ok(Json(Reply { success: true, message: None, data: Some(data) }))
}

pub(super) async fn demo(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<DemoBody>,
) -> Result<(StatusCode, Json<Reply<DemoData>>), ApiError> {
    let full = state.sessions.demo(&me, body.session_id).await?;
    let data = DemoData {
        session_id: full.session.session_id.clone(),
        session_type: SessionType::parse(&full.session.kind),
        call_settings: response::settings(&full.session),
        ice_servers: ice(&state, &me.id),
    };
    Ok((StatusCode::CREATED, done("Demo session ready", data)))
}

pub(super) async fn ice_servers(State(state): State<Shared>, CurrentUser(me): CurrentUser) -> Json<Value> {
    let servers = ice(&state, &me.id);
    Json(json!({ "success": true, "iceServers": servers, "ttl": state.context.ice_ttl_s() }))
}
