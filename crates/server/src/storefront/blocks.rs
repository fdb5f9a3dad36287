//! REST: the blocked customers of a shop.

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::storefront::wire::UserType;
use serde::Deserialize;
use serde_json::{Value, json};

use super::current_user::Seller;
use super::response;
use crate::clock::Millis;
use crate::error::ApiError;
use crate::request::Body;
use crate::store::new_id;
use crate::storefront::state::Shared;
use crate::storefront::store::Block;

const REASONS: [&str; 4] = ["spam_calls", "inappropriate_behavior", "abusive_language", "other"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockBody {
    customer_id: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    call_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnblockBody {
    customer_id: String,
}

pub(super) async fn block(
    State(state): State<Shared>,
    Seller(seller): Seller,
    Body(body): Body<BlockBody>,
) -> Result<Json<Value>, ApiError> {
    let reason = body.reason.unwrap_or_else(|| "other".to_owned());
    if !REASONS.contains(&reason.as_str()) {
        return Err(ApiError::bad_request(format!("reason must be one of {}", REASONS.join(", "))));
    }
    if body.notes.as_ref().is_some_and(|notes| notes.len() > 2000) {
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
    Ok(Json(json!({ "success": true, "message": message, "blockedCustomer": row(&kept) })))
}

pub(super) async fn unblock(
    State(state): State<Shared>,
    Seller(seller): Seller,
    Body(body): Body<UnblockBody>,
) -> Result<Json<Value>, ApiError> {
    if !state.store.unblock(&seller, &body.customer_id, Millis::now()).await? {
        return Err(ApiError::not_found("This customer is not blocked"));
    }
    Ok(Json(json!({ "success": true, "message": "Customer unblocked successfully" })))
}

pub(super) async fn list(
    State(state): State<Shared>,
    Seller(seller): Seller,
) -> Result<Json<Value>, ApiError> {
    let rows: Vec<Value> = state
        .store
        .blocks(&seller)
        .await?
        .into_iter()
        .map(|(block, customer)| {
            let mut row = row(&block);
            row["customer"] = json!(response::party(customer));
            row
        })
        .collect();
    Ok(Json(json!({ "success": true, "total": rows.len(), "blockedCustomers": rows })))
}

pub(super) async fn check(
    State(state): State<Shared>,
    Seller(seller): Seller,
    Path(customer): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let block = state.store.active_block(&seller, &customer).await?;
    Ok(Json(json!({
        "success": true,
        "isBlocked": block.is_some(),
        "blockedInfo": block.as_ref().map(row),
    })))
}

fn row(block: &Block) -> Value {
    json!({
        "_id": block.id,
        "seller": block.seller,
        "customer": block.customer,
        "reason": block.reason,
        "notes": block.notes,
        "lastCallId": block.last_call_id,
        "isActive": block.is_active,
        "createdAt": response::iso(block.created_at),
        "updatedAt": response::iso(block.updated_at),
    })
}
