//! Metrics and names of REST requests, and the listener of `/metrics` that shows all figures.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span, warn};

use crate::backend::Backend;
use crate::context::ServerContext;
use crate::error::ApiError;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

/// Header of a request's name.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest name of a request that is taken from others.
const MAX_REQUEST_ID_BYTES: usize = 64;

/// Serves `/metrics` on a listener of its own, which is not for the public, until the server closes.
pub(crate) async fn serve(context: Arc<ServerContext>, socket: TcpListener, closing: CancellationToken) {
    let router = Router::new().route("/metrics", get(show)).with_state(context);
    let served = axum::serve(socket, router).with_graceful_shutdown(closing.cancelled_owned()).await;
    if let Err(error) = served {
        warn!(%error, "The metrics are not served any more");
    }
}

async fn show(State(context): State<Arc<ServerContext>>) -> Response {
    let ServerContext { metrics, pools, readiness, passwords, .. } = &*context;
    metrics.look(pools, readiness.queues(), passwords.waiting());
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
    let (begun, id) = (Instant::now(), request_id(request.headers()));
    let span = info_span!("request", id, backend = backend.id(), method, route);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    context.metrics.request(backend, method, &route, response.status().as_str(), begun.elapsed());
    response
}

/// The name a proxy or client gave a request, if it can be one, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let sane = |id: &&str| {
        (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(sane).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_a_sane_name_and_gets_one_otherwise() {
        let id = |given: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(given.as_bytes()).expect("a value"));
            request_id(&headers)
        };
        assert_eq!(id("proxy-7_a.b"), "proxy-7_a.b");
        for odd in ["", "a b", "\u{e9}", "a;b", &"a".repeat(65)] {
            assert!(uuid::Uuid::parse_str(&id(odd)).is_ok(), "{odd}: {}", id(odd));
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
