//! Tests of what only a deployed storefront does.

use anyhow::{Context, ensure};
use bellwire_engine::{EndReason, MediaKind, Person, Subject};
use bellwire_tests_calls::{Deployed, Page, deployed_accounts::STOREFRONT, seen};
use serde_json::{Value, json};

use crate::scene::{ended_as, talk};

/// A page that is signed in and has announced itself.
async fn page(server: &Deployed, id: &str) -> anyhow::Result<Page> {
    let page = server.page("", json!({})).await?;
    page.say("addUser", json!(id)).await?;
    let listed = |name: &str, users: &Value| name == "getUsers" && users.to_string().contains(id);
    page.until("itself in the list", listed, 1).await?;
    Ok(page)
}

/// The original pages close whatever call they are in when they hear this of any call.
fn closes_pages(page: &Page) -> bool {
    page.heard("callStatusUpdate").iter().any(|update| update["status"] == "ended")
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_bystanders_survive_a_cancel_a_decline_and_a_hang_up() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let (one, other) = (page(&server, "x1").await?, page(&server, "x2").await?);
    for page in [&one, &other] {
        page.say("joinVideoCall", json!({ "callId": "foreign", "userId": "x", "userType": "seller" }))
            .await?;
    }
    let both = |name: &str, joined: &Value| name == "userJoinedCall" && joined["participantCount"] == 2;
    other.until("both in a call of their own", both, 1).await?;

    let (ann, ben) = server.two().await?;
    let call = ann.call_to(&ben, MediaKind::Video).await?;
    let ring = ben.ringing().await?;
    ann.engine().hang_up(call).await;
    ended_as(&ben, ring.id, &EndReason::RemoteCancelled).await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    let at_ben = ben.connected().await?.id;
    ann.engine().hang_up(call).await;
    ended_as(&ben, at_ben, &EndReason::RemoteHungUp).await?;
    server
        .until("both records ended", |state| {
            state["calls"].as_array().is_some_and(|calls| calls.iter().all(|call| call["status"] == "ended"))
        })
        .await?;
    // What the pages say to each other afterwards has passed everything that was said before.
    one.say("offer", json!({ "callId": "foreign", "offer": {}, "receiverId": "x2" })).await?;
    other.until("the bystander's offer", |name, _| name == "offer", 1).await?;
    ensure!(!closes_pages(&one) && !closes_pages(&other), "a bystander's call is closed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_the_sellers_page_end_a_ring() -> anyhow::Result<()> {
    for (word, expected) in [
        ("rejected", EndReason::RemoteDeclined),
        ("busy", EndReason::RemoteBusy),
        ("declined", EndReason::RemoteDeclined),
    ] {
        let server = Deployed::start(&STOREFRONT)?;
        let seller = page(&server, STOREFRONT.ben.id).await?;
        let ann = server.person(&STOREFRONT.ann).await?;
        let shop =
            Person { id: bellwire_engine::PersonId("s1".into()), name: "Lamp Shop".into(), avatar: None };
        let call = ann.call_person(&shop, MediaKind::Video).await?;
        let ring = seller.until("a ring", |name, _| name == "incomingVideoCall", 1).await?;
        // No userId and no userType, as that page says it.
        let said =
            json!({ "callId": ring["callId"], "status": word, "timestamp": "2026-01-05T10:00:00.000Z" });
        seller.say("callStatusUpdate", said).await?;
        ended_as(&ann, call, &expected).await.context(word)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_calls_words_do_not_end_ours() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let stranger = page(&server, "x1").await?;
    let (ann, ben) = server.two().await?;
    let call = talk(&ann, &ben, MediaKind::Video).await?;
    for status in ["ended", "declined", "rejected", "busy", "missed"] {
        stranger.say("callStatusUpdate", json!({ "callId": "foreign", "status": status })).await?;
    }
    stranger.say("endVideoCall", json!({ "callId": "foreign", "userId": "x1", "reason": "x" })).await?;
    let all = |state: &Value| seen(state, "endVideoCall").len() == 1;
    server.until("all of it said", all).await?;
    tokio::try_join!(ann.remote.see(20), ben.remote.see(20))?;
    ensure!(ann.connected().await?.id == call);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_calls_about_an_order_although_the_backend_cannot() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let (ann, ben) = server.two().await?;
    let line = ben.line_for(&ann).await?.context("no line")?;
    let order = line.subjects.first().context("no order")?.subject.clone();
    let call = ben.dial_person(line.person, Some(order.clone())).await?;
    let ring = ann.ringing().await?;
    ensure!(
        ring.subject.as_ref().is_some_and(|subject| subject.label == order.label),
        "{ring:?} of {order:?}"
    );
    let ours = ben.calls().into_iter().find(|one| one.id == call).context("our call")?;
    ensure!(ours.subject.as_ref() == Some(&order), "{ours:?}");
    ann.engine().accept(ring.id).await;
    tokio::try_join!(ann.connected(), ben.connected())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_calls_about_an_order() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let (ann, ben) = server.two().await?;
    let order = Subject { id: "o1".into(), label: "Order #1042".into() };
    ann.dial_person(ben.me().context("signed in")?, Some(order)).await?;
    let ring = ben.ringing().await?;
    ensure!(ring.subject.is_some_and(|subject| subject.label.contains("1042")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_never_the_text_of_an_exception() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let ben = server.person(&STOREFRONT.ben).await?;
    let nobody = Person { id: bellwire_engine::PersonId("c9".into()), name: "Nobody".into(), avatar: None };
    let about = Some(Subject { id: "o1".into(), label: "Order #1042".into() });
    let call = ben.dial_person(nobody, about).await?;
    let reason = crate::scene::over(&ben, call).await?;
    let EndReason::Refused { message } = &reason else { anyhow::bail!("{reason:?}") };
    ensure!(!message.contains("undefined") && !message.contains("function"), "{message}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_device_rings_after_the_first_is_gone() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let (ann, phone) = server.two().await?;
    server.until("the first", |state| seen(state, "addUser").len() >= 2).await?;
    let tablet = server.person(&STOREFRONT.ben).await?;
    server.until("the second", |state| seen(state, "addUser").len() >= 3).await?;
    phone.leave().await;
    let again = |state: &Value| {
        state["sockets"] == 2 && state["online"].as_array().is_some_and(|on| on.iter().any(|id| *id == "s1"))
    };
    server.until("the second in the first's place", again).await?;
    ann.call_to(&tablet, MediaKind::Video).await?;
    tablet.ringing().await?;
    Ok(())
}

/// A page that takes long to get its camera hears no offer before; it is offered until it answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_late_is_offered_again_and_again() -> anyhow::Result<()> {
    let server = Deployed::start(&STOREFRONT)?;
    let customer = page(&server, STOREFRONT.ann.id).await?;
    let ben = server.person(&STOREFRONT.ben).await?;
    let ann = Person { id: bellwire_engine::PersonId("c1".into()), name: "Ann".into(), avatar: None };
    ben.call_person(&ann, MediaKind::Video).await?;
    let ring = customer.until("a ring", |name, _| name == "incomingVideoCall", 1).await?;
    let accepted =
        json!({ "callId": ring["callId"], "status": "accepted", "userId": "c1", "userType": "customer" });
    customer.say("callStatusUpdate", accepted).await?;
    let joins = json!({ "callId": ring["callId"], "userId": "c1", "userType": "customer" });
    customer.say("joinVideoCall", joins).await?;
    // Each comes twice, by the room and directly: five of them are still coming when six seconds are over.
    customer.until("a fifth offer", |name, _| name == "offer", 10).await?;
    Ok(())
}
