//! Chromium whose descriptions are rewritten into what other endpoints send, or who wants no pictures:
//! both as the side that offers and as the one that answers.

use anyhow::ensure;
use bellwire_engine::CallView;
use bellwire_tests_calls::{CUSTOMER, Human, SELLER};
use serde_json::Value;

use crate::chromium::{Chromium, both_see_and_hear, stage};

/// A connected call with a page that writes its descriptions `as_`; `offers`: the page does.
async fn call(as_: &str, offers: bool) -> anyhow::Result<(bellwire_tests_calls::World, Chromium, Human)> {
    let (world, chromium) = stage("storefront").await?;
    // The seller offers.
    if offers {
        let human = Human::customer(&world, CUSTOMER).await?;
        let wishes = [("role", "seller"), ("email", SELLER), ("do", "call"), ("to", CUSTOMER), ("as", as_)];
        chromium.open(&wishes).await?;
        let ring = human.ringing().await?;
        human.engine().accept(ring.id).await;
        human.connected().await?;
        return Ok((world, chromium, human));
    }
    chromium.open(&[("role", "customer"), ("email", CUSTOMER), ("do", "answer"), ("as", as_)]).await?;
    let human = Human::seller(&world, SELLER).await?;
    human.dial(CUSTOMER).await?;
    human.connected().await?;
    Ok((world, chromium, human))
}

async fn finish(chromium: Chromium, human: Human) -> anyhow::Result<()> {
    let call = human.connected().await?;
    human.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}

/// Pictures and sound both ways although the descriptions are not Chromium's own.
async fn flows(as_: &str) -> anyhow::Result<()> {
    for offers in [true, false] {
        let (_world, chromium, human) = call(as_, offers).await?;
        both_see_and_hear(&chromium, &human, "H264").await?;
        finish(chromium, human).await?;
    }
    Ok(())
}

/// Sound both ways; no pictures come, none are sent, and the person is told why.
async fn only_sound(chromium: &Chromium, human: &Human) -> anyhow::Result<()> {
    chromium.until("sound in the browser", |r| r["audioEnergy"].as_f64() > Some(0.0001)).await?;
    human.stats("sound from the browser", |s| s.audio_level_received_db > -50.0).await?;
    let CallView { remote_has_camera, remote_video, remote_audio, .. } = human.connected().await?;
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
    let (_world, chromium, human) = call("audio-only", true).await?;
    only_sound(&chromium, &human).await?;
    finish(chromium, human).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_refuses_our_video() -> anyhow::Result<()> {
    let (_world, chromium, human) = call("no-video", false).await?;
    only_sound(&chromium, &human).await?;
    finish(chromium, human).await
}

/// It answers with a section that only receives: it sees us, and shows nothing of itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_camera_that_answers() -> anyhow::Result<()> {
    let (_world, chromium, human) = call("audio-only", false).await?;
    chromium.until("our pictures in the browser", |r| r["framesDecoded"].as_u64() > Some(30)).await?;
    chromium.until("sound in the browser", |r| r["audioEnergy"].as_f64() > Some(0.0001)).await?;
    human.stats("sound from the browser", |s| s.audio_level_received_db > -50.0).await?;
    let call = human.connected().await?;
    ensure!(!call.remote_has_camera && !call.remote_video, "{call:?}");
    finish(chromium, human).await
}
