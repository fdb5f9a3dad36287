//! The idle budget: what the program costs a backend and a computer while it is not used. A regression once
//! asked backends for their history a hundred times a second, and every other test passed.
//!
//! On each backend: sign in, call, open every view, hide the window, and count for a minute.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_tests_calls::accounts::{CLINIC, DEALERDESK, HEARTH, MARKETPLACE, STOREFRONT, TestAccounts};
use bellwire_tests_calls::{Setup, TestClient};
use bellwire_tests_desktop::{
    Launch, PASSWORD, Phone, Screen, Session, TestServer, Tray, Usage, Used, until,
};
use serde_json::json;

/// How long is counted.
const WINDOW: Duration = Duration::from_secs(60);
/// Requests of an idle minute. No backend has to be polled: changes come by its socket.
const REQUESTS: u64 = 1;
/// In a clinic a ring is made by looking: at the list each minute, and at rooms near their time.
const REQUESTS_CLINIC: u64 = 6;
/// Socket events of an idle minute, both ways together.
const EVENTS: u64 = 2;
/// Processor time of an idle minute with the window away: one percent of a core.
const PROGRAM_S: f64 = 0.6;
/// Likewise the web view's, whose timers run on while it is hidden.
const WEB_VIEW_S: f64 = 0.6;
/// Wake-ups of an idle minute, all threads together. Measured: 40 to 45 a second, most of them of the tool
/// kit's and the sound server's connections; the loop that asked backends had hundreds.
const WAKE_UPS: u64 = 60 * 75;

/// Requests and socket events of one backend since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asked {
    requests: u64,
    events: u64,
}

/// Everything the server has counted, by backend; its own figures are not among it.
async fn asked(world: &TestServer) -> anyhow::Result<BTreeMap<String, Asked>> {
    let url = world.metrics_url().context("metrics are served")?;
    let text = reqwest::get(url).await?.text().await?;
    let mut all: BTreeMap<String, Asked> = BTreeMap::new();
    for line in text.lines() {
        let Some((name, rest)) = line.split_once('{') else { continue };
        let Some((labels, value)) = rest.split_once("} ") else { continue };
        let label = labels.split(',').find_map(|label| label.strip_prefix("backend=\""));
        let (Some(backend), Ok(value)) = (label, value.trim().parse::<u64>()) else { continue };
        let asked = all.entry(backend.trim_end_matches('"').to_owned()).or_default();
        match name {
            "bellwire_http_requests_total" => asked.requests += value,
            "bellwire_socket_events_total" => asked.events += value,
            _ => {}
        }
    }
    Ok(all)
}

/// The computer of one user.
struct Desk {
    cast: TestAccounts,
    phone: Phone,
    _tray: Tray,
    session: Session,
    screen: Screen,
}

impl Desk {
    async fn start(world: &TestServer, cast: TestAccounts) -> anyhow::Result<Self> {
        let screen = Screen::start().await?;
        let session = Session::start(&screen).await?;
        let tray = Tray::start(&session).await?;
        let who = cast.callee;
        let launch = Launch::asking(world, who.role, who.email)
            .args(&["--dialect", cast.dialect])
            .env("BELLWIRE_DEMO_PASSWORD", PASSWORD);
        let phone = Phone::start(&session, launch).await?;
        phone.enter("main", "people-tab").await?;
        Ok(Self { cast, phone, _tray: tray, session, screen })
    }

    /// Makes a call, then opens every view.
    async fn use_it(&self, world: &TestServer) -> anyhow::Result<()> {
        let caller = TestClient::of(world, self.cast.dialect, self.cast.caller, Setup::default()).await?;
        let me = self.phone.invoke("snapshot", json!({})).await?["accounts"][0]["me"].clone();
        caller.call_person(&serde_json::from_value(me)?, self.cast.kinds[0]).await?;
        let call = until("it rings", async || {
            let view = self.phone.invoke("snapshot", json!({})).await?;
            let calls = view["phone"]["calls"].as_array().context("no calls")?;
            Ok(calls.iter().find(|call| call["state"]["is"] == "ringing").map(|call| call["id"].clone()))
        })
        .await?;
        self.phone.invoke("accept", json!({ "call": call })).await?;
        self.phone.talks(true).await?;
        caller.connected().await?;
        self.phone.invoke("hang_up", json!({ "call": call })).await?;
        self.phone.talks(false).await?;
        caller.leave().await;
        self.phone.enter("main", "history-tab").await?;
        self.phone.click("history-tab").await?;
        self.phone.find("history-row").await?;
        self.phone.click("people-tab").await?;
        Ok(())
    }

    /// The folders that the program may write to.
    fn folders(&self) -> Vec<PathBuf> {
        ["home", "config", "data", "state", "cache"]
            .iter()
            .map(|name| self.session.folder().join(name))
            .collect()
    }

    fn look(&self) -> anyhow::Result<Usage> {
        Usage::of(self.phone.pid()?, self.phone.group(), &self.folders())
    }
}

fn judge(backend: &str, asked: Asked, used: &Used) -> Vec<String> {
    let mut over = Vec::new();
    let mut check = |fits: bool, what: String| {
        if !fits {
            over.push(format!("{backend}: {what}"));
        }
    };
    let requests = if backend == CLINIC.dialect { REQUESTS_CLINIC } else { REQUESTS };
    check(asked.requests <= requests, format!("{} requests", asked.requests));
    check(asked.events <= EVENTS, format!("{} socket events", asked.events));
    check(used.program_s <= PROGRAM_S, format!("{:.2} s of processor time", used.program_s));
    check(
        used.web_view_s <= WEB_VIEW_S,
        format!("{:.2} s of processor time in the web view", used.web_view_s),
    );
    check(used.wake_ups <= WAKE_UPS, format!("{} wake-ups", used.wake_ups));
    check(used.stored == 0, format!("{} bytes to the disk", used.stored));
    check(used.files.is_empty(), format!("files written: {:?}", used.files));
    over
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_program_asks_writes_and_burns_nothing() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let mut desks = Vec::new();
    for cast in [STOREFRONT, DEALERDESK, MARKETPLACE, HEARTH, CLINIC] {
        let desk = Desk::start(&world, cast).await?;
        desk.use_it(&world).await.with_context(|| cast.dialect)?;
        desks.push(desk);
    }
    for desk in &desks {
        let window = desk.screen.window("Bellwire").await?;
        window.minimise()?;
        until("the window is put away", async || Ok((!window.visible()?).then_some(()))).await?;
    }
    // What the call and the views have begun may come to its end: messages on their way, the log's file.
    let mut last = asked(&world).await?;
    until("nothing is under way any more", async || {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let now = asked(&world).await?;
        Ok((std::mem::replace(&mut last, now.clone()) == now).then_some(()))
    })
    .await?;

    let before: Vec<Usage> = desks.iter().map(Desk::look).collect::<anyhow::Result<_>>()?;
    let asked_before = asked(&world).await?;
    tokio::time::sleep(WINDOW).await;
    let asked_after = asked(&world).await?;
    let mut over = Vec::new();
    for (desk, before) in desks.iter().zip(&before) {
        let used = desk.look()?.since(before);
        let of = |all: &BTreeMap<String, Asked>| all.get(desk.cast.dialect).copied().unwrap_or_default();
        let (then, now) = (of(&asked_before), of(&asked_after));
        let asked = Asked { requests: now.requests - then.requests, events: now.events - then.events };
        println!("{}: {asked:?} {used:?}", desk.cast.dialect);
        over.extend(judge(desk.cast.dialect, asked, &used));
    }
    ensure!(over.is_empty(), "an idle minute costs too much:\n{}", over.join("\n"));
    for desk in desks {
        desk.phone.stop().await;
    }
    Ok(())
}
