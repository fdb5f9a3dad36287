//! A call of several of whom one is cut off by the network for a while, and nobody is told.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_engine::{CallState, CallView};
use bellwire_tests_calls::{RemoteHost, TestServer, in_own_network};

use crate::group::{all_meet, connected_to, gather, live, me, member, part, people, person};

const TEST: &str = "group_cut::one_is_cut_off_for_ten_seconds_and_nobody_is_stuck";
/// Others than the one who is cut off. Seven find each other again as well, but take most of two processors.
const OTHERS: usize = 3;
const CUT_OFF: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn one_is_cut_off_for_ten_seconds_and_nobody_is_stuck() -> anyhow::Result<()> {
    if !in_own_network(TEST)? {
        return Ok(());
    }
    let server =
        Arc::new(TestServer::start_with(|config| config.seat_kept = Duration::from_secs(300)).await?);
    let host = RemoteHost::make(&server.ports())?;
    let runtime = host.runtime()?;
    let mut people = people(&server, OTHERS).await?;
    let shared = server.clone();
    people.push(runtime.run(async move { person(&shared, OTHERS).await }).await??);
    gather(&people).await?;
    all_meet(&people).await?;
    let before: Vec<CallView> = people.iter().filter_map(live).collect();

    host.cut(true)?;
    let mended_at = tokio::time::Instant::now() + CUT_OFF;
    // The others go on as if nothing had happened.
    all_meet(&people[..OTHERS]).await.context("without the one who is cut off")?;
    tokio::time::sleep_until(mended_at).await;
    let distant = me(&people[OTHERS])?;
    for client in &people[..OTHERS] {
        let call = live(client).context("the call goes on")?;
        ensure!(call.state == CallState::Connected, "{:?}", call.state);
        ensure!(call.members.iter().any(|member| member.person.id == distant.id), "a seat was given up");
    }
    host.cut(false)?;

    for client in &people {
        connected_to(client, OTHERS).await.context("after the cut")?;
    }
    for client in &people {
        let others = live(client).context("a call")?.members;
        for other in others {
            let fresh = client.members.of(other.id).see(3).await;
            fresh.with_context(|| format!("{} is not seen", other.person.name))?;
        }
    }
    all_meet(&people).await.context("after the cut")?;
    let after: Vec<CallView> = people.iter().filter_map(live).collect();
    for (before, after) in before.iter().zip(&after) {
        ensure!(before.id == after.id, "another call");
    }
    ensure!(before.len() == OTHERS + 1 && after.len() == OTHERS + 1, "{} and {}", before.len(), after.len());
    ensure!(member(&people[0], &distant).is_some(), "who was cut off is gone");

    part(&people).await?;
    for client in &people {
        let of_call = |entry: &bellwire_engine::HistoryEntry| {
            Some(&entry.call) == before[0].remote_id.as_ref().map(|id| &id.0)
        };
        client.newest_record("the record", of_call).await?;
        let all = client.engine().backend_history(client.account, 1).await?.entries;
        ensure!(all.iter().filter(|entry| of_call(entry)).count() == 1, "more than one record");
    }
    // Before the runtime of one of them.
    drop(people);
    Ok(())
}
