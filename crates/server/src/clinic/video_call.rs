//! REST: rooms of appointments, and the relay's credentials.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bellwire_dialects::clinic::wire::{AppointmentType, RoomCreated, RoomRecord};
use serde_json::{Value, json};

use super::current_user::CurrentUser;
use super::{appointments, records, response};
use crate::clinic::defaults::BACKEND;
use crate::clinic::state::Shared;
use crate::clock::Millis;
use crate::error::ApiError;

pub(super) async fn room(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(appointment): Path<String>,
) -> Result<Json<RoomRecord>, ApiError> {
    let row = appointments::own(&state, &caller.party(), &appointment).await?;
    let room = response::room(&row);
    room.map(Json).ok_or_else(|| ApiError::not_found("Room not found for this appointment"))
}

pub(super) async fn create(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(appointment): Path<String>,
) -> Result<(StatusCode, Json<RoomCreated>), ApiError> {
    let row = appointments::own(&state, &caller.party(), &appointment).await?;
    if response::word::<AppointmentType>(&row.kind) != AppointmentType::Remote {
        return Err(ApiError::bad_request("Only remote appointments have a room"));
    }
    let now = Millis::now();
    let room_id = state.store.ensure_room(&appointment, &records::new_room_id(now), now).await?;
    Ok((StatusCode::CREATED, Json(RoomCreated { room_id })))
}

pub(super) async fn ice_servers(State(state): State<Shared>, caller: CurrentUser) -> Json<Value> {
    let servers = state.context.ice_servers(BACKEND, &caller.session.claims.sub, Millis::now());
    Json(json!({ "success": true, "iceServers": servers, "ttl": state.context.ice_ttl_s() }))
}
