//! REST: calls, shared screens, their history, and the relay's credentials.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use bellwire_dialects::marketplace::wire::{
    CallData, CallReply, DeclineBody, EndBody, InitiateBody, Initiated, MessageType,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::current_user::CurrentUser;
use super::response::{self, CallPages, Paged};
use super::state::Shared;
use super::store::FullMessage;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::marketplace::defaults::BACKEND;
use crate::reply::{self, DataWithMessage, IceServersReply, data_with_message};
use crate::request::{Body, Page, Query, Text};

type Reply<T> = Result<Json<DataWithMessage<T>>, ApiError>;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct HistoryQuery {
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["all", "video", "voice", "video_call", "voice_call", "screen_share"]))]
    kind: Text,
    #[serde(flatten)]
    page: Page,
}

pub(super) async fn initiate_video(
    state: State<Shared>,
    me: CurrentUser,
    body: Body<InitiateBody>,
) -> Reply<Initiated> {
    initiate(state, me, body, MessageType::VideoCall, "Video call initiated").await
}

pub(super) async fn initiate_voice(
    state: State<Shared>,
    me: CurrentUser,
    body: Body<InitiateBody>,
) -> Reply<Initiated> {
    initiate(state, me, body, MessageType::VoiceCall, "Voice call initiated").await
}

pub(super) async fn initiate_screen(
    state: State<Shared>,
    me: CurrentUser,
    body: Body<InitiateBody>,
) -> Reply<Initiated> {
    initiate(state, me, body, MessageType::ScreenShare, "Screen share initiated").await
}

async fn initiate(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<InitiateBody>,
    kind: MessageType,
    message: &'static str,
) -> Reply<Initiated> {
    let call = state.calls.initiate(&me, &body.receiver_id, kind, None).await?.message;
    let call_data = response::call_data(&call);
    let room_id = call.room_id.unwrap_or_default();
    Ok(data_with_message(message, Initiated { message_id: call.id, room_id, call_data }))
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
    Ok(data_with_message("Joined the call", CallReply { room_id, call_data }))
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
    Ok(data_with_message("Call ended", response::call_data(&call.message)))
}

pub(super) async fn decline(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(id): Path<String>,
    body: Bytes,
) -> Reply<CallData> {
    let DeclineBody { reason } = optional(&body)?;
    let call = state.calls.decline(&me.id, &id, reason.as_deref()).await?;
    Ok(data_with_message("Call declined", response::call_data(&call.message)))
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
    Query(asked): Query<HistoryQuery>,
) -> Result<Json<Paged<CallPages>>, ApiError> {
    let (page, limit) = asked.page.read()?;
    let kind = match asked.kind.get() {
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
    let pagination = CallPages { current_page: page, total_pages: total.div_ceil(limit), total_calls: total };
    Ok(Json(Paged { success: true, data: shown(&calls), pagination }))
}

pub(super) fn shown(messages: &[FullMessage]) -> Vec<bellwire_dialects::marketplace::wire::Message> {
    messages.iter().map(response::message).collect()
}

pub(super) async fn ice_servers(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
) -> Json<IceServersReply> {
    let servers = state.context.ice_servers(BACKEND, &me.id, Millis::now());
    reply::ice_servers(servers, state.context.ice_ttl_s())
}
