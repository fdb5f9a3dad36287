//! Global keys, which work in any window, and media keys of headsets.

use std::time::Duration;

use anyhow::ensure;
use bellwire_tests_desktop::{CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, level_db, until};
use serde_json::json;
use zbus::Proxy;

async fn microphone(phone: &Phone, on: bool) -> anyhow::Result<()> {
    until(format!("the microphone is {}", if on { "on" } else { "off" }), async || {
        let view = phone.invoke("snapshot", json!({})).await?;
        Ok((view["phone"]["microphone"] == json!(on)).then_some(()))
    })
    .await
}

async fn rings(phone: &Phone) -> anyhow::Result<()> {
    until("it rings", async || {
        let view = phone.invoke("snapshot", json!({})).await?;
        Ok((view["phone"]["calls"][0]["state"]["is"] == json!("ringing")).then_some(()))
    })
    .await
}

/// The bus name of the player that is there during a call.
async fn player(session: &Session) -> anyhow::Result<Option<String>> {
    let bus = session.connect().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?.list_names().await?;
    Ok(names.into_iter().map(|name| name.to_string()).find(|name| name.contains("MediaPlayer2.bellwire")))
}

async fn press_on_headset(session: &Session, button: &str) -> anyhow::Result<()> {
    let name = until("there is a player", async || player(session).await).await?;
    let bus = session.connect().await?;
    let player = Proxy::new(&bus, name, "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player").await?;
    let () = player.call(button, &()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_answer_mute_talk_and_hang_up_from_any_window() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    // One is heard by the other's loudspeaker: a tone, and a sound server that can be listened to.
    let phone = Phone::start(&here, Launch::signed_in(&world, "customer", CUSTOMER)).await?;
    let ear = Launch::signed_in(&world, "seller", SELLER).with_real_sound();
    let caller = Phone::start(&there, ear).await?;
    for phone in [&phone, &caller] {
        phone.enter("main", "history-tab").await?;
    }
    phone
        .set(json!({
            "keys": { "mute": "Ctrl+Shift+M", "push_to_talk": "F8", "answer": "F9", "hang_up": "F10" },
            "push_to_talk_release_ms": 300,
        }))
        .await?;
    let (_other, typed) = screen.notepad("other")?;
    let other = screen.window("other").await?;

    caller.call(CUSTOMER).await?;
    rings(&phone).await?;
    other.activate()?;
    until("the other program has the keyboard", async || Ok(other.active()?.then_some(()))).await?;
    screen.press("F9")?;
    phone.talks(true).await?;
    caller.talks(true).await?;
    there.sound().hear("spk", -50.0).await?;

    other.activate()?;
    screen.press("ctrl+shift+m")?;
    microphone(&phone, false).await?;
    there.sound().silence("spk", -60.0).await?;

    screen.key_down("F8")?;
    microphone(&phone, true).await?;
    ensure!(phone.invoke("desktop", json!({})).await?["talking"] == json!(true), "nobody is told");
    there.sound().hear("spk", -50.0).await?;
    screen.key_up("F8")?;
    microphone(&phone, false).await?;
    there.sound().silence("spk", -60.0).await?;
    let rest = there.sound().listen("spk", Duration::from_secs(1)).await?;
    ensure!(level_db(&rest) < -60.0, "still heard at {:.1} dB", level_db(&rest));

    screen.press("F10")?;
    phone.talks(false).await?;
    ensure!(Screen::typed(&typed)?.is_empty(), "the keys went to the other program as well");
    let desktop = phone.invoke("desktop", json!({})).await?;
    ensure!(desktop["key_problems"] == json!([]), "{desktop}");

    // The second program wants a key that the first one has grabbed.
    caller
        .set(json!({ "keys": { "mute": "F10", "push_to_talk": null, "answer": null, "hang_up": null } }))
        .await?;
    until("the problem is told", async || {
        let desktop = caller.invoke("desktop", json!({})).await?;
        let wanted = json!([{ "action": "mute", "problem": "taken" }]);
        Ok((desktop["key_problems"] == wanted).then_some(()))
    })
    .await?;
    // Released by the first, it can be grabbed by the second.
    phone
        .set(json!({ "keys": { "mute": null, "push_to_talk": null, "answer": null, "hang_up": null } }))
        .await?;
    caller
        .set(json!({ "keys": { "mute": null, "push_to_talk": null, "answer": "F10", "hang_up": null } }))
        .await?;
    until("there is no problem", async || {
        let desktop = caller.invoke("desktop", json!({})).await?;
        Ok((desktop["key_problems"] == json!([])).then_some(()))
    })
    .await?;
    tokio::join!(phone.stop(), caller.stop());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_headset_answers_mutes_and_hangs_up() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let (here, there) = tokio::try_join!(Session::start(&screen), Session::start(&screen))?;
    let phone = Phone::start(&here, Launch::signed_in(&world, "customer", CUSTOMER)).await?;
    let caller = Phone::start(&there, Launch::signed_in(&world, "seller", SELLER)).await?;
    for phone in [&phone, &caller] {
        phone.enter("main", "history-tab").await?;
    }
    ensure!(player(&here).await?.is_none(), "music has no keys while nobody calls");
    caller.call(CUSTOMER).await?;
    rings(&phone).await?;
    press_on_headset(&here, "PlayPause").await?;
    phone.talks(true).await?;
    press_on_headset(&here, "PlayPause").await?;
    microphone(&phone, false).await?;
    press_on_headset(&here, "Play").await?;
    microphone(&phone, true).await?;
    press_on_headset(&here, "Stop").await?;
    phone.talks(false).await?;
    until("the player is gone", async || Ok(player(&here).await?.is_none().then_some(()))).await?;
    tokio::join!(phone.stop(), caller.stop());
    Ok(())
}
