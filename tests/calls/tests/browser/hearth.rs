//! Tests with web peers of hearth, which get the offer request twice, offer once more by themselves and
//! discard their connection at every received offer.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bellwire_engine::{CallStats, Invite, MediaKind, MemberState, Person, PersonId};
use bellwire_tests_calls::{Janus, Login, Setup, TestClient, WAIT_LIMIT, accounts};
use serde_json::Value;

use crate::chromium::{Chromium, both_see_and_hear, group_stage, group_stage_with, stage};

/// Seven that each encode for six others and decode as many take all the time of two processors; at times their reports
/// are then half a second late, and pictures come for one after the other.
const BUSY_WAIT_LIMIT: Duration = WAIT_LIMIT.saturating_mul(3);

#[tokio::test(flavor = "multi_thread")]
async fn chromium_calls_and_hangs_up() -> anyhow::Result<()> {
    let (server, chromium) = stage("hearth").await?;
    let ben = TestClient::of(&server, "hearth", accounts::HEARTH.callee, Setup::default()).await?;
    let to = ben.me().map(|me| me.id.0).unwrap_or_default();
    chromium.open(&[("email", accounts::HEARTH.caller.email), ("do", "call"), ("to", &to)]).await?;
    let ring = ben.ringing().await?;
    ben.engine().accept(ring.id).await;
    ben.connected().await?;
    both_see_and_hear(&chromium, &ben, "H264").await?;
    chromium.run("window.hangUp()").await?;
    ben.ended().await?;
    chromium.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn we_call_chromium_and_hang_up() -> anyhow::Result<()> {
    let (server, chromium) = stage("hearth").await?;
    chromium.open(&[("email", accounts::HEARTH.callee.email), ("do", "answer")]).await?;
    let me = chromium.until("its own id", |report| report["me"].is_string()).await?;
    let ana = TestClient::of(&server, "hearth", accounts::HEARTH.caller, Setup::default()).await?;
    let id = bellwire_engine::PersonId(me["me"].as_str().unwrap_or_default().to_owned());
    let ben = bellwire_engine::Person { id, name: "Ben Okoro".into(), avatar: None };
    ana.dial_person(ben, None).await?;
    let call = ana.connected().await?;
    both_see_and_hear(&chromium, &ana, "H264").await?;
    ana.engine().hang_up(call.id).await;
    chromium.until("the end", |report| report["ended"] == true).await?;
    chromium.close().await;
    Ok(())
}

/// Of the page, each of the others was connected, with pictures and sound.
fn meets(report: &Value, others: usize) -> bool {
    let peers = report["peers"].as_object();
    let there = |peer: &&Value| peer["met"] == true;
    peers.is_some_and(|peers| peers.len() == others && peers.values().filter(there).count() == others)
}

#[tokio::test(flavor = "multi_thread")]
async fn four_of_ours_and_three_pages_see_and_hear_each_other() -> anyhow::Result<()> {
    const OURS: [&str; 4] =
        ["ana@demo.example", "ben@demo.example", "cleo@demo.example", "nada@demo.example"];
    const THEIRS: [&str; 3] = ["therapist@demo.example", "yoko@demo.example", "farid@demo.example"];
    let (server, pages) = group_stage(THEIRS.len()).await?;
    let mut invited = Vec::new();
    for (page, email) in pages.iter().zip(THEIRS) {
        invited.push(invite_page(page, email, &[]).await?);
    }
    let mut clients = Vec::new();
    for email in OURS {
        let setup = Setup { max_bitrate: 100_000, ..Setup::default() };
        clients.push(TestClient::of(&server, "hearth", Login { role: "user", email }, setup).await?);
    }
    for client in &clients[1..] {
        invited.push(client.me().context("signed in")?);
    }
    let to = invited.remove(0);
    let invite = Invite { to, others: invited, kind: MediaKind::Video, subject: None };
    clients[0].engine().invite(clients[0].account, invite).await;
    for client in &clients[1..] {
        let ring = client.ringing().await?;
        client.engine().accept(ring.id).await;
    }
    for client in &clients {
        let all = |call: &bellwire_engine::CallView| {
            call.members.len() == 6 && call.members.iter().all(|m| m.state == MemberState::Connected)
        };
        client.until("everybody", |view| view.phone.calls.iter().any(all)).await?;
        sees_everybody(client, 6).await?;
        // The fake microphone of a browser beeps now and then.
        let members = client.calls().first().context("a call")?.members.clone();
        for member in members {
            let mut levels = client.engine().levels();
            let heard = levels.wait_for(|l| l.members.iter().any(|m| m.member == member.id && m.db > -50.0));
            let heard = tokio::time::timeout(BUSY_WAIT_LIMIT, heard).await;
            heard.with_context(|| format!("{} is not heard", member.person.name))??;
        }
    }
    for page in &pages {
        if let Err(error) = page.until("everybody", |report| meets(report, 6)).await {
            let mut all = Vec::new();
            for page in &pages {
                all.push(page.report().await?.to_string());
            }
            return Err(error.context(format!("all pages: {}", all.join("\n"))));
        }
    }
    // A page goes, and the others stay.
    pages[0].run("window.hangUp()").await?;
    for client in &clients {
        client.until("one to be gone", |view| view.phone.calls.iter().any(|c| c.members.len() == 5)).await?;
    }
    pages[1].until("one to be gone", |report| meets(report, 5)).await?;
    for page in pages {
        page.close().await;
    }
    Ok(())
}

/// Waits until pictures of each of the others have come, not of all in the same second: all run on one machine.
async fn sees_everybody(client: &TestClient, others: usize) -> anyhow::Result<CallStats> {
    let seen = Mutex::new(BTreeSet::new());
    let all = |stats: &CallStats| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(stats.members.iter().filter(|member| member.fps > 2.0).map(|member| member.member));
        stats.members.len() == others && stats.members.iter().all(|member| seen.contains(&member.member))
    };
    client.stats_within(BUSY_WAIT_LIMIT, "everybody's pictures", all).await
}

/// Shows the page of somebody who answers, with few and small pictures: all run on one machine, and three pages of seven
/// that each encode and decode six take two processors' whole time at twice the size and rate.
async fn invite_page(page: &Chromium, email: &str, more: &[(&str, &str)]) -> anyhow::Result<Person> {
    let size = [("width", "160"), ("height", "90"), ("fps", "6"), ("kbps", "100")];
    page.open(&[&[("email", email), ("do", "answer")][..], &size[..], more].concat()).await?;
    let report = page.until("its own id", |report| report["me"].is_string()).await?;
    let id = PersonId(report["me"].as_str().unwrap_or_default().to_owned());
    Ok(Person { id, name: email.into(), avatar: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn through_janus_seven_of_ours_and_a_page_see_and_hear_each_other() -> anyhow::Result<()> {
    const OURS: [&str; 7] = [
        "ana@demo.example",
        "ben@demo.example",
        "cleo@demo.example",
        "therapist@demo.example",
        "nada@demo.example",
        "yoko@demo.example",
        "therapist2@demo.example",
    ];
    let janus = Janus::start().await?;
    let engine = janus.config();
    let (server, mut pages) = group_stage_with(1, |config| config.group_engine = engine).await?;
    let page = pages.pop().context("a page")?;
    let to = invite_page(&page, "farid@demo.example", &[]).await?;
    let mut clients = Vec::new();
    for email in OURS {
        let setup = Setup { max_bitrate: 100_000, ..Setup::default() };
        clients.push(TestClient::of(&server, "hearth", Login { role: "user", email }, setup).await?);
    }
    let others = clients[1..].iter().map(|client| client.me().context("signed in"));
    let others = others.collect::<anyhow::Result<Vec<_>>>()?;
    let invite = Invite { to: to.clone(), others, kind: MediaKind::Video, subject: None };
    clients[0].engine().invite(clients[0].account, invite).await;
    for client in &clients[1..] {
        let ring = client.ringing().await?;
        client.engine().accept(ring.id).await;
    }
    page.until("everybody", |report| meets(report, 7)).await?;
    page.until("what it sends", |report| report["uplink"] == "connected").await?;
    for client in &clients {
        let all = |call: &bellwire_engine::CallView| {
            call.members.len() == 7 && call.members.iter().all(|m| m.state == MemberState::Connected)
        };
        client.until("everybody", |view| view.phone.calls.iter().any(all)).await?;
        let stats = sees_everybody(client, 7).await?;
        let codes = stats.members.iter().map(|member| &member.security_code);
        let none = codes.chain([&stats.security_code]).all(String::is_empty);
        anyhow::ensure!(none, "a code for what Janus can read");
        let members = client.calls().first().context("a call")?.members.clone();
        let member = members.iter().find(|member| member.person.id == to.id).context("the page")?.id;
        let mut levels = client.engine().levels();
        let heard = levels.wait_for(|l| l.members.iter().any(|m| m.member == member && m.db > -50.0));
        tokio::time::timeout(WAIT_LIMIT, heard).await.context("the page is not heard")??;
    }
    page.run("window.hangUp()").await?;
    for client in &clients {
        client.until("one to be gone", |view| view.phone.calls.iter().any(|c| c.members.len() == 6)).await?;
    }
    janus.until_handles(7 * 7).await?;
    page.close().await;
    Ok(())
}
