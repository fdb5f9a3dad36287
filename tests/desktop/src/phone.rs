//! The program under test, started in a session and driven by WebDriver.

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{Launch, PASSWORD, POLL_INTERVAL, Running, Session, WAIT_LIMIT, until};

/// One command of the driver; a web view that hangs must not hold up everything.
const ONE_COMMAND: Duration = Duration::from_secs(30);

/// Whether an element takes part in what is drawn.
const SHOWN: &str = "const [e] = arguments; \
    return e.isConnected && e.getClientRects().length > 0 && getComputedStyle(e).visibility === 'visible'";

/// Nothing where the page drew the element anew between two questions: it is asked for again.
fn fresh<T>(answer: Result<T, CmdError>) -> Result<Option<T>, CmdError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_stale_element_reference() => Ok(None),
        Err(error) => Err(error),
    }
}

/// A running program. Dropping it ends it; [`Phone::stop`] does the same and waits without blocking.
#[derive(Debug)]
pub struct Phone {
    client: Client,
    driver: Running,
    program: PathBuf,
}

impl Phone {
    /// Starts the program and waits until it can be driven. Its window may be hidden.
    pub async fn start(session: &Session, launch: Launch) -> anyhow::Result<Self> {
        let program = launch.binary()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = session.command("WebKitWebDriver");
        // The environment of the driver is that of the program.
        command.args([&format!("--port={port}"), "--host=127.0.0.1"]);
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        command.envs(launch.environment());
        let mut driver = session.spawn(&format!("phone-{port}"), command)?;
        let options =
            json!({ "webkitgtk:browserOptions": { "binary": program, "args": launch.arguments() } });
        let capabilities = options.as_object().cloned().context("capabilities")?;
        let client = until("the program can be driven", async || {
            if let Some(status) = driver.ended()? {
                bail!("the driver ended ({status}): {}", driver.said());
            }
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
                return Ok(None);
            }
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(capabilities.clone());
            let address = format!("http://127.0.0.1:{port}");
            let begun = builder.connect(&address);
            match timeout(WAIT_LIMIT, begun).await {
                Ok(Ok(client)) => Ok(Some(client)),
                Ok(Err(error)) => bail!("no session: {error}; the program said: {}", driver.said()),
                Err(_) => bail!("no session in time; the program said: {}", driver.said()),
            }
        })
        .await?;
        Ok(Self { client, driver, program })
    }

    /// Runs the program once more in the same session, as a second click on its icon does, and returns its
    /// output once it has ended.
    pub async fn start_again(&self, session: &Session, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = tokio::process::Command::from(session.command(&self.program));
        command.args(arguments).kill_on_drop(true).stdin(std::process::Stdio::null());
        let done = timeout(WAIT_LIMIT, command.output()).await;
        Ok(done.context("the second program goes on running")??)
    }

    /// The WebDriver client, for everything else.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Process id of the program.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.running()?.context("the program does not run")
    }

    /// The process group of the program and of all it has started.
    pub fn group(&self) -> u32 {
        self.driver.id()
    }

    fn running(&self) -> anyhow::Result<Option<u32>> {
        let wanted = std::fs::canonicalize(&self.program)?;
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let folder = entry.path();
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // After the name in brackets: state, parent, group.
            let stat = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
            let group = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2)?.parse::<u32>().ok());
            let same = std::fs::read_link(folder.join("exe")).is_ok_and(|exe| exe == wanted);
            if same && group == Some(self.driver.id()) {
                return Ok(Some(pid));
            }
        }
        Ok(None)
    }

    /// Waits until the program has ended by itself.
    pub async fn ended(&self) -> anyhow::Result<()> {
        until("the program ends", async || Ok(self.running()?.is_none().then_some(()))).await
    }

    /// Sends a signal (`STOP`, `CONT`) to the program, not to its driver.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        let pid = self.pid()?.to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status()?;
        ensure!(sent.success(), "{name} was not sent");
        Ok(())
    }

    /// What it has printed so far.
    pub fn said(&self) -> String {
        self.driver.said()
    }

    /// Kills the program.
    pub async fn stop(self) {
        let closed = timeout(Duration::from_secs(10), self.client.clone().close()).await;
        // The driver may have gone with its program.
        drop(closed);
        drop(tokio::task::spawn_blocking(move || drop(self.driver)).await);
    }

    async fn command<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, CmdError>>,
    ) -> anyhow::Result<T> {
        timeout(ONE_COMMAND, work)
            .await
            .with_context(|| format!("{what}: no answer"))?
            .with_context(|| what.to_owned())
    }

    /// Makes a window (`main`, `ring`, `mini`) the one that is driven, once it shows `testid`.
    pub async fn enter(&self, window: &str, testid: &str) -> anyhow::Result<()> {
        until(format!("window {window} shows {testid}"), async || {
            for handle in self.command("windows", self.client.windows()).await? {
                // A window that closes meanwhile is another one.
                if self.command("switch", self.client.switch_to_window(handle)).await.is_err() {
                    continue;
                }
                let who = "return [window.__TAURI_INTERNALS__?.metadata?.currentWindow?.label, document.hasFocus()]";
                let who = self.command("label", self.client.execute(who, vec![])).await.unwrap_or_default();
                // A main window in use shows a ring itself.
                let fits = who[0] == window || (window == "ring" && who == json!(["main", true]));
                if !fits {
                    continue;
                }
                if self.displayed(&css(testid)).await?.is_some() {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn displayed(&self, css: &str) -> anyhow::Result<Option<Element>> {
        let found = timeout(ONE_COMMAND, self.client.find_all(Locator::Css(css))).await;
        let found =
            fresh(found.with_context(|| format!("{css}: no answer"))?).with_context(|| css.to_owned())?;
        for element in found.unwrap_or_default() {
            // Not the driver's own question: it takes text that is cut off for hidden. The element may be drawn
            // anew between the two questions.
            let shown = self.client.execute(SHOWN, vec![serde_json::to_value(&element)?]);
            if timeout(ONE_COMMAND, shown).await?.is_ok_and(|shown| shown == json!(true)) {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// Waits until something with this test id can be seen.
    pub async fn find(&self, testid: &str) -> anyhow::Result<Element> {
        let selector = css(testid);
        match until(testid, async || self.displayed(&selector).await).await {
            Ok(element) => Ok(element),
            Err(error) => Err(self.lost(&format!("{testid} did not appear: {error:#}")).await),
        }
    }

    /// Waits for something by an XPath.
    pub async fn at(&self, path: &str) -> anyhow::Result<Element> {
        let found = until(path, async || {
            let found = timeout(ONE_COMMAND, self.client.find_all(Locator::XPath(path))).await;
            let found = fresh(found.context("no answer")?)?;
            Ok(found.unwrap_or_default().into_iter().next())
        });
        match found.await {
            Ok(element) => Ok(element),
            Err(error) => Err(self.lost(&format!("{path} did not appear: {error:#}")).await),
        }
    }

    /// Waits for a control by the name a screen reader says.
    pub async fn named(&self, name: &str) -> anyhow::Result<Element> {
        let quoted = quoted(name);
        let path = format!(
            "//*[self::button or self::a or self::input or self::select or self::textarea or @role]\
             [@aria-label={quoted} or normalize-space()={quoted} or @id=//label[normalize-space()={quoted}]/@for \
             or ancestor::label[normalize-space()={quoted}]]"
        );
        self.at(&path).await
    }

    async fn lost(&self, what: &str) -> anyhow::Error {
        anyhow!("{what}; the window says: {}; the program said: {}", self.page().await, last(&self.said()))
    }

    /// The visible text of the window.
    pub async fn page(&self) -> String {
        let body = timeout(ONE_COMMAND, self.client.execute("return document.body.innerText", vec![])).await;
        body.ok().and_then(Result::ok).and_then(|b| b.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Asks an element, and the one in its place if it was drawn anew meanwhile.
    async fn read<T>(
        &self,
        testid: &str,
        ask: impl AsyncFn(&Element) -> Result<T, CmdError>,
    ) -> anyhow::Result<T> {
        until(testid, async || {
            let element = self.find(testid).await?;
            let answer = timeout(ONE_COMMAND, ask(&element)).await;
            Ok(fresh(answer.context("no answer")?)?)
        })
        .await
    }

    /// The text of an element, truncated or not.
    pub async fn words(&self, testid: &str) -> anyhow::Result<String> {
        Ok(self.read(testid, async |element| element.prop("textContent").await).await?.unwrap_or_default())
    }

    /// Waits until an element says this among other things.
    pub async fn says(&self, testid: &str, wanted: &str) -> anyhow::Result<()> {
        let mut last = String::new();
        let script =
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent).join(' | ')";
        let done = until(format!("{testid} says {wanted:?}"), async || {
            let text = self.command(testid, self.client.execute(script, vec![json!(css(testid))])).await?;
            last = text.as_str().unwrap_or_default().to_owned();
            Ok(last.contains(wanted).then_some(()))
        });
        match done.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(&format!("{error:#}; it says {last:?}")).await),
        }
    }

    /// Waits until nothing with this test id can be seen.
    pub async fn gone(&self, testid: &str) -> anyhow::Result<()> {
        let selector = css(testid);
        until(format!("{testid} is gone"), async || {
            Ok(self.displayed(&selector).await?.is_none().then_some(()))
        })
        .await
    }

    /// Clicks once it can be clicked: something in its way, or drawn anew meanwhile, is waited for.
    pub async fn click(&self, testid: &str) -> anyhow::Result<()> {
        let end = tokio::time::Instant::now() + WAIT_LIMIT;
        loop {
            let element = self.find(testid).await?;
            match self.command(testid, element.click()).await {
                Ok(()) => return Ok(()),
                Err(error) if tokio::time::Instant::now() > end => {
                    return Err(self.lost(&format!("{testid} cannot be clicked: {error:#}")).await);
                }
                Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
    }

    /// Clicks a control by the name a screen reader says.
    pub async fn click_named(&self, name: &str) -> anyhow::Result<()> {
        self.command(name, self.named(name).await?.click()).await
    }

    /// Replaces what stands in a field by typing.
    pub async fn type_into(&self, testid: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(testid).await?;
        self.command("clear", field.clear()).await?;
        self.command("type", field.send_keys(text)).await
    }

    pub async fn attribute(&self, testid: &str, name: &str) -> anyhow::Result<Option<String>> {
        self.read(testid, async |element| element.attr(name).await).await
    }

    /// Runs JavaScript in the window and gives what it returns.
    pub async fn script(&self, script: &str) -> anyhow::Result<Value> {
        self.command("script", self.client.execute(script, vec![])).await
    }

    /// Calls a command of the program as the interface does, and gives its answer.
    pub async fn invoke(&self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        let script = "const [command, args, done] = arguments; \
                      window.__TAURI_INTERNALS__.invoke(command, args) \
                        .then(ok => done({ ok }), error => done({ error: JSON.stringify(error) }))";
        let asked = self.client.execute_async(script, vec![json!(command), arguments]);
        let answer = self.command(command, asked).await?;
        if let Some(error) = answer.get("error") {
            bail!("{command} failed: {error}");
        }
        Ok(answer.get("ok").cloned().unwrap_or(Value::Null))
    }

    /// Changes some of the settings, as the settings page does, and gives all of them.
    pub async fn set(&self, changes: Value) -> anyhow::Result<Value> {
        let now = self.invoke("settings", json!({})).await?;
        let mut settings = now.get("settings").cloned().context("no settings")?;
        let (Some(all), Some(changes)) = (settings.as_object_mut(), changes.as_object()) else {
            bail!("settings are no object");
        };
        for (name, value) in changes {
            ensure!(all.insert(name.clone(), value.clone()).is_some(), "no setting is called {name}");
        }
        self.invoke("set_settings", json!({ "settings": settings })).await
    }

    /// Types the test password into the filled form and signs in.
    pub async fn sign_in(&self) -> anyhow::Result<()> {
        let password = self.at("//input[@type='password']").await?;
        self.command("password", password.send_keys(PASSWORD)).await?;
        self.click("signin-submit").await
    }

    /// Starts a video call with a person of the list.
    pub async fn call(&self, email: &str) -> anyhow::Result<()> {
        let row = format!(
            "//*[@data-testid='contact-row'][contains(., '{email}')]//*[@data-testid='contact-call']"
        );
        until("contact-call is clicked", async || {
            let button = self.at(&row).await?;
            let clicked = timeout(ONE_COMMAND, button.click()).await.context("no answer")?;
            fresh(clicked).context("contact-call")
        })
        .await
    }

    /// Accepts where the call rings; the main window is driven afterwards.
    pub async fn accept(&self) -> anyhow::Result<()> {
        until("the ring is accepted", async || {
            // Which window rings changes with the keyboard's, even between two questions.
            self.enter("ring", "ring-accept").await?;
            let Some(button) = self.displayed(&css("ring-accept")).await? else { return Ok(None) };
            Ok(self.command("ring-accept", button.click()).await.ok())
        })
        .await?;
        self.enter("main", "call-end").await
    }

    /// Waits until a call is connected; `false`: until every call has ended.
    pub async fn talks(&self, on: bool) -> anyhow::Result<()> {
        let state = if on { "connected" } else { "ended" };
        until(format!("the call is {state}"), async || {
            let view = self.invoke("snapshot", json!({})).await?;
            let calls = view["phone"]["calls"].as_array().context("no calls")?;
            let is = |call: &Value| call["state"]["is"] == json!(state);
            Ok((if on { calls.iter().any(is) } else { calls.iter().all(is) }).then_some(()))
        })
        .await
    }
}

fn css(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// An XPath string; one that holds both kinds of quotes cannot be written, and no text of ours does.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

/// The end of a long text.
fn last(text: &str) -> String {
    let lines: Vec<&str> = text.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
