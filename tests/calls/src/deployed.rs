//! Node servers that behave like the deployed backends (`tests/node-backends`; `npm ci` there first), and
//! pages: bare sockets that send what the web clients send.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bellwire_engine::SignIn;
use rust_socketio::asynchronous::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::deployed_accounts::{Account, DeployedAccounts};
use crate::raw_socket::{Heard, open};
use crate::reserved_port::ReservedPort;
use crate::{Setup, TestClient, WAIT_LIMIT};

/// A Node server with a database that outlives it; killed when dropped.
#[derive(Debug)]
pub struct Deployed {
    process: Child,
    accounts: DeployedAccounts,
    port: ReservedPort,
    options: Value,
    http: reqwest::Client,
    _dir: tempfile::TempDir,
}

impl Deployed {
    pub fn start(accounts: &DeployedAccounts) -> anyhow::Result<Self> {
        Self::start_with(accounts, &json!({}))
    }

    /// With options of `tests/node-backends/deployed.mjs`.
    pub fn start_with(accounts: &DeployedAccounts, more: &Value) -> anyhow::Result<Self> {
        crate::server::log();
        let dir = tempfile::tempdir()?;
        // Pings as deployed, so that a busy machine drops no socket.
        let store = dir.path().join("store.json");
        let mut options =
            json!({ "crowd": true, "store": store, "pingInterval": 25_000, "pingTimeout": 20_000 });
        for (name, value) in more.as_object().context("options are an object")? {
            options[name] = value.clone();
        }
        let port = ReservedPort::new()?;
        let process = spawn(accounts.dialect, &port, &options)?;
        // A connection kept for the next request may be closed by the server at the same moment.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build()?;
        Ok(Self { process, accounts: *accounts, port, options, http, _dir: dir })
    }

    /// As a crash ends it: without notification or clean-up.
    pub fn kill(&mut self) {
        // Fails only if it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// The same server again, on the same port and database.
    pub fn revive(&mut self) -> anyhow::Result<()> {
        self.process = spawn(self.accounts.dialect, &self.port, &self.options)?;
        Ok(())
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// What a user types who knows where the backend is.
    pub fn request(&self, who: &Account, password: &str) -> SignIn {
        SignIn {
            dialect: Some(self.accounts.dialect.into()),
            role: who.role.into(),
            email: who.email.into(),
            password: password.into(),
            rest_base: Some(format!("{}{}", self.origin(), self.accounts.rest)),
            socket_base: Some(self.origin()),
            ..SignIn::default()
        }
    }

    /// A client that is signed in, online, and present at backends with presence.
    pub async fn person(&self, who: &Account) -> anyhow::Result<TestClient> {
        let client = TestClient::at(self.request(who, "secret"), Setup::default()).await?;
        let known = |state: &Value| {
            state["online"].as_array().is_none_or(|online| online.iter().any(|id| *id == who.id))
        };
        self.until("them known", known).await?;
        Ok(client)
    }

    /// Ann and Ben.
    pub async fn two(&self) -> anyhow::Result<(TestClient, TestClient)> {
        tokio::try_join!(self.person(&self.accounts.ann), self.person(&self.accounts.ben))
    }

    pub async fn page(&self, namespace: &str, auth: Value) -> anyhow::Result<Page> {
        let (client, heard) = open(&format!("{}{namespace}", self.origin()), auth).await?;
        let page = Page { client, heard };
        page.until("the socket", |name, _| name == "open", 1).await?;
        Ok(page)
    }

    pub async fn tell(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.origin())).json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// How many connections of the socket came, and why those that went did.
    pub async fn net(&self) -> anyhow::Result<(u64, Vec<String>)> {
        let net: Value = self.http.get(format!("{}/test/net", self.origin())).send().await?.json().await?;
        let closed = net["closed"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok((net["opened"].as_u64().unwrap_or(0), closed.map(str::to_owned).collect()))
    }

    pub async fn state(&self) -> anyhow::Result<Value> {
        Ok(self.http.get(format!("{}/test/state", self.origin())).send().await?.json().await?)
    }

    /// Waits until the server's state satisfies `when`.
    pub async fn until(&self, what: &str, when: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let end = Instant::now() + WAIT_LIMIT;
        loop {
            let state = self.state().await?;
            if when(&state) {
                return Ok(state);
            }
            ensure!(Instant::now() < end, "never: {what}; last {state}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The words of a backend's call records, oldest first, in small letters.
pub fn records(accounts: &DeployedAccounts, state: &Value) -> Vec<String> {
    let words = |list: &str, at: &str| -> Vec<String> {
        let rows = state[list].as_array().into_iter().flatten();
        rows.filter_map(|row| row.pointer(at)?.as_str().map(str::to_lowercase)).collect()
    };
    match accounts.dialect {
        "marketplace" => words("messages", "/callData/status"),
        "hearth" => words("sessions", "/status"),
        "clinic" => words("rooms", "/status"),
        _ => words("calls", "/status"),
    }
}

/// Events of that name, or requests, which the server has seen so far.
pub fn seen(state: &Value, name: &str) -> Vec<Value> {
    let all = state["seen"].as_array().into_iter().flatten();
    all.filter(|event| event[0] == name).cloned().collect()
}

fn spawn(dialect: &str, port: &ReservedPort, options: &Value) -> anyhow::Result<Child> {
    let folder = crate::in_repository("tests/node-backends");
    if !folder.join("node_modules/socket.io").is_dir() {
        bail!("run `npm ci` in tests/node-backends: these tests need Node's socket.io server");
    }
    let mut node = Command::new("node");
    node.arg(folder.join(format!("{dialect}-server.mjs"))).arg(port.address().port().to_string());
    node.env("DEPLOYED", options.to_string()).stdout(Stdio::piped());
    let mut process = node.spawn().context("these tests need Node.js (`node`) on the path")?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line).context("the server did not start")?;
    ensure!(said["port"] == port.address().port(), "the server listens elsewhere: {said}");
    Ok(process)
}

/// What the original web client of a backend is on the wire.
pub struct Page {
    client: Client,
    heard: Heard,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

impl Page {
    pub async fn say(&self, event: &str, payload: Value) -> anyhow::Result<()> {
        Ok(self.client.emit(event, payload).await?)
    }

    /// Everything heard so far under that name.
    pub fn heard(&self, event: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(|(name, _)| name == event).map(|(_, value)| value.clone()).collect()
    }

    /// Waits until so many events of a kind came, and returns the last.
    pub async fn until(
        &self,
        what: &str,
        wanted: impl Fn(&str, &Value) -> bool,
        times: usize,
    ) -> anyhow::Result<Value> {
        let end = Instant::now() + WAIT_LIMIT;
        loop {
            let found: Vec<Value> = {
                let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.iter().filter(|(name, value)| wanted(name, value)).map(|one| one.1.clone()).collect()
            };
            if found.len() >= times {
                return found.into_iter().next_back().context("nothing was waited for");
            }
            ensure!(Instant::now() < end, "the page never heard {what}: {:?}", self.heard);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
