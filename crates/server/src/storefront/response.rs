//! Response bodies made of records.

use bellwire_dialects::storefront::wire::{Avatar, CallType, OrderRef, Party, ProductRef, Ref, VideoCall};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::clock::Millis;
use crate::storefront::store::{Account, FullCall, Product};

/// A call record with everything the document lists.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallBody {
    #[serde(flatten)]
    call: VideoCall,
    #[schemars(extend("format" = "date-time"))]
    scheduled_for: Option<String>,
    is_scheduled: bool,
    metadata: Value,
}

pub(super) fn call(full: FullCall) -> CallBody {
    let call = full.call;
    let order_id = call.order_id.clone().map(|id| {
        Ref::Full(OrderRef {
            id,
            order_number: full.order_number,
            total_price: money(full.order_total.unwrap_or(0)),
        })
    });
    let product_id = call.product_id.clone().map(|id| {
        let images = full.product_image.into_iter().map(Avatar::Address).collect();
        Ref::Full(ProductRef { id, name: full.product_name, images })
    });
    #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
    let duration = call.duration as f64;
    let body = VideoCall {
        id: Some(call.id.clone()),
        call_id: call.call_id.clone(),
        seller: Ref::Full(Party {
            id: call.seller.clone(),
            name: Some(full.seller_name),
            email: Some(full.seller_email),
            avatar: full.seller_avatar.map(Avatar::Address),
            phone_number: full.seller_phone,
        }),
        customer: Ref::Full(Party {
            id: call.customer.clone(),
            name: Some(full.customer_name),
            email: Some(full.customer_email),
            avatar: full.customer_avatar.map(Avatar::Address),
            phone_number: full.customer_phone,
        }),
        order_id,
        product_id,
        conversation_id: call.conversation_id.clone(),
        call_type: CallType::parse(&call.call_type),
        status: call.status(),
        initiated_by: Some(call.initiator()),
        start_time: call.start_time.map(iso),
        end_time: call.end_time.map(iso),
        duration,
        call_quality: call.call_quality,
        notes: call.notes,
        decline_reason: call.decline_reason,
        recording_url: call.recording_url,
        created_at: Some(iso(call.created_at)),
        updated_at: Some(iso(call.updated_at)),
    };
    CallBody {
        call: body,
        scheduled_for: call.scheduled_for.map(iso),
        is_scheduled: call.scheduled_for.is_some(),
        metadata: serde_json::from_str(&call.metadata).unwrap_or_default(),
    }
}

pub(super) fn party(account: Account) -> Party {
    Party {
        id: account.id,
        name: Some(account.name),
        email: Some(account.email),
        avatar: account.avatar.map(Avatar::Address),
        phone_number: account.phone_number,
    }
}

pub(super) fn product(product: Product) -> ProductRef {
    let images = product.image.into_iter().map(Avatar::Address).collect();
    ProductRef { id: product.id, name: Some(product.name), images }
}

pub(super) fn iso(at: i64) -> String {
    Millis(at).iso()
}

#[expect(clippy::cast_precision_loss, reason = "sums of money are far below 2^53 cents")]
pub(super) fn money(cents: i64) -> f64 {
    cents as f64 / 100.0
}
