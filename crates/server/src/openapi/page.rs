//! The `/openapi.json` and `/docs` endpoints, for programs and for people. The page needs nothing
//! from anywhere else and may do nothing but read the document.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{self, HeaderName};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::doc::doc;
use super::document::{Api, document};
use super::routes::{Endpoint, Routes};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes that describe a listener, themselves included. `common` are other routes every listener has.
pub(crate) fn described(api: &Api, own: &[Endpoint], mut common: Routes) -> Routes {
    let page = Routes::new("")
        .get("/openapi.json", show, doc("This description").public())
        .get(
            "/docs",
            || file("text/html", HTML),
            doc("This description as a page").public().text(200, "text/html"),
        )
        .get(
            "/docs/page.js",
            || file("text/javascript", JS),
            doc("The page's program").public().text(200, "text/javascript"),
        )
        .get(
            "/docs/page.css",
            || file("text/css", CSS),
            doc("The page's looks").public().text(200, "text/css"),
        );
    common.endpoints.extend(page.endpoints.iter().cloned());
    let document: Arc<Value> = Arc::new(document(api, own, &common.endpoints));
    common.router = common.router.merge(page.with_state(document).router);
    common
}

const HTML: &str = include_str!("page.html");
const JS: &str = include_str!("page.js");
const CSS: &str = include_str!("page.css");

async fn show(State(document): State<Arc<Value>>) -> Json<Value> {
    Json(Value::clone(&document))
}

fn file(kind: &'static str, text: &'static str) -> std::future::Ready<Response> {
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    std::future::ready((headers, text).into_response())
}
