//! Tests of the harness itself.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{Dunst, Monitors, Notifications, Screen, Session, Tray, level_db, until};
use zbus::Proxy;

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_is_played_is_heard_and_devices_come_and_go() -> anyhow::Result<()> {
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let sound = session.sound();
    let quiet = sound.listen("spk", Duration::from_millis(500)).await?;
    ensure!(level_db(&quiet) < -90.0, "an unused loudspeaker is at {:.1} dB", level_db(&quiet));
    {
        let _voice = sound.speak(440)?;
        sound.hear("vmic", -20.0).await?;
    }
    sound.silence("vmic", -90.0).await?;
    let plugged = sound.plug_sink("headset", "Headset")?;
    ensure!(sound.pactl(&["list", "short", "sinks"])?.contains("headset"), "the new sink is not listed");
    sound.unplug(&plugged)?;
    ensure!(!sound.pactl(&["list", "short", "sinks"])?.contains("headset"), "the sink is still listed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_are_told_apart_and_typed_into() -> anyhow::Result<()> {
    let screen = Screen::with(Monitors::Two).await?;
    let (_first, typed_first) = screen.notepad("first")?;
    screen.window("first").await?;
    let (_second, typed_second) = screen.notepad("second")?;
    let second = screen.window("second").await?;
    let first = screen.window("first").await?;
    first.activate()?;
    until("the first window is active", async || Ok(first.active()?.then_some(()))).await?;
    screen.type_text("hello")?;
    until("the first window got all", async || Ok((Screen::typed(&typed_first)? == "hello").then_some(())))
        .await?;
    ensure!(Screen::typed(&typed_second)?.is_empty(), "the second window got something");
    second.put(900, 100, 300, 200)?;
    until("the second window moved", async || Ok((second.place()?.0 >= 900).then_some(()))).await?;
    second.minimise()?;
    screen.hidden("second").await?;
    ensure!(screen.shown("first")?.is_some(), "the first window went too");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_has_what_a_story_puts_there() -> anyhow::Result<()> {
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let connection = session.connect().await?;
    let bus = zbus::fdo::DBusProxy::new(&connection).await?;
    let names = bus.list_names().await?;
    ensure!(names.iter().filter(|name| !name.starts_with(':')).count() == 1, "a fresh bus has {names:?}");

    let notifications = Notifications::start(&session).await?;
    let service = Proxy::new(
        &connection,
        "org.freedesktop.Notifications",
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications",
    )
    .await?;
    let hints = std::collections::HashMap::from([("urgency", zbus::zvariant::Value::from(2_u8))]);
    let asked = ("bellwire", 0_u32, "", "Ada is calling", "", vec!["accept", "Accept"], hints, 0_i32);
    let id: u32 = service.call("Notify", &asked).await?;
    let shown = notifications.shown("Ada").await?;
    ensure!(shown.id == id && shown.hints.get("urgency").context("no urgency")? == "2", "{shown:?}");
    ensure!(!service.get_property::<bool>("Inhibited").await?, "inhibited from the start");
    notifications.inhibit(true).await?;
    until("the change is seen", async || Ok(service.get_property::<bool>("Inhibited").await?.then_some(())))
        .await?;
    let () = service.call("CloseNotification", &id).await?;
    notifications.none().await?;
    notifications.stop().await?;

    let dunst = Dunst::start(&session).await?;
    ensure!(dunst.displayed(&session)? == 0, "dunst shows something");
    let tray = Tray::start(&session).await?;
    ensure!(tray.count() == 0, "somebody has a tray icon");
    Ok(())
}
