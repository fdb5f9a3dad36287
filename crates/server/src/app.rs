//! One running server: binds, serves in tasks it owns, stops them all. What it serves is elsewhere.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Config;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    #[error("cannot listen on {addr}")]
    Bind { addr: SocketAddr, source: std::io::Error },
}

/// A running server. Dropping it stops it hard; [`App::stop`] does so gracefully.
#[derive(Debug)]
pub struct App {
    rest: SocketAddr,
    socket: SocketAddr,
    turn: Option<String>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl App {
    /// Binds, migrates the database and serves.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let bind =
            async |addr| TcpListener::bind(addr).await.map_err(|source| StartError::Bind { addr, source });
        let rest = bind(config.rest_addr).await?;
        let socket = bind(config.socket_addr).await?;
        let local = |listener: &TcpListener, addr| {
            listener.local_addr().map_err(|source| StartError::Bind { addr, source })
        };
        let (rest_addr, socket_addr) = (local(&rest, config.rest_addr)?, local(&socket, config.socket_addr)?);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for listener in [rest, socket] {
            let stop = stop.clone();
            let router: Router = Router::new().route("/health", get("ok"));
            tasks.spawn(async move {
                let _ = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
            });
        }
        Ok(Self { rest: rest_addr, socket: socket_addr, turn: None, stop, tasks })
    }

    /// Base of the REST API, prefix included: `http://127.0.0.1:8000/api/v2`.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}/api/v2", self.rest)
    }

    /// Base of the Socket.IO server: `http://127.0.0.1:4000`.
    #[must_use]
    pub fn socket_url(&self) -> String {
        format!("http://{}", self.socket)
    }

    /// The relay's address as an ICE URL, where there is one.
    #[must_use]
    pub fn turn_url(&self) -> Option<String> {
        self.turn.clone()
    }

    /// Tells the sockets, finishes requests under way and closes the database.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
