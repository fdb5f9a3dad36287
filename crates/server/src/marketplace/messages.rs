//! REST: conversations, messages, presence.

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::marketplace::wire::{
    ConversationRow, Message, MessageType, ReadReply, SendBody, StatusBody, StatusReply, TypingBody,
    UnreadReply, conversation_of,
};

use super::communication::shown;
use super::current_user::CurrentUser;
use super::hub::News;
use super::response::{self, MessagePages, Paged};
use super::state::Shared;
use crate::error::ApiError;
use crate::reply::{Created, Data, DataWithMessage, Done, data, data_with_message, done};
use crate::request::{Body, Page, Query};

type Reply<T> = Result<Json<Data<T>>, ApiError>;

pub(super) async fn conversations(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
) -> Reply<Vec<ConversationRow>> {
    let rows = state.store.conversations(&me.id).await?;
    let looked = state.hub.look(move |hub| {
        rows.iter().map(|row| response::conversation(row, &hub.status(&row.other.id))).collect()
    });
    Ok(data(looked.await.ok_or_else(ApiError::internal)?))
}

pub(super) async fn conversation(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(user): Path<String>,
    Query(asked): Query<Page>,
) -> Result<Json<Paged<MessagePages>>, ApiError> {
    let (page, limit) = asked.read()?;
    if state.store.user(&user).await?.is_none() {
        return Err(ApiError::not_found("User not found"));
    }
    let id = conversation_of(&me.id, &user);
    let (messages, total) = state.store.conversation(&id, limit, (page - 1) * limit).await?;
    let pagination =
        MessagePages { current_page: page, total_pages: total.div_ceil(limit), total_messages: total };
    Ok(Json(Paged { success: true, data: shown(&messages), pagination }))
}

pub(super) async fn send(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<SendBody>,
) -> Result<Created<Json<DataWithMessage<Message>>>, ApiError> {
    if body.kind != MessageType::Text {
        return Err(ApiError::bad_request("Only text can be sent"));
    }
    let message = state.chat.send(&me, &body.receiver_id, &body.content).await?;
    Ok(Created(data_with_message("Message sent", response::message(&message))))
}

pub(super) async fn read(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(conversation): Path<String>,
) -> Result<Json<DataWithMessage<ReadReply>>, ApiError> {
    let modified_count = state.chat.read(&me.id, &conversation).await?;
    Ok(data_with_message("Messages marked as read", ReadReply { modified_count }))
}

pub(super) async fn unread(State(state): State<Shared>, CurrentUser(me): CurrentUser) -> Reply<UnreadReply> {
    let unread_count = state.store.unread(&me.id).await?;
    Ok(data(UnreadReply { unread_count }))
}

pub(super) async fn show_online(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<StatusBody>,
) -> Json<Done> {
    let status = if body.is_online { "online" } else { "offline" }.to_owned();
    state.hub.tell(News::Status { user: me.id, status }).await;
    done("Status updated")
}

pub(super) async fn typing(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Body(body): Body<TypingBody>,
) -> Json<Done> {
    state.chat.typing(&me, &body.receiver_id, body.is_typing).await;
    done("Typing status updated")
}

/// Of people one has a conversation with; about others there is nothing to learn, not even that they
/// exist.
pub(super) async fn status(
    State(state): State<Shared>,
    CurrentUser(me): CurrentUser,
    Path(user): Path<String>,
) -> Reply<StatusReply> {
    let unknown = || ApiError::not_found("User not found");
    let other = state.store.user(&user).await?.ok_or_else(unknown)?;
    if other.id != me.id && !state.store.related(&me.id).await?.contains(&other.id) {
        return Err(unknown());
    }
    let status = state.hub.look(move |hub| hub.status(&user)).await.ok_or_else(ApiError::internal)?;
    let is_online = status != "offline";
    let last_seen = if is_online { None } else { response::iso(other.last_seen) };
    Ok(data(StatusReply { user_id: other.id, is_online, status, last_seen }))
}
