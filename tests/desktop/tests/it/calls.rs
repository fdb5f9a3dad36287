//! A video call between two people, by clicks.

use std::time::Duration;

use anyhow::ensure;
use bellwire_tests_desktop::{
    CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, WAIT_LIMIT, until,
};
use tokio::time::sleep;

/// What the two send instead of a camera picture: their main colours.
const SELLER_COLOUR: [u8; 3] = [0xc0, 0x20, 0x60];
const CUSTOMER_COLOUR: [u8; 3] = [0x10, 0xa0, 0x50];

#[tokio::test(flavor = "multi_thread")]
async fn two_people_call_each_other_by_clicking() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    let seller = Phone::start(&here, Launch::asking(&world, "seller", SELLER).colour(SELLER_COLOUR)).await?;
    screen.window("Bellwire").await?.put(0, 0, 640, 700)?;
    let customer =
        Phone::start(&there, Launch::asking(&world, "customer", CUSTOMER).colour(CUSTOMER_COLOUR)).await?;
    customer.client().set_window_rect(640, 0, 640, 700).await?;
    for phone in [&seller, &customer] {
        phone.enter("main", "signin-submit").await?;
    }
    tokio::try_join!(seller.sign_in(), customer.sign_in())?;
    customer.find("history-tab").await?;

    seller.call(CUSTOMER).await?;
    seller.find("call-state").await?;

    screen.look_elsewhere().await?;
    customer.enter("ring", "ring-accept").await?;
    let name = customer.words("ring-name").await?;
    ensure!(!name.trim().is_empty(), "the ring window names nobody");
    screen.keep("ring")?;
    customer.accept().await?;
    customer.says("call-state", "Connected").await?;
    seller.says("call-state", "Connected").await?;

    // Each window is filled with the other's colour, and the picture moves.
    let end = tokio::time::Instant::now() + WAIT_LIMIT;
    loop {
        let picture = screen.screenshot()?;
        let rows = 0..picture.height;
        let at_seller = picture.share(0..640, rows.clone(), CUSTOMER_COLOUR);
        let at_customer = picture.share(640..1280, rows, SELLER_COLOUR);
        if at_seller > 0.2 && at_customer > 0.2 {
            break;
        }
        ensure!(
            tokio::time::Instant::now() < end,
            "the remote pictures fill {at_seller:.2} and {at_customer:.2} of the windows; seller: {}; customer: {}",
            seller.page().await,
            customer.page().await
        );
        sleep(Duration::from_millis(300)).await;
    }
    screen.keep("call")?;
    let first = screen.screenshot()?;
    until("the picture moves", async || Ok((first.differing(&screen.screenshot()?) > 1000).then_some(())))
        .await?;

    seller.find("call-timer").await?;
    seller.click("call-mute").await?;
    customer.find("remote-muted").await?;
    seller.click("call-end").await?;
    customer.find("ended-reason").await?;
    for phone in [&seller, &customer] {
        phone.click("ended-close").await?;
        phone.click("history-tab").await?;
        phone.find("history-row").await?;
    }
    let row = seller.words("history-row").await?;
    ensure!(row.contains("Amira"), "the newest call in the history is {row:?}");
    screen.keep("history")?;
    tokio::join!(seller.stop(), customer.stop());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_in_words() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::asking(&world, "seller", SELLER)).await?;
    phone.enter("main", "signin-submit").await?;
    phone.at("//input[@type='password']").await?.send_keys("wrong").await?;
    phone.click("signin-submit").await?;
    let error = phone.words("signin-error").await?;
    ensure!(!error.trim().is_empty(), "the error is empty");
    screen.keep("wrong-password")?;
    phone.stop().await;
    Ok(())
}
