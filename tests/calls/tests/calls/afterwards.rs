//! Tests of what remains of calls: messages instead of an answer, exported history, figures.

use anyhow::{Context, ensure};
use bellwire_engine::{
    CallState, DeclineError, EndReason, ExportFormat, HistoryFilter, LinkState, ListError, MediaKind, Message,
};
use bellwire_tests_calls::accounts::{DEALERDESK, HEARTH, MARKETPLACE, STOREFRONT, TestAccounts};
use bellwire_tests_calls::{CUSTOMER, SELLER, Setup, TestClient, TestServer};

/// The newest message of ours or theirs with that text, once it is in the thread.
async fn message(who: &TestClient, thread: &str, text: &str) -> anyhow::Result<Message> {
    let there = |m: &&Message| m.text == text && !m.id.is_empty();
    let chats = |v: &std::sync::Arc<bellwire_engine::EngineView>| {
        let of_thread = v.chats.iter().filter(|chat| chat.thread == thread);
        of_thread.flat_map(|chat| &chat.messages).any(|m| there(&m))
    };
    let view = who.until(text, chats).await?;
    let messages = view.chats.iter().filter(|chat| chat.thread == thread).flat_map(|chat| &chat.messages);
    messages.rev().find(there).cloned().context("the message vanished")
}

async fn declines_with_a_message(accounts: TestAccounts) -> anyhow::Result<()> {
    const REPLY: &str = "I’ll call you back";
    let server = TestServer::start().await?;
    let caller = TestClient::of(&server, accounts.dialect, accounts.caller, Setup::default()).await?;
    let callee = TestClient::of(&server, accounts.dialect, accounts.callee, Setup::default()).await?;
    let line = caller.line_for(&callee).await?.context("the callee is in the caller's list")?;
    let thread = line.thread.context("they can be written to")?;
    caller.engine().open_thread(caller.account, thread.clone()).await;
    let back = callee.line_for(&caller).await?.context("the caller is in the callee's list")?;
    // What the list is searched for does not matter.
    callee.engine().refresh_contacts(callee.account, "nobody at all".into()).await?;
    if accounts.knows_absence {
        caller.sees_online(&callee).await?;
    }

    caller.call_to(&callee, MediaKind::Video).await?;
    let ring = callee.ringing().await?;
    callee.engine().decline_with(ring.id, format!("  {REPLY} ")).await?;
    let (at_caller, at_callee) = tokio::try_join!(caller.ended(), callee.ended())?;
    ensure!(at_caller.state == CallState::Ended { reason: EndReason::RemoteDeclined }, "{at_caller:?}");
    ensure!(at_callee.state == CallState::Ended { reason: EndReason::Declined }, "{at_callee:?}");
    ensure!(!message(&caller, &thread, REPLY).await?.from_me);
    let own = back.thread.context("the callee can write")?;
    callee.engine().open_thread(callee.account, own.clone()).await;
    ensure!(message(&callee, &own, REPLY).await?.from_me);

    let late = callee.engine().decline_with(ring.id, REPLY.into()).await;
    ensure!(matches!(late, Err(DeclineError::NotRinging)), "{late:?}");
    caller.leave().await;
    callee.leave().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dealer_declines_with_a_message() -> anyhow::Result<()> {
    declines_with_a_message(DEALERDESK).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_declines_with_a_message() -> anyhow::Result<()> {
    declines_with_a_message(MARKETPLACE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_written_to_the_call_rings_on() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    for accounts in [STOREFRONT, HEARTH] {
        let caller = TestClient::of(&server, accounts.dialect, accounts.caller, Setup::default()).await?;
        let callee = TestClient::of(&server, accounts.dialect, accounts.callee, Setup::default()).await?;
        if accounts.knows_absence {
            caller.sees_online(&callee).await?;
        }
        caller.call_to(&callee, MediaKind::Video).await?;
        let ring = callee.ringing().await?;
        let answer = callee.engine().decline_with(ring.id, "Later".into()).await;
        ensure!(matches!(answer, Err(DeclineError::NoMessages)), "{answer:?}");
        callee.engine().accept(ring.id).await;
        tokio::try_join!(caller.connected(), callee.connected())?;
        caller.leave().await;
        callee.leave().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_goes_into_a_file() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    let person = seller.contact(CUSTOMER).await?.person;
    seller.dial(CUSTOMER).await?;
    let ring = customer.ringing().await?;
    customer.engine().decline(ring.id).await;
    let remote = seller.ended().await?.remote_id.context("the backend knows it")?.0;

    let listed = seller.engine().history(HistoryFilter::default(), 1).await?;
    let all = seller.engine().export(HistoryFilter::default(), ExportFormat::Json).await?;
    let all: Vec<serde_json::Value> = serde_json::from_slice(&all)?;
    ensure!(all.len() >= listed.entries.len() && all[0]["call"] == remote.as_str(), "{all:?}");
    ensure!(all[0]["outcome"] == "declined" && all[0]["person"] == person.name.as_str(), "{:?}", all[0]);
    ensure!(all[0]["backend"] == "storefront" && all[0]["direction"] == "outgoing", "{:?}", all[0]);

    let with_them = HistoryFilter {
        dialect: Some("storefront".into()),
        person: Some(person.id.clone()),
        ..HistoryFilter::default()
    };
    let theirs = all.iter().filter(|call| call["person_id"] == person.id.0.as_str()).count();
    let table = String::from_utf8(seller.engine().export(with_them.clone(), ExportFormat::Csv).await?)?;
    ensure!(table.lines().count() == theirs + 1 && table.contains(&remote), "{theirs} calls in {table}");
    let page = seller.engine().history(with_them, 1).await?;
    ensure!(page.entries.iter().all(|entry| entry.peer.id == person.id), "{page:?}");

    let nobody = HistoryFilter { dialect: Some("clinic".into()), ..HistoryFilter::default() };
    ensure!(seller.engine().export(nobody, ExportFormat::Json).await? == b"[]");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sellers_have_figures_and_customers_none() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    let before = seller.engine().analytics(seller.account).await?;
    seller.dial(CUSTOMER).await?;
    let ring = customer.ringing().await?;
    customer.engine().decline(ring.id).await;
    tokio::try_join!(seller.ended(), customer.ended())?;
    seller.newest_record("the refusal", |entry| entry.status == "declined").await?;
    let after = seller.engine().analytics(seller.account).await?;
    ensure!(after.total == before.total + 1 && after.declined == before.declined + 1, "{before:?} {after:?}");
    ensure!(after.by_status.values().sum::<u32>() == after.total, "{after:?}");
    ensure!(seller.capabilities().analytics && !customer.capabilities().analytics);
    let none = customer.engine().analytics(customer.account).await;
    ensure!(matches!(none, Err(ListError::NoFigures)), "{none:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_did_not_get_through_is_sent_again_once() -> anyhow::Result<()> {
    const WORDS: &str = "Are you there?";
    let mut server = TestServer::start().await?;
    let client = TestClient::of(&server, MARKETPLACE.dialect, MARKETPLACE.caller, Setup::default()).await?;
    let provider = TestClient::of(&server, MARKETPLACE.dialect, MARKETPLACE.callee, Setup::default()).await?;
    let thread = client.line_for(&provider).await?.and_then(|line| line.thread).context("a thread")?;
    let back = provider.line_for(&client).await?.and_then(|line| line.thread).context("a thread")?;
    client.engine().open_thread(client.account, thread.clone()).await;
    client.until("the thread", |v| v.chats.iter().any(|chat| chat.loaded)).await?;
    server.kill().await;
    client.until("the loss", |v| v.accounts.iter().all(|a| a.link == LinkState::Offline)).await?;
    client.engine().send_message(client.account, thread.clone(), WORDS.into()).await;
    client.until("the failure", |v| v.chats.iter().any(|chat| chat.failed.is_some())).await?;

    server.revive().await?;
    tokio::try_join!(client.online(), provider.online())?;
    // Twice, as an impatient user does.
    for _ in 0..3 {
        client.engine().retry_messages(client.account, thread.clone()).await;
    }
    ensure!(message(&client, &thread, WORDS).await?.from_me);
    client.until("no failure", |v| v.chats.iter().all(|chat| chat.failed.is_none())).await?;
    provider.engine().open_thread(provider.account, back.clone()).await;
    message(&provider, &back, WORDS).await?;
    let view = provider.engine().view().borrow().clone();
    let messages = view.chats.iter().flat_map(|chat| &chat.messages);
    let times = messages.filter(|message| message.text == WORDS).count();
    ensure!(times == 1, "it came {times} times");
    client.leave().await;
    provider.leave().await;
    Ok(())
}
