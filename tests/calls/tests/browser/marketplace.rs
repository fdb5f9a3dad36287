//! Tests with the marketplace page, which speaks as the deployed web client does.

use anyhow::{Context, ensure};
use bellwire_engine::MediaKind;
use bellwire_tests_calls::{Setup, TestClient, accounts};

use crate::chromium::{both_see_and_hear, stage};

const DIALECT: &str = "marketplace";

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_chromium_makes_its_call_id_up_and_ends_without_participants() -> anyhow::Result<()> {
    let (server, chromium) = stage(DIALECT).await?;
    let provider = TestClient::of(&server, DIALECT, accounts::MARKETPLACE.callee, Setup::default()).await?;
    let to = provider.me().context("signed in")?.id.0;
    chromium.open(&[("email", accounts::MARKETPLACE.caller.email), ("do", "call"), ("to", &to)]).await?;
    let ring = provider.ringing().await?;
    ensure!(ring.peer.name == "Chidi Okonkwo" && ring.kind == MediaKind::Video, "{ring:?}");
    provider.engine().accept(ring.id).await;
    provider.connected().await?;
    both_see_and_hear(&chromium, &provider, "H264").await?;
    chromium.run("window.hangUp()").await?;
    provider.ended().await?;
    // The server is still there, and has made a record of it.
    provider.newest_record("the call", |entry| !entry.outgoing).await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn our_provider_calls_a_client_in_chromium() -> anyhow::Result<()> {
    let (server, chromium) = stage(DIALECT).await?;
    chromium.open(&[("email", accounts::MARKETPLACE.third.email), ("do", "answer")]).await?;
    let provider = TestClient::of(&server, DIALECT, accounts::MARKETPLACE.callee, Setup::default()).await?;
    let third = TestClient::of(&server, DIALECT, accounts::MARKETPLACE.third, Setup::default()).await?;
    let person = third.me().context("signed in")?;
    third.leave().await;
    provider.call_person(&person, MediaKind::Video).await?;
    provider.connected().await?;
    both_see_and_hear(&chromium, &provider, "H264").await?;
    let call = provider.connected().await?;
    provider.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}
