//! REST: calls, shared screens, their history, and the relay's credentials.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use bellwire_dialects::marketplace::wire::{
    CallData, CallReply, CallsReply, DeclineBody, EndBody, Envelope, InitiateBody, InitiateReply, Initiated,
    MessageType, Pagination,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::current_user::CurrentUser;
use super::response;
use super::state::Shared;
use super::store::FullMessage;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::marketplace::defaults::BACKEND;
use crate::request::{Body, Params};

const LONGEST_PAGE: u32 = 100;

type Reply<T> = Result<Json<Envelope<T>>, ApiError>;

pub(super) async fn initiate_video(
    state: State<Shared>,
    me: CurrentUser,
    body: Body<InitiateBody>,
) -> Result<Json<InitiateReply>, ApiError> {
    initiate(state, me, body, MessageType::VideoCall, "Video call initiated").await
}

pub(super) async fn initiate_voice(
    state: State<Shared>,
    me: CurrentUser,
    body: Body<InitiateBody>,
) -> Result<Json<InitiateReply>, ApiError> {
    initiate(state, me, body, MessageType::VoiceCall, "Voice call initiated").await
}

pub(super) async fn initiate_screen(
    state: State<Shared>,
    me: CurrentUser,
    body: Body<InitiateBody>,
) -> Result<Json<InitiateReply>, ApiError> {
    initiate(state, me, body, MessageType::ScreenShare, "Screen share initiated").await
}

async fn initiate(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<InitiateBody>,
    kind: MessageType,
    message: &str,
) -> Result<Json<InitiateReply>, ApiError> {
    let call = state.calls.initiate(&me, &body.receiver_id, kind, None).await?.message;
    let call_data = response::call_data(&call);
    let room_id = call.room_id.unwrap_or_default();
    Ok(Json(Envelope::said(message, Initiated { message_id: call.id, room_id, call_data })))
}

pub(super) async fn join_video(state: State<Shared>, me: CurrentUser, id: Path<String>) -> Reply<CallReply> {
    join(state, me, id, MessageType::VideoCall).await
}

pub(super) async fn join_voice(state: State<Shared>, me: CurrentUser, id: Path<String>) -> Reply<CallReply> {
    join(state, me, id, MessageType::VoiceCall).await
}

async fn join(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    kind: MessageType,
) -> Reply<CallReply> {
    let call = state.calls.join(&me.id, &id, kind).await?.message;
    let call_data = response::call_data(&call);
    let room_id = call.room_id.unwrap_or_default();
    Ok(Json(Envelope::said("Joined the call", CallReply { room_id, call_data })))
}

pub(super) async fn end_video(
    state: State<Shared>,
    me: CurrentUser,
    id: Path<String>,
    body: Bytes,
) -> Reply<CallData> {
    end(state, me, id, &body, MessageType::VideoCall).await
}

pub(super) async fn end_voice(
    state: State<Shared>,
    me: CurrentUser,
    id: Path<String>,
    body: Bytes,
) -> Reply<CallData> {
    end(state, me, id, &body, MessageType::VoiceCall).await
}

pub(super) async fn end_screen(
    state: State<Shared>,
    me: CurrentUser,
    id: Path<String>,
    body: Bytes,
) -> Reply<CallData> {
    end(state, me, id, &body, MessageType::ScreenShare).await
}

/// The duration in the body is the client's guess; the record has its own.
async fn end(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    body: &Bytes,
    kind: MessageType,
) -> Reply<CallData> {
    let EndBody { duration: _, recording_url } = optional(body)?;
    let call = state.calls.leave(&me.id, &id, kind, recording_url.as_deref()).await?;
    Ok(Json(Envelope::said("Call ended", response::call_data(&call.message))))
}

pub(super) async fn decline(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    body: Bytes,
) -> Reply<CallData> {
    let DeclineBody { reason } = optional(&body)?;
    let call = state.calls.decline(&me.id, &id, reason.as_deref()).await?;
    Ok(Json(Envelope::said("Call declined", response::call_data(&call.message))))
}

/// A body that deployed clients leave out.
fn optional<T: DeserializeOwned + Default>(body: &Bytes) -> Result<T, ApiError> {
    if body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|_| ApiError::bad_request("The request body is not valid"))
}

pub(super) async fn history(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    params: Params,
) -> Result<Json<CallsReply>, ApiError> {
    let (page, limit) = page(&params)?;
    let kind = match params.text("type") {
        None | Some("all") => None,
        Some("video") => Some(MessageType::VideoCall),
        Some("voice") => Some(MessageType::VoiceCall),
        Some(word) => match MessageType::parse(word) {
            kind @ (MessageType::VideoCall | MessageType::VoiceCall | MessageType::ScreenShare) => Some(kind),
            MessageType::Text | MessageType::Image | MessageType::File | MessageType::Unknown => {
                return Err(ApiError::bad_request("Unknown type"));
            }
        },
    };
    let (calls, total) = state.store.calls(&me.id, kind, limit, (page - 1) * limit).await?;
    let pagination = Pagination {
        current_page: page,
        total_pages: total.div_ceil(limit),
        total_calls: Some(total),
        total_messages: None,
    };
    Ok(Json(CallsReply { success: true, data: shown(&calls), pagination }))
}

pub(super) fn shown(messages: &[FullMessage]) -> Vec<bellwire_dialects::marketplace::wire::Message> {
    messages.iter().map(response::message).collect()
}

/// Number (from 1) and length of the page that a query asks for.
pub(super) fn page(params: &Params) -> Result<(u32, u32), ApiError> {
    let page = params.number("page", 1)?.clamp(1, 1_000_000);
    Ok((page, params.number("limit", 20)?.clamp(1, LONGEST_PAGE)))
}

pub(super) async fn ice_servers(State(state): State<Shared>, CurrentUser(me): CurrentUser) -> Json<Value> {
    let servers = state.context.ice_servers(BACKEND, &me.id, Millis::now());
    Json(json!({ "success": true, "iceServers": servers, "ttl": state.context.ice_ttl_s() }))
}
