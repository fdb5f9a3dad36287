//! A call rings: the answer window, the notification, the sound, and what stops them.

mod notification;
mod quiet;
mod sound;
mod window;

use anyhow::Context;
use bellwire_tests_calls::TestClient;
use bellwire_tests_desktop::{CUSTOMER, Launch, Phone, SELLER, Screen, Session, TestServer, until};
use serde_json::{Value, json};

/// Title of the answer window.
const RING: &str = "Incoming call – Bellwire";
/// Title of the main window.
const MAIN: &str = "Bellwire";

/// The program of a customer, signed in and reachable; the user works in another one.
async fn customer(screen: &Screen, session: &Session, launch: Launch) -> anyhow::Result<Phone> {
    let phone = Phone::start(session, launch).await?;
    phone.enter("main", "history-tab").await?;
    online(&phone).await?;
    screen.look_elsewhere().await?;
    Ok(phone)
}

fn launch(world: &TestServer) -> Launch {
    Launch::signed_in(world, "customer", CUSTOMER)
}

async fn seller(world: &TestServer) -> anyhow::Result<TestClient> {
    TestClient::seller(world, SELLER).await
}

async fn online(phone: &Phone) -> anyhow::Result<()> {
    until("the program is online", async || {
        let view = phone.invoke("snapshot", json!({})).await?;
        let link = view.pointer("/accounts/0/link").and_then(Value::as_str);
        Ok((link == Some("online")).then_some(()))
    })
    .await
}

/// State of the program's newest call, as its view says it.
async fn state(phone: &Phone) -> anyhow::Result<String> {
    let view = phone.invoke("snapshot", json!({})).await?;
    let calls = view.pointer("/phone/calls").and_then(Value::as_array).context("no calls in the view")?;
    Ok(calls.last().map(|call| call["state"].to_string()).unwrap_or_default())
}

/// Waits until the program's newest call is in this state.
async fn becomes(phone: &Phone, wanted: &str) -> anyhow::Result<()> {
    let what = format!("the call is {wanted}");
    until(&what, async || Ok(state(phone).await?.contains(wanted).then_some(()))).await
}

/// Waits until the shell says this of itself.
async fn desktop(phone: &Phone, field: &str, wanted: Value) -> anyhow::Result<()> {
    let mut last = Value::Null;
    let done = until(format!("{field} is {wanted}"), async || {
        last = phone.invoke("desktop", json!({})).await?[field].clone();
        Ok((last == wanted).then_some(()))
    });
    done.await.with_context(|| format!("it is {last}"))
}
