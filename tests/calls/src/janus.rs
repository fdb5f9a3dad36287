//! A Janus of a test: on loopback alone, with a configuration and secrets of its own.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use bellwire_server::{GroupEngineConfig, JanusConfig};
use serde_json::{Value, json};

use crate::WAIT_LIMIT;
use crate::reserved_port::ReservedPort;

const SECRET: &str = "secret-of-the-test";
const ADMIN_KEY: &str = "key-of-the-test";

/// Plugins and transports that are not used.
const PLUGINS: [&str; 11] = [
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
];
const TRANSPORTS: [&str; 4] = ["mqtt", "nanomsg", "pfunix", "rabbitmq"];

#[derive(Debug)]
pub struct Janus {
    process: Option<Child>,
    folder: tempfile::TempDir,
    sockets: ReservedPort,
    admin: ReservedPort,
}

impl Janus {
    /// # Errors
    /// Where Janus is not installed, or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (sockets, admin) = (ReservedPort::new()?, ReservedPort::new()?);
        configure(folder.path(), sockets.address(), admin.address())?;
        let mut janus = Self { process: None, folder, sockets, admin };
        janus.revive().await?;
        Ok(janus)
    }

    /// How a server uses it.
    pub fn config(&self) -> GroupEngineConfig {
        GroupEngineConfig::Janus(JanusConfig {
            url: format!("ws://{}", self.sockets.address()),
            api_secret: Some(SECRET.to_owned()),
            admin_key: Some(ADMIN_KEY.to_owned()),
        })
    }

    /// Without a word to anybody.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// It does nothing and hears nothing, until it goes on.
    pub fn stand_still(&self, still: bool) -> anyhow::Result<()> {
        let process = self.process.as_ref().context("it runs")?;
        let signal = if still { "-STOP" } else { "-CONT" };
        let sent = Command::new("kill").args([signal, &process.id().to_string()]).status()?;
        ensure!(sent.success(), "kill: {sent}");
        Ok(())
    }

    /// The same again, on the same addresses; it has forgotten everything.
    pub async fn revive(&mut self) -> anyhow::Result<()> {
        self.kill();
        let log = self.folder.path().join("log");
        let process = Command::new("janus")
            .arg("-F")
            .arg(self.folder.path())
            .arg("--disable-colors")
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()
            .context("janus is missing: `cargo xtask setup --tests` installs it")?;
        self.process = Some(process);
        let end = tokio::time::Instant::now() + WAIT_LIMIT;
        while tokio::net::TcpStream::connect(self.sockets.address()).await.is_err()
            || tokio::net::TcpStream::connect(self.admin.address()).await.is_err()
        {
            let ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            if ended.is_some() || tokio::time::Instant::now() > end {
                bail!("Janus does not listen: {}", fs::read_to_string(&log)?);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// How many handles there are in all of its sessions.
    pub async fn handles(&self) -> anyhow::Result<usize> {
        let sessions = self.ask("", json!({ "janus": "list_sessions" })).await?;
        let mut count = 0;
        for session in sessions["sessions"].as_array().context("a list")? {
            let handles = self.ask(&format!("/{session}"), json!({ "janus": "list_handles" })).await?;
            count += handles["handles"].as_array().map_or(0, Vec::len);
        }
        Ok(count)
    }

    /// Waits until there are that many handles.
    pub async fn until_handles(&self, wanted: usize) -> anyhow::Result<()> {
        let end = tokio::time::Instant::now() + WAIT_LIMIT;
        loop {
            let now = self.handles().await?;
            if now == wanted {
                return Ok(());
            }
            ensure!(tokio::time::Instant::now() < end, "{now} handles at Janus instead of {wanted}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    async fn ask(&self, path: &str, mut body: Value) -> anyhow::Result<Value> {
        body["transaction"] = json!("t");
        body["admin_secret"] = json!(SECRET);
        let url = format!("http://{}/admin{path}", self.admin.address());
        Ok(reqwest::Client::new().post(url).json(&body).send().await?.json().await?)
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        self.kill();
    }
}

fn configure(folder: &Path, sockets: SocketAddr, admin: SocketAddr) -> std::io::Result<()> {
    let unused =
        |kind: &[&str]| kind.iter().map(|name| format!("libjanus_{name}.so")).collect::<Vec<_>>().join(",");
    let core = format!(
        "general: {{ configs_folder = \"{folder}\"; server_name = \"test\"; api_secret = \"{SECRET}\"; \
         admin_secret = \"{SECRET}\"; debug_level = 4; }}\n\
         nat: {{ ice_enforce_list = \"lo\"; }}\n\
         plugins: {{ disable = \"{}\"; }}\n\
         transports: {{ disable = \"{}\"; }}\n",
        unused(&PLUGINS),
        unused(&TRANSPORTS),
        folder = folder.display(),
    );
    fs::write(folder.join("janus.jcfg"), core)?;
    let rooms = format!("general: {{ admin_key = \"{ADMIN_KEY}\"; }}\n");
    fs::write(folder.join("janus.plugin.videoroom.jcfg"), rooms)?;
    let sockets =
        format!("general: {{ ws = true; ws_port = {}; ws_ip = \"{}\"; }}\n", sockets.port(), sockets.ip());
    fs::write(folder.join("janus.transport.websockets.jcfg"), sockets)?;
    let http = format!(
        "general: {{ http = false; https = false; }}\n\
         admin: {{ admin_http = true; admin_base_path = \"/admin\"; admin_port = {}; admin_ip = \"{}\"; }}\n",
        admin.port(),
        admin.ip()
    );
    fs::write(folder.join("janus.transport.http.jcfg"), http)
}
