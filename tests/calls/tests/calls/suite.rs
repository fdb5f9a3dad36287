//! Test suite for every backend: call flows between two people through the real server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_engine::{
    CallState, CallStats, CallView, EndReason, EngineView, HistoryFilter, LinkState, MediaKind,
};
use bellwire_tests_calls::{Setup, TestAccounts, TestClient, TestServer, accounts};

fn reason(call: &CallView) -> Option<&EndReason> {
    if let CallState::Ended { reason } = &call.state { Some(reason) } else { None }
}

fn ended_with(call: &CallView, expected: &EndReason) -> anyhow::Result<()> {
    ensure!(reason(call) == Some(expected), "expected {expected:?}, got {:?}", call.state);
    Ok(())
}

async fn two(server: &TestServer, accounts: &TestAccounts) -> anyhow::Result<(TestClient, TestClient)> {
    let callee = TestClient::of(server, accounts.dialect, accounts.callee, Setup::default()).await?;
    let caller = TestClient::of(server, accounts.dialect, accounts.caller, Setup::default()).await?;
    if accounts.knows_absence {
        tokio::try_join!(caller.sees_online(&callee), callee.sees_online(&caller))?;
    }
    Ok((caller, callee))
}

async fn talking(
    server: &TestServer,
    accounts: &TestAccounts,
    kind: MediaKind,
) -> anyhow::Result<(TestClient, TestClient)> {
    let (caller, callee) = two(server, accounts).await?;
    caller.call_to(&callee, kind).await?;
    let ring = callee.ringing().await?;
    ensure!(ring.kind == kind, "{ring:?}");
    callee.engine().accept(ring.id).await;
    tokio::try_join!(caller.connected(), callee.connected())?;
    Ok((caller, callee))
}

/// Exactly one record of the newest call, with that status.
async fn recorded_once(who: &TestClient, status: &[&str]) -> anyhow::Result<()> {
    let call = who.calls().last().cloned().context("no call")?;
    let newest = call.remote_id.context("never placed")?;
    let about = call.subject.map(|subject| subject.id);
    let end = tokio::time::Instant::now() + bellwire_tests_calls::WAIT_LIMIT;
    loop {
        let entries = who.engine().history(HistoryFilter::default(), 1).await?.entries;
        let same: Vec<_> = entries
            .iter()
            .filter(|entry| {
                // Clinic numbers the visits of a room; its own lists name the appointment.
                let id = newest.0.split_once('#').map_or(newest.0.as_str(), |(room, _)| room);
                entry.call == newest.0 || entry.call == id || about.as_ref() == Some(&entry.call)
            })
            .collect();
        ensure!(same.len() <= 1, "{same:?}");
        if same.first().is_some_and(|entry| status.contains(&entry.status.as_str())) {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < end, "{newest:?} in {entries:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn they_talk_and_the_callee_hangs_up(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = talking(&server, accounts, MediaKind::Video).await?;
    tokio::try_join!(caller.remote.see(30), callee.remote.see(30), caller.own.see(10), callee.own.see(10))?;
    let heard = |s: &CallStats| s.audio_level_received_db > -60.0 && s.fps_received > 5.0;
    tokio::try_join!(caller.stats("sound and pictures", heard), callee.stats("sound and pictures", heard))?;
    callee.engine().hang_up(callee.connected().await?.id).await;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ended_with(&at_caller, &EndReason::RemoteHungUp)?;
    ended_with(&at_callee, &EndReason::HungUp)?;
    recorded_once(&caller, &["completed"]).await?;
    recorded_once(&callee, &["completed"]).await?;
    caller.leave().await;
    callee.leave().await;
    Ok(())
}

async fn the_callee_calls_back_and_the_caller_hangs_up(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = two(&server, accounts).await?;
    callee.call_to(&caller, MediaKind::Video).await?;
    let ring = caller.ringing().await?;
    caller.engine().accept(ring.id).await;
    tokio::try_join!(caller.connected(), callee.connected())?;
    tokio::try_join!(caller.remote.see(10), callee.remote.see(10))?;
    caller.engine().hang_up(ring.id).await;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ended_with(&at_caller, &EndReason::HungUp)?;
    ended_with(&at_callee, &EndReason::RemoteHungUp)
}

async fn declining_tells_the_caller(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = two(&server, accounts).await?;
    let call = caller.call_to(&callee, MediaKind::Video).await?;
    let ring = callee.ringing().await?;
    callee.engine().decline(ring.id).await;
    ended_with(&callee.ended().await?, &EndReason::Declined)?;
    if accounts.rings {
        ended_with(&caller.ended().await?, &EndReason::RemoteDeclined)?;
    } else {
        // There is no message for a callee that does not come; the caller leaves when they like.
        ensure!(matches!(caller.calls()[0].state, CallState::Calling { .. }), "{:?}", caller.calls());
        caller.engine().hang_up(call).await;
        ended_with(&caller.ended().await?, &EndReason::Cancelled)?;
    }
    Ok(())
}

async fn cancelling_stops_the_ring(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = two(&server, accounts).await?;
    let call = caller.call_to(&callee, MediaKind::Video).await?;
    callee.ringing().await?;
    caller.engine().hang_up(call).await;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ended_with(&at_caller, &EndReason::Cancelled)?;
    ended_with(&at_callee, &EndReason::RemoteCancelled)
}

async fn nobody_answers_and_the_call_is_missed(accounts: &TestAccounts) -> anyhow::Result<()> {
    if !accounts.rings {
        return Ok(());
    }
    let server = TestServer::ringing_for(Duration::from_secs(3)).await?;
    let (caller, callee) = two(&server, accounts).await?;
    caller.call_to(&callee, MediaKind::Video).await?;
    callee.ringing().await?;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ended_with(&at_caller, &EndReason::Missed)?;
    ended_with(&at_callee, &EndReason::Missed)?;
    recorded_once(&callee, &["missed"]).await
}

async fn somebody_who_is_away_is_not_reached(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::ringing_for(Duration::from_secs(3)).await?;
    let callee = TestClient::of(&server, accounts.dialect, accounts.callee, Setup::default()).await?;
    let person = callee.me().context("signed in")?;
    callee.leave().await;
    let caller = TestClient::of(&server, accounts.dialect, accounts.caller, Setup::default()).await?;
    let call = caller.call_person(&person, MediaKind::Video).await?;
    if accounts.rings {
        let expected = if accounts.knows_absence { EndReason::RemoteOffline } else { EndReason::Missed };
        return ended_with(&caller.ended().await?, &expected);
    }
    // They wait in the room; the other side finds them there.
    let callee = TestClient::of(&server, accounts.dialect, accounts.callee, Setup::default()).await?;
    let ring = callee.ringing().await?;
    callee.engine().accept(ring.id).await;
    tokio::try_join!(caller.connected(), callee.connected())?;
    caller.engine().hang_up(call).await;
    Ok(())
}

async fn both_dial_at_once_and_one_call_survives(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = two(&server, accounts).await?;
    // Both lists are there before either dials.
    tokio::try_join!(caller.line_for(&callee), callee.line_for(&caller))?;
    tokio::try_join!(caller.call_to(&callee, MediaKind::Video), callee.call_to(&caller, MediaKind::Video))?;
    tokio::try_join!(caller.connected(), callee.connected())?;
    tokio::try_join!(caller.remote.see(10), callee.remote.see(10))?;
    for person in [&caller, &callee] {
        let live = person.calls().iter().filter(|call| reason(call).is_none()).count();
        ensure!(live == 1, "{:?}", person.calls());
    }
    Ok(())
}

async fn a_second_caller_waits(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = talking(&server, accounts, MediaKind::Video).await?;
    let third = TestClient::of(&server, accounts.dialect, accounts.third, Setup::default()).await?;
    third.call_to(&callee, MediaKind::Video).await?;
    let waiting = callee.ringing().await?;
    ensure!(waiting.waiting, "{waiting:?}");
    callee.engine().end_and_accept(waiting.id).await;
    caller.ended().await?;
    let second = |view: &Arc<EngineView>| {
        view.phone.calls.iter().any(|call| call.id == waiting.id && call.state == CallState::Connected)
    };
    tokio::try_join!(callee.until("the second call", second), third.connected())?;
    third.remote.see(10).await
}

async fn the_server_goes_and_comes_back(accounts: &TestAccounts) -> anyhow::Result<()> {
    let mut server = TestServer::start().await?;
    let (caller, callee) = talking(&server, accounts, MediaKind::Video).await?;
    tokio::try_join!(caller.remote.see(10), callee.remote.see(10))?;
    server.kill().await;
    let gone = |view: &Arc<EngineView>| view.accounts.iter().all(|a| a.link == LinkState::Offline);
    tokio::try_join!(caller.until("the loss", gone), callee.until("the loss", gone))?;
    tokio::try_join!(caller.remote.see(30), callee.remote.see(30))?;

    server.revive().await?;
    tokio::try_join!(caller.online(), callee.online())?;
    tokio::try_join!(caller.remote.see(20), callee.remote.see(20))?;
    let call = caller.connected().await?;
    if caller.capabilities().media_state {
        callee.engine().set_microphone(false).await;
        caller.until("their mute", |v| v.phone.calls.iter().any(|c| !c.remote_audio)).await?;
    }
    caller.engine().hang_up(call.id).await;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ended_with(&at_caller, &EndReason::HungUp)?;
    ended_with(&at_callee, &EndReason::RemoteHungUp)
}

async fn the_token_expires_in_a_call(accounts: &TestAccounts) -> anyhow::Result<()> {
    let life = Duration::from_secs(25);
    let server = TestServer::with_sessions_of(life).await?;
    let (caller, callee) = talking(&server, accounts, MediaKind::Video).await?;
    for person in [&caller, &callee] {
        let account = person.account;
        if accounts.renews {
            // Renewed without a word: still online after the first token is long dead.
            tokio::time::sleep(life).await;
            person.online().await?;
        } else {
            let out = |v: &Arc<EngineView>| v.accounts.iter().any(|a| a.link == LinkState::SignedOut);
            person.until("the end of the session", out).await?;
            ensure!(person.connected().await?.account == account);
            person.sign_in_again().await?;
        }
        ensure!(person.engine().view().borrow().accounts.len() == 1, "one account, not two");
    }
    tokio::try_join!(caller.remote.see(20), callee.remote.see(20))?;
    // The first client may have to sign in again: tokens live shortly here.
    let call = callee.connected().await?;
    if callee.engine().view().borrow().accounts[0].link == LinkState::SignedOut {
        callee.sign_in_again().await?;
    }
    if caller.engine().view().borrow().accounts[0].link == LinkState::SignedOut {
        caller.sign_in_again().await?;
    }
    callee.engine().hang_up(call.id).await;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ended_with(&at_callee, &EndReason::HungUp)?;
    ended_with(&at_caller, &EndReason::RemoteHungUp)
}

async fn the_other_side_sees_mute_camera_and_sharing(accounts: &TestAccounts) -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (caller, callee) = talking(&server, accounts, MediaKind::Video).await?;
    tokio::try_join!(caller.remote.see(10), callee.remote.see(10))?;
    for (from, to) in [(&callee, &caller), (&caller, &callee)] {
        let abilities = from.capabilities();
        if abilities.media_state {
            from.engine().set_microphone(false).await;
            from.engine().set_camera(false).await;
            let off = |v: &Arc<EngineView>| v.phone.calls.iter().any(|c| !c.remote_audio && !c.remote_video);
            to.until("mute and camera off", off).await?;
            to.stats("silence", |s| s.audio_level_received_db < -60.0).await?;
            from.engine().set_microphone(true).await;
            from.engine().set_camera(true).await;
            let on = |v: &Arc<EngineView>| v.phone.calls.iter().all(|c| c.remote_audio && c.remote_video);
            to.until("both back", on).await?;
            to.remote.see(10).await?;
        }
        if abilities.screen_share {
            from.engine().set_sharing(Some(bellwire_tests_calls::SCREEN.into())).await;
            to.until("sharing", |v| v.phone.calls.iter().any(|c| c.remote_sharing)).await?;
            to.see_colour(bellwire_tests_calls::SHARED).await?;
            from.engine().set_sharing(None).await;
            to.until("no sharing", |v| v.phone.calls.iter().all(|c| !c.remote_sharing)).await?;
        } else {
            from.engine().set_sharing(Some(bellwire_tests_calls::SCREEN.into())).await;
            ensure!(!from.engine().view().borrow().phone.sharing, "this account cannot share");
        }
    }
    Ok(())
}

async fn a_voice_call_has_sound_and_no_pictures(accounts: &TestAccounts) -> anyhow::Result<()> {
    if !accounts.kinds.contains(&MediaKind::Voice) {
        return Ok(());
    }
    let server = TestServer::start().await?;
    let (caller, callee) = talking(&server, accounts, MediaKind::Voice).await?;
    let heard = |s: &CallStats| s.audio_level_received_db > -60.0;
    tokio::try_join!(caller.stats("sound", heard), callee.stats("sound", heard))?;
    for person in [&caller, &callee] {
        let stats = person.stats("figures", |_| true).await?;
        ensure!(stats.frames_sent == 0 && stats.frames_received == 0, "{stats:?}");
        ensure!(person.own.count() == 0 && person.remote.count() == 0, "a picture in a voice call");
    }
    caller.engine().hang_up(caller.connected().await?.id).await;
    ended_with(&callee.ended().await?, &EndReason::RemoteHungUp)
}

macro_rules! suite {
    ($($dialect:ident = $accounts:expr;)*) => {
        $(mod $dialect {
            use super::*;
            suite!(@tests $accounts,
                they_talk_and_the_callee_hangs_up,
                the_callee_calls_back_and_the_caller_hangs_up,
                declining_tells_the_caller,
                cancelling_stops_the_ring,
                nobody_answers_and_the_call_is_missed,
                somebody_who_is_away_is_not_reached,
                both_dial_at_once_and_one_call_survives,
                a_second_caller_waits,
                the_server_goes_and_comes_back,
                the_token_expires_in_a_call,
                the_other_side_sees_mute_camera_and_sharing,
                a_voice_call_has_sound_and_no_pictures,
            );
        })*

        #[test]
        fn every_dialect_has_its_cast() {
            let casts = [$($accounts.dialect),*];
            let dialects: Vec<_> = bellwire_engine::dialects().iter().map(|dialect| dialect.id).collect();
            assert_eq!(casts.as_slice(), dialects.as_slice());
        }
    };
    (@tests $accounts:expr, $($test:ident,)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() -> anyhow::Result<()> {
            super::$test(&$accounts).await
        })*
    };
}

suite! {
    storefront = accounts::STOREFRONT;
    dealerdesk = accounts::DEALERDESK;
    marketplace = accounts::MARKETPLACE;
    hearth = accounts::HEARTH;
    clinic = accounts::CLINIC;
}
