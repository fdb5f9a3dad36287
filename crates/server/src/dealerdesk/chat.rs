//! REST: rooms, messages, past calls and the relay's credentials. Each belongs to the two in a room.

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::dealerdesk::wire::{
    CallLogRow, CallsPage, Health, MessageRow, Pagination, Room, RoomRow, UnreadCount, UserType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::current_user::CurrentUser;
use super::party::{Party, room, room_of};
use super::state::Shared;
use super::store::calls::CallQuery;
use crate::clock::Millis;
use crate::dealerdesk::defaults::BACKEND;
use crate::error::ApiError;
use crate::reply::{self, IceServersReply};
use crate::request::{Number, Query, Text};

/// Rows of one answer.
const MOST_ROWS: u32 = 200;
/// The last page there is.
const FURTHEST: u32 = 10_000_000;
const LAST_PAGE: u32 = 1_000_000;
const LONGEST_POST: usize = 64;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OfPost {
    #[schemars(length(max = LONGEST_POST))]
    post_id: Text,
}

/// The rows that are wanted of a list.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Window {
    #[schemars(range(min = 1, max = MOST_ROWS))]
    limit: Number,
    #[schemars(range(min = 0, max = FURTHEST))]
    offset: Number,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MessagesQuery {
    dealer_email: Text,
    technician_email: Text,
    #[serde(flatten)]
    of_post: OfPost,
    #[serde(flatten)]
    window: Window,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CallsQuery {
    room_id: Text,
    user_email: Text,
    #[serde(flatten)]
    window: Window,
    #[schemars(range(min = 1, max = LAST_PAGE))]
    page: Number,
}

/// Asked by `page` it says how many there are; asked by `offset` it is the bare rows.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Calls {
    Rows(Vec<CallLogRow>),
    Page(CallsPage),
}

pub(super) async fn room_of_two(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path((dealer, technician)): Path<(String, String)>,
    Query(of): Query<OfPost>,
) -> Result<Json<RoomRow>, ApiError> {
    let room = room_of(&dealer, &technician, of.post_id.get()).ok_or_else(no_room)?;
    let me = member(caller, &room)?;
    match state.messages.open(&me, &room).await? {
        Ok(()) => {}
        Err(error) if error.code.as_deref() == Some("RATE_LIMITED") => {
            return Err(ApiError::too_many(error.message, 60));
        }
        Err(error) => return Err(ApiError::not_found(error.message)),
    }
    let created_at = state.store.room_made_at(&room).await?.map(Millis::iso);
    Ok(Json(RoomRow {
        room_id: room.to_string(),
        dealer_email: room.dealer,
        technician_email: room.technician,
        post_id: room.post,
        created_at,
        ..RoomRow::default()
    }))
}

pub(super) async fn messages(
    State(state): State<Shared>,
    caller: CurrentUser,
    Query(asked): Query<MessagesQuery>,
) -> Result<Json<Vec<MessageRow>>, ApiError> {
    let (Some(dealer), Some(technician)) = (asked.dealer_email.get(), asked.technician_email.get()) else {
        return Err(ApiError::bad_request("dealerEmail and technicianEmail are required"));
    };
    let room = room_of(dealer, technician, asked.of_post.post_id.get()).ok_or_else(no_room)?;
    rows(&state, caller, &room, &asked.window).await
}

pub(super) async fn room_messages(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(name): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Vec<MessageRow>>, ApiError> {
    rows(&state, caller, &room(&name).ok_or_else(no_room)?, &window).await
}

async fn rows(
    state: &Shared,
    caller: CurrentUser,
    room: &Room,
    window: &Window,
) -> Result<Json<Vec<MessageRow>>, ApiError> {
    member(caller, room)?;
    let (limit, offset) = window.read()?;
    Ok(Json(state.store.messages(room, limit, offset).await?))
}

pub(super) async fn unread_count(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(email): Path<String>,
) -> Result<Json<UnreadCount>, ApiError> {
    let me = caller.at(&email, &state).await?;
    Ok(Json(UnreadCount { unread_count: state.store.unread(&me).await? }))
}

pub(super) async fn rooms(
    State(state): State<Shared>,
    caller: CurrentUser,
    Path(email): Path<String>,
) -> Result<Json<Vec<RoomRow>>, ApiError> {
    let me = caller.at(&email, &state).await?;
    let mut rows = state.store.rooms(&me).await?;
    let others: Vec<Party> = rows.iter().map(|row| other_of(&me, row)).collect();
    let online = state.hub.look(move |hub| others.iter().map(|who| hub.is_online(who)).collect::<Vec<_>>());
    for (row, online) in rows.iter_mut().zip(online.await.unwrap_or_default()) {
        row.other_online = Some(online);
    }
    Ok(Json(rows))
}

fn other_of(me: &Party, row: &RoomRow) -> Party {
    match me.role {
        UserType::Dealer => Party::new(UserType::Technician, &row.technician_email),
        UserType::Technician => Party::new(UserType::Dealer, &row.dealer_email),
    }
}

pub(super) async fn calls(
    State(state): State<Shared>,
    caller: CurrentUser,
    Query(asked): Query<CallsQuery>,
) -> Result<Json<Calls>, ApiError> {
    let place = match asked.room_id.get() {
        Some(name) => Some(room(name).ok_or_else(no_room)?),
        None => None,
    };
    let me = match (&place, asked.user_email.get()) {
        (_, Some(email)) => caller.at(email, &state).await?,
        (Some(room), None) => member(caller, room)?,
        (None, None) => return Err(ApiError::bad_request("roomId or userEmail is required")),
    };
    if place.as_ref().is_some_and(|room| me.other(room).is_none()) {
        return Err(foreign());
    }
    let (limit, mut offset) = asked.window.read()?;
    let page = if asked.page.is_given() { Some(asked.page.or(1, "page")?.clamp(1, FURTHEST)) } else { None };
    if let Some(page) = page {
        offset = (page - 1).saturating_mul(limit);
    }
    let query = CallQuery { me, room: place, limit, offset };
    let (calls, total_items) = state.store.past_calls(&query).await?;
    Ok(Json(match page {
        None => Calls::Rows(calls),
        Some(current_page) => {
            let total_pages = total_items.div_ceil(limit);
            let pagination = Pagination { current_page, total_pages, total_items, items_per_page: limit };
            Calls::Page(CallsPage { calls, pagination })
        }
    }))
}

pub(super) async fn ice_servers(State(state): State<Shared>, caller: CurrentUser) -> Json<IceServersReply> {
    let me = caller.or(|| Party::new(UserType::Technician, "guest"));
    let user = format!("{}.{}", me.role.as_str(), me.email);
    let servers = state.context.ice_servers(BACKEND, &user, Millis::now());
    reply::ice_servers(servers, state.context.ice_ttl_s())
}

pub(super) async fn health(State(state): State<Shared>) -> Result<Json<Health>, ApiError> {
    state.context.pools.alive().await?;
    Ok(Json(Health {
        status: "OK".to_owned(),
        service: "chat-service".to_owned(),
        timestamp: Millis::now().iso(),
    }))
}

/// The party that asks, if they are in the room; without a token the dealer.
fn member(caller: CurrentUser, room: &Room) -> Result<Party, ApiError> {
    let me = caller.or(|| Party::of(room, UserType::Dealer));
    if me.other(room).is_some() { Ok(me) } else { Err(foreign()) }
}

impl Window {
    fn read(&self) -> Result<(u32, u32), ApiError> {
        let limit = self.limit.or(50, "limit")?.clamp(1, MOST_ROWS);
        Ok((limit, self.offset.or(0, "offset")?.min(FURTHEST)))
    }
}

fn foreign() -> ApiError {
    ApiError::forbidden("You are not part of this room")
}

fn no_room() -> ApiError {
    ApiError::bad_request("This is not a room")
}
