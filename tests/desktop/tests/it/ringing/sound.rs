//! The ring sound: on which loudspeaker it plays, and when it stops.

use anyhow::ensure;
use bellwire_tests_desktop::{CUSTOMER, Screen, Session, TestServer, level_db};
use serde_json::json;

use super::{RING, becomes, customer, launch, seller};

/// A ring is louder than this, in dB of full scale; a null loudspeaker has no noise.
const RINGS: f64 = -50.0;
const QUIET: f64 = -80.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_is_heard_and_silence_stops_it() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = customer(&screen, &session, launch(&world).speaker("default")).await?;
    let caller = seller(&world).await?;
    let before = session.sound().listen("spk", std::time::Duration::from_millis(500)).await?;
    ensure!(level_db(&before) < QUIET, "something plays already");

    caller.dial(CUSTOMER).await?;
    session.sound().hear("spk", RINGS).await?;
    screen.window(RING).await?;
    phone.enter("ring", "ring-silence").await?;
    phone.click("ring-silence").await?;
    becomes(&phone, "\"silenced\":true").await?;
    session.sound().silence("spk", QUIET).await?;
    phone.click("ring-decline").await?;
    caller.ended().await?;

    // The next one is heard again, and stops with the caller.
    let call = caller.dial(CUSTOMER).await?;
    session.sound().hear("spk", RINGS).await?;
    caller.engine().hang_up(call).await;
    session.sound().silence("spk", QUIET).await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_rings_where_the_settings_say() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    session.sound().plug_sink("desk", "DeskSpeaker")?;
    session.sound().plug_sink("headset", "Headset")?;
    let phone = customer(&screen, &session, launch(&world).speaker("default")).await?;
    let caller = seller(&world).await?;
    let devices = phone.invoke("devices", json!({})).await?;
    let id = |label: &str| {
        let all = devices["speakers"].as_array().cloned().unwrap_or_default();
        all.iter()
            .find(|one| one["label"].as_str().is_some_and(|l| l.contains(label)))
            .map(|one| one["id"].clone())
    };
    let (Some(desk), Some(headset)) = (id("DeskSpeaker"), id("Headset")) else {
        anyhow::bail!("the loudspeakers are not listed: {devices}");
    };
    phone.set(json!({ "ring_device": desk, "ring_second_device": headset })).await?;
    caller.dial(CUSTOMER).await?;
    session.sound().hear("desk", RINGS).await?;
    session.sound().hear("headset", RINGS).await?;
    let elsewhere = session.sound().listen("spk", std::time::Duration::from_secs(1)).await?;
    ensure!(level_db(&elsewhere) < QUIET, "it rings on the default loudspeaker too");
    // At once, while it rings.
    phone.set(json!({ "ring_second_device": null })).await?;
    session.sound().silence("headset", QUIET).await?;
    session.sound().hear("desk", RINGS).await?;
    phone.stop().await;
    Ok(())
}
