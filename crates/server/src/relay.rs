//! The embedded STUN and TURN server and the credentials for it. It knows nothing of calls: a user who may
//! sign in may relay, for ten minutes at a time.

mod address;
mod credential;
mod udp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use turn::server::Server;
use turn::server::config::{ConnConfig, ServerConfig};

use self::address::Relays;
use self::credential::{Gate, Holders, Secret, holders};
use crate::auth::random_secret;
use crate::clock::Millis;
use crate::metrics::Metrics;
use crate::{ExternalRelays, TurnConfig};

const COUNT_EVERY: Duration = Duration::from_secs(1);

/// A server as the browser's `RTCIceServer` writes it.
#[derive(Clone, JsonSchema, Serialize)]
pub(crate) struct IceServer {
    pub(crate) urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// Why the relay did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    #[error("cannot listen on {addr} for the relay")]
    Bind { addr: SocketAddr, source: std::io::Error },
    #[error("the relay did not start")]
    Start(#[from] turn::Error),
}

/// Whether a relay user of that name would be let in without being known.
#[cfg(feature = "fuzzing")]
pub(crate) fn admits(username: &str) -> bool {
    use turn::auth::AuthHandler;

    let (_, nobody) = watch::channel(Holders::new());
    let gate = Gate::new(Secret::new("secret"), 1, nobody);
    gate.auth_handle(username, "realm", SocketAddr::from(([192, 0, 2, 1], 1))).is_ok()
}

/// What a client needs to use relays that others run.
pub(crate) fn external(relays: &ExternalRelays, user: &str, now: Millis) -> IceServer {
    let secret = Secret::new(&relays.secret);
    let (username, credential) = secret.credential(user, now.plus(relays.credential_ttl));
    IceServer { urls: relays.urls.clone(), username: Some(username), credential: Some(credential) }
}

/// The running relay.
pub(crate) struct Relay {
    server: Server,
    public: SocketAddr,
    secret: Secret,
    report: watch::Sender<Holders>,
    credential_ttl: Duration,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("public", &self.public).finish_non_exhaustive()
    }
}

impl Relay {
    pub(crate) async fn start(config: &TurnConfig) -> Result<Self, RelayError> {
        let bind = |source| RelayError::Bind { addr: config.listen, source };
        let socket = udp::bind(config.listen, config.socket_buffer).await.map_err(bind)?;
        let port = socket.local_addr().map_err(bind)?.port();
        let secret = Secret::new(&config.secret.clone().unwrap_or_else(random_secret));
        // Newest wins: what matters is who holds what now.
        let (report, holders) = watch::channel(Holders::new());
        let gate = Gate::new(secret.clone(), config.allocations_per_user, holders);
        let server = Server::new(ServerConfig {
            conn_configs: vec![ConnConfig {
                conn: Arc::new(socket),
                relay_addr_generator: Box::new(Relays::new(config)),
            }],
            realm: config.realm.clone(),
            auth_handler: Arc::new(gate),
            channel_bind_timeout: Duration::ZERO,
            alloc_close_notify: None,
        })
        .await?;
        let public = SocketAddr::new(config.public_ip, port);
        Ok(Self { server, public, secret, report, credential_ttl: config.credential_ttl })
    }

    /// `turn:192.0.2.1:3478?transport=udp`
    pub(crate) fn url(&self) -> String {
        format!("turn:{}?transport=udp", self.public)
    }

    pub(crate) fn credential_ttl(&self) -> Duration {
        self.credential_ttl
    }

    /// What a client needs to use it: without and with credentials.
    pub(crate) fn rows(&self, user: &str, now: Millis) -> [IceServer; 2] {
        let (username, credential) = self.secret.credential(user, now.plus(self.credential_ttl));
        [
            IceServer { urls: vec![format!("stun:{}", self.public)], username: None, credential: None },
            IceServer { urls: vec![self.url()], username: Some(username), credential: Some(credential) },
        ]
    }

    /// Keeps the count of allocations per user up to date, until told to stop.
    pub(crate) async fn count(&self, metrics: &Metrics, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(COUNT_EVERY) => {}
            }
            if let Ok(allocations) = self.server.get_allocations_info(None).await {
                metrics.allocations(allocations.len());
                self.report.send_replace(holders(allocations.values()));
            }
        }
    }

    pub(crate) async fn stop(&self) {
        let _ = self.server.close().await;
    }
}
