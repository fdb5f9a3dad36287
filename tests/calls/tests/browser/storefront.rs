//! Tests with the storefront page.

use anyhow::Context;
use bellwire_engine::media::Codec;
use bellwire_tests_calls::{CUSTOMER, SELLER, Setup, TestClient};

use crate::chromium::{both_see_and_hear, stage};

async fn chromium_seller_calls(codec: &str) -> anyhow::Result<()> {
    let (server, chromium) = stage("storefront").await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    let wishes = [("role", "seller"), ("email", SELLER), ("do", "call"), ("to", CUSTOMER), ("codec", codec)];
    chromium.open(&wishes).await?;
    let ring = customer.ringing().await?;
    customer.engine().accept(ring.id).await;
    customer.connected().await?;
    both_see_and_hear(&chromium, &customer, codec).await?;
    chromium.run("window.hangUp()").await?;
    customer.ended().await?;
    chromium.close().await;
    Ok(())
}

async fn we_call_chromium(codec: Codec, name: &str) -> anyhow::Result<()> {
    let (server, chromium) = stage("storefront").await?;
    let wishes = [("role", "customer"), ("email", CUSTOMER), ("do", "answer")];
    chromium.open(&wishes).await?;
    let setup = Setup { codecs: vec![codec], ..Setup::default() };
    let seller = TestClient::sign_in(&server, "seller", SELLER, setup).await?;
    seller.dial(CUSTOMER).await?;
    seller.connected().await?;
    both_see_and_hear(&chromium, &seller, name).await?;
    let call = seller.connected().await?;
    seller.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_offers_h264() -> anyhow::Result<()> {
    chromium_seller_calls("H264").await
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_offers_vp8() -> anyhow::Result<()> {
    chromium_seller_calls("VP8").await
}

#[tokio::test(flavor = "multi_thread")]
async fn we_offer_chromium_h264() -> anyhow::Result<()> {
    we_call_chromium(Codec::H264, "H264").await
}

#[tokio::test(flavor = "multi_thread")]
async fn we_offer_chromium_vp8() -> anyhow::Result<()> {
    we_call_chromium(Codec::Vp8, "VP8").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_in_chromium_calls_our_seller() -> anyhow::Result<()> {
    let (server, chromium) = stage("storefront").await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let seller_id = seller.me().context("signed in")?.id.0;
    let wishes = [("role", "customer"), ("email", CUSTOMER), ("do", "call"), ("to", seller_id.as_str())];
    chromium.open(&wishes).await?;
    let ring = seller.ringing().await?;
    seller.engine().accept(ring.id).await;
    seller.connected().await?;
    both_see_and_hear(&chromium, &seller, "H264").await?;
    let call = seller.connected().await?;
    seller.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}
