//! REST: histories, customers, analytics, presence.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use axum::Json;
use axum::extract::{Path, State};
use bellwire_dialects::storefront::wire::{
    Analytics, AnalyticsReply, Avatar, CallStatus, CallType, CustomerRow, CustomersReply, OnlineUser,
    OnlineUsersReply, Pagination, Party, ProductRef, RecentOrder, UserType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::current_user::{CurrentUser, Customer, Seller};
use super::response::{self, iso, money};
use crate::clock::Millis;
use crate::config::Mode;
use crate::error::ApiError;
use crate::reply::{Success, success};
use crate::request::{Page, Query, Text};
use crate::storefront::state::Shared;
use crate::storefront::store::{HistoryQuery, Order, Tally};

const LONGEST_SEARCH: usize = 200;
const RECENT_ORDERS: u32 = 5;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Period {
    date_from: Text,
    date_to: Text,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CallsQuery {
    #[serde(flatten)]
    page: Page,
    #[schemars(with = "CallStatus")]
    status: Text,
    #[schemars(with = "CallType")]
    call_type: Text,
    #[serde(flatten)]
    period: Period,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct CustomersQuery {
    #[schemars(length(max = LONGEST_SEARCH))]
    search: Text,
    #[serde(rename = "type")]
    kind: Text,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct CallsPage {
    calls: Vec<response::CallBody>,
    pagination: Pagination,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct SellerInfo {
    seller: Party,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PricedProduct {
    #[serde(flatten)]
    product: ProductRef,
    price: f64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ProductSeller {
    seller: Party,
    product: PricedProduct,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Presence {
    user_id: String,
    is_online: bool,
    socket_id: Option<String>,
}

pub(super) async fn seller_history(
    State(state): State<Shared>,
    Seller(me): Seller,
    Path(seller): Path<String>,
    Query(asked): Query<CallsQuery>,
) -> Result<Json<Success<CallsPage>>, ApiError> {
    own(&me, &seller)?;
    history(&state, me, UserType::Seller, &asked).await
}

pub(super) async fn customer_history(
    State(state): State<Shared>,
    Customer(me): Customer,
    Path(customer): Path<String>,
    Query(asked): Query<CallsQuery>,
) -> Result<Json<Success<CallsPage>>, ApiError> {
    own(&me, &customer)?;
    history(&state, me, UserType::Customer, &asked).await
}

async fn history(
    state: &Shared,
    id: String,
    role: UserType,
    asked: &CallsQuery,
) -> Result<Json<Success<CallsPage>>, ApiError> {
    let (page, limit) = asked.page.read()?;
    let (from, to) = asked.period.read()?;
    let status = match asked.status.get().map(CallStatus::parse) {
        Some(CallStatus::Unknown) => return Err(ApiError::bad_request("Unknown status")),
        other => other,
    };
    let call_type = match asked.call_type.get().map(CallType::parse) {
        Some(CallType::Unknown) => return Err(ApiError::bad_request("Unknown call type")),
        other => other,
    };
    let offset = (page - 1) * limit;
    let query = HistoryQuery { role, id, status, call_type, from, to, limit, offset };
    let (calls, total) = state.store.history(&query).await?;
    let total = u32::try_from(total).unwrap_or(u32::MAX);
    let pagination = Pagination {
        current_page: page,
        total_pages: total.div_ceil(limit),
        total_items: total,
        items_per_page: limit,
    };
    Ok(success(CallsPage { calls: calls.into_iter().map(response::call).collect(), pagination }))
}

pub(super) async fn customers(
    State(state): State<Shared>,
    Seller(me): Seller,
    Path(seller): Path<String>,
    Query(asked): Query<CustomersQuery>,
) -> Result<Json<CustomersReply>, ApiError> {
    own(&me, &seller)?;
    let search = asked.search.get();
    if search.is_some_and(|search| search.len() > LONGEST_SEARCH) {
        return Err(ApiError::bad_request("search is too long"));
    }
    // Every eligible customer has orders, so `type=orders` is what there is anyway.
    match asked.kind.get() {
        None | Some("orders" | "all") => {}
        Some(_) => return Err(ApiError::bad_request("type must be orders or all")),
    }
    let mut orders: HashMap<String, Vec<Order>> = HashMap::new();
    for order in state.store.recent_orders(&me, RECENT_ORDERS).await? {
        orders.entry(order.user_id.clone()).or_default().push(order);
    }
    let customers = state.store.customers(&me, search).await?;
    let ids = customers.iter().map(|customer| customer.id.clone()).collect();
    let online: HashSet<String> = online_of(&state, ids).await.into_iter().map(|user| user.user_id).collect();
    let rows: Vec<CustomerRow> = customers
        .into_iter()
        .map(|customer| {
            let recent = orders.remove(&customer.id).unwrap_or_default();
            let last = recent.first();
            CustomerRow {
                last_order_id: last.map(|order| order.id.clone()),
                last_order_number: last.map(|order| order.order_number.clone()),
                last_order_date: last.map(|order| iso(order.created_at)),
                last_order_amount: last.map_or(0.0, |order| money(order.total_price)),
                total_orders: u32::try_from(customer.total_orders).unwrap_or(u32::MAX),
                total_spent: money(customer.total_spent),
                is_online: online.contains(&customer.id),
                recent_orders: recent.into_iter().map(recent_order).collect(),
                id: customer.id,
                name: Some(customer.name),
                email: Some(customer.email),
                avatar: customer.avatar.map(Avatar::Address),
                phone_number: customer.phone_number,
            }
        })
        .collect();
    let total = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    Ok(Json(CustomersReply { success: true, customers: rows, total }))
}

fn recent_order(order: Order) -> RecentOrder {
    RecentOrder {
        id: order.id,
        order_number: Some(order.order_number),
        total_price: money(order.total_price),
        created_at: Some(iso(order.created_at)),
        order_status: Some(order.status),
    }
}

/// The path's seller is ignored, as deployed: a shop sees its own analytics.
pub(super) async fn analytics(
    State(state): State<Shared>,
    Seller(me): Seller,
    Path(_): Path<String>,
    Query(period): Query<Period>,
) -> Result<Json<AnalyticsReply>, ApiError> {
    let (from, to) = period.read()?;
    let tallies = state.store.tallies(&me, from, to).await?;
    Ok(Json(AnalyticsReply { success: true, analytics: summarise(&tallies) }))
}

/// Accepted are all calls that were answered, also those that have ended since; the average is over
/// these; completed are those of them that have ended.
fn summarise(tallies: &[Tally]) -> Analytics {
    let sum = |of: &dyn Fn(&Tally) -> i64| tallies.iter().map(of).sum::<i64>();
    let in_status = |status: CallStatus| {
        sum(&|tally| if CallStatus::parse(&tally.status) == status { tally.calls } else { 0 })
    };
    let total = sum(&|tally| tally.calls);
    let accepted = sum(&|tally| tally.answered);
    let ended = in_status(CallStatus::Ended);
    let completed = sum(&|tally| {
        if CallStatus::parse(&tally.status) == CallStatus::Ended { tally.answered } else { 0 }
    });
    let mut calls_by_type = BTreeMap::new();
    let mut calls_by_status = BTreeMap::new();
    for tally in tallies {
        *calls_by_type.entry(tally.call_type.clone()).or_default() += count(tally.calls);
        *calls_by_status.entry(tally.status.clone()).or_default() += count(tally.calls);
    }
    Analytics {
        total_calls: count(total),
        accepted_calls: count(accepted),
        declined_calls: count(in_status(CallStatus::Declined)),
        ended_calls: count(ended),
        average_duration: ratio(sum(&|tally| tally.duration), completed).round(),
        acceptance_rate: Some(format!("{:.2}", 100.0 * ratio(accepted, total))),
        completion_rate: Some(format!("{:.2}", 100.0 * ratio(completed, accepted))),
        calls_by_type,
        calls_by_status,
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

pub(super) async fn seller_info(
    State(state): State<Shared>,
    CurrentUser(_): CurrentUser,
    Path(seller): Path<String>,
) -> Result<Json<Success<SellerInfo>>, ApiError> {
    let shop = state
        .store
        .account(UserType::Seller, &seller)
        .await?
        .ok_or_else(|| ApiError::not_found("Seller not found"))?;
    Ok(success(SellerInfo { seller: response::party(shop) }))
}

pub(super) async fn product_seller(
    State(state): State<Shared>,
    CurrentUser(_): CurrentUser,
    Path(product): Path<String>,
) -> Result<Json<Success<ProductSeller>>, ApiError> {
    let product =
        state.store.product(&product).await?.ok_or_else(|| ApiError::not_found("Product not found"))?;
    let shop = state
        .store
        .account(UserType::Seller, &product.shop_id)
        .await?
        .ok_or_else(|| ApiError::not_found("Seller not found"))?;
    let (price, seller) = (money(product.price), response::party(shop));
    let product = PricedProduct { product: response::product(product), price };
    Ok(success(ProductSeller { seller, product }))
}

pub(super) async fn online_users(
    State(state): State<Shared>,
    caller: Result<CurrentUser, ApiError>,
) -> Result<Json<OnlineUsersReply>, ApiError> {
    let users = visible(&state, caller).await?;
    let count = u32::try_from(users.len()).unwrap_or(u32::MAX);
    Ok(Json(OnlineUsersReply { success: true, users, count }))
}

pub(super) async fn online_user(
    State(state): State<Shared>,
    caller: Result<CurrentUser, ApiError>,
    Path(id): Path<String>,
) -> Result<Json<Success<Presence>>, ApiError> {
    let found = visible(&state, caller).await?.into_iter().find(|user| user.user_id == id);
    let is_online = found.is_some();
    Ok(success(Presence { user_id: id, is_online, socket_id: found.and_then(|user| user.socket_id) }))
}

/// All users in compat mode, as deployed; otherwise those the caller has orders or calls with.
async fn visible(state: &Shared, caller: Result<CurrentUser, ApiError>) -> Result<Vec<OnlineUser>, ApiError> {
    let me = match state.context.config.mode {
        Mode::Compat => return Ok(state.hub.look(|hub| hub.online()).await.unwrap_or_default()),
        Mode::Strict => caller?.0,
    };
    let mut known: BTreeSet<String> = state.store.related(me.role, &me.id).await?.into_iter().collect();
    known.insert(me.id);
    Ok(online_of(state, known).await)
}

async fn online_of(state: &Shared, ids: BTreeSet<String>) -> Vec<OnlineUser> {
    state.hub.look(move |hub| hub.online_of(&ids)).await.unwrap_or_default()
}

fn own(me: &str, asked: &str) -> Result<(), ApiError> {
    if me == asked { Ok(()) } else { Err(ApiError::forbidden("You can only see your own calls")) }
}

impl Period {
    fn read(&self) -> Result<(Option<Millis>, Option<Millis>), ApiError> {
        let date = |name: &str, text: &Text, end_of_day| match text.get() {
            None => Ok(None),
            Some(text) => Millis::parse(text, end_of_day)
                .map(Some)
                .ok_or_else(|| ApiError::bad_request(format!("{name} is not a date"))),
        };
        Ok((date("dateFrom", &self.date_from, false)?, date("dateTo", &self.date_to, true)?))
    }
}
