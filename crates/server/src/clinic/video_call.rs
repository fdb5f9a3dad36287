//! REST: rooms of appointments, and the relay's credentials.

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::clinic::wire::{AppointmentType, RoomCreated};

use super::current_user::CurrentUser;
use super::{appointments, records, response};
use crate::clinic::defaults::BACKEND;
use crate::clinic::state::Shared;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::{self, Created, IceServersReply};

pub(super) async fn room(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(appointment): Path<String>,
) -> Result<Json<response::Room>, ApiError> {
    let row = appointments::own(&state, &caller.party(), &appointment).await?;
    let room = response::room(&row);
    room.map(Json).ok_or_else(|| ApiError::not_found("Room not found for this appointment"))
}

pub(super) async fn create(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(appointment): Path<String>,
) -> Result<Created<Json<RoomCreated>>, ApiError> {
    let row = appointments::own(&state, &caller.party(), &appointment).await?;
    if response::word::<AppointmentType>(&row.kind) != AppointmentType::Remote {
        return Err(ApiError::bad_request("Only remote appointments have a room"));
    }
    let now = Millis::now();
    let room_id = state.store.ensure_room(&appointment, &records::new_room_id(now), now).await?;
    Ok(Created(Json(RoomCreated { room_id })))
}

pub(super) async fn ice_servers(State(state): State<Shared>, caller: CurrentUser) -> Json<IceServersReply> {
    let servers = state.context.ice_servers(BACKEND, &caller.session.claims.sub, Millis::now());
    reply::ice_servers(servers, state.context.ice_ttl_s())
}
