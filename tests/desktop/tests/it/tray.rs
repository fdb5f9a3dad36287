//! The tray menu and icon, closing to the tray, and a second start.

use std::path::Path;

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{
    CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, Tray, pixels, until,
};
use serde_json::{Value, json};

/// Waits until the tray shows one of the two pictures of a state.
async fn sign(tray: &Tray, state: &str) -> anyhow::Result<()> {
    let folder =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("../../icons/tray");
    let wanted = [
        pixels(&folder.join(format!("{state}-44.png")))?,
        pixels(&folder.join(format!("{state}-light-44.png")))?,
    ];
    until(format!("the tray icon is {state}"), async || {
        // The file goes when the next icon comes.
        Ok(tray.icon_pixels().await.ok().filter(|now| wanted.contains(now)).map(drop))
    })
    .await
}

async fn desktop(phone: &Phone, field: &str, wanted: Value) -> anyhow::Result<()> {
    until(format!("{field} is {wanted}"), async || {
        let now = phone.invoke("desktop", json!({})).await?;
        Ok((now[field] == wanted).then_some(()))
    })
    .await
}

fn isolated(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_closes_into_the_tray_and_comes_back() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let tray = Tray::start(&session).await?;
    let phone = Phone::start(&session, Launch::asking(&world, "seller", SELLER)).await?;
    phone.enter("main", "signin-submit").await?;
    desktop(&phone, "tray", json!(true)).await?;
    sign(&tray, "offline").await?;
    phone.sign_in().await?;
    sign(&tray, "idle").await?;

    // The first time it asks, and stays.
    screen.window("Bellwire").await?.close()?;
    desktop(&phone, "explain_close", json!(true)).await?;
    ensure!(screen.shown("Bellwire")?.is_some(), "it is gone before it explained where");
    phone.invoke("answer_close", json!({ "keepRunning": true })).await?;
    screen.hidden("Bellwire").await?;
    tray.click("Open Bellwire").await?;
    let window = screen.window("Bellwire").await?;
    desktop(&phone, "explain_close", json!(false)).await?;

    // From then on it just goes, and a second start brings it back.
    window.close()?;
    screen.hidden("Bellwire").await?;
    let again = phone.start_again(&session, &[]).await?;
    ensure!(again.status.success(), "the second start: {}", String::from_utf8_lossy(&again.stderr));
    screen.window("Bellwire").await?;

    tray.click("Until I turn it off").await?;
    until("the tray shows it", async || {
        Ok(tray.entry("Do not disturb").await?.checked.unwrap_or(false).then_some(()))
    })
    .await?;
    let settings = phone.invoke("settings", json!({})).await?;
    ensure!(settings["settings"]["do_not_disturb"] == json!(true), "the setting is {settings}");
    phone.set(json!({ "language": "de" })).await?;
    ensure!(tray.entry("Nicht stören").await?.checked == Some(true), "the check mark is lost in translation");

    tray.click("Beenden").await?;
    phone.ended().await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tray_the_window_only_becomes_small() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::asking(&world, "seller", SELLER)).await?;
    phone.enter("main", "signin-submit").await?;
    desktop(&phone, "tray", json!(false)).await?;
    let window = screen.window("Bellwire").await?;
    window.close()?;
    until("it is minimised", async || Ok(window.property("WM_STATE")?.contains("Iconic").then_some(())))
        .await?;
    // A tray that starts later is used.
    let tray = Tray::start(&session).await?;
    tray.click("Open Bellwire").await?;
    desktop(&phone, "tray", json!(true)).await?;
    screen.window("Bellwire").await?;
    phone.set(json!({ "close_to_tray": false })).await?;
    screen.window("Bellwire").await?.close()?;
    phone.ended().await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_called_answered_muted_and_left_from_the_tray() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    let (tray, other) = tokio::try_join!(Tray::start(&here), Tray::start(&there))?;
    let seller = Phone::start(&here, Launch::signed_in(&world, "seller", SELLER)).await?;
    let customer = Phone::start(&there, Launch::signed_in(&world, "customer", CUSTOMER)).await?;
    seller.enter("main", "history-tab").await?;
    customer.enter("main", "history-tab").await?;

    let view = seller.invoke("snapshot", json!({})).await?;
    let account = &view["accounts"][0];
    let contacts = account["contacts"].as_array().context("no contacts")?;
    let amira =
        contacts.iter().find(|one| one["detail"] == json!(CUSTOMER)).context("the customer is not listed")?;
    let name = amira["person"]["name"].as_str().context("no name")?;
    let favourite = json!([{
        "dialect": account["dialect"],
        "server": account["server"],
        "person": amira["person"]["id"],
        "name": name,
    }]);
    seller.set(json!({ "favourites": favourite })).await?;
    tray.entry("Favourites").await?;
    let group = tray.entry(&isolated(name)).await?;
    ensure!(group.children.len() == 1, "{group:?}");
    tray.click("Video call").await?;

    let me = account["me"]["name"].as_str().context("no name")?;
    other.click(&format!("Answer {}", isolated(me))).await?;
    sign(&tray, "in-call").await?;
    sign(&other, "in-call").await?;
    tray.click("Microphone muted").await?;
    sign(&tray, "muted").await?;
    ensure!(tray.entry("Microphone muted").await?.checked == Some(true), "no check mark");
    other.click("Hang up").await?;
    sign(&tray, "idle").await?;

    // Now the log knows them too. A customer cannot call back.
    let known = other.entry(&isolated(me)).await?;
    ensure!(!known.enabled && known.children.is_empty(), "{known:?}");
    seller.set(json!({ "favourites": [] })).await?;
    tray.entry("Recent").await?;
    tray.click("Video call").await?;
    other.click("Decline").await?;
    sign(&tray, "idle").await?;
    tokio::join!(seller.stop(), customer.stop());
    Ok(())
}
