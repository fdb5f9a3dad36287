//! A call of three, by clicks: chosen from the list, tiles with the right moving pictures, a raised hand, the speaker
//! view, a shared window, one who leaves, and one record of it all.

use std::ops::Range;

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{
    Launch, Monitors, PairFigures, Phone, PlainWindow, Screen, Session, TestServer, Window, asset, until,
};
use serde_json::{Value, json};

/// One of the three: where to sign in, the beginning of the name others see, and what the camera shows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Who {
    email: &'static str,
    name: &'static str,
    colour: [u8; 3],
    /// Of the window.
    place: (i32, i32),
}

const ANA: Who = Who { email: "ana@demo.example", name: "Ana", colour: [0xc0, 0x20, 0x60], place: (0, 0) };
const BEN: Who = Who { email: "ben@demo.example", name: "Ben", colour: [0x10, 0xa0, 0x50], place: (960, 0) };
const CLEO: Who =
    Who { email: "cleo@demo.example", name: "Cléo", colour: [0x30, 0x60, 0xd0], place: (0, 600) };
/// A quarter of the screen, less the frame.
const SIZE: (u32, u32) = (950, 560);
/// What is shared.
const SLIDES: &str = "Slides";
const SLIDES_COLOUR: [u8; 3] = [0xe0, 0xa0, 0x20];

/// Part of a tile that a picture has to fill: name and marks lie over it, and something moves in it.
const FILLED: f64 = 0.6;
/// Part of a tile that has to change from one look to the next.
const MOVING: f64 = 0.002;

/// A person before their window.
struct Desk<'a> {
    who: Who,
    phone: Phone,
    window: Window<'a>,
    screen: &'a Screen,
}

/// Columns and rows of the screen.
type Area = (Range<usize>, Range<usize>);

impl<'a> Desk<'a> {
    async fn start(
        world: &TestServer,
        screen: &'a Screen,
        session: &Session,
        who: Who,
    ) -> anyhow::Result<Self> {
        let launch = Launch::signed_in(world, "user", who.email)
            .args(&["--dialect", "hearth"])
            .colour(who.colour)
            .microphone("default");
        let phone = Phone::start(session, launch).await?;
        phone.enter("main", "people-tab").await?;
        let window = screen.window_of(phone.pid()?, "Bellwire").await?;
        window.put(who.place.0, who.place.1, SIZE.0, SIZE.1)?;
        phone.find("contact-row").await?;
        Ok(Self { who, phone, window, screen })
    }

    /// Marks somebody in the list for a call.
    async fn choose(&self, name: &str) -> anyhow::Result<()> {
        let row = format!("//*[@data-testid='select-row'][contains(., '{name}')]");
        self.phone.at(&format!("{row}//*[@data-testid='select-box']")).await?.click().await?;
        Ok(())
    }

    /// Where something of the page is on the screen; nothing while it is not to be seen.
    async fn area(&self, css: &str) -> anyhow::Result<Option<Area>> {
        let script = "const box = document.querySelector(arguments[0])?.getBoundingClientRect(); \
                      return box ? [box.left, box.top, box.right, box.bottom].map(Math.round) : []";
        let found = self.phone.client().execute(script, vec![css.into()]).await?;
        let edges: Vec<i64> = found.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        let [left, top, right, bottom] = edges[..] else { return Ok(None) };
        let (x, y, ..) = self.window.place()?;
        let at = |origin: i32, edge: i64| usize::try_from(i64::from(origin) + edge);
        Ok(Some((at(x, left)?..at(x, right)?, at(y, top)?..at(y, bottom)?)))
    }

    /// Waits until exactly these are tiles, each filled with its person's colour, and moving.
    async fn sees(&self, others: &[Who]) -> anyhow::Result<()> {
        let mut last = String::new();
        let seen = until("the tiles show the right pictures", async || {
            let tiles = self.phone.script("return document.querySelectorAll('[data-testid=tile]').length");
            if tiles.await? != others.len() {
                "another number of tiles".clone_into(&mut last);
                return Ok(None);
            }
            let first = self.screen.screenshot()?;
            let second = self.screen.screenshot()?;
            for other in others {
                let Some((columns, rows)) = self.area(&tile(other.name)).await? else { return Ok(None) };
                let filled = second.share(columns.clone(), rows.clone(), other.colour);
                let moved = first.moved(&second, columns, rows);
                if filled < FILLED || moved < MOVING {
                    last = format!("{} fills {filled:.2}, {moved:.4} of it moves", other.name);
                    return Ok(None);
                }
            }
            Ok(Some(()))
        });
        seen.await.with_context(|| format!("{} sees: {last}", self.who.name))
    }

    /// Waits until somebody has the stage, with a picture of this colour.
    async fn stages(&self, name: &str, colour: [u8; 3]) -> anyhow::Result<()> {
        let mut last = String::new();
        let seen = until(format!("{name} has the stage"), async || {
            let Some((columns, rows)) = self.area("[data-main=true] [data-testid=tile]").await? else {
                "nobody has it".clone_into(&mut last);
                return Ok(None);
            };
            let whose = "return document.querySelector('[data-main=true] [data-testid=tile]')?.dataset.name";
            let whose = self.phone.script(whose).await?;
            let filled = self.screen.screenshot()?.share(columns.clone(), rows, colour);
            last = format!("{whose} has it and fills {filled:.2}");
            let whole = columns.len() * 2 > SIZE.0 as usize;
            let theirs = whose.as_str().is_some_and(|whose| whose.starts_with(name));
            Ok((whole && theirs && filled > FILLED).then_some(()))
        });
        seen.await.with_context(|| format!("{} sees: {last}", self.who.name))
    }

    /// Presses a key in this window.
    async fn press(&self, key: &str) -> anyhow::Result<()> {
        self.window.activate()?;
        until("the window has the keyboard", async || Ok(self.window.active()?.then_some(()))).await?;
        self.screen.press(key)
    }

    /// Rows of the history that name all of these.
    async fn records(&self, names: &[&str]) -> anyhow::Result<usize> {
        let script = "return [...document.querySelectorAll('[data-testid=history-row]')]\
                      .filter(row => arguments[0].every(name => row.textContent.includes(name))).length";
        let found = self.phone.client().execute(script, vec![names.into()]).await?;
        Ok(usize::try_from(found.as_u64().context("a number")?)?)
    }
}

fn tile(name: &str) -> String {
    format!("[data-testid=tile][data-name^={name}]")
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_meet_in_a_group_by_clicking() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::with(Monitors::Large).await?;
    let sessions =
        tokio::try_join!(Session::start(&screen), Session::start(&screen), Session::start(&screen))?;
    let ana = Desk::start(&world, &screen, &sessions.0, ANA).await?;
    let ben = Desk::start(&world, &screen, &sessions.1, BEN).await?;
    let cleo = Desk::start(&world, &screen, &sessions.2, CLEO).await?;
    let slides = PlainWindow::open(&screen, SLIDES, SLIDES_COLOUR, (1000, 640), (800, 450)).await?;

    ana.phone.click("select-start").await?;
    ana.choose(BEN.name).await?;
    ana.choose(CLEO.name).await?;
    ana.phone.says("select-count", "2").await?;
    screen.keep("group-selection")?;
    ana.phone.click("select-video").await?;

    ben.phone.enter("ring", "ring-accept").await?;
    ben.phone.says("ring-name", ANA.name).await?;
    ben.phone.says("ring-subject", "Group call").await?;
    cleo.phone.enter("ring", "ring-accept").await?;
    screen.keep("group-ring")?;
    ben.phone.accept().await?;
    cleo.phone.accept().await?;
    ana.phone.enter("main", "call-end").await?;
    ana.sees(&[BEN, CLEO]).await?;
    ben.sees(&[ANA, CLEO]).await?;
    cleo.sees(&[ANA, BEN]).await?;
    screen.keep("group-grid")?;

    a_hand_is_raised(&ana, &ben, &cleo).await?;
    whoever_speaks_is_large(&ana, (&ben, &sessions.1), (&cleo, &sessions.2)).await?;

    one_who_hangs_is_missed_and_comes_back(&world, &ana, &ben, &cleo).await?;

    // A window of Cléo's takes the stage of both others, and gives it back.
    cleo.phone.click("call-share").await?;
    let card = format!("//*[@data-testid='share-source'][contains(., '{SLIDES}')]");
    cleo.phone.at(&card).await?.click().await?;
    screen.keep("group-share-picker")?;
    cleo.phone.click("share-start").await?;
    for other in [&ana, &ben] {
        other.stages(CLEO.name, SLIDES_COLOUR).await?;
        other.phone.says("remote-sharing", CLEO.name).await?;
    }
    screen.keep("group-sharing")?;
    cleo.phone.click("sharing-stop").await?;
    ana.phone.gone("remote-sharing").await?;
    ana.sees(&[BEN, CLEO]).await?;
    ben.sees(&[ANA, CLEO]).await?;
    drop(slides);

    // One leaves: the others go on, each with the picture of the one who is left.
    ben.phone.click("call-end").await?;
    ben.phone.find("ended-reason").await?;
    for (one, other) in [(&ana, CLEO), (&cleo, ANA)] {
        alone_with(one, other).await?;
    }
    screen.keep("group-left")?;
    // So does the second: the last one is told, and waits for a while.
    ana.phone.click("call-end").await?;
    ana.phone.find("ended-reason").await?;
    cleo.phone.says("call-view", "No one else is in the call").await?;
    screen.keep("group-alone")?;
    cleo.phone.click("call-end").await?;
    cleo.phone.find("ended-reason").await?;
    screen.keep("group-ended")?;

    for (one, names) in
        [(&ana, [BEN.name, CLEO.name]), (&ben, [ANA.name, CLEO.name]), (&cleo, [ANA.name, BEN.name])]
    {
        // The view of an ended call goes by itself.
        one.phone.click("history-tab").await?;
        until(format!("{} has a record", one.who.name), async || {
            Ok((one.records(&names).await? > 0).then_some(()))
        })
        .await?;
        ensure!(one.records(&names).await? == 1, "{} has several records of one call", one.who.name);
    }
    screen.keep("group-history")?;
    tokio::join!(ana.phone.stop(), ben.phone.stop(), cleo.phone.stop());
    Ok(())
}

/// Ben asks to speak; both others see it, in the call and among its people, until he takes it back.
async fn a_hand_is_raised(ana: &Desk<'_>, ben: &Desk<'_>, cleo: &Desk<'_>) -> anyhow::Result<()> {
    ben.phone.click("call-hand").await?;
    for other in [ana, cleo] {
        other.phone.says("hands-up", BEN.name).await?;
    }
    ana.phone.click("call-people").await?;
    ana.phone.find("person-hand").await?;
    ana.screen.keep("group-hand")?;
    ana.phone.click("call-people").await?;
    ben.phone.click("call-hand").await?;
    for other in [ana, cleo] {
        other.phone.gone("hands-up").await?;
    }
    Ok(())
}

/// Ben's program stands still: the others see it, their call goes on, the server keeps it, and he comes back.
async fn one_who_hangs_is_missed_and_comes_back(
    world: &TestServer,
    ana: &Desk<'_>,
    ben: &Desk<'_>,
    cleo: &Desk<'_>,
) -> anyhow::Result<()> {
    let view = ana.phone.invoke("snapshot", json!({})).await?;
    let session =
        view.pointer("/phone/calls/0/remote_id").and_then(Value::as_str).context("an id")?.to_owned();
    ben.phone.signal("STOP")?;
    for other in [ana, cleo] {
        let state = format!("return document.querySelector({:?})?.dataset.state", tile(BEN.name));
        until(format!("{} misses him", other.who.name), async || {
            Ok((other.phone.script(&state).await? == "reconnecting").then_some(()))
        })
        .await?;
    }
    ana.screen.keep("group-hanging")?;
    let missed = |pairs: &[PairFigures]| {
        [ANA, CLEO].iter().all(|by| {
            pairs.iter().any(|pair| pair.by == by.email && pair.about == BEN.email && pair.figures.lost > 0)
        })
    };
    world.keeps_figures(&session, "both others to miss him", missed).await?;
    ben.phone.signal("CONT")?;
    ana.sees(&[BEN, CLEO]).await?;
    ben.sees(&[ANA, CLEO]).await?;
    cleo.sees(&[ANA, BEN]).await
}

/// In the speaker view of one, each of the others who plays a voice takes the stage.
async fn whoever_speaks_is_large(
    ana: &Desk<'_>,
    ben: (&Desk<'_>, &Session),
    cleo: (&Desk<'_>, &Session),
) -> anyhow::Result<()> {
    let voice = asset("media/voice-22s-48k.wav");
    ana.press("g").await?;
    for (one, session) in [ben, cleo, ben] {
        let speaking = session.sound().say(&voice)?;
        ana.stages(one.who.name, one.who.colour).await?;
        ana.screen.keep(&format!("group-speaker-{}", one.who.name))?;
        drop(speaking);
    }
    ana.press("g").await?;
    ana.sees(&[BEN, CLEO]).await
}

/// Waits until a call has gone on with one other person, whose moving picture fills the window.
async fn alone_with(one: &Desk<'_>, other: Who) -> anyhow::Result<()> {
    one.phone.gone("stage").await?;
    one.phone.says("call-state", "Connected").await?;
    let title = "return document.querySelector('[data-testid=call-view] h1').textContent";
    until(format!("the call is one with {}", other.name), async || {
        let title = one.phone.script(title).await?;
        Ok(title.as_str().is_some_and(|title| title.contains(other.name)).then_some(()))
    })
    .await?;
    let mut last = (0.0, 0.0);
    let seen = until("the other fills the window", async || {
        let Some((columns, rows)) = one.area("[data-testid=call-view]").await? else { return Ok(None) };
        let (first, second) = (one.screen.screenshot()?, one.screen.screenshot()?);
        last =
            (second.share(columns.clone(), rows.clone(), other.colour), first.moved(&second, columns, rows));
        Ok((last.0 > 0.2 && last.1 > MOVING).then_some(()))
    });
    seen.await.with_context(|| format!("{} sees {} fill {last:?}", one.who.name, other.name))
}
