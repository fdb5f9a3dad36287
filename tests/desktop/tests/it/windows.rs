//! The mini window, full screen, and closing during a call.

use anyhow::ensure;
use bellwire_tests_desktop::{CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, Tray, until};
use serde_json::json;

const MINI: &str = "Call – Bellwire";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_outlives_its_window_and_stays_in_sight() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    let tray = Tray::start(&here).await?;
    let seller = Phone::start(&here, Launch::signed_in(&world, "seller", SELLER)).await?;
    seller.enter("main", "history-tab").await?;
    let main = screen.window("Bellwire").await?;
    let customer =
        Phone::start(&there, Launch::signed_in(&world, "customer", CUSTOMER).args(&["--hidden"])).await?;
    customer.enter("main", "history-tab").await?;

    seller.invoke("set_mini", json!({ "on": true })).await?;
    ensure!(screen.shown(MINI)?.is_none(), "there is a small window without a call");
    seller.call(CUSTOMER).await?;
    customer.accept().await?;
    seller.talks(true).await?;

    seller.invoke("set_full_screen", json!({ "on": true })).await?;
    until("it fills the screen", async || Ok(main.full_screen()?.then_some(()))).await?;
    seller.invoke("set_full_screen", json!({ "on": false })).await?;
    until("it is a window again", async || Ok((!main.full_screen()?).then_some(()))).await?;

    // Closed during the call: no question, the call goes on, in the small window.
    main.close()?;
    let mini = screen.window(MINI).await?;
    // The window manager says so a moment after it shows a window.
    until("the small window is on top", async || Ok(mini.above()?.then_some(()))).await?;
    until("the main window is gone", async || Ok((!main.visible()?).then_some(()))).await?;
    seller.talks(true).await?;
    screen.keep("mini")?;

    // It goes by itself when the main one is back.
    tray.click("Open Bellwire").await?;
    until("the main window is back", async || Ok(main.visible()?.then_some(()))).await?;
    screen.hidden(MINI).await?;

    // Asked for, it stays beside the main one, and ends with the call.
    seller.invoke("set_mini", json!({ "on": true })).await?;
    screen.window(MINI).await?;
    ensure!(main.visible()?, "the main window went");
    tray.click("Hang up").await?;
    screen.hidden(MINI).await?;
    tokio::join!(seller.stop(), customer.stop());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tray_a_key_quits_and_asks_first_during_a_call() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    let seller = Phone::start(&here, Launch::signed_in(&world, "seller", SELLER)).await?;
    seller.enter("main", "history-tab").await?;
    let main = screen.window("Bellwire").await?;
    let customer =
        Phone::start(&there, Launch::signed_in(&world, "customer", CUSTOMER).args(&["--hidden"])).await?;
    customer.enter("main", "history-tab").await?;
    seller.call(CUSTOMER).await?;
    customer.accept().await?;
    seller.talks(true).await?;

    main.activate()?;
    until("the main window has the keyboard", async || Ok(main.active()?.then_some(()))).await?;
    screen.press("ctrl+q")?;
    seller.find("quit-question").await?;
    screen.keep("quit-question")?;
    // The answer that loses nothing has the focus.
    screen.press("Return")?;
    seller.gone("quit-question").await?;
    seller.talks(true).await?;

    screen.press("ctrl+q")?;
    seller.find("quit-yes").await?;
    // Not a click of the driver, which waits for an answer of the page.
    screen.press("shift+Tab")?;
    screen.press("Return")?;
    seller.ended().await?;
    // The other side hears of it at once, as of any hang-up.
    customer.enter("main", "ended-reason").await?;
    tokio::join!(seller.stop(), customer.stop());
    Ok(())
}
