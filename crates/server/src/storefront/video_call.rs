//! REST: starting, answering and ending calls, and the relay's credentials.

use axum::Json;
use axum::extract::State;
use bellwire_dialects::storefront::wire::{EndBody, InitiateBody, RespondBody, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::current_user::CurrentUser;
use super::response;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::{self, Created, IceServersReply, Success, success};
use crate::request::Body;
use crate::storefront::defaults::BACKEND;
use crate::storefront::state::Shared;
use crate::storefront::store::Remarks;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Initiated {
    video_call: response::CallBody,
    message: &'static str,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Changed {
    call: response::CallBody,
    message: &'static str,
}

pub(super) async fn initiate(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<InitiateBody>,
) -> Result<Created<Json<Success<Initiated>>>, ApiError> {
    let call = state.calls.initiate(&me, body).await?;
    let message = "Video call initiated successfully";
    Ok(Created(success(Initiated { video_call: response::call(call), message })))
}

pub(super) async fn respond(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<RespondBody>,
) -> Result<Json<Success<Changed>>, ApiError> {
    let reason = body.decline_reason.as_deref();
    let call = state.calls.respond(&me, &body.call_id, body.response, reason).await?;
    let message = match body.response {
        Response::Accepted => "Call accepted successfully",
        Response::Declined => "Call declined successfully",
    };
    Ok(success(Changed { call: response::call(call), message }))
}

pub(super) async fn end(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<EndBody>,
) -> Result<Json<Success<Changed>>, ApiError> {
    let remarks =
        Remarks { call_quality: body.call_quality, notes: body.notes, recording_url: body.recording_url };
    let call = state.calls.end(&me, &body.call_id, &remarks, None).await?;
    let message = "Call ended successfully";
    Ok(success(Changed { call: response::call(call), message }))
}

pub(super) async fn ice_servers(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
) -> Json<IceServersReply> {
    let servers = state.context.ice_servers(BACKEND, &me.id, Millis::now());
    reply::ice_servers(servers, state.context.ice_ttl_s())
}
