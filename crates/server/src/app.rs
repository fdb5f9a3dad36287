//! The running server: binds the listeners, serves in tasks it owns, stops them all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::{Extension, Router};
use socketioxide::SocketIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{self, CorsLayer};
use tracing::{debug, info, warn};

use crate::auth::{kept_secret, random_secret};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::config::{BackendConfig, Config, Database};
use crate::context::{Place, ServerContext};
use crate::error::ApiError;
use crate::limits::RequestLimit;
use crate::listener::{Listener, Seats};
use crate::openapi::{Api, Endpoint, Routes, described};
use crate::passwords::Passwords;
use crate::readiness::STUCK;
use crate::registry::info;
use crate::relay::Relay;
use crate::request::BehindProxy;
use crate::retention::{RETENTION_INTERVAL, forget};
use crate::runtime::{BackendInfo, Events, StartError, TaskSet};
use crate::store::Pools;
use crate::tls::Tls;
use crate::{discovery, monitoring};

/// Largest request body and largest socket message.
const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// How long a stop waits for requests and sockets before it breaks them off.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// A running server. Dropping it stops it hard; [`App::stop`] does so gracefully.
#[derive(Debug)]
pub struct App {
    context: Arc<ServerContext>,
    ios: Vec<SocketIo>,
    endpoints: Vec<(Backend, Endpoint)>,
    metrics: Option<SocketAddr>,
    events: Events,
    /// Ends the listeners.
    closing: CancellationToken,
    /// Ends everything else, once the last client is disconnected.
    over: CancellationToken,
    listeners: JoinSet<()>,
    tasks: JoinSet<()>,
    sockets: TaskTracker,
}

/// The listeners of one backend.
struct Bound {
    info: &'static BackendInfo,
    config: BackendConfig,
    place: Place,
    rest: TcpListener,
    socket: Option<TcpListener>,
}

impl App {
    /// Binds, brings the database up to date and serves.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let cors = origins(&config.allowed_origins)?;
        let tls = match config.tls.clone() {
            Some(tls) => Some(Tls::load(tls).await?),
            None => None,
        };
        let bound = bind_all(&config).await?;
        let metrics = match config.metrics {
            Some(addr) => Some(bind(addr).await?),
            None => None,
        };
        let pools = Pools::open(&config.database).await?;
        let secret = secret(&config).map_err(StartError::Secret)?;
        let passwords = Passwords::new().await?;
        let relay = match &config.turn {
            Some(turn) => Some(Relay::start(turn).await?),
            None => None,
        };
        let places = bound.iter().map(|bound| bound.place).collect();
        let context = ServerContext::new(config, places, pools, passwords, relay, secret);

        let (closing, over) = (CancellationToken::new(), CancellationToken::new());
        let (mut work, mut listeners) = (TaskSet::new(closing.clone(), over.clone()), JoinSet::new());
        // Until the server stands, whatever goes wrong ends what already runs.
        let guard = closing.clone().drop_guard();
        core_jobs(&context, &mut work);
        if let Some(tls) = &tls {
            work.every(tls.look_every(), tls, |tls| async move { tls.look_again().await });
        }
        let limits = context.config.connections;
        let sockets = bound.iter().map(|bound| 1 + usize::from(bound.socket.is_some())).sum();
        let relayed = context.config.turn.as_ref().map_or(0, |turn| turn.allocations);
        let (mut ios, mut endpoints) = (Vec::new(), Vec::new());
        for Bound { info, config, place, rest, socket } in bound {
            let backend = place.backend;
            let (layer, io) = SocketIo::builder()
                .max_buffer_size(4096)
                .max_payload(MAX_MESSAGE_BYTES as u64)
                .ws_max_message_size(MAX_MESSAGE_BYTES)
                .ws_max_frame_size(MAX_MESSAGE_BYTES)
                .build_layer();
            let running = (info.start)(&context, &config, &io, &mut work).await?;
            // Connections outlive the listener that took them; this one ends them even after a drop.
            work.sockets.tasks.spawn({
                let (io, closing) = (io.clone(), closing.clone());
                async move {
                    closing.cancelled().await;
                    io.close().await;
                }
            });
            let limit = RequestLimit::new(config.request_limit);
            work.every(SWEEP_INTERVAL, &Arc::new(limit.clone()), |limit| async move { limit.sweep() });
            let label = backend.entry().label;
            let api = Api { label, shape: info.shape, cookies: info.cookies };
            let mut add = |routes: Routes| {
                let (router, documented) = routes.into_parts();
                let health = documented.iter().all(|endpoint| endpoint.path != "/health");
                let core = discovery::routes(&context, backend, health);
                let (core, _) = described(&api, &documented, core).into_parts();
                endpoints.extend(documented.into_iter().map(|endpoint| (backend, endpoint)));
                inside(limit.around(router).merge(core), &context, info)
            };
            let (rest_router, socket_router) = (add(running.rest), add(running.socket));
            let mut serve = |socket, router| {
                let (context, seats) = (Arc::clone(&context), Seats::new(limits, sockets, relayed));
                let tls = tls.as_deref().map(Tls::acceptor);
                let listener = Listener { context, backend, socket, router, seats, tls };
                listeners.spawn(listener.run(closing.clone()));
            };
            match socket {
                Some(socket) => {
                    let socket_router = socket_router.layer(layer).layer(cors.clone());
                    serve(rest, rest_router.layer(cors.clone()));
                    serve(socket, socket_router);
                }
                None => serve(rest, rest_router.layer(layer).layer(cors.clone())),
            }
            info!(backend = backend.id(), rest = %place.rest, socket = %place.socket, "Serving");
            ios.push(io);
        }
        let metrics = metrics.map(|(socket, addr)| {
            listeners.spawn(monitoring::serve(Arc::clone(&context), socket, closing.clone()));
            info!(%addr, "Serving metrics");
            addr
        });
        let (tasks, sockets, events) = work.into_tasks();
        guard.disarm();
        Ok(Self { context, ios, endpoints, metrics, events, closing, over, listeners, tasks, sockets })
    }

    /// Base of a backend's REST API, prefix included: `http://127.0.0.1:8000/api/v2` for `storefront`,
    /// or `https` with TLS. `None` when it is not served.
    #[must_use]
    pub fn rest_url(&self, backend: &str) -> Option<String> {
        let place = self.context.place(Backend::parse(backend)?)?;
        let scheme = self.context.config.scheme();
        Some(format!("{scheme}://{}{}", place.rest, place.backend.entry().rest_prefix))
    }

    /// Base of a backend's Socket.IO server: `http://127.0.0.1:4000`. `None` when it is not served.
    #[must_use]
    pub fn socket_url(&self, backend: &str) -> Option<String> {
        let place = self.context.place(Backend::parse(backend)?)?;
        Some(format!("{}://{}", self.context.config.scheme(), place.socket))
    }

    /// Every REST endpoint of a backend: method and path, `{name}` standing for a parameter.
    #[must_use]
    pub fn endpoints(&self, backend: &str) -> Vec<(String, String)> {
        let of = self.endpoints.iter().filter(|(of, _)| of.id() == backend);
        of.map(|(_, endpoint)| (endpoint.method.to_string(), endpoint.path.clone())).collect()
    }

    /// Every socket event of a client that a backend listens to.
    #[must_use]
    pub fn events(&self, backend: &str) -> &'static [&'static str] {
        Backend::parse(backend).and_then(|backend| self.events.get(&backend).copied()).unwrap_or_default()
    }

    /// Where `/metrics` is, for Prometheus; `None` when it is not served.
    #[must_use]
    pub fn metrics_url(&self) -> Option<String> {
        self.metrics.map(|addr| format!("http://{addr}/metrics"))
    }

    /// Whether calls are handled. What a restart would not help, a full disk, does not count.
    pub async fn is_alive(&self) -> bool {
        self.context.readiness.ask(&self.context.pools).await != STUCK
    }

    /// The relay's address as an ICE URL, where there is one.
    #[must_use]
    pub fn turn_url(&self) -> Option<String> {
        self.context.relay.as_ref().map(Relay::url)
    }

    /// Closes the sockets (clients see the connection go and come back to the next server), finishes
    /// requests under way and closes the database.
    pub async fn stop(mut self) {
        self.closing.cancel();
        let closed = async {
            for io in &self.ios {
                io.close().await;
            }
        };
        if tokio::time::timeout(STOP_TIMEOUT, closed).await.is_err() {
            warn!("Some sockets did not close in time");
        }
        self.sockets.close();
        let finished = async {
            while self.listeners.join_next().await.is_some() {}
            self.sockets.wait().await;
        };
        if tokio::time::timeout(STOP_TIMEOUT, finished).await.is_err() {
            warn!("Some requests did not finish in time");
            self.listeners.shutdown().await;
        }
        self.over.cancel();
        if let Some(relay) = &self.context.relay {
            relay.stop().await;
        }
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, drained).await.is_err() {
            self.tasks.shutdown().await;
        }
        self.context.pools.close().await;
        debug!("Stopped");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.closing.cancel();
        self.over.cancel();
    }
}

async fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Bind { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Binds everything before anything is served: discovery names all addresses.
async fn bind_all(config: &Config) -> Result<Vec<Bound>, StartError> {
    let mut all = Vec::new();
    for backend in Backend::all() {
        let Some((info, config)) = info(backend).zip(config.backends.get(&backend)) else { continue };
        let (rest, rest_addr) = bind(config.listen).await?;
        let (socket, socket_addr) = match config.socket_listen {
            Some(addr) => {
                let (socket, addr) = bind(addr).await?;
                (Some(socket), addr)
            }
            None => (None, rest_addr),
        };
        let place = Place { backend, rest: rest_addr, socket: socket_addr };
        all.push(Bound { info, config: config.clone(), place, rest, socket });
    }
    Ok(all)
}

/// What every listener of a backend has around its routes.
fn inside(router: Router, context: &Arc<ServerContext>, info: &BackendInfo) -> Router {
    let (backend, shape) = (info.backend, info.shape);
    let watched = Arc::clone(context);
    let router = if context.config.behind_proxy { router.layer(Extension(BehindProxy)) } else { router };
    router
        .fallback(async || ApiError::not_found("There is nothing here"))
        .method_not_allowed_fallback(async || {
            ApiError::status(StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(move |request, next| shape.apply(request, next)))
        .layer(middleware::from_fn(move |request, next| {
            monitoring::watch(Arc::clone(&watched), backend, request, next)
        }))
}

fn core_jobs(context: &Arc<ServerContext>, work: &mut TaskSet) {
    work.every(SWEEP_INTERVAL, context, |context| async move {
        context.sign_ins.sweep();
        if let Err(error) = context.revoked.sweep(Millis::now()).await {
            warn!(%error, "Old tokens were not forgotten");
        }
    });
    if let Some(kept) = context.config.retention {
        let over = work.over();
        work.every(RETENTION_INTERVAL, context, move |context| {
            let over = over.clone();
            async move {
                if let Err(error) = forget(&context.pools, Millis::now().minus(kept), &over).await {
                    warn!(%error, "Old calls and messages were not deleted");
                }
            }
        });
    }
    if context.relay.is_some() {
        let (context, over) = (Arc::clone(context), work.over());
        work.spawn(async move {
            if let Some(relay) = &context.relay {
                relay.count(&context.metrics, over).await;
            }
        });
    }
}

fn secret(config: &Config) -> std::io::Result<String> {
    match (&config.jwt_secret, &config.database) {
        (Some(secret), _) => Ok(secret.clone()),
        (None, Database::Memory) => Ok(random_secret()),
        (None, Database::File(path)) => {
            let mut name = path.clone().into_os_string();
            name.push(".secret");
            kept_secret(name.as_ref())
        }
    }
}

fn origins(origins: &[String]) -> Result<CorsLayer, StartError> {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")]);
    if origins.iter().any(|origin| origin == "*") {
        // Any page may ask, but without cookies.
        return Ok(layer.allow_origin(cors::Any));
    }
    let origins = origins
        .iter()
        .map(|origin| origin.parse::<HeaderValue>().map_err(|_| StartError::Origin(origin.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(layer.allow_origin(origins).allow_credentials(true))
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> axum::response::Response {
    tracing::error!("A request handler panicked");
    axum::response::IntoResponse::into_response(ApiError::internal())
}
