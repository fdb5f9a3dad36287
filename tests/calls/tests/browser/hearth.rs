//! Tests with web peers of hearth, which get the offer request twice, offer once more by themselves and
//! discard their connection at every received offer.

use bellwire_tests_calls::{Setup, TestClient, accounts};

use crate::chromium::{both_see_and_hear, stage};

#[tokio::test(flavor = "multi_thread")]
async fn chromium_calls_and_hangs_up() -> anyhow::Result<()> {
    let (server, chromium) = stage("hearth").await?;
    let ben = TestClient::of(&server, "hearth", accounts::HEARTH.callee, Setup::default()).await?;
    let to = ben.me().map(|me| me.id.0).unwrap_or_default();
    chromium.open(&[("email", accounts::HEARTH.caller.email), ("do", "call"), ("to", &to)]).await?;
    let ring = ben.ringing().await?;
    ben.engine().accept(ring.id).await;
    ben.connected().await?;
    both_see_and_hear(&chromium, &ben, "H264").await?;
    chromium.run("window.hangUp()").await?;
    ben.ended().await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn we_call_chromium_and_hang_up() -> anyhow::Result<()> {
    let (server, chromium) = stage("hearth").await?;
    chromium.open(&[("email", accounts::HEARTH.callee.email), ("do", "answer")]).await?;
    let me = chromium.until("its own id", |report| report["me"].is_string()).await?;
    let ana = TestClient::of(&server, "hearth", accounts::HEARTH.caller, Setup::default()).await?;
    let id = bellwire_engine::PersonId(me["me"].as_str().unwrap_or_default().to_owned());
    let ben = bellwire_engine::Person { id, name: "Ben Okoro".into(), avatar: None };
    ana.dial_person(ben, None).await?;
    let call = ana.connected().await?;
    both_see_and_hear(&chromium, &ana, "H264").await?;
    ana.engine().hang_up(call.id).await;
    chromium.until("the end", |report| report["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}
