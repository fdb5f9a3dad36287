//! Tests with a Chromium whose descriptions are rewritten into what other endpoints send, or that wants no
//! video: as offerer and as answerer.

use anyhow::ensure;
use bellwire_engine::CallView;
use bellwire_tests_calls::{CUSTOMER, SELLER, TestClient};
use serde_json::Value;

use crate::chromium::{Chromium, both_see_and_hear, stage};

/// A connected call with a page that writes its descriptions `as_`; `offers`: the page does.
async fn call(
    as_: &str,
    offers: bool,
) -> anyhow::Result<(bellwire_tests_calls::TestServer, Chromium, TestClient)> {
    let (server, chromium) = stage("storefront").await?;
    // The seller offers.
    if offers {
        let client = TestClient::customer(&server, CUSTOMER).await?;
        let wishes = [("role", "seller"), ("email", SELLER), ("do", "call"), ("to", CUSTOMER), ("as", as_)];
        chromium.open(&wishes).await?;
        let ring = client.ringing().await?;
        client.engine().accept(ring.id).await;
        client.connected().await?;
        return Ok((server, chromium, client));
    }
    chromium.open(&[("role", "customer"), ("email", CUSTOMER), ("do", "answer"), ("as", as_)]).await?;
    let client = TestClient::seller(&server, SELLER).await?;
    client.dial(CUSTOMER).await?;
    client.connected().await?;
    Ok((server, chromium, client))
}

async fn finish(chromium: Chromium, client: TestClient) -> anyhow::Result<()> {
    let call = client.connected().await?;
    client.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}

/// Pictures and sound both ways although the descriptions are not Chromium's own.
async fn flows(as_: &str) -> anyhow::Result<()> {
    for offers in [true, false] {
        let (_world, chromium, client) = call(as_, offers).await?;
        both_see_and_hear(&chromium, &client, "H264").await?;
        finish(chromium, client).await?;
    }
    Ok(())
}

/// Audio both ways; no video comes, none is sent, and the user is shown why.
async fn only_sound(chromium: &Chromium, client: &TestClient) -> anyhow::Result<()> {
    chromium.until("sound in the browser", |r| r["audioEnergy"].as_f64() > Some(0.0001)).await?;
    client.stats("sound from the browser", |s| s.audio_level_received_db > -50.0).await?;
    let CallView { remote_has_camera, remote_video, remote_audio, .. } = client.connected().await?;
    ensure!(!remote_has_camera && !remote_video && remote_audio, "no camera is shown as one");
    let report: Value = chromium.report().await?;
    ensure!(report["videoPacketsIn"] == 0, "our camera was sent to a side that refused it: {report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ssrc_lines() -> anyhow::Result<()> {
    flows("no-ssrc").await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_msid_and_extensions() -> anyhow::Result<()> {
    flows("bare").await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_fingerprints_in_odd_case() -> anyhow::Result<()> {
    flows("fingerprints").await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_retransmission() -> anyhow::Result<()> {
    flows("no-rtx").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_offers_sound_alone() -> anyhow::Result<()> {
    let (_world, chromium, client) = call("audio-only", true).await?;
    only_sound(&chromium, &client).await?;
    finish(chromium, client).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_refuses_our_video() -> anyhow::Result<()> {
    let (_world, chromium, client) = call("no-video", false).await?;
    only_sound(&chromium, &client).await?;
    finish(chromium, client).await
}

/// It answers with a section that only receives: it sees us, and shows nothing of itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_camera_that_answers() -> anyhow::Result<()> {
    let (_world, chromium, client) = call("audio-only", false).await?;
    chromium.until("our pictures in the browser", |r| r["framesDecoded"].as_u64() > Some(30)).await?;
    chromium.until("sound in the browser", |r| r["audioEnergy"].as_f64() > Some(0.0001)).await?;
    client.stats("sound from the browser", |s| s.audio_level_received_db > -50.0).await?;
    let call = client.connected().await?;
    ensure!(!call.remote_has_camera && !call.remote_video, "{call:?}");
    finish(chromium, client).await
}
