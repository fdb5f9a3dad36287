//! Tests of what only a deployed clinic does.

use anyhow::{Context, ensure};
use bellwire_engine::{EndReason, MediaKind};
use bellwire_tests_calls::{Deployed, deployed_accounts::CLINIC, seen};
use serde_json::{Value, json};

use crate::scene::{ended_as, talk};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_appointment_rings_again_after_its_end() -> anyhow::Result<()> {
    let server = Deployed::start(&CLINIC)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    ben.engine().hang_up(at_ben).await;
    ended_as(&ann, call, &EndReason::RemoteHungUp).await?;
    let over = |state: &Value| state["rooms"][0]["status"] == "Ended";
    let looks = server.until("the end", over).await?["polls"]["room"].as_u64().context("no count")?;
    // Both look into all of their rooms; by then the practice has seen this one empty.
    let seen_empty = |state: &Value| state["polls"]["room"].as_u64().is_some_and(|now| now >= looks + 8);
    server.until("a look into the empty room", seen_empty).await?;
    let second = ann.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ben.engine().accept(ring.id).await;
    let connected = |v: &std::sync::Arc<bellwire_engine::EngineView>, id| {
        v.phone.calls.iter().any(|one| one.id == id && one.state == bellwire_engine::CallState::Connected)
    };
    ann.until("the second call", |v| connected(v, second)).await?;
    ben.until("the second call", |v| connected(v, ring.id)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_with_many_past_appointments_has_its_list() -> anyhow::Result<()> {
    let server = Deployed::start_with(&CLINIC, &json!({ "past": 1200 }))?;
    let (ann, ben) = server.two().await?;
    for person in [&ann, &ben] {
        person.until("the list", |v| v.accounts.iter().all(|a| a.contacts_loaded)).await?;
        let before = server.state().await?["polls"]["list"].as_u64().context("no count")?;
        person.engine().refresh_contacts(person.account, String::new()).await?;
        let lines = person.engine().view().borrow().accounts[0].contacts.clone();
        ensure!(lines.iter().any(|line| line.id == "a1"), "{} lines", lines.len());
        // Looking for who waits asks on its own; a list of 1,200 would have been 21 requests.
        let after = server.state().await?["polls"]["list"].as_u64().context("no count")?;
        ensure!(after - before < 5, "{} requests", after - before);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dialling_whoever_waits_already_answers_their_ring() -> anyhow::Result<()> {
    let server = Deployed::start(&CLINIC)?;
    let (ann, ben) = server.two().await?;
    ann.call_to(&ben, MediaKind::Video).await?;
    ben.ringing().await?;
    let line = ben.line_for(&ann).await?.context("no line")?;
    ben.engine().dial(ben.account, line.person, MediaKind::Video, line.subject).await;
    tokio::try_join!(ann.connected(), ben.connected())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_may_not_sign_in_are_told_why() -> anyhow::Result<()> {
    let server = Deployed::start(&CLINIC)?;
    for (email, word) in [("wait@example.com", "approval"), ("new@example.com", "password")] {
        let mut who = CLINIC.ben;
        who.email = email;
        who.role = if email.starts_with("wait") { "practitioner" } else { "patient" };
        let refused = server.person(&who).await.err().context("signed in")?;
        ensure!(format!("{refused:?}").contains(word), "{refused:?}");
    }
    Ok(())
}

/// A seat that a lost socket of a call left marked is no ring after that call.
#[tokio::test(flavor = "multi_thread")]
async fn a_flag_left_by_the_same_call_does_not_ring() -> anyhow::Result<()> {
    let server = Deployed::start(&CLINIC)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    ben.engine().hang_up(at_ben).await;
    ended_as(&ann, call, &EndReason::RemoteHungUp).await?;
    let left = |state: &Value| !seen(state, "end-call").is_empty();
    server.until("the end", left).await?;
    ann.leave().await;
    let before = server.state().await?["polls"]["room"].as_u64().context("no count")?;
    let looked = |state: &Value| state["polls"]["room"].as_u64().is_some_and(|count| count >= before + 2);
    server.until("two looks into the room", looked).await?;
    let rings =
        |state: &bellwire_engine::CallState| matches!(state, bellwire_engine::CallState::Ringing { .. });
    ensure!(!ben.calls().iter().any(|one| rings(&one.state)), "{:?}", ben.calls());
    Ok(())
}
