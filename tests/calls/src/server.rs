//! Test server with demo data.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use bellwire_server::{Admin, App, Backend, Config, Database, NewPerson, PairFigures, Password};

use crate::WAIT_LIMIT;
use crate::reserved_port::ReservedPort;

/// E-mail addresses of the demo data.
pub const SELLER: &str = "seller@demo.example";
pub const CUSTOMER: &str = "amira@demo.example";
pub const OTHER_CUSTOMER: &str = "jose@demo.example";
/// The password of every account there.
pub const PASSWORD: &str = "ring-ring-demo";

/// A server with demo data on free loopback ports, and its database file.
#[derive(Debug)]
pub struct TestServer {
    app: Option<App>,
    config: Config,
    rest: String,
    socket: String,
    ports: Vec<ReservedPort>,
    _dir: tempfile::TempDir,
}

impl TestServer {
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// The same, after `change` has had its way with the configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> anyhow::Result<Self> {
        log();
        let dir = tempfile::tempdir()?;
        let mut config =
            Config { database: Database::File(dir.path().join("bellwire.db")), ..Config::demo() };
        change(&mut config);
        let ports = reserve(&mut config)?;
        let app = App::start(config.clone()).await?;
        let rest = app.rest_url("storefront").context("storefront is served")?;
        let socket = app.socket_url("storefront").context("storefront is served")?;
        Ok(Self { app: Some(app), config, rest, socket, ports, _dir: dir })
    }

    /// With calls that ring for so long, whatever the backend.
    pub async fn ringing_for(time: std::time::Duration) -> anyhow::Result<Self> {
        Self::start_with(|config| *config = config.clone().with_ring_timeout(time)).await
    }

    /// With tokens that live for so long, whatever the backend.
    pub async fn with_sessions_of(time: std::time::Duration) -> anyhow::Result<Self> {
        Self::start_with(|config| config.session_ttl = Some(time)).await
    }

    /// What a user types: the REST host, which answers discovery.
    pub fn url(&self) -> String {
        self.rest.trim_end_matches("/api/v2").to_owned()
    }

    /// Waits until it keeps figures of a `hearth` session that are as wanted.
    pub async fn keeps_figures(
        &self,
        session: &str,
        what: &str,
        wanted: impl Fn(&[PairFigures]) -> bool,
    ) -> anyhow::Result<()> {
        let hearth = Backend::parse("hearth").context("hearth is served")?;
        let Database::File(path) = &self.config.database else { anyhow::bail!("it is in memory") };
        let operator = Admin::open(path).await?;
        let end = tokio::time::Instant::now() + WAIT_LIMIT;
        loop {
            let pairs = operator.figures_of_call(hearth, session).await?;
            if wanted(&pairs) {
                operator.close().await;
                return Ok(());
            }
            ensure!(tokio::time::Instant::now() < end, "waited for {what}: {pairs:?}");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    /// Adds somebody to the people of `hearth`, with the password of all.
    pub async fn add_person(&self, email: &str, first_name: &str) -> anyhow::Result<()> {
        let hearth = Backend::parse("hearth").context("hearth is served")?;
        let Database::File(path) = &self.config.database else { anyhow::bail!("it is in memory") };
        let operator = Admin::open(path).await?;
        let person = NewPerson {
            role: "user".into(),
            email: email.into(),
            first_name: Some(first_name.into()),
            last_name: Some("Test".into()),
            ..NewPerson::default()
        };
        operator.add(hearth, person, &Password::Plain(PASSWORD.into())).await?;
        operator.close().await;
        Ok(())
    }

    /// Where its figures are.
    pub fn metrics_url(&self) -> Option<String> {
        self.app.as_ref().and_then(App::metrics_url)
    }

    /// That its backends listen on.
    pub fn ports(&self) -> Vec<u16> {
        self.ports.iter().map(|port| port.address().port()).collect()
    }

    pub fn rest(&self) -> &str {
        &self.rest
    }

    pub fn socket(&self) -> &str {
        &self.socket
    }

    /// Stops the server; addresses and database stay for [`TestServer::revive`].
    pub async fn kill(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
    }

    /// The same server again, on the same addresses and database.
    pub async fn revive(&mut self) -> anyhow::Result<()> {
        let mut last = None;
        for _ in 0..50 {
            match App::start(self.config.clone()).await {
                Ok(app) => {
                    self.app = Some(app);
                    return Ok(());
                }
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        Err(last.context("no attempt")?.into())
    }
}

/// Gives the server addresses that it can come back to.
fn reserve(config: &mut Config) -> std::io::Result<Vec<ReservedPort>> {
    let backends = config.backends.values_mut();
    let listeners = backends.flat_map(|backend| [Some(&mut backend.listen), backend.socket_listen.as_mut()]);
    let reserve = |listen: &mut SocketAddr| {
        let port = ReservedPort::new()?;
        *listen = port.address();
        Ok(port)
    };
    listeners.flatten().map(reserve).collect()
}

/// A file or folder of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    let this = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this");
    std::path::Path::new(&this).join("../..").join(path)
}

/// A file of the repository's `assets` folder.
pub fn asset(name: &str) -> PathBuf {
    in_repository("assets").join(name)
}

pub(crate) fn log() {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("BELLWIRE_LOG"))
        .with_writer(std::io::stderr)
        .try_init();
}
