//! Metrics of REST requests, and the `/metrics` endpoint that shows all of them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::backend::Backend;
use crate::context::ServerContext;
use crate::error::ApiError;
use crate::openapi::{Routes, doc};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

/// `/metrics`.
pub(crate) fn routes(context: &Arc<ServerContext>) -> Routes {
    let what =
        doc("Counters of this server, for Prometheus").public().text(200, "application/openmetrics-text");
    Routes::new("").get("/metrics", show, what).with_state(Arc::clone(context))
}

async fn show(State(context): State<Arc<ServerContext>>) -> Response {
    match context.metrics.text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => ApiError::internal().into_response(),
    }
}

/// Around the routes of a backend: counts a request by the pattern of its route.
pub(crate) async fn watch(
    context: Arc<ServerContext>,
    backend: Backend,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    // Any word may be sent as a method.
    let method = METHODS.into_iter().find(|known| request.method() == *known).unwrap_or("other");
    let begun = Instant::now();
    let response = next.run(request).await;
    context.metrics.request(backend, method, &route, response.status().as_str(), begun.elapsed());
    response
}
