//! Tests that every deployed backend has to pass.

use anyhow::{Context, ensure};
use bellwire_engine::{CallState, CallStats, EndReason, MediaKind, SignInError};
use bellwire_tests_calls::{Deployed, DeployedAccounts, Setup, TestClient, deployed_accounts, records, seen};
use serde_json::{Value, json};

use crate::scene::{cut, ended_as, flows, talk};

async fn signing_in_is_answered_in_the_backends_words(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    for (client, who) in [(&ann, &accounts.ann), (&ben, &accounts.ben)] {
        let me = client.me().context("signed in")?;
        ensure!(me.id.0 == who.id && !me.name.is_empty(), "{me:?}");
        // An account without contacts may have no list; a list that comes is read to its end.
        if client.capabilities().contacts {
            client.engine().refresh_contacts(client.account, String::new()).await?;
        }
    }
    // The technicians' stub knows no password.
    let mut wrong = accounts.ann;
    if accounts.dialect == "dealerdesk" {
        wrong.email = "nobody@garage.example";
    }
    let refused = TestClient::at(server.request(&wrong, "wrong"), Setup::default()).await;
    let error = refused.err().context("a wrong password is taken")?;
    let words = error.downcast_ref::<SignInError>();
    ensure!(
        matches!(words, Some(SignInError::WrongCredentials { message }) if !message.is_empty()),
        "{error:?}"
    );
    Ok(())
}

async fn a_calls_b_and_b_hangs_up(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    tokio::try_join!(ann.remote.see(20), ben.remote.see(20))?;
    let heard = |s: &CallStats| s.audio_level_received_db > -60.0 && s.fps_received > 5.0;
    tokio::try_join!(ann.stats("sound and pictures", heard), ben.stats("sound and pictures", heard))?;
    let at_ben = ben.connected().await?.id;
    ben.engine().hang_up(at_ben).await;
    ended_as(&ben, at_ben, &EndReason::HungUp).await?;
    ended_as(&ann, call, &EndReason::RemoteHungUp).await?;
    server.until("the end of the record", |state| ended(accounts, state)).await?;
    Ok(())
}

fn ended(accounts: &DeployedAccounts, state: &Value) -> bool {
    records(accounts, state).iter().any(|word| word == "ended")
}

async fn b_calls_a_and_b_hangs_up(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ben, &ann, MediaKind::Video).await?;
    tokio::try_join!(ann.remote.see(10), ben.remote.see(10))?;
    let at_ann = ann.connected().await?.id;
    ben.engine().hang_up(call).await;
    ended_as(&ben, call, &EndReason::HungUp).await?;
    ended_as(&ann, at_ann, &EndReason::RemoteHungUp).await?;
    server.until("the end of the record", |state| ended(accounts, state)).await?;
    Ok(())
}

async fn a_voice_call(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    if !accounts.voice {
        return Ok(());
    }
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ben, &ann, MediaKind::Voice).await?;
    let heard = |s: &CallStats| s.audio_level_received_db > -60.0;
    tokio::try_join!(ann.stats("sound", heard), ben.stats("sound", heard))?;
    ensure!(ann.remote.count() == 0 && ben.remote.count() == 0, "a picture in a voice call");
    let at_ann = ann.connected().await?.id;
    ann.engine().hang_up(at_ann).await;
    ended_as(&ben, call, &EndReason::RemoteHungUp).await
}

async fn declining_tells_the_caller_where_there_are_words(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = ann.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ben.engine().decline(ring.id).await;
    ended_as(&ben, ring.id, &EndReason::Declined).await?;
    if accounts.tells_decline {
        return ended_as(&ann, call, &EndReason::RemoteDeclined).await;
    }
    // The caller is not notified, waits on and may leave at any time.
    let calling = |state: &CallState| matches!(state, CallState::Calling { .. });
    ensure!(ann.calls().iter().any(|one| one.id == call && calling(&one.state)), "{:?}", ann.calls());
    ann.engine().hang_up(call).await;
    ended_as(&ann, call, &EndReason::Cancelled).await
}

async fn taking_a_ring_back(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = ann.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    if accounts.dialect == "dealerdesk" {
        // The end is sent in the room only; a person takes longer than the message.
        let entered =
            |state: &Value| seen(state, "join_room").iter().any(|event| event[1]["userType"] == "TECHNICIAN");
        server.until("Ben in the room", entered).await?;
    }
    ann.engine().hang_up(call).await;
    ended_as(&ann, call, &EndReason::Cancelled).await?;
    if accounts.tells_cancel {
        return ended_as(&ben, ring.id, &EndReason::RemoteCancelled).await;
    }
    // The callee is not notified and finds the room empty: an end, not a connection that never comes.
    server.until("the end of the record", |state| ended(accounts, state)).await?;
    ben.engine().accept(ring.id).await;
    let reason = crate::scene::over(&ben, ring.id).await?;
    ensure!(
        matches!(
            reason,
            EndReason::Refused { .. }
                | EndReason::RemoteCancelled
                | EndReason::RemoteHungUp
                | EndReason::Missed
        ),
        "{reason:?}"
    );
    Ok(())
}

async fn somebody_who_is_away(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    if !accounts.knows_absence {
        // Elsewhere the caller rings on; how long is the core's business and tried there.
        return Ok(());
    }
    let server = Deployed::start(accounts)?;
    let ben = server.person(&accounts.ben).await?;
    let person = ben.me().context("signed in")?;
    ben.leave().await;
    let (opened, _) = server.net().await?;
    ensure!(opened > 0, "nobody was there");
    server.until("Ben gone", |state| state["sockets"] == 0).await?;
    let ann = server.person(&accounts.ann).await?;
    let call = ann.call_person(&person, MediaKind::Video).await?;
    ended_as(&ann, call, &EndReason::RemoteOffline).await
}

/// Alternating who goes, and whether they hang up before.
async fn the_last_word_arrives_when_the_program_ends(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    for round in 0..4 {
        let (ann, ben) = server.two().await?;
        let call = talk(&ann, &ben, MediaKind::Video).await?;
        let at_ben = ben.connected().await?.id;
        let (goes, at_goes, stays, at_stays) =
            if round < 2 { (ann, call, ben, at_ben) } else { (ben, at_ben, ann, call) };
        if round % 2 == 0 {
            goes.engine().hang_up(at_goes).await;
        }
        goes.leave().await;
        ended_as(&stays, at_stays, &EndReason::RemoteHungUp)
            .await
            .with_context(|| format!("round {round}"))?;
        let all = |state: &Value| {
            let words = records(accounts, state);
            !words.is_empty() && words.iter().filter(|word| *word != "waiting").all(|word| word == "ended")
        };
        if accounts.dialect != "clinic" || round >= 2 {
            // A clinic's patient who goes ends nothing; the practice does.
            server.until(&format!("the end of record {round}"), all).await?;
        }
        stays.leave().await;
        server.until("nobody", |state| state["sockets"] == 0).await?;
    }
    Ok(())
}

async fn a_second_call_is_declined_and_the_first_goes_on(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    if !accounts.rings {
        return Ok(());
    }
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    let third = server.person(&accounts.third).await?;
    let second = third.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ensure!(ring.waiting, "{ring:?}");
    ben.engine().decline(ring.id).await;
    ended_as(&ben, ring.id, &EndReason::Declined).await?;
    if accounts.tells_decline {
        ended_as(&third, second, &EndReason::RemoteDeclined).await?;
    }
    tokio::try_join!(flows(&ann, 20), flows(&ben, 20))?;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await
}

/// While a second caller rings, the first hangs up.
async fn the_first_caller_hangs_up_while_a_second_rings(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    if !accounts.rings {
        return Ok(());
    }
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    let third = server.person(&accounts.third).await?;
    third.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await?;
    ben.engine().accept(ring.id).await;
    tokio::try_join!(third.connected(), ben.connected())?;
    tokio::try_join!(flows(&third, 10), flows(&ben, 10))?;
    Ok(())
}

async fn a_second_call_is_taken_and_the_first_ended(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let third = server.person(&accounts.third).await?;
    third.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ben.engine().end_and_accept(ring.id).await;
    ended_as(&ann, call, &EndReason::RemoteHungUp).await?;
    third.connected().await?;
    let second = |v: &std::sync::Arc<bellwire_engine::EngineView>| {
        v.phone.calls.iter().any(|one| one.id == ring.id && one.state == CallState::Connected)
    };
    ben.until("the second call", second).await?;
    let before = ben.remote.count();
    tokio::try_join!(flows(&third, 10), flows(&ben, 10))?;
    ensure!(ben.remote.count() > before, "no picture of the second caller");
    Ok(())
}

async fn reachable_after_a_silent_break(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    if accounts.dialect == "clinic" {
        // There is no presence outside a call's room, and rooms are polled over REST.
        return Ok(());
    }
    let quick = json!({ "front": true, "pingInterval": 2000, "pingTimeout": 3000 });
    let server = Deployed::start_with(accounts, &quick)?;
    let (ann, ben) = server.two().await?;
    let there = |state: &Value| {
        state["online"].as_array().is_some_and(|online| online.iter().any(|id| *id == accounts.ben.id))
    };
    server.until("Ben known", &there).await?;
    cut(&server, accounts.ben.id, 2).await?;
    server.until("Ben known again", &there).await?;
    ben.online().await?;
    ann.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ben.engine().accept(ring.id).await;
    tokio::try_join!(ann.connected(), ben.connected())?;
    tokio::try_join!(flows(&ann, 10), flows(&ben, 10))?;
    Ok(())
}

/// A person is deleted after a call: at most their own rows are missing.
async fn history_and_list_after_somebody_is_deleted(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let ben = server.person(&accounts.ben).await?;
    for who in [&accounts.ann, &accounts.third] {
        let caller = server.person(who).await?;
        let call = talk(&caller, &ben, MediaKind::Video).await?;
        let at_ben = ben.connected().await?.id;
        caller.engine().hang_up(call).await;
        ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await?;
        caller.leave().await;
    }
    let gone = json!({ "id": accounts.third.id, "email": accounts.third.email });
    if accounts.dialect != "clinic" {
        server.tell("/test/delete", &gone).await?;
    }
    ben.engine().refresh_contacts(ben.account, String::new()).await.context("the list")?;
    let history = ben.engine().backend_history(ben.account, 1).await.context("the history")?;
    // Dealerdesk has no request for its calls; clinic lists appointments that are over.
    if !["dealerdesk", "clinic"].contains(&accounts.dialect) {
        let ann = history.entries.iter().filter(|entry| entry.peer.id.0 == accounts.ann.id);
        ensure!(ann.count() == 1, "{history:?}");
    }
    let call = server.person(&accounts.ann).await?;
    ensure!(call.engine().backend_history(call.account, 1).await.is_ok(), "the history of who stayed");
    Ok(())
}

async fn searching_the_list(accounts: &DeployedAccounts) -> anyhow::Result<()> {
    let server = Deployed::start(accounts)?;
    let ben = server.person(&accounts.ben).await?;
    let ann = server.person(&accounts.ann).await?;
    let person = ann.me().context("signed in")?;
    let shown = |v: &bellwire_engine::EngineView| -> bool {
        v.accounts.iter().any(|a| a.contacts.iter().any(|line| line.person.id == person.id))
    };
    let view = ben.until("the list", |v| shown(v)).await?;
    // What the line is called, not what they call themselves.
    let mut lines = view.accounts.iter().flat_map(|a| &a.contacts);
    let line = lines.find(|line| line.person.id == person.id).context("no line")?;
    let words = line.person.name.split(' ').next().unwrap_or_default().to_lowercase();
    ben.engine().refresh_contacts(ben.account, "zzzz".into()).await.context("nobody matches")?;
    ben.engine().refresh_contacts(ben.account, words).await.context("somebody matches")?;
    ben.until("the line that matches", |v| shown(v)).await?;
    Ok(())
}

macro_rules! every {
    ($($dialect:ident = $accounts:expr;)*) => {
        $(mod $dialect {
            use super::*;
            every!(@tests $accounts,
                signing_in_is_answered_in_the_backends_words,
                a_calls_b_and_b_hangs_up,
                b_calls_a_and_b_hangs_up,
                a_voice_call,
                declining_tells_the_caller_where_there_are_words,
                taking_a_ring_back,
                somebody_who_is_away,
                the_last_word_arrives_when_the_program_ends,
                a_second_call_is_declined_and_the_first_goes_on,
                the_first_caller_hangs_up_while_a_second_rings,
                a_second_call_is_taken_and_the_first_ended,
                reachable_after_a_silent_break,
                history_and_list_after_somebody_is_deleted,
                searching_the_list,
            );
        })*
    };
    (@tests $accounts:expr, $($test:ident,)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() -> anyhow::Result<()> {
            super::$test(&$accounts).await
        })*
    };
}

every! {
    storefront = deployed_accounts::STOREFRONT;
    dealerdesk = deployed_accounts::DEALERDESK;
    marketplace = deployed_accounts::MARKETPLACE;
    hearth = deployed_accounts::HEARTH;
    clinic = deployed_accounts::CLINIC;
}
