//! Calls of several on `hearth` through a real Janus: the same engines, colours and tones as in a mesh.

use anyhow::{Context, ensure};
use bellwire_engine::{CallState, EndReason, Invite, MediaKind};
use bellwire_tests_calls::{Janus, TestServer};

use crate::group::{all_meet, gather, live, me, only, people};

async fn start() -> anyhow::Result<(Janus, TestServer)> {
    let janus = Janus::start().await?;
    let engine = janus.config();
    let server = TestServer::start_with(|config| config.group_engine = engine).await?;
    Ok((janus, server))
}

/// Uplinks, and what comes of each to all the others.
fn handles(people: usize) -> usize {
    people * people
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_see_and_hear_each_other() -> anyhow::Result<()> {
    let (janus, server) = start().await?;
    let people = people(&server, 3).await?;
    // The third does not answer: a call to one person is one of two, which no engine carries.
    let invite =
        Invite { to: me(&people[1])?, others: vec![me(&people[2])?], kind: MediaKind::Video, subject: None };
    people[0].engine().invite(people[0].account, invite).await;
    let ring = people[1].ringing().await?;
    people[1].engine().accept(ring.id).await;
    all_meet(&people[..2]).await?;
    ensure!(janus.handles().await? == handles(2), "{} handles", janus.handles().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_see_and_hear_each_other_and_one_may_leave() -> anyhow::Result<()> {
    let (janus, server) = start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    janus.until_handles(handles(3)).await?;

    let call = live(&people[2]).context("a call")?;
    people[2].engine().hang_up(call.id).await;
    only(&people[0], &[me(&people[1])?]).await?;
    only(&people[1], &[me(&people[0])?]).await?;
    janus.until_handles(handles(2)).await?;
    let call = live(&people[0]).context("a call")?;
    people[0].engine().end_for_all(call.id).await;
    let ended = people[1].ended().await?;
    ensure!(matches!(ended.state, CallState::Ended { reason: EndReason::RemoteHungUp }), "{:?}", ended.state);
    people[0].ended().await?;
    janus.until_handles(0).await?;
    for person in people {
        person.leave().await;
    }
    Ok(())
}
