//! REST: starting, answering and ending calls, and the relay's credentials.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bellwire_dialects::storefront::wire::{EndBody, InitiateBody, RespondBody, Response};
use serde_json::{Value, json};

use super::current_user::CurrentUser;
use super::response;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::request::Body;
use crate::storefront::defaults::BACKEND;
use crate::storefront::state::Shared;
use crate::storefront::store::Remarks;

pub(super) async fn initiate(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<InitiateBody>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let call = state.calls.initiate(&me, body).await?;
    let message = "Video call initiated successfully";
    let body = json!({ "success": true, "videoCall": response::call(call), "message": message });
    Ok((StatusCode::CREATED, Json(body)))
}

pub(super) async fn respond(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<RespondBody>,
) -> Result<Json<Value>, ApiError> {
    let reason = body.decline_reason.as_deref();
    let call = state.calls.respond(&me, &body.call_id, body.response, reason).await?;
    let message = match body.response {
        Response::Accepted => "Call accepted successfully",
        Response::Declined => "Call declined successfully",
    };
    Ok(Json(json!({ "success": true, "call": response::call(call), "message": message })))
}

pub(super) async fn end(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<EndBody>,
) -> Result<Json<Value>, ApiError> {
    let remarks =
        Remarks { call_quality: body.call_quality, notes: body.notes, recording_url: body.recording_url };
    let call = state.calls.end(&me, &body.call_id, &remarks, None).await?;
    let message = "Call ended successfully";
    Ok(Json(json!({ "success": true, "call": response::call(call), "message": message })))
}

pub(super) async fn ice_servers(State(state): State<Shared>, CurrentUser(me): CurrentUser) -> Json<Value> {
    let servers = state.context.ice_servers(BACKEND, &me.id, Millis::now());
    Json(json!({ "success": true, "iceServers": servers, "ttl": state.context.ice_ttl_s() }))
}
