//! The server as a program: options, logging, signals. What it serves is in the library.
#![forbid(unsafe_code)]

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use bellwire_server::{App, Config, DEMO_CUSTOMER, DEMO_PASSWORD, DEMO_SELLER, Database, Mode, TurnConfig};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Bellwire server: accounts, calls, signaling and a relay for the Bellwire client.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// REST listener
    #[arg(long, env = "BELLWIRE_REST", default_value = "127.0.0.1:8000")]
    rest: SocketAddr,
    /// Socket.IO listener
    #[arg(long, env = "BELLWIRE_SOCKET", default_value = "127.0.0.1:4000")]
    socket: SocketAddr,
    /// SQLite file, created when missing; with --demo the default is memory
    #[arg(long, env = "BELLWIRE_DATABASE")]
    database: Option<PathBuf>,
    /// Signs session tokens; kept beside the database when not given
    #[arg(long, env = "BELLWIRE_JWT_SECRET", hide_env_values = true)]
    jwt_secret: Option<String>,
    /// Fill an empty database with a shop, customers, orders and past calls; relay on loopback
    #[arg(long, env = "BELLWIRE_DEMO")]
    demo: bool,
    /// Believe sockets without a token, as the deployed backend does
    #[arg(long, env = "BELLWIRE_COMPAT")]
    compat: bool,
    /// Seconds a call may ring
    #[arg(long, env = "BELLWIRE_RING_TIMEOUT", default_value_t = 45, value_parser = clap::value_parser!(u64).range(5..=600))]
    ring_timeout: u64,
    /// Web origin allowed to call with cookies (may be repeated)
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
    /// REST base that discovery names, prefix included
    #[arg(long, env = "BELLWIRE_PUBLIC_REST_BASE")]
    public_rest_base: Option<String>,
    /// Socket base that discovery names
    #[arg(long, env = "BELLWIRE_PUBLIC_SOCKET_BASE")]
    public_socket_base: Option<String>,
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
            rest_addr: self.rest,
            socket_addr: self.socket,
            database,
            jwt_secret: self.jwt_secret.clone(),
            mode: if self.compat { Mode::Compat } else { Mode::Strict },
            turn,
            stun_urls: self.stun.clone(),
            demo_data: self.demo,
            ring_timeout: Duration::from_secs(self.ring_timeout),
            allowed_origins: self.allow_origin.clone(),
            public_rest_base: self.public_rest_base.clone(),
            public_socket_base: self.public_socket_base.clone(),
            ..Config::default()
        })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let app = App::start(options.config()?).await.context("the server did not start")?;
    introduce(&app, options.demo)?;
    asked_to_stop().await?;
    app.stop().await;
    Ok(())
}

fn introduce(app: &App, demo: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "REST    {}", app.rest_url())?;
    writeln!(out, "Socket  {}", app.socket_url())?;
    if let Some(turn) = app.turn_url() {
        writeln!(out, "Relay   {turn}")?;
    }
    if demo {
        writeln!(
            out,
            "Sign in as {DEMO_SELLER} (seller) or {DEMO_CUSTOMER} (customer), password {DEMO_PASSWORD}"
        )?;
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
