//! Tests of what only a deployed hearth does.

use anyhow::{Context, ensure};
use bellwire_engine::{EndReason, MediaKind};
use bellwire_tests_calls::{Deployed, deployed_accounts::HEARTH};
use serde_json::{Value, json};

use crate::scene::{ended_as, talk};

#[tokio::test(flavor = "multi_thread")]
async fn a_therapist_has_sessions_and_calls_the_client() -> anyhow::Result<()> {
    let server = Deployed::start(&HEARTH)?;
    let (ann, ben) = server.two().await?;
    let line = ben.line_for(&ann).await?.context("no line for the client")?;
    ensure!(line.id == "t1" && line.person.name == "Ana Lima", "{line:?}");
    ben.dial_person(line.person, line.subject).await?;
    let ring = ann.ringing().await?;
    ann.engine().accept(ring.id).await;
    tokio::try_join!(ann.connected(), ben.connected())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_person_costs_no_more_than_their_rows() -> anyhow::Result<()> {
    let server = Deployed::start(&HEARTH)?;
    let ann = server.person(&HEARTH.ann).await?;
    // Of a group session one participant is deleted already.
    ann.engine().refresh_contacts(ann.account, String::new()).await.context("the list")?;
    server.tell("/test/delete", &json!({ "id": "u2" })).await?;
    ann.engine().refresh_contacts(ann.account, String::new()).await.context("without the therapist")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_call_is_missed_in_the_history() -> anyhow::Result<()> {
    let server = Deployed::start(&HEARTH)?;
    let (ann, ben) = server.two().await?;
    let call = ann.call_to(&ben, MediaKind::Video).await?;
    ben.ringing().await?;
    ann.engine().hang_up(call).await;
    ended_as(&ann, call, &EndReason::Cancelled).await?;
    let over = |state: &Value| state["sessions"][0]["status"] == "ended";
    server.until("the end of the record", over).await?;
    let history = ann.engine().backend_history(ann.account, 1).await?;
    let newest = history.entries.first().context("no record")?;
    ensure!(newest.status == "missed" && newest.duration_s == 0, "{newest:?}");
    Ok(())
}

/// The limit counts every request; a call that goes on needs none.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_well_though_the_limit_is_used_up() -> anyhow::Result<()> {
    let server = Deployed::start(&HEARTH)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    server.tell("/test/set", &json!({ "limit": 0 })).await?;
    let at_ben = ben.connected().await?.id;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await
}
