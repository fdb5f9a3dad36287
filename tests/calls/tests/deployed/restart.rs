//! Tests of a backend that is killed in a call and started again: media goes on, and the end of the call is
//! delivered.

use std::sync::Arc;

use anyhow::Context;
use bellwire_engine::{EndReason, EngineView, LinkState, MediaKind};
use bellwire_tests_calls::{Deployed, DeployedAccounts, deployed_accounts, records, seen};
use serde_json::{Value, json};

use crate::scene::{ended_as, flows, talk};

/// Both people's way back into the call, in the words of a backend.
fn rejoins(accounts: &DeployedAccounts, state: &Value) -> usize {
    let word = match accounts.dialect {
        "storefront" => "joinVideoCall",
        "dealerdesk" => "join_room",
        "marketplace" => "participant_joined",
        "hearth" => "join_call_session",
        _ => "join-room",
    };
    seen(state, word).len()
}

async fn killed_and_started_again(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let mut server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    tokio::try_join!(ann.remote.see(20), ben.remote.see(20))?;
    server.kill();
    let gone = |v: &Arc<EngineView>| v.accounts.iter().all(|a| a.link == LinkState::Offline);
    tokio::try_join!(ann.until("the loss", gone), ben.until("the loss", gone))?;
    tokio::try_join!(flows(&ann, 20), flows(&ben, 20))?;

    server.revive()?;
    tokio::try_join!(ann.online(), ben.online())?;
    server.until("both back in the call", |state| rejoins(accounts, state) >= 2).await?;
    tokio::try_join!(flows(&ann, 120), flows(&ben, 120))?;
    tokio::try_join!(ann.connected(), ben.connected())?;
    if accounts.tells_media && ann.capabilities().media_state {
        ben.engine().set_microphone(false).await;
        ann.until("their mute", |v| v.phone.calls.iter().any(|c| !c.remote_audio)).await?;
    }
    ann.engine().hang_up(call).await;
    ended_as(&ann, call, &EndReason::HungUp).await?;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await?;
    // A patient who goes ends nothing; the practice does. In a therapy session of hearth the last one out
    // ends
    // it, and there the killed process has left seats that cannot be given up.
    if !matches!(accounts.dialect, "clinic" | "hearth") {
        server
            .until("the end of the record", |s| records(accounts, s).iter().any(|word| word == "ended"))
            .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn storefront() -> anyhow::Result<()> {
    killed_and_started_again(&deployed_accounts::STOREFRONT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn dealerdesk() -> anyhow::Result<()> {
    killed_and_started_again(&deployed_accounts::DEALERDESK).await
}

#[tokio::test(flavor = "multi_thread")]
async fn marketplace() -> anyhow::Result<()> {
    killed_and_started_again(&deployed_accounts::MARKETPLACE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn hearth() -> anyhow::Result<()> {
    killed_and_started_again(&deployed_accounts::HEARTH).await
}

#[tokio::test(flavor = "multi_thread")]
async fn clinic() -> anyhow::Result<()> {
    killed_and_started_again(&deployed_accounts::CLINIC).await
}

/// The side that offers comes back last: it is notified of the other twice, with the old seat and the new
/// one.
async fn hearth_with_one_side_late(late: &str) -> anyhow::Result<()> {
    let mut server = Deployed::start(&deployed_accounts::HEARTH)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    tokio::try_join!(ann.remote.see(20), ben.remote.see(20))?;
    server.kill();
    let gone = |v: &Arc<EngineView>| v.accounts.iter().all(|a| a.link == LinkState::Offline);
    tokio::try_join!(ann.until("the loss", gone), ben.until("the loss", gone))?;
    server.revive()?;
    server.tell("/test/hold", &json!({ "userId": late })).await?;
    server.until("the first one back", |state| rejoins(&deployed_accounts::HEARTH, state) >= 1).await?;
    let waiting = |state: &Value| seen(state, "authenticate").len() >= 2;
    server.until("the late one at the door", waiting).await?;
    server.tell("/test/release", &json!({ "userId": late })).await?;
    server.until("both back", |state| rejoins(&deployed_accounts::HEARTH, state) >= 2).await?;
    tokio::try_join!(flows(&ann, 150), flows(&ben, 150)).with_context(|| format!("{late} late"))?;
    tokio::try_join!(ann.connected(), ben.connected())?;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await
}

#[tokio::test(flavor = "multi_thread")]
async fn hearth_the_caller_comes_back_last() -> anyhow::Result<()> {
    hearth_with_one_side_late(deployed_accounts::HEARTH.ann.id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn hearth_the_callee_comes_back_last() -> anyhow::Result<()> {
    hearth_with_one_side_late(deployed_accounts::HEARTH.ben.id).await
}
