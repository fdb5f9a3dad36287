//! The server as a program: options, logging, signals. What it serves is in the library.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use bellwire_server::{
    App, Backend, Backends, Config, ConnectionLimits, DEMO_PASSWORD, Database, Limits, Mode, PublicBases,
    RequestLimits, RingTimeouts, StorefrontListeners, TurnConfig,
};
use clap::Parser;
use tracing::{debug, warn};
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Bellwire server: accounts, calls, signaling and a relay for the Bellwire client.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// REST listener of storefront
    #[arg(long, alias = "rest", env = "BELLWIRE_STOREFRONT_REST", default_value = "127.0.0.1:8000")]
    storefront_rest: SocketAddr,
    /// Socket.IO listener of storefront
    #[arg(long, alias = "socket", env = "BELLWIRE_STOREFRONT_SOCKET", default_value = "127.0.0.1:4000")]
    storefront_socket: SocketAddr,
    /// Listener of dealerdesk
    #[arg(long, env = "BELLWIRE_DEALERDESK", default_value = "127.0.0.1:8089")]
    dealerdesk: SocketAddr,
    /// Listener of marketplace
    #[arg(long, env = "BELLWIRE_MARKETPLACE", default_value = "127.0.0.1:5000")]
    marketplace: SocketAddr,
    /// Listener of hearth
    #[arg(long, env = "BELLWIRE_HEARTH", default_value = "127.0.0.1:3000")]
    hearth: SocketAddr,
    /// Listener of clinic
    #[arg(long, env = "BELLWIRE_CLINIC", default_value = "127.0.0.1:3001")]
    clinic: SocketAddr,
    /// Serve only these backends (storefront, dealerdesk, marketplace, hearth, clinic)
    #[arg(long, env = "BELLWIRE_ONLY", value_delimiter = ',')]
    only: Vec<String>,
    /// SQLite file, created when missing; with --demo the default is memory
    #[arg(long, env = "BELLWIRE_DATABASE")]
    database: Option<PathBuf>,
    /// Signs session tokens; kept beside the database when not given
    #[arg(long, env = "BELLWIRE_JWT_SECRET", hide_env_values = true)]
    jwt_secret: Option<String>,
    /// Fill an empty database with people and past calls of each backend; relay on loopback
    #[arg(long, env = "BELLWIRE_DEMO")]
    demo: bool,
    /// Believe sockets without a token, as the deployed backend does
    #[arg(long, env = "BELLWIRE_COMPAT")]
    compat: bool,
    /// Seconds a call may ring, for every backend; by default 45, 30 (dealerdesk) or 60 (hearth)
    #[arg(long, env = "BELLWIRE_RING_TIMEOUT", value_parser = clap::value_parser!(u64).range(5..=600))]
    ring_timeout: Option<u64>,
    /// Minutes a hearth session may be without activity
    #[arg(long, env = "CALL_TIMEOUT_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1440))]
    call_timeout_minutes: u64,
    /// Participants of a hearth group session
    #[arg(long, env = "MAX_CALL_PARTICIPANTS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=32))]
    max_call_participants: u32,
    /// Requests one address may make of each backend in 15 minutes; by default as each documents
    #[arg(long, env = "BELLWIRE_REQUEST_LIMIT", value_parser = clap::value_parser!(u32).range(1..))]
    request_limit: Option<u32>,
    /// Connections at each listener; by default, and at most, its share of the descriptors there are
    #[arg(long, env = "BELLWIRE_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    connections: Option<u32>,
    /// Connections of one network address at each listener, 0 for no limit of its own; by default 512, and
    /// none with --behind-proxy, where all come from the proxy
    #[arg(long, env = "BELLWIRE_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: Option<u32>,
    /// Take a client's address from X-Forwarded-For: only behind a reverse proxy that sets it
    #[arg(long, env = "BELLWIRE_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Web origin allowed to call with cookies, or * for all without (may be repeated)
    #[arg(long = "allow-origin", env = "BELLWIRE_ALLOW_ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<String>,
    /// Address the relay is reached at from outside; switches the relay on
    #[arg(long, env = "BELLWIRE_TURN_PUBLIC_IP")]
    turn_public_ip: Option<IpAddr>,
    /// Where the relay listens (UDP)
    #[arg(long, env = "BELLWIRE_TURN_LISTEN", default_value = "0.0.0.0:3478")]
    turn_listen: SocketAddr,
    /// Secret the relay's credentials are made with, shared with a coturn if there is one
    #[arg(long, env = "BELLWIRE_TURN_SECRET", hide_env_values = true)]
    turn_secret: Option<String>,
    #[arg(long, env = "BELLWIRE_TURN_REALM", default_value = "bellwire")]
    turn_realm: String,
    /// Relay to private and loopback peers too
    #[arg(long, env = "BELLWIRE_TURN_ALLOW_PRIVATE")]
    turn_allow_private: bool,
    /// Other STUN server to name to clients (may be repeated)
    #[arg(long = "stun", env = "BELLWIRE_STUN", value_delimiter = ',')]
    stun: Vec<String>,
    /// REST base that discovery names, as BACKEND=URL, prefix included (may be repeated)
    #[arg(long, env = "BELLWIRE_PUBLIC_REST_BASE", value_delimiter = ',', value_parser = base)]
    public_rest_base: Vec<(Backend, String)>,
    /// Socket base that discovery names, as BACKEND=URL (may be repeated)
    #[arg(long, env = "BELLWIRE_PUBLIC_SOCKET_BASE", value_delimiter = ',', value_parser = base)]
    public_socket_base: Vec<(Backend, String)>,
}

/// `clinic=https://calls.example/clinic`; without a name it is storefront's.
fn base(text: &str) -> Result<(Backend, String), String> {
    let (backend, url) = match text.split_once('=') {
        Some((id, url)) if !id.contains("://") => (backend(id)?, url),
        Some(_) | None => (Backend::Storefront, text),
    };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err("a base begins with http:// or https://".to_owned());
    }
    Ok((backend, url.trim_end_matches('/').to_owned()))
}

fn backend(id: &str) -> Result<Backend, String> {
    Backend::parse(id.trim()).ok_or_else(|| format!("there is no backend {id}"))
}

impl Options {
    fn config(&self) -> anyhow::Result<Config> {
        let database = match (&self.database, self.demo) {
            (Some(path), _) => Database::File(path.clone()),
            (None, true) => Database::Memory,
            (None, false) => Database::File(PathBuf::from("bellwire.db")),
        };
        let turn = match self.turn_public_ip {
            Some(public_ip) => Some(TurnConfig {
                listen: self.turn_listen,
                public_ip,
                secret: self.turn_secret.clone(),
                realm: self.turn_realm.clone(),
                allow_private_peers: self.turn_allow_private,
                ..TurnConfig::default()
            }),
            None if self.demo => Some(TurnConfig {
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, self.turn_listen.port())),
                secret: self.turn_secret.clone(),
                realm: self.turn_realm.clone(),
                ..TurnConfig::loopback()
            }),
            None => None,
        };
        if self.jwt_secret.as_ref().is_some_and(|secret| secret.len() < 32) {
            anyhow::bail!("the JWT secret must have at least 32 characters");
        }
        if turn.as_ref().is_some_and(|turn| turn.public_ip.is_unspecified()) {
            anyhow::bail!("--turn-public-ip must be an address that clients can reach");
        }
        Ok(Config {
            backends: self.backends()?,
            database,
            jwt_secret: self.jwt_secret.clone(),
            mode: if self.compat { Mode::Compat } else { Mode::Strict },
            turn,
            stun_urls: self.stun.clone(),
            demo_data: self.demo,
            ring: match self.ring_timeout {
                Some(seconds) => RingTimeouts::all(Duration::from_secs(seconds)),
                None => RingTimeouts::default(),
            },
            call_timeout: Duration::from_secs(self.call_timeout_minutes * 60),
            max_participants: self.max_call_participants,
            limits: Limits {
                requests: self.request_limit.map_or_else(RequestLimits::default, RequestLimits::all),
                ..Limits::default()
            },
            connections: self.connections(),
            behind_proxy: self.behind_proxy,
            allowed_origins: self.allow_origin.clone(),
            public: self.public(),
            ..Config::default()
        })
    }

    fn backends(&self) -> anyhow::Result<Backends> {
        let only = self.only.iter().map(|id| backend(id).map_err(anyhow::Error::msg));
        let only = only.collect::<anyhow::Result<Vec<_>>>()?;
        let on = |backend| only.is_empty() || only.contains(&backend);
        let storefront = StorefrontListeners { rest: self.storefront_rest, socket: self.storefront_socket };
        Ok(Backends {
            storefront: on(Backend::Storefront).then_some(storefront),
            dealerdesk: on(Backend::Dealerdesk).then_some(self.dealerdesk),
            marketplace: on(Backend::Marketplace).then_some(self.marketplace),
            hearth: on(Backend::Hearth).then_some(self.hearth),
            clinic: on(Backend::Clinic).then_some(self.clinic),
        })
    }

    fn connections(&self) -> ConnectionLimits {
        let usual =
            if self.behind_proxy { ConnectionLimits::behind_proxy() } else { ConnectionLimits::default() };
        let count = |count: u32| usize::try_from(count).ok().filter(|count| *count > 0);
        ConnectionLimits {
            per_address: self.connections_per_address.map_or(usual.per_address, count),
            per_listener: self.connections.and_then(count),
            ..usual
        }
    }

    fn public(&self) -> BTreeMap<Backend, PublicBases> {
        let mut public: BTreeMap<Backend, PublicBases> = BTreeMap::new();
        for (backend, url) in &self.public_rest_base {
            public.entry(*backend).or_default().rest = Some(url.clone());
        }
        for (backend, url) in &self.public_socket_base {
            public.entry(*backend).or_default().socket = Some(url.clone());
        }
        public
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = log.with_filter(filter.and(bellwire_server::safe_to_log()));
    tracing_subscriber::registry().with(log).init();

    match bellwire_server::raise_descriptor_limit() {
        Ok(most) if most < 4096 => {
            warn!(most, "Few descriptors may be open (ulimit -n), and so few clients can be connected");
        }
        Ok(most) => debug!(most, "Descriptors that may be open"),
        Err(error) => warn!(%error, "The number of descriptors cannot be raised"),
    }
    let app = App::start(options.config()?).await.context("the server did not start")?;
    introduce(&app, options.demo)?;
    asked_to_stop().await?;
    app.stop().await;
    Ok(())
}

fn introduce(app: &App, demo: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for backend in Backend::ALL {
        let Some((rest, socket)) = app.rest_url(backend.id()).zip(app.socket_url(backend.id())) else {
            continue;
        };
        writeln!(out, "{:12} {rest}  socket {socket}", backend.id())?;
        if demo {
            for (role, email) in backend.demo_logins() {
                writeln!(out, "{:12} {email} ({role})", "")?;
            }
        }
    }
    if let Some(turn) = app.turn_url() {
        writeln!(out, "{:12} {turn}", "relay")?;
    }
    if demo {
        writeln!(out, "Everybody's password is {DEMO_PASSWORD}")?;
    }
    out.flush()
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn config(arguments: &[&str]) -> anyhow::Result<Config> {
        Options::try_parse_from(std::iter::once(&"bellwire-server").chain(arguments))?.config()
    }

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Options::command().debug_assert();
    }

    #[test]
    fn all_backends_are_served_unless_some_are_named() {
        assert_eq!(config(&[]).expect("a configuration").backends, Backends::usual());

        let some =
            config(&["--only", "clinic,storefront", "--rest", "127.0.0.1:1"]).expect("a configuration");

        let listeners = some.backends.storefront.expect("named");
        assert_eq!((listeners.rest.port(), listeners.socket.port()), (1, 4000));
        assert!(some.backends.clinic.is_some() && some.backends.hearth.is_none());
        assert!(config(&["--only", "telegraph"]).is_err());
    }

    #[test]
    fn public_bases_are_given_by_name_or_are_those_of_storefront() {
        let bases = ["--public-rest-base", "clinic=https://c.example/,https://s.example/api/v2"];

        let public = config(&bases).expect("a configuration").public;

        let rest = |backend| public.get(&backend).and_then(|bases| bases.rest.as_deref());
        assert_eq!(rest(Backend::Clinic), Some("https://c.example"));
        assert_eq!(rest(Backend::Storefront), Some("https://s.example/api/v2"));
        assert!(config(&["--public-rest-base", "clinic=c.example"]).is_err());
    }

    #[test]
    fn times_and_limits_are_the_documented_ones_unless_given() {
        let usual = config(&[]).expect("a configuration");
        assert_eq!(usual.ring, RingTimeouts::default());
        assert_eq!((usual.max_participants, usual.call_timeout), (8, Duration::from_secs(3600)));

        let given = ["--connections", "90", "--connections-per-address", "0"];
        let given = config(&given).expect("a configuration").connections;
        assert_eq!((given.per_listener, given.per_address), (Some(90), None));
        assert_eq!(usual.connections, ConnectionLimits::default());
        let behind = config(&["--behind-proxy"]).expect("a configuration").connections;
        assert_eq!(behind, ConnectionLimits::behind_proxy());

        let given = ["--ring-timeout", "20", "--request-limit", "7", "--max-call-participants", "3"];
        let given = config(&given).expect("a configuration");
        assert_eq!(given.ring, RingTimeouts::all(Duration::from_secs(20)));
        assert_eq!((given.limits.requests, given.max_participants), (RequestLimits::all(7), 3));
    }
}
