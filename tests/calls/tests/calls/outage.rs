//! Tests of a call while the server is away.

use std::time::Duration;

use anyhow::ensure;
use bellwire_engine::{CallState, EndReason, LinkState};
use bellwire_server::TurnConfig;
use bellwire_tests_calls::{CUSTOMER, SELLER, Setup, TestClient, TestServer};

/// Media goes through the server's relay only, so that nothing is left when it is away.
#[tokio::test(flavor = "multi_thread")]
async fn forty_seconds_without_any_network_are_survived_with_words() -> anyhow::Result<()> {
    let mut server = TestServer::start_with(|config| config.turn = Some(TurnConfig::loopback())).await?;
    let relayed = || Setup { relay_only: true, ..Default::default() };
    let seller = TestClient::sign_in(&server, "seller", SELLER, relayed()).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, relayed()).await?;
    seller.reach(CUSTOMER, &customer).await?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;

    server.kill().await;
    let lost = |s: &CallState| matches!(s, CallState::Reconnecting);
    tokio::try_join!(seller.call("words", lost), customer.call("words", lost))?;
    tokio::time::sleep(Duration::from_secs(40)).await;
    for side in [&seller, &customer] {
        let calls = side.calls();
        ensure!(calls.iter().any(|call| call.state == CallState::Reconnecting), "{calls:?}");
    }
    server.revive().await?;
    tokio::try_join!(seller.connected(), customer.connected())?;
    tokio::try_join!(seller.remote.see(5), customer.remote.see(5))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn media_goes_on_without_the_server_and_the_record_is_kept() -> anyhow::Result<()> {
    let mut server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;
    let remote_id = seller.connected().await?.remote_id;

    server.kill().await;
    seller
        .until("the loss of the server", |v| v.accounts.iter().any(|a| a.link == LinkState::Offline))
        .await?;
    tokio::try_join!(seller.remote.see(60), customer.remote.see(60))?;
    ensure!(matches!(seller.connected().await?.state, CallState::Connected));

    server.revive().await?;
    tokio::try_join!(seller.online(), customer.online())?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;
    let call = seller.connected().await?;
    seller.engine().hang_up(call.id).await;
    let (_, at_customer) = tokio::try_join!(seller.ended(), customer.ended())?;
    ensure!(
        at_customer.state == CallState::Ended { reason: EndReason::RemoteHungUp },
        "{:?}",
        at_customer.state
    );

    // The other side hears of the end by the socket, which does not wait for the record.
    let end = tokio::time::Instant::now() + bellwire_tests_calls::WAIT_LIMIT;
    loop {
        let history = seller.engine().backend_history(seller.account, 1).await?;
        let same: Vec<_> =
            history.entries.iter().filter(|e| Some(&e.call) == remote_id.as_ref().map(|r| &r.0)).collect();
        ensure!(same.len() == 1, "{same:?}");
        if same[0].status == "ended" {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < end, "{same:?}");
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_without_the_server_ends_the_call_and_the_record_later() -> anyhow::Result<()> {
    let mut server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    tokio::try_join!(seller.remote.see(20), customer.remote.see(20))?;
    server.kill().await;
    seller
        .until("the loss of the server", |v| v.accounts.iter().any(|a| a.link == LinkState::Offline))
        .await?;
    let call = seller.connected().await?;
    seller.engine().hang_up(call.id).await;
    seller.ended().await?;

    server.revive().await?;
    customer.ended().await?;
    seller.online().await?;
    let end = tokio::time::Instant::now() + bellwire_tests_calls::WAIT_LIMIT;
    loop {
        let history = seller.engine().backend_history(seller.account, 1).await;
        if history.as_ref().is_ok_and(|h| h.entries[0].status == "ended") {
            break;
        }
        ensure!(tokio::time::Instant::now() < end, "{history:?}");
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    Ok(())
}
