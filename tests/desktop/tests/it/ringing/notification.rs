//! The notification of a ring: its content, its buttons, and its removal.

use anyhow::ensure;
use bellwire_tests_desktop::{CUSTOMER, Dunst, Notifications, Screen, Session, TestServer, until};

use super::{MAIN, RING, becomes, customer, desktop, launch, seller};

#[tokio::test(flavor = "multi_thread")]
async fn its_buttons_do_what_they_say() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let service = Notifications::start(&session).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;
    screen.window(MAIN).await?.minimise()?;

    caller.dial(CUSTOMER).await?;
    let shown = service.shown("Incoming video call").await?;
    let keys: Vec<&str> = shown.actions.iter().map(|(key, _)| key.as_str()).collect();
    ensure!(keys == ["default", "accept", "decline", "silence"], "{keys:?}");
    ensure!(shown.hints.get("urgency").is_some_and(|u| u == "2"), "not critical: {:?}", shown.hints);
    ensure!(shown.hints.get("category").is_some_and(|c| c == "call.incoming"), "{:?}", shown.hints);
    ensure!(shown.timeout == 0, "it goes away after {} ms", shown.timeout);

    // Silence is no decline: it rings on without a sound, here only.
    service.press(shown.id, "silence").await?;
    becomes(&phone, "\"silenced\":true").await?;
    until("the button for silence is gone", async || {
        Ok(service.open().first().is_some_and(|note| note.actions.len() == 3).then_some(()))
    })
    .await?;
    ensure!(service.open().len() == 1, "shown are {:?}", service.open());
    ensure!(screen.shown(RING)?.is_some(), "silence put the answer window away");
    ensure!(!caller.calls().iter().any(|c| format!("{:?}", c.state).contains("Ended")), "it was declined");

    service.press(service.open()[0].id, "decline").await?;
    becomes(&phone, "declined").await?;
    service.none().await?;
    screen.hidden(RING).await?;
    caller.ended().await?;

    caller.dial(CUSTOMER).await?;
    let shown = service.shown("Incoming video call").await?;
    service.press(shown.id, "accept").await?;
    caller.connected().await?;
    screen.window(MAIN).await?;
    service.none().await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_when_the_caller_gives_up_and_a_missed_call_is_told() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let service = Notifications::start(&session).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;

    for times in 1..=2 {
        let call = caller.dial(CUSTOMER).await?;
        let shown = service.shown("Incoming video call").await?;
        caller.engine().hang_up(call).await;
        // One notification for the person, however often they called.
        service.shown(if times == 1 { "Missed call" } else { "2 times" }).await?;
        until("the ring's notification is gone", async || {
            Ok((!service.open().iter().any(|note| note.id == shown.id)).then_some(()))
        })
        .await?;
        ensure!(service.open().len() == 1, "shown are {:?}", service.open());
    }
    desktop(&phone, "missed", 2.into()).await?;

    let missed = service.shown("2 times").await?;
    service.press(missed.id, "call-back").await?;
    caller.ringing().await?;
    phone.enter("main", "call-end").await?;
    phone.click("call-end").await?;
    service.none().await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_on_another_device_ends_it_here() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let service = Notifications::start(&session).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;
    let tablet = bellwire_tests_calls::TestClient::customer(&world, CUSTOMER).await?;

    caller.dial(CUSTOMER).await?;
    service.shown("Incoming video call").await?;
    screen.window(RING).await?;
    let rings = tablet.ringing().await?;
    tablet.engine().accept(rings.id).await;
    screen.hidden(RING).await?;
    service.none().await?;
    becomes(&phone, "answered_elsewhere").await?;
    desktop(&phone, "missed", 0.into()).await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_comes_late_or_comes_back_shows_it() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;

    caller.dial(CUSTOMER).await?;
    screen.window(RING).await?;
    // None was there when it began to ring, and one that has no buttons comes first.
    let plain = Notifications::with(&session, &["body"]).await?;
    let shown = plain.shown("Incoming video call").await?;
    ensure!(shown.actions.is_empty(), "{:?}", shown.actions);
    plain.stop().await?;
    let service = Notifications::start(&session).await?;
    let shown = service.shown("Incoming video call").await?;
    service.press(shown.id, "accept").await?;
    caller.connected().await?;
    service.none().await?;
    phone.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_daemon_shows_it_and_its_buttons_work() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    let dunst = Dunst::start(&session).await?;
    let phone = customer(&screen, &session, launch(&world)).await?;
    let caller = seller(&world).await?;
    screen.window(MAIN).await?.minimise()?;
    let up = async || Ok((dunst.displayed(&session)? == 1).then_some(()));

    for (button, outcome) in
        [("Silence", "\"silenced\":true"), ("Decline", "declined"), ("Accept", "connected")]
    {
        if button != "Decline" {
            caller.dial(CUSTOMER).await?;
        }
        until("dunst shows the ring", up).await?;
        screen.window(RING).await?;
        screen.keep(&format!("dunst-{button}"))?;
        dunst.press(&session, button)?;
        becomes(&phone, outcome).await?;
    }
    caller.connected().await?;
    screen.window(MAIN).await?;
    until("dunst shows nothing", async || Ok((dunst.displayed(&session)? == 0).then_some(()))).await?;
    phone.stop().await;
    Ok(())
}
