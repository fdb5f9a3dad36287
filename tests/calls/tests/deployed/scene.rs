//! Building blocks of the scenarios of all backends.

use std::time::Duration;

use anyhow::ensure;
use bellwire_engine::{CallId, CallState, EndReason, MediaKind};
use bellwire_tests_calls::{Deployed, TestClient, WAIT_LIMIT};
use tokio::time::Instant;

/// Without a picture for so long, a call must not be shown as connected.
const MAX_FRAME_GAP: Duration = Duration::from_secs(5);

/// Dials, is answered, and both are connected.
pub(crate) async fn talk(
    caller: &TestClient,
    callee: &TestClient,
    kind: MediaKind,
) -> anyhow::Result<CallId> {
    let call = caller.call_to(callee, kind).await?;
    let ring = callee.ringing().await?;
    ensure!(ring.kind == kind, "{ring:?}");
    callee.engine().accept(ring.id).await;
    tokio::try_join!(caller.connected(), callee.connected())?;
    Ok(call)
}

/// How a call ended.
pub(crate) async fn over(who: &TestClient, call: CallId) -> anyhow::Result<EndReason> {
    let state = |v: &CallState| if let CallState::Ended { reason } = v { Some(reason.clone()) } else { None };
    let found = |calls: &[bellwire_engine::CallView]| {
        calls.iter().find(|one| one.id == call).and_then(|one| state(&one.state))
    };
    let view = who.until("the end of the call", |v| found(&v.phone.calls).is_some()).await?;
    found(&view.phone.calls).ok_or_else(|| anyhow::anyhow!("call vanished"))
}

pub(crate) async fn ended_as(who: &TestClient, call: CallId, expected: &EndReason) -> anyhow::Result<()> {
    let reason = over(who, call).await?;
    ensure!(reason == *expected, "expected {expected:?}, got {reason:?}");
    Ok(())
}

/// Waits for so many pictures; none for a while is allowed only while the call says that it is not connected.
pub(crate) async fn flows(who: &TestClient, pictures: u64) -> anyhow::Result<()> {
    let (mut seen, mut since) = (who.remote.count(), Instant::now());
    let (goal, end) = (seen + pictures, since + WAIT_LIMIT);
    while who.remote.count() < goal {
        let now = who.remote.count();
        let connected = who.calls().iter().any(|call| call.state == CallState::Connected);
        if now > seen || !connected {
            (seen, since) = (now, Instant::now());
        }
        ensure!(since.elapsed() < MAX_FRAME_GAP, "connected, but no picture for {:?}", since.elapsed());
        ensure!(Instant::now() < end, "{} of {pictures} pictures: {:?}", now + pictures - goal, who.calls());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Waits until a connection that was cut silently is known to the server, and the new one too.
pub(crate) async fn cut(server: &Deployed, id: &str, connections: u64) -> anyhow::Result<()> {
    let end = Instant::now() + WAIT_LIMIT;
    let reply = server.tell("/test/cut", &serde_json::json!({ "userId": id })).await?;
    ensure!(reply["cut"] == 1, "{reply}");
    loop {
        let (opened, closed) = server.net().await?;
        if opened > connections && closed.iter().any(|reason| reason == "ping timeout") {
            return Ok(());
        }
        ensure!(Instant::now() < end, "{opened} connections, gone: {closed:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
