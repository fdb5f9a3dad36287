//! The REST routes of storefront, with their documentation.

use super::defaults::BACKEND;
use super::state::Shared;
use super::{blocks, lists, login, video_call};
use crate::openapi::{Routes, doc};

pub(super) fn rest() -> Routes<Shared> {
    signing_in().merge(calls()).merge(records()).merge(block_list())
}

/// The socket host's own routes; public as deployed only in compat mode.
pub(super) fn socket_host() -> Routes<Shared> {
    Routes::new("")
        .get(
            "/online-users",
            lists::online_users,
            doc("Who is online, of those the caller has orders or calls with"),
        )
        .get("/online-users/{id}", lists::online_user, doc("Whether somebody is online"))
}

fn signing_in() -> Routes<Shared> {
    Routes::new(BACKEND.entry().rest_prefix)
        .post(
            "/user/login-user",
            login::customer,
            doc("Signs a customer in; sets the cookie `token`").public().errors(&[401]),
        )
        .post(
            "/shop/login-shop",
            login::seller,
            doc("Signs a shop in; sets the cookie `seller_token`").public(),
        )
        .get(
            "/user/logout",
            login::logout_customer,
            doc("Signs the customer out; the token is good for nothing from then on").public(),
        )
        .get(
            "/shop/logout",
            login::logout_seller,
            doc("Signs the shop out; the token is good for nothing from then on").public(),
        )
}

fn calls() -> Routes<Shared> {
    Routes::new("/api/v2/video-call")
        .post(
            "/initiate",
            video_call::initiate,
            doc("Makes the record of a new call; a seller names a customer, a customer a seller")
                .errors(&[403, 404]),
        )
        .post("/respond", video_call::respond, doc("The callee accepts or declines").errors(&[403, 404, 409]))
        .post(
            "/end",
            video_call::end,
            doc("Ends a call, or takes it back before an answer").errors(&[403, 404]),
        )
        .get(
            "/ice-servers",
            video_call::ice_servers,
            doc("STUN and TURN servers, with credentials for ten minutes"),
        )
}

fn records() -> Routes<Shared> {
    let own = |summary| doc(summary).errors(&[403]);
    Routes::new("/api/v2/video-call")
        .get("/history/{seller}", lists::seller_history, own("Calls of a shop, newest first"))
        .get(
            "/customer-history/{customer}",
            lists::customer_history,
            own("Calls of a customer, newest first"),
        )
        .get("/customers/{seller}", lists::customers, own("Customers of a shop with their latest orders"))
        .get("/analytics/{seller}", lists::analytics, own("Figures of the caller's own shop"))
        .get("/seller-info/{seller}", lists::seller_info, doc("A shop").errors(&[404]))
        .get("/product-seller/{product}", lists::product_seller, doc("The shop of a product").errors(&[404]))
}

fn block_list() -> Routes<Shared> {
    Routes::new("/api/v2/video-call")
        .post(
            "/block-customer",
            blocks::block,
            doc("The shop does not want to be called by a customer any more").errors(&[403, 404]),
        )
        .post("/unblock-customer", blocks::unblock, doc("Takes a block back").errors(&[403, 404]))
        .get("/blocked-customers", blocks::list, doc("Everybody the shop has blocked").errors(&[403]))
        .get("/check-blocked/{customer}", blocks::check, doc("Whether a customer is blocked").errors(&[403]))
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
