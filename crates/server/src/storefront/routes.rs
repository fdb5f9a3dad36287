//! The REST routes of storefront, with their documentation.

use super::defaults::BACKEND;
use super::state::Shared;
use super::{blocks, lists, login, video_call};
use crate::openapi::{Routes, Schema, any, boolean, date_time, doc, integer, list, object, one_of, text};

/// The longest note, reason or address a body may have.
const NOTE: u32 = 2000;
const CALL_TYPES: [&str; 4] = ["order_support", "product_inquiry", "general_support", "sales"];
const STATUSES: [&str; 7] = ["initiated", "ringing", "accepted", "declined", "ended", "missed", "failed"];
const REASONS: [&str; 4] = ["spam_calls", "inappropriate_behavior", "abusive_language", "other"];

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(calls()).merge(records()).merge(block_list())
}

/// The socket host's own routes; public as deployed only in compat mode.
pub(super) fn socket_host() -> Routes<Shared> {
    let user = || [("userId", text()), ("socketId", text().or_null())];
    Routes::new("")
        .get(
            "/online-users",
            lists::online_users,
            doc("Who is online, of those the caller has orders or calls with")
                .reply(200, success([("users", list(object(user()))), ("count", integer())])),
        )
        .get(
            "/online-users/{id}",
            lists::online_user,
            doc("Whether somebody is online").reply(
                200,
                success([("userId", text()), ("isOnline", boolean()), ("socketId", text().or_null())]),
            ),
        )
}

fn signing_in() -> Routes<Shared> {
    let credentials = || object([("email", text().min(1).max(254)), ("password", text().min(1).max(1024))]);
    let signed_in = || success([("user", person()), ("token", text())]);
    let bye = || success([("message", text())]);
    Routes::new(BACKEND.entry().rest_prefix)
        .post(
            "/user/login-user",
            login::customer,
            doc("Signs a customer in; sets the cookie `token`")
                .public()
                .body(credentials())
                .reply(201, signed_in())
                .errors(&[401]),
        )
        .post(
            "/shop/login-shop",
            login::seller,
            doc("Signs a shop in; sets the cookie `seller_token`")
                .public()
                .body(credentials())
                .reply(201, signed_in()),
        )
        .get(
            "/user/logout",
            login::logout_customer,
            doc("Signs the customer out; the token is good for nothing from then on")
                .public()
                .reply(200, bye()),
        )
        .get(
            "/shop/logout",
            login::logout_seller,
            doc("Signs the shop out; the token is good for nothing from then on").public().reply(200, bye()),
        )
}

fn calls() -> Routes<Shared> {
    let note = || text().max(NOTE).or_null();
    let changed = || success([("call", call()), ("message", text())]);
    Routes::new("/api/v2/video-call")
        .post(
            "/initiate",
            video_call::initiate,
            doc("Makes the record of a new call; a seller names a customer, a customer a seller")
                .body(object([
                    ("customerId?", text().or_null()),
                    ("sellerId?", text().or_null()),
                    ("productId?", text().or_null()),
                    ("orderId?", text().or_null()),
                    ("conversationId?", note()),
                    ("callType?", one_of(&CALL_TYPES)),
                    ("notes?", note()),
                    ("scheduledFor?", date_time().or_null()),
                ]))
                .reply(201, success([("videoCall", call()), ("message", text())]))
                .errors(&[403, 404]),
        )
        .post(
            "/respond",
            video_call::respond,
            doc("The callee accepts or declines")
                .body(object([
                    ("callId", text()),
                    ("response", one_of(&["accepted", "declined"])),
                    ("declineReason?", note()),
                ]))
                .reply(200, changed())
                .errors(&[403, 404, 409]),
        )
        .post(
            "/end",
            video_call::end,
            doc("Ends a call, or takes it back before an answer")
                .body(object([
                    ("callId", text()),
                    ("callQuality?", one_of(&["excellent", "good", "fair", "poor"]).or_null()),
                    ("notes?", note()),
                    ("recordingUrl?", note()),
                ]))
                .reply(200, changed())
                .errors(&[403, 404]),
        )
        .get(
            "/ice-servers",
            video_call::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes")
                .reply(200, success([("iceServers", ice_servers()), ("ttl", integer())])),
        )
}

fn records() -> Routes<Shared> {
    let page = || {
        let pagination = object([
            ("currentPage", integer()),
            ("totalPages", integer()),
            ("totalItems", integer()),
            ("itemsPerPage", integer()),
        ]);
        success([("calls", list(call())), ("pagination", pagination)])
    };
    let paged = |summary| {
        doc(summary)
            .query("page", integer().between(1, 1_000_000))
            .query("limit", integer().between(1, 100))
            .query("status", one_of(&STATUSES))
            .query("callType", one_of(&CALL_TYPES))
            .query("dateFrom", text())
            .query("dateTo", text())
            .reply(200, page())
            .errors(&[403])
    };
    Routes::new("/api/v2/video-call")
        .get("/history/{seller}", lists::seller_history, paged("Calls of a shop, newest first"))
        .get(
            "/customer-history/{customer}",
            lists::customer_history,
            paged("Calls of a customer, newest first"),
        )
        .get(
            "/customers/{seller}",
            lists::customers,
            doc("Customers of a shop with their latest orders")
                .query("search", text().max(200))
                .query("type", text())
                .reply(200, success([("customers", list(any())), ("total", integer())]))
                .errors(&[403]),
        )
        .get(
            "/analytics/{seller}",
            lists::analytics,
            doc("Figures of the caller's own shop")
                .query("dateFrom", text())
                .query("dateTo", text())
                .reply(200, success([("analytics", any())]))
                .errors(&[403]),
        )
        .get(
            "/seller-info/{seller}",
            lists::seller_info,
            doc("A shop").reply(200, success([("seller", person())])).errors(&[404]),
        )
        .get(
            "/product-seller/{product}",
            lists::product_seller,
            doc("The shop of a product")
                .reply(200, success([("seller", person()), ("product", any())]))
                .errors(&[404]),
        )
}

fn block_list() -> Routes<Shared> {
    Routes::new("/api/v2/video-call")
        .post(
            "/block-customer",
            blocks::block,
            doc("The shop does not want to be called by a customer any more")
                .body(object([
                    ("customerId", text()),
                    ("reason?", one_of(&REASONS).or_null()),
                    ("notes?", text().max(NOTE).or_null()),
                    ("callId?", text().or_null()),
                ]))
                .reply(200, success([("message", text()), ("blockedCustomer", any())]))
                .errors(&[403, 404]),
        )
        .post(
            "/unblock-customer",
            blocks::unblock,
            doc("Takes a block back")
                .body(object([("customerId", text())]))
                .reply(200, success([("message", text())]))
                .errors(&[403, 404]),
        )
        .get(
            "/blocked-customers",
            blocks::list,
            doc("Everybody the shop has blocked")
                .reply(200, success([("blockedCustomers", list(any())), ("total", integer())]))
                .errors(&[403]),
        )
        .get(
            "/check-blocked/{customer}",
            blocks::check,
            doc("Whether a customer is blocked")
                .reply(200, success([("isBlocked", boolean()), ("blockedInfo", any())]))
                .errors(&[403]),
        )
}

/// A success has `success: true` before anything else.
fn success<const N: usize>(fields: [(&str, Schema); N]) -> Schema {
    object([("success", boolean())]).and(fields)
}

fn person() -> Schema {
    object([("_id", text()), ("name?", text()), ("email?", text())])
}

fn call() -> Schema {
    object([
        ("callId", text()),
        ("callType", one_of(&CALL_TYPES)),
        ("status", one_of(&STATUSES)),
        ("seller", person()),
        ("customer", person()),
    ])
}

fn ice_servers() -> Schema {
    list(object([("urls", list(text())), ("username?", text()), ("credential?", text())]))
}

/// How many of the bodies that these routes read a value is.
#[cfg(feature = "fuzzing")]
pub(super) fn bodies(body: &serde_json::Value) -> usize {
    use bellwire_dialects::storefront::wire;

    use crate::request::reads_as;

    reads_as::<wire::LoginBody>(body)
        + reads_as::<wire::InitiateBody>(body)
        + reads_as::<wire::RespondBody>(body)
        + reads_as::<wire::EndBody>(body)
}
