//! One running server: binds, serves in tasks it owns, stops them all. What it serves is elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::serve::ListenerExt;
use socketioxide::SocketIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tracing::{debug, info, warn};

use crate::auth::{HashError, Passwords, Tokens, kept_secret, random_secret};
use crate::calls::Calls;
use crate::clock::Millis;
use crate::config::Database;
use crate::demo::{self, DemoError};
use crate::error::ApiError;
use crate::limits::PerMinute;
use crate::relay::{Relay, RelayError};
use crate::state::{Shared, State};
use crate::store::sqlite::{OpenError, Sqlite};
use crate::store::{Store, StoreError};
use crate::switchboard::Switchboard;
use crate::{Config, discovery, storefront};

/// Largest request body and largest socket message.
const LARGEST_BODY: usize = 64 * 1024;
const LARGEST_MESSAGE: usize = 256 * 1024;
/// How long a stop waits for requests and sockets before it breaks them off.
const GRACE: Duration = Duration::from_secs(5);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    #[error("cannot listen on {addr}")]
    Bind { addr: SocketAddr, source: std::io::Error },
    #[error("cannot keep the token secret")]
    Secret(#[source] std::io::Error),
    #[error("the origin {0} is not valid")]
    Origin(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// A running server. Dropping it stops it hard; [`App::stop`] does so gracefully.
#[derive(Debug)]
pub struct App {
    state: Shared,
    io: SocketIo,
    /// Ends the listeners.
    closing: CancellationToken,
    /// Ends everything else, once nobody is connected any more.
    over: CancellationToken,
    listeners: JoinSet<()>,
    tasks: JoinSet<()>,
    sockets: TaskTracker,
}

impl App {
    /// Binds, brings the database up to date and serves.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let cors = cors(&config.allowed_origins)?;
        let (rest, rest_addr) = bind(config.rest_addr).await?;
        let (socket, socket_addr) = bind(config.socket_addr).await?;
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&config.database).await?);
        let secret = secret(&config).map_err(StartError::Secret)?;
        let passwords = Passwords::new().await?;
        if config.demo_data {
            demo::fill(&*store, &passwords, Millis::now()).await?;
        }
        let relay = match &config.turn {
            Some(turn) => Some(Relay::start(turn).await?),
            None => None,
        };

        // When full, an order is dropped with a warning; a missed call is reported again.
        let (orders, mut ordered) = mpsc::channel(1024);
        let (exchange, board) = Switchboard::new(orders);
        let limits = &config.limits;
        let calls = Calls::new(
            Arc::clone(&store),
            exchange.clone(),
            config.ring_timeout,
            limits.initiates_per_minute,
        );
        let state: Shared = Arc::new(State {
            rest_addr,
            socket_addr,
            tokens: Tokens::new(&secret, config.session_ttl),
            passwords,
            logins: PerMinute::<(IpAddr, String)>::new(limits.logins_per_minute),
            calls,
            exchange,
            relay,
            store,
            config,
        });

        let (closing, over) = (CancellationToken::new(), CancellationToken::new());
        let (mut listeners, mut tasks, sockets) = (JoinSet::new(), JoinSet::new(), TaskTracker::new());
        tasks.spawn(board.run(over.clone()));
        tasks.spawn({
            let state = Arc::clone(&state);
            async move {
                while let Some(order) = ordered.recv().await {
                    state.calls.perform(order).await;
                }
            }
        });
        tasks.spawn(sweep(Arc::clone(&state), over.clone()));
        if state.relay.is_some() {
            let (state, over) = (Arc::clone(&state), over.clone());
            tasks.spawn(async move {
                if let Some(relay) = &state.relay {
                    relay.count(over).await;
                }
            });
        }
        state.calls.resume().await?;

        let (layer, io) = SocketIo::builder()
            .max_buffer_size(4096)
            .max_payload(LARGEST_MESSAGE as u64)
            .ws_max_message_size(LARGEST_MESSAGE)
            .ws_max_frame_size(LARGEST_MESSAGE)
            .build_layer();
        storefront::attach(&io, &state, &sockets);
        // Connections outlive the listener that took them; this one ends them even after a drop.
        sockets.spawn({
            let (io, closing) = (io.clone(), closing.clone());
            async move {
                closing.cancelled().await;
                io.close().await;
            }
        });

        let rest_router = storefront::rest_routes().merge(discovery::routes());
        let socket_router = storefront::online_routes().merge(discovery::routes());
        let finish = |router: Router<Shared>| {
            router
                .fallback(async || ApiError::not_found("There is nothing here"))
                .method_not_allowed_fallback(async || {
                    ApiError::status(StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here")
                })
                .layer(DefaultBodyLimit::max(LARGEST_BODY))
                .with_state(Arc::clone(&state))
        };
        let shell = |router: Router| router.layer(CatchPanicLayer::custom(panicked)).layer(cors.clone());
        listeners.spawn(serve(rest, shell(finish(rest_router)), closing.clone()));
        listeners.spawn(serve(socket, shell(finish(socket_router).layer(layer)), closing.clone()));
        info!(rest = %rest_addr, socket = %socket_addr, mode = ?state.config.mode, "Serving");
        Ok(Self { state, io, closing, over, listeners, tasks, sockets })
    }

    /// Base of the REST API, prefix included: `http://127.0.0.1:8000/api/v2`.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}{}", self.state.rest_addr, storefront::PREFIX)
    }

    /// Base of the Socket.IO server: `http://127.0.0.1:4000`.
    #[must_use]
    pub fn socket_url(&self) -> String {
        format!("http://{}", self.state.socket_addr)
    }

    /// The relay's address as an ICE URL, where there is one.
    #[must_use]
    pub fn turn_url(&self) -> Option<String> {
        self.state.relay.as_ref().map(Relay::url)
    }

    /// Closes the sockets (clients see the connection go and come back to the next server), finishes
    /// requests under way and closes the database.
    pub async fn stop(mut self) {
        self.closing.cancel();
        if tokio::time::timeout(GRACE, self.io.close()).await.is_err() {
            warn!("Some sockets did not close in time");
        }
        self.sockets.close();
        let finished = async {
            while self.listeners.join_next().await.is_some() {}
            self.sockets.wait().await;
        };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            warn!("Some requests did not finish in time");
            self.listeners.shutdown().await;
        }
        self.over.cancel();
        if let Some(relay) = &self.state.relay {
            relay.stop().await;
        }
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, drained).await.is_err() {
            self.tasks.shutdown().await;
        }
        self.state.store.close().await;
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

async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    // Without it every small packet of a signaling socket may wait for the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "TCP_NODELAY was not set");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await {
        warn!(%error, "A listener ended");
    }
}

async fn sweep(state: Shared, over: CancellationToken) {
    loop {
        tokio::select! {
            () = over.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
        state.calls.sweep();
        state.logins.sweep();
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

fn cors(origins: &[String]) -> Result<CorsLayer, StartError> {
    let origins = origins
        .iter()
        .map(|origin| origin.parse::<HeaderValue>().map_err(|_| StartError::Origin(origin.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION]))
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> axum::response::Response {
    tracing::error!("A request handler panicked");
    axum::response::IntoResponse::into_response(ApiError::internal())
}
