//! Tests with the dealerdesk page, which behaves as the deployed web client.

use anyhow::{Context, ensure};
use bellwire_engine::MediaKind;
use bellwire_engine::PersonId;
use bellwire_server::Mode;
use bellwire_tests_calls::{Setup, TestClient, accounts};

use crate::chromium::{both_see_and_hear, stage, stage_with};

const DIALECT: &str = "dealerdesk";

#[tokio::test(flavor = "multi_thread")]
async fn a_dealer_in_chromium_offers_before_our_technician_answers() -> anyhow::Result<()> {
    let (server, chromium) = stage(DIALECT).await?;
    let technician = TestClient::of(&server, DIALECT, accounts::DEALERDESK.caller, Setup::default()).await?;
    let (dealer, to) = (accounts::DEALERDESK.callee.email, accounts::DEALERDESK.caller.email);
    chromium.open(&[("role", "dealer"), ("email", dealer), ("do", "call"), ("to", to)]).await?;
    let ring = technician.ringing().await?;
    ensure!(ring.peer.name == "Harbour Street Motors", "{ring:?}");
    chromium.until("the early offer", |r| r["offered"] == true).await?;
    technician.engine().accept(ring.id).await;
    technician.connected().await?;
    both_see_and_hear(&chromium, &technician, "H264").await?;
    chromium.run("window.hangUp()").await?;
    technician.ended().await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn our_dealer_calls_a_technician_in_chromium_who_has_no_token() -> anyhow::Result<()> {
    let (server, chromium) = stage_with(DIALECT, |config| config.mode = Mode::Compat).await?;
    // As deployed the address is all there is; this one is not flagged to get a token for it.
    let technician = "technician3@demo.example";
    chromium
        .open(&[("role", "technician"), ("email", technician), ("do", "answer"), ("password", "")])
        .await?;
    ensure!(chromium.report().await?["token"] == false, "no token for an address alone");
    let dealer = TestClient::of(&server, DIALECT, accounts::DEALERDESK.callee, Setup::default()).await?;
    let contact = dealer.me().context("signed in")?;
    let person = bellwire_engine::Person { id: PersonId(technician.into()), name: String::new(), ..contact };
    dealer.call_person(&person, MediaKind::Video).await?;
    dealer.connected().await?;
    both_see_and_hear(&chromium, &dealer, "H264").await?;
    let call = dealer.connected().await?;
    dealer.engine().hang_up(call.id).await;
    chromium.until("the end", |r| r["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}
