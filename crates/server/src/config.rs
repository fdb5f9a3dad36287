//! The configuration of a server. Nothing here reads the environment or a file.

mod tls;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

pub use self::tls::TlsConfig;
use crate::backend::Backend;

/// Where the records live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// Gone with the process.
    Memory,
    /// A SQLite file, created when missing.
    File(PathBuf),
}

/// How much a socket is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A socket needs a token; who it is comes from the token alone.
    #[default]
    Strict,
    /// As deployed: without a token, `addUser` says who a socket is. For web clients that cannot send
    /// one; any client can then listen to any call.
    Compat,
}

/// The embedded STUN and TURN server (UDP).
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address clients and peers reach this machine at.
    pub public_ip: IpAddr,
    /// Shared only with a coturn of the same deployment; generated at start when `None`.
    pub secret: Option<String>,
    pub realm: String,
    /// Relay to loopback, private and link-local peers too: for tests and demonstrations on one machine.
    pub allow_private_peers: bool,
    /// Addresses one user may hold allocations from at a time.
    pub allocations_per_user: usize,
    /// Relayed sockets open at a time, of all users.
    pub allocations: usize,
    /// How long a credential is good for; clients are told.
    pub credential_ttl: Duration,
    /// Ports of relayed sockets; any the system gives when `None`.
    pub ports: Option<RangeInclusive<u16>>,
    /// Bytes the system keeps of each socket's datagrams, each way. It may give less.
    pub socket_buffer: usize,
}

/// Relays that others run: coturn, with this secret as its `static-auth-secret`.
#[derive(Clone)]
pub struct ExternalRelays {
    /// `turn:relay.example:3478?transport=udp`, `turns:relay.example:443?transport=tcp`.
    pub urls: Vec<String>,
    pub secret: String,
    /// How long a credential is good for; clients are told.
    pub credential_ttl: Duration,
}

impl std::fmt::Debug for ExternalRelays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalRelays").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl TurnConfig {
    /// A relay on a free port of this machine, for calls within it.
    #[must_use]
    pub fn loopback() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            allow_private_peers: true,
            ..Self::default()
        }
    }
}

impl Default for TurnConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 3478)),
            public_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secret: None,
            realm: "bellwire".to_owned(),
            allow_private_peers: false,
            allocations_per_user: 8,
            allocations: 1024,
            credential_ttl: Duration::from_secs(600),
            ports: None,
            // What coturn asks for: two seconds of a stalled relay with forty streams.
            socket_buffer: 4 << 20,
        }
    }
}

/// How often is too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls one user may start per minute.
    pub initiates_per_minute: u32,
    /// Sign-ins per minute for one pair of network address and e-mail address.
    pub logins_per_minute: u32,
    /// Failed sign-ins in 15 minutes from one network address, where a backend documents that.
    pub failed_logins: u32,
    /// Failed sign-ins in 15 minutes to one account, from wherever it has not signed in before.
    pub failed_logins_per_account: u32,
    /// Failed sign-ins in 15 minutes from one network address (an IPv6 /64), to whatever account.
    pub failed_logins_per_address: u32,
    /// Messages one user may send per minute, where a backend documents that.
    pub messages_per_minute: u32,
    /// Sockets one account may have at once; the next one is refused.
    pub sockets_per_account: u32,
    /// Reports of a call's quality one account may send per minute; more are dropped.
    pub reports_per_minute: u32,
    /// Events one socket may send at once, before `events_per_second` counts. A web client that enters a call of
    /// eight has to be within it: seven connections, each with an offer, an answer and a candidate for every
    /// address, protocol and kind of media (RFC 8838, RFC 8843 section 7.2.1 before bundling is agreed).
    pub event_burst: u32,
    /// Events one socket may send per second in the long run; what is above is dropped.
    pub events_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            initiates_per_minute: 10,
            logins_per_minute: 20,
            failed_logins: 5,
            failed_logins_per_account: 20,
            failed_logins_per_address: 40,
            messages_per_minute: 30,
            sockets_per_account: 50,
            reports_per_minute: 30,
            event_burst: 400,
            events_per_second: 50,
        }
    }
}

/// How long a connection may keep the server waiting, and how many there may be. Neither ends a request
/// that waits for its answer, nor a WebSocket that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// For the head of a request, from the opening of the connection or the answer before: so long may a
    /// connection be silent or idle, too.
    pub head: Duration,
    /// Longest pause within the body of a request, and in the reading of what is sent.
    pub pause: Duration,
    /// For the whole body of a request.
    pub body: Duration,
    /// Connections of one network address (of IPv6 a /64) at each listener; never more than a quarter of
    /// all. `None`: as many as there are, for a listener behind a reverse proxy, which all come from.
    pub per_address: Option<usize>,
    /// Connections at each listener. `None`, and at most: its share of the descriptors this process may
    /// open.
    pub per_listener: Option<usize>,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            pause: Duration::from_secs(30),
            body: Duration::from_secs(120),
            per_address: Some(512),
            per_listener: None,
        }
    }
}

impl ConnectionLimits {
    /// For connections that come from a reverse proxy: it keeps them for later requests, longer than its
    /// own time for that (60 s with nginx).
    #[must_use]
    pub fn behind_proxy() -> Self {
        Self { head: Duration::from_secs(75), per_address: None, ..Self::default() }
    }
}

/// A listener of a backend: how it is called on a command line, and its usual port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerOption {
    pub option: &'static str,
    pub alias: Option<&'static str>,
    pub env: &'static str,
    pub help: &'static str,
    pub port: u16,
}

/// A number that one backend alone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub option: &'static str,
    pub env: &'static str,
    pub help: &'static str,
    /// How much one of the option's units is: 60 for minutes of a value in seconds.
    pub unit: u32,
    /// In the option's units.
    pub default: u32,
    pub least: u32,
    pub most: u32,
}

/// What a backend has when nothing else is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    pub listener: ListenerOption,
    /// Of its sockets, where these have a listener of their own.
    pub socket_listener: Option<ListenerOption>,
    pub ring_timeout: Duration,
    pub request_limit: u32,
    pub settings: &'static [Setting],
}

/// What can be set about one backend. Each has its own listener because deployed clients expect default
/// paths, and event names of two backends are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub socket_listen: Option<SocketAddr>,
    /// How long a call may ring before it is missed.
    pub ring_timeout: Duration,
    /// REST requests that one network address may make in 15 minutes.
    pub request_limit: u32,
    pub public: PublicBases,
    /// Values of the backend's [`Setting`]s, by option.
    pub settings: BTreeMap<&'static str, u32>,
}

impl BackendConfig {
    /// On the usual ports of this machine's loopback.
    #[must_use]
    pub fn new(defaults: &Defaults) -> Self {
        let at = |listener: &ListenerOption| SocketAddr::from((Ipv4Addr::LOCALHOST, listener.port));
        Self {
            listen: at(&defaults.listener),
            socket_listen: defaults.socket_listener.as_ref().map(at),
            ring_timeout: defaults.ring_timeout,
            request_limit: defaults.request_limit,
            public: PublicBases::default(),
            settings: defaults.settings.iter().map(|it| (it.option, it.default * it.unit)).collect(),
        }
    }

    pub(crate) fn setting(&self, setting: &Setting) -> u32 {
        self.settings.get(setting.option).copied().unwrap_or(setting.default * setting.unit)
    }
}

/// Bases that discovery names instead of those it makes of the request's `Host`: for a reverse proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicBases {
    /// With the backend's REST prefix, if it has one.
    pub rest: Option<String>,
    /// The same as `rest` without its prefix when `None`, unless the sockets have a listener of their own.
    pub socket: Option<String>,
}

/// A Janus that this server alone uses.
#[derive(Clone, PartialEq, Eq)]
pub struct JanusConfig {
    /// Its WebSocket transport: `ws://127.0.0.1:8188`.
    pub url: String,
    /// `api_secret` of its configuration, where it has one.
    pub api_secret: Option<String>,
    /// `admin_key` of its VideoRoom plugin, where it has one.
    pub admin_key: Option<String>,
}

impl std::fmt::Debug for JanusConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JanusConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What carries the media of calls of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupEngineConfig {
    /// Members are connected to each other.
    #[default]
    Mesh,
    /// Everybody is connected to Janus.
    Janus(JanusConfig),
}

/// What [`App::start`](crate::App::start) needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The backends that are served.
    pub backends: BTreeMap<Backend, BackendConfig>,
    pub database: Database,
    /// Signs the session tokens. `None`: made once and kept, readable by the owner only, beside the
    /// database file (or for the life of the process).
    pub jwt_secret: Option<String>,
    pub mode: Mode,
    pub turn: Option<TurnConfig>,
    /// Named to clients beside the own one, or instead.
    pub external_relays: Option<ExternalRelays>,
    /// Other STUN servers to name to clients.
    pub stun_urls: Vec<String>,
    pub group_engine: GroupEngineConfig,
    /// Fill the empty tables of each backend with people, past calls and what they are about.
    pub demo_data: bool,
    /// How long a session token is good for; each backend's documented time when `None`.
    pub session_ttl: Option<Duration>,
    /// How long a refresh token is good after it was exchanged for a new one, where a backend has them.
    pub refresh_grace: Duration,
    /// How long the seat of a participant whose connection is lost is kept before others are told.
    pub seat_kept: Duration,
    /// The listeners of the backends speak HTTPS, or HTTP where there is none.
    pub tls: Option<TlsConfig>,
    /// Believe the last address of `X-Forwarded-For`: only behind a reverse proxy that sets it.
    pub behind_proxy: bool,
    /// Web origins allowed to call with cookies, or `*` for all of them without; none by default.
    pub allowed_origins: Vec<String>,
    pub limits: Limits,
    pub connections: ConnectionLimits,
    /// How long ended calls and messages are kept; for ever when `None`.
    pub retention: Option<Duration>,
    /// Where `/metrics` is served; nowhere when `None`. Port 0 takes a free one.
    pub metrics: Option<SocketAddr>,
}

impl Config {
    /// These backends, and everything else as usual.
    #[must_use]
    pub fn serving(backends: BTreeMap<Backend, BackendConfig>) -> Self {
        Self {
            backends,
            database: Database::Memory,
            jwt_secret: None,
            mode: Mode::Strict,
            turn: None,
            external_relays: None,
            stun_urls: Vec::new(),
            group_engine: GroupEngineConfig::default(),
            demo_data: false,
            session_ttl: None,
            refresh_grace: Duration::from_secs(60),
            seat_kept: Duration::from_secs(30),
            tls: None,
            behind_proxy: false,
            allowed_origins: Vec::new(),
            limits: Limits::default(),
            connections: ConnectionLimits::default(),
            retention: None,
            metrics: None,
        }
    }

    /// What addresses of the listeners begin with.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The same ring timeout for every backend.
    #[must_use]
    pub fn with_ring_timeout(mut self, timeout: Duration) -> Self {
        for backend in self.backends.values_mut() {
            backend.ring_timeout = timeout;
        }
        self
    }

    /// The same request limit for every backend.
    #[must_use]
    pub fn with_request_limit(mut self, count: u32) -> Self {
        for backend in self.backends.values_mut() {
            backend.request_limit = count;
        }
        self
    }

    /// Every backend on free ports of this machine's loopback.
    #[must_use]
    pub fn with_free_ports(mut self) -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        for backend in self.backends.values_mut() {
            backend.listen = free;
            backend.socket_listen = backend.socket_listen.map(|_| free);
        }
        self
    }
}
