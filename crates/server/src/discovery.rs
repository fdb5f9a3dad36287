//! Discovery and health: `/.well-known/bellwire.json` and `/health` on every listener, by which a client
//! that knows only an address finds the rest. The listener's own backend comes first.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use tracing::warn;

use crate::backend::Backend;
use crate::context::{Place, ServerContext};
use crate::openapi::{Routes, doc};
use crate::readiness::READY;
use crate::registry::info;

#[derive(Clone)]
struct Here {
    context: Arc<ServerContext>,
    backend: Backend,
}

/// The routes for the listeners of a backend; `health` is left out where the backend has its own.
pub(crate) fn routes(context: &Arc<ServerContext>, backend: Backend, health: bool) -> Routes {
    let routes = Routes::new("").get(
        "/.well-known/bellwire.json",
        describe,
        doc("Every backend of this server and where it is").public(),
    );
    let ask = doc("Whether the server and its database answer").public().errors(&[503]);
    let routes = if health { routes.get("/health", alive, ask) } else { routes };
    let live = doc("Whether the server answers at all: what does not is to be started again").public();
    let ready = doc("Whether the server can do its work: reading, writing, calls").public().errors(&[503]);
    let routes = routes.get("/health/live", live_now, live).get("/health/ready", ready_now, ready);
    routes.with_state(Here { context: Arc::clone(context), backend })
}

#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok`, or what is not.
    status: &'static str,
}

async fn alive(State(here): State<Here>) -> Result<Json<Health>, (StatusCode, Json<Health>)> {
    match here.context.pools.alive().await {
        Ok(()) => Ok(Json(Health { status: "ok" })),
        Err(error) => {
            warn!(%error, "The database does not answer");
            Err((StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "database" })))
        }
    }
}

async fn live_now() -> Json<Health> {
    Json(Health { status: READY })
}

async fn ready_now(State(here): State<Here>) -> Result<Json<Health>, (StatusCode, Json<Health>)> {
    match here.context.readiness.ask(&here.context.pools).await {
        READY => Ok(Json(Health { status: READY })),
        status => Err((StatusCode::SERVICE_UNAVAILABLE, Json(Health { status }))),
    }
}

#[derive(Serialize, JsonSchema)]
struct Description {
    version: u32,
    name: &'static str,
    /// One for each backend.
    dialects: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: &'static str,
    label: &'static str,
    rest_base: String,
    socket_base: String,
    socket_path: &'static str,
    sign_in_fields: Vec<&'static str>,
    roles: Vec<&'static str>,
    /// People a call has room for, where that may be more than can be connected to each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
}

async fn describe(State(here): State<Here>, headers: HeaderMap) -> Json<Description> {
    let reached = Reached::of(&headers, here.context.config.behind_proxy);
    let (own, others): (Vec<&Place>, Vec<&Place>) =
        here.context.places.iter().partition(|place| place.backend == here.backend);
    let dialects = own.into_iter().chain(others).map(|place| entry(&here, place, &reached));
    Json(Description { version: 1, name: "Bellwire server", dialects: dialects.collect() })
}

/// How a client has reached this listener.
#[derive(Debug, PartialEq, Eq)]
enum Reached {
    /// By itself, under this name if it said one.
    Directly(Option<String>),
    /// Through a reverse proxy, at this origin.
    Through(String),
}

impl Reached {
    /// The proxy's words are the last of each header: what is before them, a client wrote.
    fn of(headers: &HeaderMap, behind_proxy: bool) -> Self {
        let last = |name: &str| {
            let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
            line.rsplit(',').next().map(str::trim)
        };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let scheme = last("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
        if let Some(scheme) = scheme.filter(|_| behind_proxy)
            && let Some(host) = last("x-forwarded-host").or(host)
            && host_name(host).is_some()
        {
            return Self::Through(format!("{scheme}://{host}"));
        }
        Self::Directly(host.and_then(host_name))
    }

    /// Base of a listener, which has that scheme. A proxy has one origin for the backend that was asked; where others are in it,
    /// only the configuration knows, and their lines name what is reached without it.
    fn base(&self, own: bool, scheme: &str, addr: SocketAddr) -> String {
        match self {
            Self::Through(origin) if own => origin.clone(),
            Self::Directly(Some(host)) => format!("{scheme}://{host}:{}", addr.port()),
            Self::Directly(None) | Self::Through(_) => format!("{scheme}://{addr}"),
        }
    }
}

fn entry(here: &Here, place: &Place, reached: &Reached) -> Entry {
    let known = place.backend.entry();
    let public =
        here.context.config.backends.get(&place.backend).map(|it| it.public.clone()).unwrap_or_default();
    let scheme = here.context.config.scheme();
    let base = |addr: SocketAddr| reached.base(place.backend == here.backend, scheme, addr);
    // Behind a proxy one base serves both, unless the sockets have a listener of their own.
    let socket = public.socket.or_else(|| {
        let rest = public.rest.as_deref().filter(|_| place.rest == place.socket)?;
        Some(rest.strip_suffix(known.rest_prefix).unwrap_or(rest).to_owned())
    });
    Entry {
        id: known.id,
        label: known.label,
        rest_base: public.rest.unwrap_or_else(|| format!("{}{}", base(place.rest), known.rest_prefix)),
        socket_base: socket.unwrap_or_else(|| base(place.socket)),
        socket_path: "/socket.io/",
        sign_in_fields: known.sign_in_fields.iter().map(|field| field.id).collect(),
        roles: known.roles.iter().map(|role| role.id).collect(),
        seats: info(place.backend).and_then(|info| (info.seats)(&here.context.config)),
    }
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
    use axum::http::HeaderMap;

    use super::{Reached, host_name};

    #[test]
    fn a_proxy_says_how_it_was_reached() {
        let of = |behind_proxy, lines: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().expect("a value"));
            }
            Reached::of(&headers, behind_proxy)
        };
        let through = |origin: &str| Reached::Through(origin.to_owned());
        let directly = |host: &str| Reached::Directly(Some(host.to_owned()));
        let (host, secure) = (("host", "calls.example:8443"), ("x-forwarded-proto", "https"));

        assert_eq!(of(true, &[host, secure]), through("https://calls.example:8443"));
        let lines =
            [("x-forwarded-proto", "http"), secure, ("host", "inner"), ("x-forwarded-host", "a.example")];
        assert_eq!(of(true, &lines), through("https://a.example"), "the last line is the proxy's");
        assert_eq!(
            of(true, &[host, ("x-forwarded-proto", "https, http")]),
            through("http://calls.example:8443")
        );
        // Without a proxy, or a proxy that says nothing.
        assert_eq!(of(false, &[host, secure]), directly("calls.example"));
        assert_eq!(of(true, &[host]), directly("calls.example"));
        assert_eq!(of(true, &[host, ("x-forwarded-proto", "javascript")]), directly("calls.example"));
        assert_eq!(of(true, &[("host", "user@host"), secure]), Reached::Directly(None));
    }

    #[test]
    fn the_host_is_read_without_its_port() {
        assert_eq!(host_name("calls.example:8000").as_deref(), Some("calls.example"));
        assert_eq!(host_name("[::1]:8000").as_deref(), Some("[::1]"));
        assert_eq!(host_name("a b"), None);
        assert_eq!(host_name("user@host"), None);
    }
}
