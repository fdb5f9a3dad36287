//! Tests of what only a deployed dealerdesk does.

use std::sync::Arc;

use anyhow::{Context, ensure};
use bellwire_engine::{EndReason, EngineView, MediaKind};
use bellwire_tests_calls::{Deployed, TestClient, deployed_accounts::DEALERDESK};
use serde_json::Value;

use crate::scene::{ended_as, flows, talk};

const ROOM: &str = "dan@garage.example:tea@fix.example:POST_7";

fn rooms(state: &Value) -> Vec<String> {
    let rooms = state["rooms"].as_array().into_iter().flatten();
    rooms.filter_map(|room| room["room_id"].as_str().map(str::to_owned)).collect()
}

async fn texts(who: &TestClient, what: &str, wanted: &[(bool, &str)]) -> anyhow::Result<()> {
    let shown = |v: &Arc<EngineView>| {
        v.chats.iter().any(|chat| {
            let lines = chat.messages.iter().filter(|one| !one.id.is_empty());
            chat.loaded && lines.map(|one| (one.from_me, one.text.as_str())).eq(wanted.iter().copied())
        })
    };
    let waited = who.until(what, shown).await;
    let chats = who.engine().view().borrow().chats.clone();
    waited.map(drop).with_context(|| format!("{chats:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_have_their_words_and_no_room_is_made_by_reading() -> anyhow::Result<()> {
    let server = Deployed::start(&DEALERDESK)?;
    let (ann, ben) = server.two().await?;
    let before = rooms(&server.state().await?);
    ann.engine().open_thread(ann.account, ROOM.into()).await;
    ben.engine().open_thread(ben.account, ROOM.into()).await;
    texts(&ann, "an empty thread", &[]).await?;
    texts(&ben, "an empty thread", &[]).await?;
    ann.engine().send_message(ann.account, ROOM.into(), "At four?".into()).await;
    texts(&ben, "the message", &[(false, "At four?")]).await?;
    texts(&ann, "our message, once", &[(true, "At four?")]).await?;
    ben.engine().send_message(ben.account, ROOM.into(), "Yes <b>&</b>".into()).await;
    texts(&ann, "the answer", &[(true, "At four?"), (false, "Yes <b>&</b>")]).await?;
    // Read anew: the rows say it in other words than the events did in our own server.
    ann.engine().close_thread(ann.account, ROOM.into()).await;
    ann.engine().open_thread(ann.account, ROOM.into()).await;
    texts(&ann, "both of them read again", &[(true, "At four?"), (false, "Yes <b>&</b>")]).await?;
    let chats = ann.engine().view().borrow().chats.clone();
    ensure!(chats.iter().flat_map(|chat| &chat.messages).all(|one| !one.at.is_empty()), "{chats:?}");
    ensure!(chats.iter().all(|chat| chat.failed.is_none()), "{chats:?}");
    let after = rooms(&server.state().await?);
    ensure!(after == before, "rooms made by reading: {after:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_thread_opened_in_a_call_does_not_hide_its_end() -> anyhow::Result<()> {
    let server = Deployed::start(&DEALERDESK)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    let other = "dora@cars.example:tea@fix.example";
    ben.engine().open_thread(ben.account, other.into()).await;
    let loaded = |v: &Arc<EngineView>| v.chats.iter().any(|chat| chat.thread == other && chat.loaded);
    ben.until("the other thread", loaded).await?;
    ben.engine().send_message(ben.account, other.into(), "In a call.".into()).await;
    let kept = |state: &Value| state["messages"].as_array().is_some_and(|rows| rows.len() == 1);
    server.until("a message in the other room", kept).await?;
    tokio::try_join!(flows(&ann, 20), flows(&ben, 20))?;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_about_a_post_rings_in_its_room() -> anyhow::Result<()> {
    let server = Deployed::start(&DEALERDESK)?;
    let (ann, ben) = server.two().await?;
    let listed = |v: &Arc<EngineView>| {
        v.accounts.iter().any(|a| a.contacts.iter().any(|line| line.thread.as_deref() == Some(ROOM)))
    };
    let view = ann.until("the room of a post", listed).await?;
    let lines = view.accounts.iter().flat_map(|a| &a.contacts);
    let line = lines.into_iter().find(|line| line.thread.as_deref() == Some(ROOM)).context("no line")?;
    ann.dial_person(line.person.clone(), line.subject.clone()).await?;
    let ring = ben.ringing().await?;
    ben.engine().accept(ring.id).await;
    tokio::try_join!(ann.connected(), ben.connected())?;
    ensure!(server.state().await?["calls"][0]["roomId"] == ROOM);
    Ok(())
}
