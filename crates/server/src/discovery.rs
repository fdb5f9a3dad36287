//! How a client that knows only an address finds the rest: `/.well-known/bellwire.json` and `/health`, on
//! every listener, the listener's own backend first.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};

use serde_json::{Value, json};
use tracing::warn;

use crate::backend::Backend;
use crate::common::{Common, Place};
use crate::openapi::{Routes, any, doc, list, object, text};

#[derive(Clone)]
struct Here {
    common: Arc<Common>,
    backend: Backend,
}

/// The routes for the listeners of a backend; `health` is left out where the backend has its own.
pub(crate) fn routes(common: &Arc<Common>, backend: Backend, health: bool) -> Routes {
    let routes = Routes::new("").get(
        "/.well-known/bellwire.json",
        describe,
        doc("Every backend of this server and where it is")
            .public()
            .reply(200, object([("dialects", list(any()))])),
    );
    let alright = object([("status", text())]);
    let ask = doc("Whether the server and its database answer").public().reply(200, alright).errors(&[503]);
    let routes = if health { routes.get("/health", alive, ask) } else { routes };
    routes.with_state(Here { common: Arc::clone(common), backend })
}

async fn alive(State(here): State<Here>) -> (StatusCode, Json<Value>) {
    match here.common.pools.alive().await {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        Err(error) => {
            warn!(%error, "The database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "database" })))
        }
    }
}

async fn describe(State(here): State<Here>, headers: HeaderMap) -> Json<Value> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(host_name);
    let (own, others): (Vec<&Place>, Vec<&Place>) =
        here.common.places.iter().partition(|place| place.backend == here.backend);
    let dialects = own.into_iter().chain(others).map(|place| entry(&here.common, place, host.as_deref()));
    Json(json!({ "version": 1, "name": "Bellwire server", "dialects": dialects.collect::<Vec<_>>() }))
}

fn entry(common: &Common, place: &Place, host: Option<&str>) -> Value {
    let about = place.backend.about();
    let public = common.config.public.get(&place.backend).cloned().unwrap_or_default();
    let base = |addr: SocketAddr| match host {
        Some(host) => format!("http://{host}:{}", addr.port()),
        None => format!("http://{addr}"),
    };
    // Behind a proxy one base serves both, unless the sockets have a listener of their own.
    let socket = public.socket.or_else(|| {
        let rest = public.rest.as_deref().filter(|_| place.rest == place.socket)?;
        Some(rest.strip_suffix(about.rest_prefix).unwrap_or(rest).to_owned())
    });
    json!({
        "id": about.id,
        "label": about.label,
        "restBase": public.rest.unwrap_or_else(|| format!("{}{}", base(place.rest), about.rest_prefix)),
        "socketBase": socket.unwrap_or_else(|| base(place.socket)),
        "socketPath": "/socket.io/",
        "signInFields": about.sign_in_fields,
        "roles": about.roles,
    })
}

/// The host of a `Host` header without its port; `None` for what cannot be one.
pub(crate) fn host_name(host: &str) -> Option<String> {
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
