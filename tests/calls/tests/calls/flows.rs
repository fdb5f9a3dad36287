//! Tests of call flows between two people.

use anyhow::ensure;
use bellwire_engine::media::video::read_frame_number;
use bellwire_engine::{CallState, EndReason};
use bellwire_server::{Config, TurnConfig};
use bellwire_tests_calls::{CUSTOMER, OTHER_CUSTOMER, SELLER, Setup, TestClient, TestServer};
use std::time::Duration;

fn reason(state: &CallState) -> Option<&EndReason> {
    match state {
        CallState::Ended { reason } => Some(reason),
        CallState::Calling { .. }
        | CallState::Ringing { .. }
        | CallState::Connecting
        | CallState::Connected
        | CallState::Reconnecting => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seller_calls_they_talk_and_customer_hangs_up() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    tokio::try_join!(
        seller.remote.see(30),
        customer.remote.see(30),
        seller.own.see(10),
        customer.own.see(10)
    )?;
    let heard = |s: &bellwire_engine::CallStats| s.audio_level_received_db > -60.0 && s.fps_received > 5.0;
    tokio::try_join!(seller.stats("sound and pictures", heard), customer.stats("sound and pictures", heard))?;

    let call = customer.connected().await?;
    customer.engine().hang_up(call.id).await;
    let (at_seller, at_customer) = tokio::try_join!(seller.ended(), customer.ended())?;
    ensure!(reason(&at_seller.state) == Some(&EndReason::RemoteHungUp), "{:?}", at_seller.state);
    ensure!(reason(&at_customer.state) == Some(&EndReason::HungUp), "{:?}", at_customer.state);

    let newest = seller.newest_record("the end", |entry| entry.status == "ended").await?;
    ensure!(newest.outgoing, "{newest:?}");
    ensure!(Some(newest.call.as_str()) == at_seller.remote_id.as_ref().map(|r| r.0.as_str()), "{newest:?}");
    seller.leave().await;
    customer.leave().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_about_an_order_says_so_and_customer_calls_back() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    let contact = seller.contact(CUSTOMER).await?;
    let order = contact.subjects.first().expect("the demo customer has orders").subject.clone();
    seller.dial_person(contact.person, Some(order.clone())).await?;
    let ring = customer.ringing().await?;
    let subject = ring.subject.expect("the ring says what it is about");
    ensure!(!order.label.is_empty() && subject.label == order.label, "{subject:?} is not {order:?}");
    customer.engine().decline(ring.id).await;
    seller.ended().await?;

    // The customer calls the seller back: the seller still makes the offer.
    customer.engine().dismiss(ring.id).await;
    let seller_person = seller.me().expect("signed in");
    customer.dial_person(seller_person, None).await?;
    let ring = seller.ringing().await?;
    seller.engine().accept(ring.id).await;
    tokio::try_join!(seller.connected(), customer.connected())?;
    tokio::try_join!(seller.remote.see(10), customer.remote.see(10))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn declining_tells_the_caller() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    seller.dial(CUSTOMER).await?;
    let ring = customer.ringing().await?;
    customer.engine().decline(ring.id).await;
    let (at_seller, at_customer) = tokio::try_join!(seller.ended(), customer.ended())?;
    ensure!(reason(&at_seller.state) == Some(&EndReason::RemoteDeclined), "{:?}", at_seller.state);
    ensure!(reason(&at_customer.state) == Some(&EndReason::Declined), "{:?}", at_customer.state);
    seller.newest_record("the refusal", |entry| entry.status == "declined").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_while_ringing_stops_the_ring() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    let call = seller.dial(CUSTOMER).await?;
    customer.ringing().await?;
    seller.engine().hang_up(call).await;
    let (at_seller, at_customer) = tokio::try_join!(seller.ended(), customer.ended())?;
    ensure!(reason(&at_seller.state) == Some(&EndReason::Cancelled), "{:?}", at_seller.state);
    ensure!(reason(&at_customer.state) == Some(&EndReason::RemoteCancelled), "{:?}", at_customer.state);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_and_the_call_is_missed() -> anyhow::Result<()> {
    let short = |c: &mut Config| {
        c.backends.values_mut().for_each(|backend| backend.ring_timeout = Duration::from_secs(3));
    };
    let server = TestServer::start_with(short).await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    seller.dial(CUSTOMER).await?;
    customer.ringing().await?;
    let (at_seller, at_customer) = tokio::try_join!(seller.ended(), customer.ended())?;
    ensure!(reason(&at_seller.state) == Some(&EndReason::Missed), "{:?}", at_seller.state);
    ensure!(reason(&at_customer.state) == Some(&EndReason::Missed), "{:?}", at_customer.state);
    customer.newest_record("the missed call", |entry| entry.status == "missed").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calling_somebody_who_is_away_says_so() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    seller.dial_absent(CUSTOMER).await?;
    let ended = seller.ended().await?;
    ensure!(reason(&ended.state) == Some(&EndReason::RemoteOffline), "{:?}", ended.state);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_dial_at_once_and_one_call_survives() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    let seller_person = seller.me().expect("signed in");
    seller.sees_online(&customer).await?;
    tokio::try_join!(seller.dial(CUSTOMER), customer.dial_person(seller_person, None))?;
    let (at_seller, at_customer) = tokio::try_join!(seller.connected(), customer.connected())?;
    ensure!(at_seller.remote_id == at_customer.remote_id, "{at_seller:?} / {at_customer:?}");
    tokio::try_join!(seller.remote.see(10), customer.remote.see(10))?;
    for person in [&seller, &customer] {
        let live = person.calls().iter().filter(|c| reason(&c.state).is_none()).count();
        ensure!(live == 1, "{:?}", person.calls());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_caller_waits_until_the_first_call_is_ended() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    let other = TestClient::customer(&server, OTHER_CUSTOMER).await?;
    other.dial_person(seller.me().expect("signed in"), None).await?;
    let waiting = seller.ringing().await?;
    ensure!(waiting.waiting, "{waiting:?}");
    seller.engine().end_and_accept(waiting.id).await;
    customer.ended().await?;
    let (at_seller, _) = tokio::try_join!(
        seller.until("the second call", |v| v
            .phone
            .calls
            .iter()
            .any(|c| c.id == waiting.id && c.state == CallState::Connected)),
        other.connected()
    )?;
    drop(at_seller);
    other.remote.see(10).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn mute_and_camera_are_seen_by_the_other_side() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    seller.remote.see(10).await?;
    customer.engine().set_microphone(false).await;
    seller.until("their mute", |v| v.phone.calls.iter().any(|c| !c.remote_audio)).await?;
    seller.stats("silence", |s| s.audio_level_received_db < -60.0).await?;
    customer.engine().set_camera(false).await;
    seller.until("their camera going off", |v| v.phone.calls.iter().any(|c| !c.remote_video)).await?;
    seller.stats("no pictures", |s| s.fps_received == 0.0).await?;

    customer.engine().set_microphone(true).await;
    customer.engine().set_camera(true).await;
    seller.until("both back", |v| v.phone.calls.iter().all(|c| c.remote_audio && c.remote_video)).await?;
    seller.remote.see(10).await?;
    seller.stats("sound", |s| s.audio_level_received_db > -60.0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_the_relay_alone() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let relayed = || Setup { relay_only: true, ..Default::default() };
    let seller = TestClient::sign_in(&server, "seller", SELLER, relayed()).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, relayed()).await?;
    seller.reach(CUSTOMER, &customer).await?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;
    let stats = seller.stats("a relayed path", |s| s.path == "relayed").await?;
    ensure!(
        stats.security_code == customer.stats("a code", |s| !s.security_code.is_empty()).await?.security_code
    );
    Ok(())
}

/// As soon as the credentials of the sign-in have ended, and the relay itself is another one.
#[tokio::test(flavor = "multi_thread")]
async fn relay_credentials_are_renewed_before_a_call_and_before_a_new_path() -> anyhow::Result<()> {
    const TTL: Duration = Duration::from_secs(6);
    let mut server = TestServer::start_with(|config| {
        config.turn = Some(TurnConfig { credential_ttl: TTL, ..TurnConfig::loopback() });
    })
    .await?;
    let relayed = || Setup { relay_only: true, ..Default::default() };
    let seller = TestClient::sign_in(&server, "seller", SELLER, relayed()).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, relayed()).await?;
    tokio::time::sleep(TTL + Duration::from_secs(2)).await;
    seller.reach(CUSTOMER, &customer).await?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;

    // The relay comes back on another port with another secret: only fresh credentials lead to it.
    server.kill().await;
    seller.call("a search for another path", |s| matches!(s, CallState::Reconnecting)).await?;
    server.revive().await?;
    tokio::try_join!(seller.connected(), customer.connected())?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;
    seller.stats("a relayed path", |s| s.path == "relayed").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_robot_sends_back_what_it_sees_and_hears() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let echoes = Setup {
        camera: "echo".into(),
        microphone: "echo".into(),
        start_bitrate: 2_000_000,
        ..Setup::default()
    };
    let robot = TestClient::sign_in(&server, "customer", CUSTOMER, echoes).await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    seller.reach(CUSTOMER, &robot).await?;
    seller.stats("our tone", |s| s.audio_level_received_db > -30.0).await?;
    seller.remote.see(30).await?;
    // The pattern numbers its frames: what comes back is a frame we showed ourselves, a moment ago.
    let (own, back) = (seller.own.last().expect("self-view"), seller.remote.last().expect("echo"));
    let number = |frame| read_frame_number(&frame).expect("the pattern is readable");
    let (own, back) = (number(own), number(back));
    ensure!(back < own && own - back < 150, "frame {back} came back while {own} was captured");
    seller.engine().set_microphone(false).await;
    seller.stats("silence", |s| s.audio_level_received_db < -60.0).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_the_program_hangs_up() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    customer.remote.see(10).await?;
    seller.leave().await;
    let ended = customer.ended().await?;
    ensure!(reason(&ended.state) == Some(&EndReason::RemoteHungUp), "{:?}", ended.state);
    Ok(())
}
