//! The latency of a ring, from its socket event to the screen and the loudspeaker, beside a page in Chromium
//! that gets the same event in the same run. Run by `cargo xtask bench ring`; fails only if nothing could be
//! measured. `BELLWIRE_BENCH_LOG` names a file for the program's output (with `BELLWIRE_LOG`: where the time
//! goes).

mod page;
mod watch;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bellwire_tests_calls::{RawSocket, TestClient};
use bellwire_tests_desktop::{
    CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, WAIT_LIMIT, until,
};
use serde_json::json;

use page::Page;
use watch::{Ear, Eye, Look};

const RING: &str = "Incoming call – Bellwire";
/// Rings that count, after one that warms both up.
const RINGS: usize = 10;
/// Both let go of the loudspeaker in between.
const PAUSE: Duration = Duration::from_secs(4);

/// Milliseconds after the event.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// The answer window is mapped.
    mapped: f64,
    /// Its button to accept is on the screen.
    drawn: f64,
    heard: f64,
    page_drawn: f64,
    page_heard: f64,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask bench ring"]
async fn a_ring_is_seen_and_heard() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    session.sound().plug_sink("page", "Page")?;
    let phone =
        Phone::start(&session, Launch::signed_in(&world, "customer", CUSTOMER).speaker("default")).await?;
    phone.enter("main", "history-tab").await?;
    screen.window("Bellwire").await?.minimise()?;
    let listener = RawSocket::connect(&world, "customer", CUSTOMER).await?;
    let page = Page::open(&session, &screen, world.socket(), &listener).await?;
    let caller = TestClient::seller(&world, SELLER).await?;
    until("the program is online", async || {
        let view = phone.invoke("snapshot", json!({})).await?;
        Ok((view.pointer("/accounts/0/link") == Some(&json!("online"))).then_some(()))
    })
    .await?;

    // The first ring shows where to look.
    let call = caller.dial(CUSTOMER).await?;
    let ring = screen.window(RING).await?;
    phone.enter("ring", "ring-accept").await?;
    let script = "const box = document.querySelector('[data-testid=\"ring-accept\"]').getBoundingClientRect(); \
                  return [box.left + 12, box.top + box.height / 2].map(Math.round)";
    let at = phone.script(script).await?;
    let (left, top, ..) = ring.place()?;
    let inside = |index: usize| at[index].as_i64().and_then(|n| i32::try_from(n).ok()).context("no place");
    let spot = (left + inside(0)?, top + inside(1)?);
    tokio::time::sleep(Duration::from_secs(1)).await;
    screen.keep("bench-ring")?;
    let eye = Eye::open(screen.display())?;
    let (accept, shown) = (eye.colour(spot)?, eye.colour(page.spot())?);
    let looks = [Look::Mapped(ring.id()), Look::Colour(spot, accept), Look::Colour(page.spot(), shown)];
    caller.engine().hang_up(call).await;
    screen.hidden(RING).await?;

    let (here, there) = (Ear::open(session.sound(), "spk")?, Ear::open(session.sound(), "page")?);
    let mut rings = Vec::new();
    for _ in 0..RINGS {
        tokio::time::sleep(PAUSE).await;
        here.arm();
        there.arm();
        let before = listener.count("incomingVideoCall");
        let watching = eye.watch(screen.display(), &looks, WAIT_LIMIT)?;
        let call = caller.dial(CUSTOMER).await?;
        let end = Instant::now() + WAIT_LIMIT;
        while listener.count("incomingVideoCall") == before {
            ensure!(Instant::now() < end, "no event came");
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        let event = Instant::now();
        let seen = tokio::task::spawn_blocking(move || watching.join()).await?;
        let seen = seen.map_err(|_| anyhow::anyhow!("the watcher failed"))??;
        let (heard, page_heard) = (here.heard().await?, there.heard().await?);
        caller.engine().hang_up(call).await;
        screen.hidden(RING).await?;
        let after = |then: Instant| {
            then.checked_duration_since(event)
                .map_or_else(|| -(event - then).as_secs_f64(), |d| d.as_secs_f64())
                * 1e3
        };
        rings.push(Times {
            mapped: after(seen[0]),
            drawn: after(seen[1]),
            page_drawn: after(seen[2]),
            heard: after(heard),
            page_heard: after(page_heard),
        });
    }
    let report = report(&rings);
    #[allow(clippy::print_stdout, reason = "what it is run for")]
    {
        println!("{report}");
    }
    if let Some(file) = std::env::var_os("BELLWIRE_REPORT") {
        std::fs::write(Path::new(&file), report)?;
    }
    if let Some(file) = std::env::var_os("BELLWIRE_BENCH_LOG") {
        std::fs::write(file, phone.said())?;
    }
    phone.stop().await;
    Ok(())
}

fn report(rings: &[Times]) -> String {
    let build = std::env::var("BELLWIRE_BUILD").unwrap_or_else(|_| "debug build".into());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let mut out = String::from(
        "# How soon a ring is seen and heard\n\nWritten by `cargo xtask bench ring`; do not edit, run it again.\n\n",
    );
    let _ = writeln!(
        out,
        "{} rings, {build}, load average (1 min) at the end {load}. Milliseconds from the moment another device of the \
         same account hears the socket event; medians with the least and the most. Main window minimised, loudspeaker \
         closed between the rings. The page in Chromium gets the same event in the same run, colours its window and \
         plays the same melody; its window is on the screen all the time and need not be mapped. Bar: window and sound \
         within 150 ms.\n",
        rings.len()
    );
    out.push_str("| | Bellwire, ms | Chromium, ms | ratio |\n| --- | --- | --- | --- |\n");
    let column = |pick: fn(&Times) -> f64| {
        let mut all: Vec<f64> = rings.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (all.first(), all.last()) else { return (f64::NAN, String::new()) };
        let median = (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2.0;
        (median, format!("{median:.0} ({least:.0}–{most:.0})"))
    };
    let mut line = |name: &str, ours: fn(&Times) -> f64, theirs: Option<fn(&Times) -> f64>| {
        let (median, ours) = column(ours);
        let (theirs, ratio) = theirs.map_or_else(Default::default, |theirs| {
            let (other, text) = column(theirs);
            (text, format!("{:.2}x", median / other))
        });
        let _ = writeln!(out, "| {name} | {ours} | {theirs} | {ratio} |");
    };
    line("answer window mapped", |t| t.mapped, None);
    line("button drawn on the screen", |t| t.drawn, Some(|t| t.page_drawn));
    line("first sound in the recorded loudspeaker", |t| t.heard, Some(|t| t.page_heard));
    out
}
