//! The answer window: wherever the program is, over everything, and never in the way of typing.

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{Phone, Screen, Session, Window, World, until};

use super::{MAIN, RING, becomes, customer, launch, seller};

/// Clicks a button of the answer window with the pointer, which needs it to be on top there.
async fn point_at(screen: &Screen, phone: &Phone, ring: &Window<'_>, testid: &str) -> anyhow::Result<()> {
    phone.enter("ring", testid).await?;
    let script = format!(
        "const box = document.querySelector('[data-testid=\"{testid}\"]').getBoundingClientRect(); \
         return [box.left + box.width / 2, box.top + box.height / 2].map(Math.round)"
    );
    let at = phone.script(&script).await?;
    let (left, top, ..) = ring.place()?;
    let middle = |index: usize| at[index].as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or_default();
    screen.click_at(left + middle(0), top + middle(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_comes_up_in_the_middle_of_a_word() -> anyhow::Result<()> {
    let world = World::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;
    let (_letter, typed) = screen.notepad("letter")?;
    let letter = screen.window("letter").await?;
    letter.activate()?;
    until("the letter has the keyboard", async || Ok(letter.active()?.then_some(()))).await?;

    // Typing goes on from before the call until after the answer window is up, twice: the window is made
    // differently the first time.
    for round in 1..=2 {
        let call = caller.dial(bellwire_tests_desktop::CUSTOMER).await?;
        let mut wanted = String::new();
        let ring = loop {
            screen.type_text("word")?;
            wanted.push_str("word");
            if let Some(ring) = screen.shown(RING)? {
                break ring;
            }
            ensure!(wanted.len() < 4000, "the answer window does not come up");
        };
        screen.type_text("end")?;
        screen.keep("ring-over-a-letter")?;
        // The main window is in sight and does not ring a second time.
        phone
            .gone("ring-accept")
            .await
            .with_context(|| format!("round {round}: the main window shows the ring too"))?;
        ensure!(ring.above()?, "round {round}: the answer window is not always on top");
        ensure!(letter.active()?, "round {round}: the answer window took the keyboard");
        let property = ring.property("_NET_WM_DESKTOP")?;
        ensure!(property.contains("4294967295"), "it is on one desktop only: {property}");
        let written = Screen::typed(&typed)?;
        ensure!(written.ends_with(&format!("{wanted}end")), "round {round}: lost letters: {written:?}");
        ensure!(!wanted.is_empty(), "nothing was typed");
        caller.engine().hang_up(call).await;
        screen.hidden(RING).await?;
    }
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_over_a_full_screen_window() -> anyhow::Result<()> {
    let world = World::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;
    let (_film, typed) = screen.notepad("film")?;
    let film = screen.window("film").await?;
    film.activate()?;
    film.full_screen_on()?;
    until("the film fills the screen", async || Ok(film.full_screen()?.then_some(()))).await?;

    caller.dial(bellwire_tests_desktop::CUSTOMER).await?;
    let ring = screen.window(RING).await?;
    screen.keep("ring-over-a-film")?;
    screen.type_text("word")?;
    until("the film got the keys", async || Ok(Screen::typed(&typed)?.ends_with("word").then_some(())))
        .await?;
    point_at(&screen, &phone, &ring, "ring-silence").await?;
    becomes(&phone, "\"silenced\":true").await?;
    ensure!(screen.shown(RING)?.is_some(), "silence put the answer window away");
    point_at(&screen, &phone, &ring, "ring-decline").await?;
    becomes(&phone, "declined").await?;
    screen.hidden(RING).await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_up_with_the_main_window_minimised_and_brings_it_back() -> anyhow::Result<()> {
    let world = World::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;
    screen.window(MAIN).await?.minimise()?;
    screen.hidden(MAIN).await?;
    caller.dial(bellwire_tests_desktop::CUSTOMER).await?;
    let ring = screen.window(RING).await?;
    ensure!(screen.shown(MAIN)?.is_none(), "the ring brought up the main window");
    point_at(&screen, &phone, &ring, "ring-accept").await?;
    caller.connected().await?;
    screen.window(MAIN).await?;
    screen.hidden(RING).await?;
    phone.stop().await;
    Ok(())
}
