//! Deep links: shown, and dialled only after the user confirms.

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, until};
use serde_json::{Value, json};

async fn pending(phone: &Phone) -> anyhow::Result<Value> {
    until("a call waits to be confirmed", async || {
        let desktop = phone.invoke("desktop", json!({})).await?;
        Ok(Some(desktop["pending_call"].clone()).filter(|call| !call.is_null()))
    })
    .await
}

async fn calls(phone: &Phone) -> anyhow::Result<usize> {
    let view = phone.invoke("snapshot", json!({})).await?;
    Ok(view["phone"]["calls"].as_array().context("no calls")?.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_asks_before_it_dials() -> anyhow::Result<()> {
    let world = TestServer::start().await?;
    let screen = Screen::start().await?;
    let session = Session::start(&screen).await?;
    // The first one comes with the start, before any account is signed in.
    let link = format!("bellwire://call/{CUSTOMER}?video=1");
    let launch = Launch::signed_in(&world, "seller", SELLER).args(&[&link]);
    let phone = Phone::start(&session, launch).await?;
    phone.enter("main", "history-tab").await?;
    let asked = until("the account is found", async || {
        let call = pending(&phone).await?;
        Ok((call["accounts"] != json!([])).then_some(call))
    })
    .await?;
    ensure!(asked["kind"] == json!("video"), "{asked}");
    ensure!(calls(&phone).await? == 0, "it dialled by itself");
    phone.invoke("cancel_pending_call", json!({})).await?;
    until("it is gone", async || {
        Ok(phone.invoke("desktop", json!({})).await?["pending_call"].is_null().then_some(()))
    })
    .await?;

    // Later ones come by a second start, also while the window is away; nonsense is not shown.
    screen.window("Bellwire").await?.minimise()?;
    screen.hidden("Bellwire").await?;
    let again = phone.start_again(&session, &["bellwire://call/a/b/c"]).await?;
    ensure!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    screen.window("Bellwire").await?;
    ensure!(phone.invoke("desktop", json!({})).await?["pending_call"].is_null(), "nonsense was understood");
    phone.start_again(&session, &[&format!("bellwire://call/storefront/{CUSTOMER}")]).await?;
    let asked = pending(&phone).await?;
    ensure!(asked["kind"] == json!("video") && asked["accounts"] != json!([]), "{asked}");
    ensure!(calls(&phone).await? == 0, "it dialled by itself");
    phone.invoke("confirm_call", json!({ "account": asked["accounts"][0] })).await?;
    until("it dials", async || Ok((calls(&phone).await? == 1).then_some(()))).await?;
    let desktop = phone.invoke("desktop", json!({})).await?;
    ensure!(desktop["pending_call"].is_null(), "it asks on: {desktop}");
    phone.stop().await;
    Ok(())
}
