//! How a client that knows only an address finds the rest: `/.well-known/bellwire.json` and `/health`.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::state::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/health", get(health)).route("/.well-known/bellwire.json", get(describe))
}

async fn health(State(state): State<Shared>) -> (axum::http::StatusCode, Json<Value>) {
    match state.store.has_accounts().await {
        Ok(_) => (axum::http::StatusCode::OK, Json(json!({ "status": "ok" }))),
        Err(_) => (axum::http::StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "database" }))),
    }
}

async fn describe(State(state): State<Shared>, headers: HeaderMap) -> Json<Value> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(host_name);
    let base = |port: u16, addr: std::net::SocketAddr| match &host {
        Some(host) => format!("http://{host}:{port}"),
        None => format!("http://{addr}"),
    };
    let rest = state.config.public_rest_base.clone().unwrap_or_else(|| {
        format!("{}{}", base(state.rest_addr.port(), state.rest_addr), crate::storefront::PREFIX)
    });
    let socket = state
        .config
        .public_socket_base
        .clone()
        .unwrap_or_else(|| base(state.socket_addr.port(), state.socket_addr));
    Json(json!({
        "version": 1,
        "name": "Bellwire server",
        "dialects": [{
            "id": "storefront",
            "label": "Storefront",
            "restBase": rest,
            "socketBase": socket,
            "socketPath": "/socket.io/",
            "signInFields": ["email", "password"],
            "roles": ["seller", "customer"],
        }],
    }))
}

/// The host of a `Host` header without its port; `None` for what cannot be one.
fn host_name(host: &str) -> Option<String> {
    let authority: axum::http::uri::Authority = host.parse().ok()?;
    if host.contains('@') || authority.host().is_empty() {
        return None;
    }
    Some(authority.host().to_owned())
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn the_host_is_read_without_its_port() {
        assert_eq!(host_name("calls.example:8000").as_deref(), Some("calls.example"));
        assert_eq!(host_name("[::1]:8000").as_deref(), Some("[::1]"));
        assert_eq!(host_name("a b"), None);
        assert_eq!(host_name("user@host"), None);
    }
}
