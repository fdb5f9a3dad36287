//! Headless Chromium, its page, and what is seen and heard through it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bellwire_server::Config;
use bellwire_tests_calls::{TestClient, TestServer, WAIT_LIMIT, in_repository};
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// A headless Chromium with fake camera and microphone, showing the page of one backend.
pub(crate) struct Chromium {
    page: Client,
    /// Where chromedriver listens, and what it calls the browser.
    session: (u16, String),
    _driver: Child,
    origin: String,
    page_name: &'static str,
    rest: String,
    socket: String,
}

/// chromedriver is killed and would leave its browser behind, also that of a test that failed.
impl Drop for Chromium {
    fn drop(&mut self) {
        let (port, session) = &self.session;
        // Whatever is closed already is closed.
        let _ = end_session(*port, session);
    }
}

fn end_session(port: u16, session: &str) -> std::io::Result<()> {
    let mut driver = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    // On a busy machine a browser takes long to end, and one left behind makes it busier still.
    driver.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        driver,
        "DELETE /session/{session} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n"
    )?;
    driver.read(&mut [0; 64]).map(drop)
}

impl Chromium {
    async fn start(
        server: &TestServer,
        dialect: &str,
        page_name: &'static str,
        origin: &str,
    ) -> anyhow::Result<Self> {
        let (rest, socket) = bases(server, dialect).await?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver is missing: run the tests with `cargo xtask test`, which installs it")?;
        let options = json!({ "goog:chromeOptions": { "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        ] } });
        let capabilities = options.as_object().cloned().context("capabilities")?;
        let end = Instant::now() + WAIT_LIMIT;
        loop {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(capabilities.clone());
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(page) => {
                    let origin = origin.to_owned();
                    let session = (port, page.session_id().await?.unwrap_or_default());
                    return Ok(Self { page, session, _driver: driver, origin, page_name, rest, socket });
                }
                Err(error) => ensure!(Instant::now() < end, "no browser session: {error}"),
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Shows the page, with these wishes in its query, and waits until it is signed in.
    pub(crate) async fn open(&self, wishes: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut query =
            vec![("rest", &*self.rest), ("socket", &*self.socket), ("password", "ring-ring-demo")];
        query.extend_from_slice(wishes);
        let page = format!("{}/{}.html", self.origin, self.page_name);
        let url = reqwest::Url::parse_with_params(&page, &query)?;
        self.page.goto(url.as_str()).await?;
        self.until("the page to be online", |r| r["state"] != "new").await.map(drop)
    }

    pub(crate) async fn report(&self) -> anyhow::Result<Value> {
        Ok(self.page.execute("return window.report ?? {state: 'new', error: null}", vec![]).await?)
    }

    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let end = Instant::now() + WAIT_LIMIT;
        loop {
            let report = self.report().await?;
            if !report["error"].is_null() {
                bail!("the page failed while waiting for {what}: {report}");
            }
            if wanted(&report) {
                return Ok(report);
            }
            ensure!(Instant::now() < end, "waited for {what}; the page reports {report}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn run(&self, script: &str) -> anyhow::Result<()> {
        self.page.execute(script, vec![]).await?;
        Ok(())
    }

    pub(crate) async fn close(self) {
        let _ = self.page.clone().close().await;
    }
}

/// Where a backend is, as discovery says.
async fn bases(server: &TestServer, dialect: &str) -> anyhow::Result<(String, String)> {
    let url = format!("{}/.well-known/bellwire.json", server.url());
    let known: Value = reqwest::get(url).await?.json().await?;
    let all = known["dialects"].as_array().context("no dialects")?;
    let entry = all.iter().find(|entry| entry["id"] == dialect).context("not served")?;
    let text = |field: &str| entry[field].as_str().map(str::to_owned).context("no base");
    Ok((text("restBase")?, text("socketBase")?))
}

/// Serves a page and socket.io-client on a loopback port.
async fn serve_page(name: &str) -> anyhow::Result<String> {
    let folder = in_repository("tests/browser");
    let client = folder.join("node_modules/socket.io-client/dist/socket.io.min.js");
    ensure!(client.exists(), "run `npm ci` in tests/browser first (`cargo xtask test` does)");
    let file = |path: PathBuf, kind: &'static str| {
        axum::routing::get(move || async move {
            ([("content-type", kind)], tokio::fs::read(path).await.unwrap_or_default())
        })
    };
    let (html, script) = (format!("{name}.html"), format!("{name}.js"));
    let router = axum::Router::new()
        .route(&format!("/{html}"), file(folder.join(&html), "text/html"))
        .route(&format!("/{script}"), file(folder.join(&script), "text/javascript"))
        .route("/socket.io.js", file(client, "text/javascript"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(origin)
}

/// A server, and a browser that can show the page of that backend.
pub(crate) async fn stage(dialect: &'static str) -> anyhow::Result<(TestServer, Chromium)> {
    stage_with(dialect, |_| {}).await
}

/// The same, after `change` has had its way with the server's configuration.
pub(crate) async fn stage_with(
    dialect: &'static str,
    change: impl FnOnce(&mut Config),
) -> anyhow::Result<(TestServer, Chromium)> {
    let origin = serve_page(dialect).await?;
    let allowed = origin.clone();
    let server = TestServer::start_with(move |config| {
        config.allowed_origins = vec![allowed];
        change(config);
    })
    .await?;
    let chromium = Chromium::start(&server, dialect, dialect, &origin).await?;
    Ok((server, chromium))
}

/// A server, and browsers that can show the page for calls of several on hearth.
pub(crate) async fn group_stage(browsers: usize) -> anyhow::Result<(TestServer, Vec<Chromium>)> {
    group_stage_with(browsers, |_| {}).await
}

/// The same, after `change` has had its way with the server's configuration.
pub(crate) async fn group_stage_with(
    browsers: usize,
    change: impl FnOnce(&mut Config),
) -> anyhow::Result<(TestServer, Vec<Chromium>)> {
    const PAGE: &str = "hearth-group";
    let origin = serve_page(PAGE).await?;
    let allowed = origin.clone();
    let server = TestServer::start_with(move |config| {
        config.allowed_origins = vec![allowed];
        change(config);
    })
    .await?;
    let mut pages = Vec::new();
    for _ in 0..browsers {
        pages.push(Chromium::start(&server, "hearth", PAGE, &origin).await?);
    }
    Ok((server, pages))
}

/// Pictures are decoded and sound is heard on both sides, in the codec expected.
pub(crate) async fn both_see_and_hear(
    chromium: &Chromium,
    client: &TestClient,
    codec: &str,
) -> anyhow::Result<()> {
    let before =
        chromium.until("pictures in the browser", |r| r["framesDecoded"].as_u64() > Some(30)).await?;
    ensure!(before["codecIn"] == format!("video/{codec}"), "{before}");
    ensure!(before["codecOut"] == format!("video/{codec}"), "{before}");
    chromium.until("sound in the browser", |r| r["audioEnergy"].as_f64() > Some(0.0001)).await?;
    client.remote.see(30).await?;
    client.stats("sound from the browser", |s| s.audio_level_received_db > -50.0).await?;
    let stats = client.stats("pictures from the browser", |s| s.fps_received > 3.0).await?;
    ensure!(stats.codec_received.eq_ignore_ascii_case(codec), "{stats:?}");
    // The browser's fake camera is a moving picture: not one colour, and not a still.
    let first = client.remote.last().context("no picture")?;
    client.remote.see(15).await?;
    let later = client.remote.last().context("no picture")?;
    ensure!(first.i420 != later.i420, "the picture stands still");
    let luma = &later.i420[..(later.width * later.height) as usize];
    ensure!(luma.iter().max() > luma.iter().min(), "the picture is blank");
    Ok(())
}
