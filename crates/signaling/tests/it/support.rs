//! Node servers that behave like deployed backends, and waiting for what a session says.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bellwire_call::{CallKey, IceCandidate, IncomingSignal, OutgoingSignal, Sdp, SdpKind};
use bellwire_signaling::{SessionEvent, SignInRequest, SignedIn, sign_in};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::sync::mpsc;

/// Longer than anything here takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A free port that this process keeps for good: bound and not listened on, so that no other program gets it
/// while the server of a test is down. Elsewhere than on Linux two sockets cannot share a port; there the
/// server finds one itself.
fn reserved_port() -> Result<u16> {
    if !cfg!(target_os = "linux") {
        return Ok(0);
    }
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let port = socket.local_addr()?.port();
    // Each test is a process of its own, and its end closes the socket.
    std::mem::forget(socket);
    Ok(port)
}

/// A Node server; killed when dropped.
pub(crate) struct Deployed {
    process: Child,
    pub(crate) port: u16,
    scheme: &'static str,
}

impl Deployed {
    pub(crate) fn start(port: u16) -> Result<Self> {
        Self::start_as(port, "compat")
    }

    pub(crate) fn start_as(port: u16, mode: &str) -> Result<Self> {
        Self::start_with(port, mode, None)
    }

    /// With files of a certificate and its key it speaks TLS.
    pub(crate) fn start_with(port: u16, mode: &str, tls: Option<(&Path, &Path)>) -> Result<Self> {
        let (port, files) = (port.to_string(), tls.map(|(certificate, key)| [certificate, key]));
        let mut arguments = vec![OsStr::new(&port), OsStr::new(mode)];
        arguments.extend(files.iter().flatten().map(|file| file.as_os_str()));
        let mut server = Self::node("storefront-server.mjs", &arguments)?;
        if tls.is_some() {
            server.scheme = "https";
        }
        Ok(server)
    }

    /// A server of `tests/node-backends`, which says its port in its first line. The first argument is a port,
    /// 0 for any.
    pub(crate) fn node<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Result<Self> {
        let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
            .join("../../tests/node-backends");
        if !folder.join("node_modules/socket.io").is_dir() {
            bail!("run `npm ci` in tests/node-backends: these tests need Node's socket.io server");
        }
        let mut node = Command::new("node");
        node.arg(folder.join(program));
        let (port, more) = arguments.split_first().context("a port")?;
        match port.as_ref() {
            any if any == "0" => node.arg(reserved_port()?.to_string()),
            port => node.arg(port),
        };
        node.args(more);
        let mut process =
            node.stdout(Stdio::piped()).spawn().context("these tests need Node.js (`node`) on the path")?;
        let out = process.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).context("the server did not start")?;
        let port = said["port"].as_u64().context("no port")?.try_into()?;
        Ok(Self { process, port, scheme: "http" })
    }

    pub(crate) fn kill(&mut self) {
        // Fails only if it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    pub(crate) fn rest(&self) -> String {
        format!("{}/api/v2", self.origin())
    }

    pub(crate) fn origin(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    pub(crate) fn request(&self, role: &str, email: &str, password: &str) -> SignInRequest {
        self.request_to("storefront", "/api/v2", role, email, password)
    }

    /// `prefix` is where REST begins.
    pub(crate) fn request_to(
        &self,
        dialect: &str,
        prefix: &str,
        role: &str,
        email: &str,
        password: &str,
    ) -> SignInRequest {
        SignInRequest {
            dialect: Some(dialect.into()),
            role: role.into(),
            email: email.into(),
            password: password.into(),
            rest_base: Some(format!("{}{prefix}", self.origin())),
            socket_base: Some(self.origin()),
            ..SignInRequest::default()
        }
    }

    pub(crate) async fn seller(&self) -> Result<SignedIn> {
        Ok(sign_in(self.request("seller", "shop@example.com", "secret")).await?)
    }

    pub(crate) async fn customer(&self) -> Result<SignedIn> {
        Ok(sign_in(self.request("customer", "ann@example.com", "secret")).await?)
    }

    pub(crate) async fn state(&self) -> Result<Value> {
        // Whose certificate it is, is not what is looked at here.
        let client = reqwest::Client::builder().danger_accept_invalid_certs(true).no_proxy().build()?;
        Ok(client.get(format!("{}/test/state", self.origin())).send().await?.json().await?)
    }

    /// Changes how it behaves from now on.
    pub(crate) async fn tell(&self, path: &str, body: Value) -> Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        http.post(format!("{}{path}", self.origin())).json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    /// What a web client or another server would say.
    pub(crate) async fn emit(&self, user: &str, event: &str, data: Value) -> Result<()> {
        self.tell("/test/emit", json!({ "userId": user, "event": event, "data": data })).await
    }

    /// Waits until the server's state satisfies `when`.
    pub(crate) async fn until(&self, what: &str, when: impl Fn(&Value) -> bool) -> Result<Value> {
        let late = Instant::now() + PATIENCE;
        loop {
            let state = self.state().await?;
            if when(&state) {
                return Ok(state);
            }
            if Instant::now() > late {
                bail!("never: {what}; last {state}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Signed in and online.
pub(crate) async fn online(request: SignInRequest) -> Result<SignedIn> {
    let mut person = sign_in(request).await?;
    link(&mut person.events, true).await?;
    Ok(person)
}

pub(crate) fn sdp(kind: SdpKind) -> Sdp {
    Sdp { kind, sdp: "v=0\r\n".into() }
}

pub(crate) fn candidate(n: usize) -> OutgoingSignal {
    OutgoingSignal::Candidate(IceCandidate {
        candidate: format!("candidate:{n}"),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    })
}

/// The next event that satisfies `pick`.
pub(crate) async fn next<T>(
    events: &mut mpsc::Receiver<SessionEvent>,
    what: &str,
    mut pick: impl FnMut(SessionEvent) -> Option<T>,
) -> Result<T> {
    let wait = async {
        loop {
            let event = events.recv().await.with_context(|| format!("session over before {what}"))?;
            if let Some(found) = pick(event) {
                return Ok(found);
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.with_context(|| format!("never: {what}"))?
}

pub(crate) async fn link(events: &mut mpsc::Receiver<SessionEvent>, wanted: bool) -> Result<()> {
    next(events, "link", |event| match event {
        SessionEvent::Link { up } if up == wanted => Some(()),
        _ => None,
    })
    .await
}

pub(crate) async fn heard(events: &mut mpsc::Receiver<SessionEvent>) -> Result<(CallKey, IncomingSignal)> {
    next(events, "signal", |event| match event {
        SessionEvent::Signal { key, signal } => Some((key, signal)),
        _ => None,
    })
    .await
}

/// The signal as the other side is to hear it.
pub(crate) fn as_heard(signal: &OutgoingSignal) -> IncomingSignal {
    let signal = serde_json::to_value(signal).expect("signals are JSON");
    serde_json::from_value(signal).expect("it can be heard")
}
