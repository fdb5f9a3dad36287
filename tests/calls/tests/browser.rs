//! Chromium as the other end, through our server, with the JavaScript `socket.io-client`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bellwire_engine::media::Codec;
use bellwire_tests_calls::{CUSTOMER, Human, PATIENCE, SELLER, Setup, World};
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// A headless Chromium with fake camera and microphone, showing the storefront page.
struct Chromium {
    page: Client,
    _driver: Child,
    origin: String,
}

impl Chromium {
    async fn start(origin: &str) -> anyhow::Result<Self> {
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
        let end = Instant::now() + PATIENCE;
        loop {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(capabilities.clone());
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(page) => return Ok(Self { page, _driver: driver, origin: origin.to_owned() }),
                Err(error) => ensure!(Instant::now() < end, "no browser session: {error}"),
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn open(&self, world: &World, wishes: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut query =
            vec![("rest", world.rest()), ("socket", world.socket()), ("password", "ring-ring-demo")];
        query.extend_from_slice(wishes);
        let url = reqwest::Url::parse_with_params(&format!("{}/storefront.html", self.origin), &query)?;
        self.page.goto(url.as_str()).await?;
        self.until("the page to be online", |r| r["state"] != "new").await.map(drop)
    }

    async fn report(&self) -> anyhow::Result<Value> {
        Ok(self.page.execute("return window.report ?? {state: 'new', error: null}", vec![]).await?)
    }

    async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let end = Instant::now() + PATIENCE;
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

    async fn run(&self, script: &str) -> anyhow::Result<()> {
        self.page.execute(script, vec![]).await?;
        Ok(())
    }

    async fn close(self) {
        let _ = self.page.close().await;
    }
}

/// Serves the page and socket.io-client on a loopback port.
async fn serve_page() -> anyhow::Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser");
    let client = folder.join("node_modules/socket.io-client/dist/socket.io.min.js");
    ensure!(client.exists(), "run `npm ci` in tests/browser first (`cargo xtask test` does)");
    let file = |path: PathBuf, kind: &'static str| {
        axum::routing::get(move || async move {
            ([("content-type", kind)], tokio::fs::read(path).await.unwrap_or_default())
        })
    };
    let router = axum::Router::new()
        .route("/storefront.html", file(folder.join("storefront.html"), "text/html"))
        .route("/storefront.js", file(folder.join("storefront.js"), "text/javascript"))
        .route("/socket.io.js", file(client, "text/javascript"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(origin)
}

async fn stage() -> anyhow::Result<(World, Chromium)> {
    let origin = serve_page().await?;
    let allowed = origin.clone();
    let world = World::start_with(move |c| c.allowed_origins = vec![allowed]).await?;
    let chromium = Chromium::start(&origin).await?;
    Ok((world, chromium))
}

/// Pictures are decoded and sound is heard on both sides, in the codec expected.
async fn both_see_and_hear(chromium: &Chromium, human: &Human, codec: &str) -> anyhow::Result<()> {
    let before =
        chromium.until("pictures in the browser", |r| r["framesDecoded"].as_u64() > Some(30)).await?;
    ensure!(before["codecIn"] == format!("video/{codec}"), "{before}");
    ensure!(before["codecOut"] == format!("video/{codec}"), "{before}");
    chromium.until("sound in the browser", |r| r["audioEnergy"].as_f64() > Some(0.0001)).await?;
    human.remote.see(30).await?;
    human.stats("sound from the browser", |s| s.audio_level_received_db > -50.0).await?;
    let stats = human.stats("pictures from the browser", |s| s.fps_received > 3.0).await?;
    ensure!(stats.codec_received.eq_ignore_ascii_case(codec), "{stats:?}");
    // The browser's fake camera is a moving picture: not one colour, and not a still.
    let first = human.remote.last().context("no picture")?;
    human.remote.see(15).await?;
    let later = human.remote.last().context("no picture")?;
    ensure!(first.i420 != later.i420, "the picture stands still");
    let luma = &later.i420[..(later.width * later.height) as usize];
    ensure!(luma.iter().max() > luma.iter().min(), "the picture is blank");
    Ok(())
}

async fn chromium_seller_calls(codec: &str) -> anyhow::Result<()> {
    let (world, chromium) = stage().await?;
    let customer = Human::customer(&world, CUSTOMER).await?;
    let wishes = [("role", "seller"), ("email", SELLER), ("do", "call"), ("to", CUSTOMER), ("codec", codec)];
    chromium.open(&world, &wishes).await?;
    let ring = customer.ringing().await?;
    customer.engine().accept(ring.id).await;
    customer.connected().await?;
    both_see_and_hear(&chromium, &customer, codec).await?;
    chromium.run("window.hangUp()").await?;
    customer.ended().await?;
    chromium.close().await;
    Ok(())
}

async fn we_call_chromium(codec: Codec, name: &str) -> anyhow::Result<()> {
    let (world, chromium) = stage().await?;
    let wishes = [("role", "customer"), ("email", CUSTOMER), ("do", "answer")];
    chromium.open(&world, &wishes).await?;
    let setup = Setup { codecs: vec![codec], ..Setup::default() };
    let seller = Human::sign_in(&world, "seller", SELLER, setup).await?;
    seller.dial(CUSTOMER).await?;
    seller.connected().await?;
    both_see_and_hear(&chromium, &seller, name).await?;
    let call = seller.connected().await?;
    seller.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_offers_h264() -> anyhow::Result<()> {
    chromium_seller_calls("H264").await
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_offers_vp8() -> anyhow::Result<()> {
    chromium_seller_calls("VP8").await
}

#[tokio::test(flavor = "multi_thread")]
async fn we_offer_chromium_h264() -> anyhow::Result<()> {
    we_call_chromium(Codec::H264, "H264").await
}

#[tokio::test(flavor = "multi_thread")]
async fn we_offer_chromium_vp8() -> anyhow::Result<()> {
    we_call_chromium(Codec::Vp8, "VP8").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_in_chromium_calls_our_seller() -> anyhow::Result<()> {
    let (world, chromium) = stage().await?;
    let seller = Human::seller(&world, SELLER).await?;
    let seller_id = seller.me().context("signed in")?.id.0;
    let wishes = [("role", "customer"), ("email", CUSTOMER), ("do", "call"), ("to", seller_id.as_str())];
    chromium.open(&world, &wishes).await?;
    let ring = seller.ringing().await?;
    seller.engine().accept(ring.id).await;
    seller.connected().await?;
    both_see_and_hear(&chromium, &seller, "H264").await?;
    let call = seller.connected().await?;
    seller.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}
