//! The application as a person uses it: two windows under a window manager, driven by clicks.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bellwire_tests_calls::{CUSTOMER, PATIENCE, SELLER, World};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// What the two send instead of a camera picture: their main colours.
const SELLER_COLOUR: [u8; 3] = [0xc0, 0x20, 0x60];
const CUSTOMER_COLOUR: [u8; 3] = [0x10, 0xa0, 0x50];

/// One running application with its own home, runtime folder and message bus.
struct App {
    client: Client,
    driver: Child,
    _home: tempfile::TempDir,
}

impl App {
    async fn launch(world: &World, role: &str, email: &str, colour: [u8; 3]) -> anyhow::Result<Self> {
        ensure!(std::env::var_os("DISPLAY").is_some(), "no display: run the tests with `cargo xtask test`");
        let program = program()?;
        let home = tempfile::tempdir()?;
        let run = home.path().join("run");
        std::fs::create_dir(&run)?;
        #[cfg(unix)]
        std::fs::set_permissions(&run, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let (port, native) = (free_port()?, free_port()?);
        let driver = Command::new("dbus-run-session")
            .args(["--", "tauri-driver", "--port", &port.to_string(), "--native-port", &native.to_string()])
            .env("HOME", home.path())
            .env("XDG_RUNTIME_DIR", &run)
            .env("NO_AT_BRIDGE", "1")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("tauri-driver or dbus-run-session is missing: run the tests with `cargo xtask test`")?;
        let [r, g, b] = colour;
        let options = json!({ "tauri:options": { "application": program, "args": [
            "--server", world.server(), "--role", role, "--email", email,
            "--camera", format!("test:{r:02x}{g:02x}{b:02x}"), "--microphone", "test:tone", "--speaker", "none",
        ] } });
        let capabilities = options.as_object().cloned().context("capabilities")?;
        let end = Instant::now() + PATIENCE;
        let client = loop {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(capabilities.clone());
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => break client,
                Err(error) => ensure!(Instant::now() < end, "no session: {error}"),
            }
            sleep(Duration::from_millis(300)).await;
        };
        let app = Self { client, driver, _home: home };
        app.enter("main", "signin-submit").await?;
        Ok(app)
    }

    /// Makes a window (`main` or `ring`) the one that is driven, once it shows `testid`.
    async fn enter(&self, window: &str, testid: &str) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            for handle in self.client.windows().await? {
                self.client.switch_to_window(handle).await?;
                let label = "return window.__TAURI_INTERNALS__?.metadata?.currentWindow?.label";
                if self.client.execute(label, vec![]).await?.as_str() != Some(window) {
                    continue;
                }
                let found = self.client.find_all(Locator::Css(&css(testid))).await?;
                if let Some(element) = found.first()
                    && element.is_displayed().await.unwrap_or(false)
                {
                    return Ok(());
                }
            }
            ensure!(Instant::now() < end, "window {window} does not show {testid}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// What an element says, cut off or not.
    async fn words(&self, testid: &str) -> anyhow::Result<String> {
        Ok(self.find(testid).await?.prop("textContent").await?.unwrap_or_default())
    }

    async fn find(&self, testid: &str) -> anyhow::Result<Element> {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&css(testid))).await;
        match found {
            Ok(element) => Ok(element),
            Err(error) => bail!("{testid} did not appear: {error}; page: {}", self.text().await),
        }
    }

    async fn text(&self) -> String {
        let body = self.client.execute("return document.body.innerText", vec![]).await;
        body.map(|b| b.to_string()).unwrap_or_default()
    }

    async fn click(&self, testid: &str) -> anyhow::Result<()> {
        self.find(testid).await?.click().await.with_context(|| format!("clicking {testid}"))
    }

    async fn sign_in(&self) -> anyhow::Result<()> {
        let password = self.client.find(Locator::Css("input[type=password]")).await?;
        password.send_keys("ring-ring-demo").await?;
        self.click("signin-submit").await
    }

    /// Waits until the call's state line says so.
    async fn call_says(&self, wanted: &str) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.words("call-state").await?;
            if text.contains(wanted) {
                return Ok(());
            }
            ensure!(Instant::now() < end, "the call says {text:?}, not {wanted:?}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(10), self.client.clone().close()).await;
        if let Some(group) = self.driver.id() {
            let _ = Command::new("kill").args(["--", &format!("-{group}")]).status().await;
        }
        let _ = self.driver.wait().await;
    }
}

fn css(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The application's binary: named by the environment, or beside the test's own.
fn program() -> anyhow::Result<PathBuf> {
    if let Some(program) = std::env::var_os("BELLWIRE_APP") {
        return Ok(program.into());
    }
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(std::path::Path::parent).context("no target folder")?;
    let program = folder.join("bellwire");
    ensure!(program.exists(), "{} is not built: run the tests with `cargo xtask test`", program.display());
    Ok(program)
}

/// A picture of the whole screen: width and RGB bytes.
async fn screenshot() -> anyhow::Result<(usize, Vec<u8>)> {
    let shot = Command::new("import").args(["-window", "root", "-depth", "8", "ppm:-"]).output().await?;
    ensure!(shot.status.success(), "import failed: {}", String::from_utf8_lossy(&shot.stderr));
    let mut fields = Vec::new();
    let mut rest = shot.stdout.as_slice();
    while fields.len() < 4 {
        let end = rest.iter().position(u8::is_ascii_whitespace).context("not a picture")?;
        fields.push(String::from_utf8_lossy(&rest[..end]).into_owned());
        rest = &rest[end + 1..];
    }
    Ok((fields[1].parse()?, rest.to_vec()))
}

/// Leaves a picture of the screen in the folder `BELLWIRE_SHOTS` names, if it does.
async fn keep_shot(name: &str) -> anyhow::Result<()> {
    let Some(folder) = std::env::var_os("BELLWIRE_SHOTS").map(PathBuf::from) else { return Ok(()) };
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.png"));
    let shot = Command::new("import").args(["-window", "root"]).arg(&file).status().await?;
    ensure!(shot.success(), "no picture in {}", file.display());
    Ok(())
}

/// How much of the screen's columns `from..to` has about this colour, as a fraction.
fn share(picture: &(usize, Vec<u8>), columns: std::ops::Range<usize>, colour: [u8; 3]) -> f64 {
    let (width, pixels) = picture;
    let near = |p: &[u8]| p.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 40);
    let in_columns = pixels.chunks_exact(3).enumerate().filter(|(i, _)| columns.contains(&(i % width)));
    let (mut all, mut hits) = (0.0, 0.0);
    for (_, pixel) in in_columns {
        all += 1.0;
        hits += f64::from(u8::from(near(pixel)));
    }
    hits / f64::max(all, 1.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_call_each_other_by_clicking() -> anyhow::Result<()> {
    let world = World::start().await?;
    let seller = App::launch(&world, "seller", SELLER, SELLER_COLOUR).await?;
    let customer = App::launch(&world, "customer", CUSTOMER, CUSTOMER_COLOUR).await?;
    seller.client.set_window_rect(0, 0, 640, 700).await?;
    customer.client.set_window_rect(640, 0, 640, 700).await?;
    tokio::try_join!(seller.sign_in(), customer.sign_in())?;
    customer.find("history-tab").await?;

    let row = Locator::XPath(
        "//*[@data-testid='contact-row'][contains(., 'amira@demo.example')]//*[@data-testid='contact-call']",
    );
    seller.client.wait().at_most(PATIENCE).for_element(row).await?.click().await?;
    seller.find("call-state").await?;

    customer.enter("ring", "ring-accept").await?;
    let name = customer.words("ring-name").await?;
    ensure!(!name.trim().is_empty(), "the ring window names nobody");
    keep_shot("ring").await?;
    customer.click("ring-accept").await?;
    customer.enter("main", "call-end").await?;
    customer.call_says("Connected").await?;
    seller.call_says("Connected").await?;

    // Each window is filled with the other's colour, and the picture moves.
    let end = Instant::now() + PATIENCE;
    loop {
        let picture = screenshot().await?;
        let at_seller = share(&picture, 0..640, CUSTOMER_COLOUR);
        let at_customer = share(&picture, 640..1280, SELLER_COLOUR);
        if at_seller > 0.2 && at_customer > 0.2 {
            break;
        }
        ensure!(
            Instant::now() < end,
            "the remote pictures fill {at_seller:.2} and {at_customer:.2} of the windows; seller: {}; customer: {}",
            seller.text().await,
            customer.text().await
        );
        sleep(Duration::from_millis(300)).await;
    }
    keep_shot("call").await?;
    let first = screenshot().await?;
    sleep(Duration::from_millis(700)).await;
    let second = screenshot().await?;
    let moved = first.1.chunks_exact(3).zip(second.1.chunks_exact(3)).filter(|(a, b)| a != b).count();
    ensure!(moved > 1000, "only {moved} pixels changed: the picture stands still");

    seller.find("call-timer").await?;
    seller.click("call-mute").await?;
    seller.click("call-end").await?;
    customer.find("ended-reason").await?;
    for app in [&seller, &customer] {
        app.click("ended-close").await?;
        app.click("history-tab").await?;
        app.find("history-row").await?;
    }
    let row = seller.words("history-row").await?;
    ensure!(row.contains("Amira"), "the newest call in the history is {row:?}");
    keep_shot("history").await?;
    tokio::join!(seller.close(), customer.close());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_in_words() -> anyhow::Result<()> {
    let world = World::start().await?;
    let app = App::launch(&world, "seller", SELLER, SELLER_COLOUR).await?;
    let password = app.client.find(Locator::Css("input[type=password]")).await?;
    password.send_keys("wrong").await?;
    app.click("signin-submit").await?;
    let error = app.words("signin-error").await?;
    ensure!(!error.trim().is_empty(), "the error is empty");
    keep_shot("wrong-password").await?;
    app.close().await;
    Ok(())
}
