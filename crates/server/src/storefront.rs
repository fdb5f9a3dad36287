//! The storefront backend on the wire: REST routes and socket events. Rules of a call are not here.

mod blocks;
mod caller;
mod events;
mod lists;
mod login;
mod present;
mod video_call;

use axum::Router;
use axum::routing::{get, post};

use crate::state::Shared;

pub(crate) use self::events::attach;
pub(crate) use self::lists::online_routes;

/// What every REST path begins with.
pub(crate) const PREFIX: &str = "/api/v2";

pub(crate) fn rest_routes() -> Router<Shared> {
    let calls = Router::new()
        .route("/initiate", post(video_call::initiate))
        .route("/respond", post(video_call::respond))
        .route("/end", post(video_call::end))
        .route("/ice-servers", get(video_call::ice_servers))
        .route("/history/{seller}", get(lists::seller_history))
        .route("/customer-history/{customer}", get(lists::customer_history))
        .route("/customers/{seller}", get(lists::customers))
        .route("/analytics/{seller}", get(lists::analytics))
        .route("/seller-info/{seller}", get(lists::seller_info))
        .route("/product-seller/{product}", get(lists::product_seller))
        .route("/block-customer", post(blocks::block))
        .route("/unblock-customer", post(blocks::unblock))
        .route("/blocked-customers", get(blocks::list))
        .route("/check-blocked/{customer}", get(blocks::check));
    let api = Router::new()
        .route("/user/login-user", post(login::customer))
        .route("/shop/login-shop", post(login::seller))
        .route("/user/logout", get(login::logout_customer))
        .route("/shop/logout", get(login::logout_seller))
        .nest("/video-call", calls);
    Router::new().nest(PREFIX, api)
}
