//! Do-not-disturb of every kind: no window, sound or notification; the main window shows the call, which counts
//! as missed and is notified when do-not-disturb is over.

use anyhow::ensure;
use bellwire_tests_calls::TestClient;
use bellwire_tests_desktop::{
    CUSTOMER, Dunst, Launch, Notifications, Phone, Screen, Session, TestServer, level_db, until,
};
use serde_json::json;
use zbus::zvariant::{OwnedValue, Value};

use super::{MAIN, RING, becomes, customer, desktop, launch, seller};

/// Calls once and checks that nothing rings.
async fn undisturbed(
    screen: &Screen,
    session: &Session,
    phone: &Phone,
    caller: &TestClient,
) -> anyhow::Result<()> {
    let recording = session.sound().record("spk")?;
    let call = caller.dial(CUSTOMER).await?;
    // The main window shows it.
    phone.enter("main", "ring-name").await?;
    screen.keep("undisturbed")?;
    // Long enough for any effect: a window needs some tenths of a second, the melody starts at once.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(3);
    while std::time::Instant::now() < end {
        ensure!(screen.shown(RING)?.is_none(), "the answer window came up");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let loudest = recording.samples()?.chunks(4800).map(level_db).fold(-120.0, f64::max);
    ensure!(loudest < -80.0, "it rang with {loudest:.0} dB");
    caller.engine().hang_up(call).await;
    becomes(phone, "ended").await
}

fn heard(launch: Launch) -> Launch {
    launch.speaker("default")
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_and_the_hours() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let service = Notifications::start(&session).await?;
    let phone = customer(&screen, &session, heard(launch(&world))).await?;
    let caller = seller(&world).await?;

    // A second call within three minutes would ring.
    phone.set(json!({ "do_not_disturb": true, "quiet_second_call": false })).await?;
    desktop(&phone, "quiet", "own".into()).await?;
    undisturbed(&screen, &session, &phone, &caller).await?;
    desktop(&phone, "missed", 1.into()).await?;
    ensure!(service.all().is_empty(), "shown was {:?}", service.all());

    let always = json!({ "on": true, "from": "00:00", "until": "00:00", "days": vec![true; 7] });
    phone.set(json!({ "do_not_disturb": false, "quiet_hours": always })).await?;
    desktop(&phone, "quiet", "hours".into()).await?;
    undisturbed(&screen, &session, &phone, &caller).await?;
    desktop(&phone, "missed", 2.into()).await?;

    let never = json!({ "on": false, "from": "00:00", "until": "00:00", "days": vec![true; 7] });
    phone.set(json!({ "quiet_hours": never })).await?;
    // Now it is notified, once for the caller.
    let told = service.shown("2 times").await?;
    ensure!(service.open().len() == 1, "shown are {:?}", service.open());
    service.press(told.id, "default").await?;
    service.none().await?;

    // It applies to a call that rings already, both ways; the answer brought the main window up.
    screen.look_elsewhere().await?;
    caller.dial(CUSTOMER).await?;
    screen.window(RING).await?;
    session.sound().hear("spk", -50.0).await?;
    service.shown("Incoming video call").await?;
    phone.set(json!({ "do_not_disturb": true })).await?;
    screen.hidden(RING).await?;
    service.none().await?;
    session.sound().silence("spk", -80.0).await?;
    phone.set(json!({ "do_not_disturb": false })).await?;
    screen.window(RING).await?;
    session.sound().hear("spk", -50.0).await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn that_of_the_notification_service() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let service = Notifications::start(&session).await?;
    let phone = customer(&screen, &session, heard(launch(&world))).await?;
    let caller = seller(&world).await?;
    service.inhibit(true).await?;
    desktop(&phone, "quiet", "system".into()).await?;
    undisturbed(&screen, &session, &phone, &caller).await?;
    service.inhibit(false).await?;
    desktop(&phone, "quiet", "off".into()).await?;
    service.shown("Missed call").await?;
    // The exceptions can be switched off.
    phone.set(json!({ "follow_system_quiet": false })).await?;
    service.inhibit(true).await?;
    caller.dial(CUSTOMER).await?;
    screen.window(RING).await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn that_of_a_real_daemon() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let dunst = Dunst::start(&session).await?;
    let phone = customer(&screen, &session, heard(launch(&world))).await?;
    let caller = seller(&world).await?;
    dunst.pause(&session, true)?;
    desktop(&phone, "quiet", "system".into()).await?;
    undisturbed(&screen, &session, &phone, &caller).await?;
    dunst.pause(&session, false)?;
    desktop(&phone, "quiet", "off".into()).await?;
    until("dunst tells of the missed call", async || Ok((dunst.displayed(&session)? == 1).then_some(())))
        .await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn that_of_gnome() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let gsettings = |words: &[&str]| {
        let mut command = session.command("gsettings");
        command.env("GSETTINGS_BACKEND", "keyfile").args(words).output()
    };
    let place = ["org.gnome.desktop.notifications", "show-banners"];
    let known = gsettings(&["get", place[0], place[1]])?;
    ensure!(
        known.status.success(),
        "the schema is not installed: {}",
        String::from_utf8_lossy(&known.stderr)
    );
    let gnome = heard(launch(&world)).env("XDG_CURRENT_DESKTOP", "GNOME").env("GSETTINGS_BACKEND", "keyfile");
    let phone = customer(&screen, &session, gnome).await?;
    desktop(&phone, "quiet", "off".into()).await?;
    gsettings(&["set", place[0], place[1], "false"])?;
    desktop(&phone, "quiet", "system".into()).await?;
    gsettings(&["set", place[0], place[1], "true"])?;
    desktop(&phone, "quiet", "off".into()).await?;
    screen.window(MAIN).await?;
    phone.stop().await;
    Ok(())
}

/// Xfce's store of settings, with the one that matters here.
struct Xfconf(bool);

#[zbus::interface(name = "org.xfce.Xfconf")]
impl Xfconf {
    fn get_property(&self, channel: &str, property: &str) -> zbus::fdo::Result<OwnedValue> {
        if (channel, property) == ("xfce4-notifyd", "/do-not-disturb") {
            return OwnedValue::try_from(Value::from(self.0))
                .map_err(|e| zbus::fdo::Error::Failed(e.to_string()));
        }
        Err(zbus::fdo::Error::Failed("no such property".into()))
    }

    #[zbus(signal)]
    async fn property_changed(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        channel: &str,
        property: &str,
        value: Value<'_>,
    ) -> zbus::Result<()>;
}

#[tokio::test(flavor = "multi_thread")]
async fn that_of_xfce() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let builder = zbus::connection::Builder::address(session.bus())?.name("org.xfce.Xfconf")?;
    let xfce = builder.serve_at("/org/xfce/Xfconf", Xfconf(true))?.build().await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    desktop(&phone, "quiet", "system".into()).await?;
    let store = xfce.object_server().interface::<_, Xfconf>("/org/xfce/Xfconf").await?;
    store.get_mut().await.0 = false;
    Xfconf::property_changed(store.signal_emitter(), "xfce4-notifyd", "/do-not-disturb", false.into())
        .await?;
    desktop(&phone, "quiet", "off".into()).await?;
    phone.stop().await;
    Ok(())
}
