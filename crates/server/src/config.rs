//! Everything that can be set about a server. Nothing here reads the environment or a file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

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
    /// one; anybody can then listen to anybody's calls.
    Compat,
}

/// The embedded STUN and TURN server (UDP).
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address clients and peers reach this machine at.
    pub public_ip: IpAddr,
    /// Shared with nobody but a coturn of the same deployment; made up at start when `None`.
    pub secret: Option<String>,
    pub realm: String,
    /// Relay to loopback, private and link-local peers too: for tests and demonstrations on one machine.
    pub allow_private_peers: bool,
    /// Addresses one user may hold allocations from at a time.
    pub allocations_per_user: usize,
    /// Relayed sockets open at a time, of all users.
    pub allocations: usize,
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
        }
    }
}

/// How often is too often.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Calls one user may start per minute.
    pub initiates_per_minute: u32,
    /// Sign-ins per minute for one pair of network address and e-mail address.
    pub logins_per_minute: u32,
    /// Events one socket may send at once, before `events_per_second` counts.
    pub event_burst: u32,
    /// Events one socket may send per second in the long run; what is above is dropped.
    pub events_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { initiates_per_minute: 10, logins_per_minute: 20, event_burst: 100, events_per_second: 50 }
    }
}

/// What [`App::start`](crate::App::start) needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// REST listener; port 0 takes a free one.
    pub rest_addr: SocketAddr,
    /// Socket.IO listener; port 0 takes a free one.
    pub socket_addr: SocketAddr,
    pub database: Database,
    /// Signs the session tokens. `None`: made once and kept, readable by the owner only, beside the
    /// database file (or for the life of the process).
    pub jwt_secret: Option<String>,
    pub mode: Mode,
    pub turn: Option<TurnConfig>,
    /// Other STUN servers to name to clients.
    pub stun_urls: Vec<String>,
    /// Fill an empty database with a shop, customers, orders and past calls.
    pub demo_data: bool,
    /// How long a call may ring before it is missed.
    pub ring_timeout: Duration,
    /// How long a session token is good for.
    pub session_ttl: Duration,
    /// Web origins allowed to call with cookies; none by default.
    pub allowed_origins: Vec<String>,
    pub limits: Limits,
    /// REST base (with prefix) that discovery names; from the request's `Host` when `None`.
    pub public_rest_base: Option<String>,
    /// Socket base that discovery names; from the request's `Host` when `None`.
    pub public_socket_base: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rest_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            socket_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)),
            database: Database::Memory,
            jwt_secret: None,
            mode: Mode::Strict,
            turn: None,
            stun_urls: Vec::new(),
            demo_data: false,
            ring_timeout: Duration::from_secs(45),
            session_ttl: Duration::from_secs(90 * 24 * 3600),
            allowed_origins: Vec::new(),
            limits: Limits::default(),
            public_rest_base: None,
            public_socket_base: None,
        }
    }
}

impl Config {
    /// In memory, on free loopback ports, with demo data and a loopback relay: what tests and the demo
    /// start from.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            rest_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            socket_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            turn: Some(TurnConfig::loopback()),
            demo_data: true,
            ..Self::default()
        }
    }
}
