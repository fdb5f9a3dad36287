//! REST: the blocked customers of a shop.

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::storefront::wire::{MAX_NOTE_BYTES, Party, UserType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::current_user::Seller;
use super::response;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::reply::{Done, Success, done, success};
use crate::request::Body;
use crate::store::new_id;
use crate::storefront::state::Shared;
use crate::storefront::store::Block;

const REASONS: [&str; 4] = ["spam_calls", "inappropriate_behavior", "abusive_language", "other"];

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockBody {
    customer_id: String,
    #[schemars(extend("enum" = [REASONS[0], REASONS[1], REASONS[2], REASONS[3], null]))]
    reason: Option<String>,
    #[schemars(length(max = MAX_NOTE_BYTES))]
    notes: Option<String>,
    call_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnblockBody {
    customer_id: String,
}

/// A block; `C` is the customer or their id.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<C> {
    #[serde(rename = "_id")]
    id: String,
    seller: String,
    customer: C,
    reason: String,
    notes: Option<String>,
    last_call_id: Option<String>,
    is_active: bool,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    #[schemars(extend("format" = "date-time"))]
    updated_at: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blocked {
    message: &'static str,
    blocked_customer: Row<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blocks {
    total: usize,
    blocked_customers: Vec<Row<Party>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checked {
    is_blocked: bool,
    blocked_info: Option<Row<String>>,
}

pub(super) async fn block(
    State(state): State<Shared>,
    Seller(seller): Seller,
    Body(body): Body<BlockBody>,
) -> Result<Json<Success<Blocked>>, ApiError> {
    let reason = body.reason.unwrap_or_else(|| "other".to_owned());
    if !REASONS.contains(&reason.as_str()) {
        return Err(ApiError::bad_request(format!("reason must be one of {}", REASONS.join(", "))));
    }
    if body.notes.as_ref().is_some_and(|notes| notes.len() > MAX_NOTE_BYTES) {
        return Err(ApiError::bad_request("notes is too long"));
    }
    if state.store.account(UserType::Customer, &body.customer_id).await?.is_none() {
        return Err(ApiError::not_found("Customer not found"));
    }
    if let Some(call_id) = &body.call_id {
        let call = state.store.call(call_id).await?.ok_or_else(|| ApiError::not_found("Call not found"))?;
        if call.call.seller != seller || call.call.customer != body.customer_id {
            return Err(ApiError::forbidden("You are not part of this call"));
        }
    }
    let now = Millis::now();
    let block = Block {
        id: new_id(now),
        seller: seller.clone(),
        customer: body.customer_id.clone(),
        reason,
        notes: body.notes,
        last_call_id: body.call_id,
        is_active: true,
        created_at: now.0,
        updated_at: now.0,
    };
    state.store.block(&block).await?;
    let kept = state.store.active_block(&seller, &body.customer_id).await?.unwrap_or(block);
    let message = "Customer blocked successfully";
    Ok(success(Blocked { message, blocked_customer: row(kept, |customer| customer) }))
}

pub(super) async fn unblock(
    State(state): State<Shared>,
    Seller(seller): Seller,
    Body(body): Body<UnblockBody>,
) -> Result<Json<Done>, ApiError> {
    if !state.store.unblock(&seller, &body.customer_id, Millis::now()).await? {
        return Err(ApiError::not_found("This customer is not blocked"));
    }
    Ok(done("Customer unblocked successfully"))
}

pub(super) async fn list(
    State(state): State<Shared>,
    Seller(seller): Seller,
) -> Result<Json<Success<Blocks>>, ApiError> {
    let blocks = state.store.blocks(&seller).await?.into_iter();
    let blocked_customers: Vec<_> =
        blocks.map(|(block, customer)| row(block, |_| response::party(customer))).collect();
    Ok(success(Blocks { total: blocked_customers.len(), blocked_customers }))
}

pub(super) async fn check(
    State(state): State<Shared>,
    Seller(seller): Seller,
    Path(customer): Path<String>,
) -> Result<Json<Success<Checked>>, ApiError> {
    let block = state.store.active_block(&seller, &customer).await?;
    let blocked_info = block.map(|block| row(block, |customer| customer));
    Ok(success(Checked { is_blocked: blocked_info.is_some(), blocked_info }))
}

fn row<C>(block: Block, customer: impl FnOnce(String) -> C) -> Row<C> {
    Row {
        id: block.id,
        seller: block.seller,
        customer: customer(block.customer),
        reason: block.reason,
        notes: block.notes,
        last_call_id: block.last_call_id,
        is_active: block.is_active,
        created_at: response::iso(block.created_at),
        updated_at: response::iso(block.updated_at),
    }
}
