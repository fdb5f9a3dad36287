//! Tests of what only a deployed marketplace does.

use std::sync::Arc;

use anyhow::{Context, ensure};
use bellwire_engine::{EndReason, EngineView, MediaKind};
use bellwire_tests_calls::{Deployed, TestClient, deployed_accounts::MARKETPLACE};
use serde_json::{Value, json};

use crate::scene::{ended_as, flows, talk};

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_everybody_who_is_still_there() -> anyhow::Result<()> {
    let server = Deployed::start(&MARKETPLACE)?;
    let ann = server.person(&MARKETPLACE.ann).await?;
    let view = ann.until("the list", |v| v.accounts.iter().all(|a| a.contacts_loaded)).await?;
    let lines = &view.accounts[0].contacts;
    let mut ids: Vec<_> = lines.iter().map(|line| line.person.id.0.as_str()).collect();
    ids.sort_unstable();
    ensure!(ids == ["64ben", "64cy", "64odd"], "{lines:?}");
    ensure!(lines.iter().all(|line| !line.person.name.is_empty() && line.video), "{lines:?}");
    // A map of every user's unread messages, in which our own number counts.
    let ben = server.person(&MARKETPLACE.ben).await?;
    ben.engine().send_message(ben.account, "64ada".into(), "One".into()).await;
    ben.engine().send_message(ben.account, "64ada".into(), "Two".into()).await;
    let kept = |state: &Value| state["messages"].as_array().is_some_and(|rows| rows.len() == 2);
    server.until("both messages", kept).await?;
    ann.engine().refresh_contacts(ann.account, String::new()).await?;
    let unread = |v: &Arc<EngineView>, id: &str, count: u32| {
        v.accounts[0].contacts.iter().any(|line| line.person.id.0 == id && line.unread == count)
    };
    ann.until("two unread", |v| unread(v, "64ben", 2)).await?;
    ben.engine().refresh_contacts(ben.account, String::new()).await?;
    ben.until("nothing unread", |v| unread(v, "64ada", 0)).await?;
    Ok(())
}

async fn lines(who: &TestClient, wanted: &[(bool, &str)]) -> anyhow::Result<()> {
    let shown = |v: &Arc<EngineView>| {
        v.chats.iter().any(|chat| {
            let said = chat.messages.iter().map(|one| (one.from_me, one.text.as_str()));
            chat.loaded
                && chat.messages.iter().all(|one| !one.id.is_empty())
                && said.eq(wanted.iter().copied())
        })
    };
    let waited = who.until("the thread", shown).await;
    let chats = who.engine().view().borrow().chats.clone();
    waited.map(drop).with_context(|| format!("{chats:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_cleaned_is_shown_once() -> anyhow::Result<()> {
    let server = Deployed::start(&MARKETPLACE)?;
    let (ann, ben) = server.two().await?;
    ann.engine().open_thread(ann.account, "64ben".into()).await;
    ben.engine().open_thread(ben.account, "64ada".into()).await;
    lines(&ann, &[]).await?;
    lines(&ben, &[]).await?;
    ann.engine().send_message(ann.account, "64ben".into(), "hej <b>".into()).await;
    lines(&ben, &[(false, "hej")]).await?;
    lines(&ann, &[(true, "hej")]).await?;
    ann.engine().send_message(ann.account, "64ben".into(), "plain".into()).await;
    lines(&ann, &[(true, "hej"), (true, "plain")]).await?;
    lines(&ben, &[(false, "hej"), (false, "plain")]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_placed_and_answered_though_the_limit_is_used_up() -> anyhow::Result<()> {
    let server = Deployed::start(&MARKETPLACE)?;
    let (ann, ben) = server.two().await?;
    // Both know each other before everything is refused.
    tokio::try_join!(ann.line_for(&ben), ben.line_for(&ann))?;
    server.tell("/test/set", &json!({ "limit": 0 })).await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    tokio::try_join!(flows(&ann, 10), flows(&ben, 10))?;
    let at_ben = ben.connected().await?.id;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await
}

#[tokio::test(flavor = "multi_thread")]
async fn history_knows_how_long_and_who_missed_it() -> anyhow::Result<()> {
    let server = Deployed::start(&MARKETPLACE)?;
    let (ann, ben) = server.two().await?;
    let missed = ann.call_to(&ben, MediaKind::Voice).await?;
    let ring = ben.ringing().await?;
    ann.engine().hang_up(missed).await;
    ended_as(&ben, ring.id, &EndReason::RemoteCancelled).await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    // Long enough to be a second on any clock.
    let began = tokio::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_millis(2100) {
        flows(&ann, 10).await?;
    }
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await?;
    let over = |state: &Value| {
        let calls = state["messages"].as_array().into_iter().flatten();
        calls.filter(|one| one["callData"]["status"] == "ended").count() == 2
    };
    server.until("both over", over).await?;
    let history = ben.engine().backend_history(ben.account, 1).await?;
    let [newest, oldest] = history.entries.as_slice() else { anyhow::bail!("{history:?}") };
    ensure!(newest.duration_s >= 1 && newest.peer.name == "Ada Kowalska", "{newest:?}");
    ensure!(oldest.status == "missed" && oldest.duration_s == 0, "{oldest:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_we_say_ends_the_server() -> anyhow::Result<()> {
    let server = Deployed::start(&MARKETPLACE)?;
    let (ann, ben) = server.two().await?;
    for kind in [MediaKind::Voice, MediaKind::Video] {
        let call = ann.call_to(&ben, kind).await?;
        let ring = ben.ringing().await?;
        ann.engine().hang_up(call).await;
        ended_as(&ben, ring.id, &EndReason::RemoteCancelled).await?;
    }
    ann.leave().await;
    ben.leave().await;
    server.until("nobody, and a server that still answers", |state| state["sockets"] == 0).await?;
    Ok(())
}
