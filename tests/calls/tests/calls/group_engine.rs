//! Calls of several on `hearth` through a real Janus: the same engines, colours and tones as in a mesh.

use anyhow::{Context, ensure};
use bellwire_engine::{CallState, CallStats, EndReason, EngineView, Invite, MediaKind, Person, Subject};
use bellwire_tests_calls::{Janus, Login, Setup, TestClient, TestServer};

use crate::group::{all_meet, connected_to, gather, hears, live, me, member, only, part, people, person};

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

/// Waits until nobody has a connection.
async fn all_lose(people: &[TestClient]) -> anyhow::Result<()> {
    let lost = |view: &std::sync::Arc<EngineView>| {
        view.phone.calls.iter().all(|call| call.state == CallState::Reconnecting)
    };
    for person in people {
        person.until("the loss", lost).await?;
    }
    Ok(())
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

/// Members of a mesh are eight at most; where what each sends is passed on, the server's configuration says how many.
#[tokio::test(flavor = "multi_thread")]
async fn nine_people_hear_each_other_where_there_are_sixteen_seats() -> anyhow::Result<()> {
    let janus = Janus::start().await?;
    let engine = janus.config();
    let server = TestServer::start_with(|config| {
        config.group_engine = engine;
        for backend in config.backends.values_mut() {
            backend.settings.insert("max-call-participants", 16);
        }
        *config = config.clone().with_request_limit(10_000);
    })
    .await?;
    let mut people = people(&server, 8).await?;
    let ninth = "ninth@demo.example";
    server.add_person(ninth, "Nina").await?;
    people.push(
        TestClient::of(&server, "hearth", Login { role: "user", email: ninth }, Setup::default()).await?,
    );

    let mut called = people[1..].iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    let invite = Invite { to: called.remove(0), others: called, kind: MediaKind::Voice, subject: None };
    people[0].engine().invite(people[0].account, invite).await;
    for callee in &people[1..] {
        let ring = callee.ringing().await?;
        callee.engine().accept(ring.id).await;
    }
    for client in &people {
        connected_to(client, 8).await?;
    }
    janus.until_handles(handles(9)).await?;
    for (own, client) in people.iter().enumerate() {
        for member in live(client).context("a call")?.members {
            hears(client, member.id).await.with_context(|| format!("{own} hears {}", member.person.name))?;
        }
    }
    part(&people).await?;
    janus.until_handles(0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_that_dies_leaves_the_others_talking_and_may_come_back() -> anyhow::Result<()> {
    let (janus, server) = start().await?;
    let mut people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    let call = live(&people[0]).context("a call")?.remote_id.context("an id")?;
    // Without a word to anybody.
    drop(people.pop());
    only(&people[0], &who[1..2]).await?;
    only(&people[1], &who[0..1]).await?;
    janus.until_handles(handles(2)).await?;
    all_meet(&people).await?;

    let again = person(&server, 2).await?;
    let about = Subject { id: call.0, label: String::new() };
    again.dial_person(who[0].clone(), Some(about)).await?;
    people.push(again);
    all_meet(&people).await?;
    janus.until_handles(handles(3)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_and_comes_back_and_everybody_is_connected_anew() -> anyhow::Result<()> {
    let (janus, mut server) = start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    server.kill().await;
    janus.until_handles(0).await?;
    all_lose(&people).await?;
    server.revive().await?;
    for person in &people {
        person.online().await?;
    }
    all_meet(&people).await.context("afterwards")?;
    janus.until_handles(handles(3)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn janus_goes_and_comes_back_and_everybody_is_connected_anew() -> anyhow::Result<()> {
    let (mut janus, server) = start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    janus.kill();
    all_lose(&people).await?;
    let ready = async || reqwest::get(format!("{}/health/ready", server.url())).await;
    let reply = ready().await?;
    ensure!(reply.status() == 503 && reply.text().await?.contains("engine"), "ready without Janus");
    janus.revive().await?;
    all_meet(&people).await.context("afterwards")?;
    ensure!(ready().await?.status() == 200, "not ready");
    janus.until_handles(handles(3)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_janus_calls_of_two_work_and_those_of_several_are_refused() -> anyhow::Result<()> {
    let (mut janus, server) = start().await?;
    let people = people(&server, 3).await?;
    janus.kill();
    let end = tokio::time::Instant::now() + bellwire_tests_calls::WAIT_LIMIT;
    while reqwest::get(format!("{}/health/ready", server.url())).await?.status() != 503 {
        ensure!(tokio::time::Instant::now() < end, "the server has not noticed");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let both = vec![me(&people[2])?];
    let invite = Invite { to: me(&people[1])?, others: both, kind: MediaKind::Video, subject: None };
    people[0].engine().invite(people[0].account, invite).await;
    let refused = people[0].ended().await?;
    let CallState::Ended { reason: EndReason::Refused { message } } = refused.state else {
        anyhow::bail!("{:?}", refused.state)
    };
    ensure!(message.contains("not possible right now"), "{message}");
    people[0].engine().dismiss(refused.id).await;
    people[0].dial_person(me(&people[1])?, None).await?;
    let ring = people[1].ringing().await?;
    people[1].engine().accept(ring.id).await;
    all_meet(&people[..2]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_sessions_leave_nothing_at_janus() -> anyhow::Result<()> {
    let janus = Janus::start().await?;
    let engine = janus.config();
    let server = TestServer::start_with(|config| {
        config.group_engine = engine;
        config.limits.initiates_per_minute = 1_000;
        *config = config.clone().with_request_limit(10_000);
    })
    .await?;
    let people = people(&server, 3).await?;
    for round in 0..20 {
        gather(&people).await.with_context(|| format!("session {round}"))?;
        for client in &people {
            connected_to(client, 2).await?;
        }
        part(&people).await?;
    }
    janus.until_handles(0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_people_see_and_hear_each_other() -> anyhow::Result<()> {
    let (janus, server) = start().await?;
    let people = people(&server, 8).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    janus.until_handles(handles(8)).await?;
    for person in people {
        person.leave().await;
    }
    janus.until_handles(0).await
}

/// Waits for so many more pictures of each of the others.
async fn see_more(client: &TestClient, others: &[Person], pictures: u64) -> anyhow::Result<()> {
    for other in others {
        let id = member(client, other).context("a member")?;
        client.members.of(id).see(pictures).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_on_another_socket_keeps_their_connections() -> anyhow::Result<()> {
    let (janus, server) = start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    janus.until_handles(handles(3)).await?;
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    people[2].sign_in_again().await?;
    for _ in 0..3 {
        see_more(&people[2], &who[..2], 15).await?;
        see_more(&people[0], &who[1..], 15).await?;
    }
    all_meet(&people).await?;
    janus.until_handles(handles(3)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_follows_what_janus_says_of_the_path() -> anyhow::Result<()> {
    let (_janus, server) = start().await?;
    let mut people = Vec::new();
    for email in ["ana@demo.example", "ben@demo.example", "cleo@demo.example"] {
        let setup = Setup { start_bitrate: 150_000, max_bitrate: 1_000_000, ..Setup::default() };
        people.push(TestClient::of(&server, "hearth", Login { role: "user", email }, setup).await?);
    }
    gather(&people).await?;
    let grown = |stats: &CallStats| {
        stats.target_kbps > 400.0 && stats.transport.acknowledged_kbps.is_some_and(|kbps| kbps > 200.0)
    };
    let stats = people[0].stats("a higher rate", grown).await?;
    // Once, not to each of them.
    ensure!(stats.upload_kbps < 1_500.0, "{} kbit/s", stats.upload_kbps);
    ensure!(stats.codec_sent.eq_ignore_ascii_case("h264"), "{}", stats.codec_sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn janus_stands_still_for_a_while_and_goes_on() -> anyhow::Result<()> {
    let (janus, server) = start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    janus.stand_still(true)?;
    all_lose(&people).await?;
    janus.stand_still(false)?;
    see_more(&people[0], &who[1..], 30).await?;
    all_meet(&people).await?;
    janus.until_handles(handles(3)).await
}
