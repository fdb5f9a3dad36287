//! Start at login, and the hidden start that it causes.

use anyhow::ensure;
use bellwire_tests_desktop::{Launch, Phone, SELLER, Screen, Session, TestServer, Tray, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_at_login_as_the_setting_says() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = Phone::start(&session, Launch::asking(&world, "seller", SELLER)).await?;
    phone.enter("main", "signin-submit").await?;
    let entry = session.config().join("autostart/Bellwire.desktop");
    ensure!(!entry.exists(), "it is there before anybody asked");
    phone.set(json!({ "start_at_login": true })).await?;
    let text = until("the entry is written", async || Ok(std::fs::read_to_string(&entry).ok())).await?;
    ensure!(text.lines().any(|line| line.starts_with("Exec=") && line.ends_with("--hidden")), "{text}");
    // Who removes it by hand finds the setting off.
    std::fs::remove_file(&entry)?;
    until("the setting is off", async || {
        let settings = phone.invoke("settings", json!({})).await?;
        Ok((settings["settings"]["start_at_login"] == json!(false)).then_some(()))
    })
    .await?;
    phone.set(json!({ "start_at_login": true })).await?;
    until("the entry is written again", async || Ok(entry.exists().then_some(()))).await?;
    phone.set(json!({ "start_at_login": false })).await?;
    until("the entry is gone", async || Ok((!entry.exists()).then_some(()))).await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn started_at_login_it_waits_in_the_tray() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let tray = Tray::start(&session).await?;
    let launch = Launch::asking(&world, "seller", SELLER).args(&["--hidden"]);
    let phone = Phone::start(&session, launch).await?;
    tray.entry("Open Bellwire").await?;
    ensure!(screen.shown("Bellwire")?.is_none(), "a window is there");
    // A second one of its kind shows nothing either, one that a person starts does.
    phone.start_again(&session, &["--hidden"]).await?;
    ensure!(screen.shown("Bellwire")?.is_none(), "a window is there");
    phone.start_again(&session, &[]).await?;
    screen.window("Bellwire").await?;
    phone.stop().await;
    Ok(())
}
