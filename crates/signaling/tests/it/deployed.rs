//! The transports against a Node `socket.io` server that behaves like the deployed storefront backend
//! (`tests/node-backends/storefront-server.mjs`; `npm ci` there first).

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bellwire_call::{
    CallId, CallKey, IncomingSignal, Invite, MediaKind, MediaState, OfferRule, OutgoingSignal, Person,
    PersonId, RemoteCallId, Sdp, SdpKind, Subject,
};
use bellwire_signaling::{
    ReplyError, Session, SessionEvent, SignInError, SignedIn, TransportConfig, discover, resume, sign_in,
};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::support::{Deployed, PATIENCE, as_heard, candidate, heard, link, next};

fn ann() -> Person {
    Person { id: PersonId("c1".into()), name: "Ann".into(), avatar: None }
}

fn invite(order: &str) -> OutgoingSignal {
    let subject = Some(Subject { id: order.into(), label: "Order #1042".into() });
    OutgoingSignal::Invite(Invite { to: ann(), others: Vec::new(), kind: MediaKind::Video, subject })
}

async fn place(seller: &Session, events: &mut mpsc::Receiver<SessionEvent>) -> Result<CallKey> {
    seller.say(CallKey::Local(CallId(1)), invite("o1"))?;
    let (key, signal) = heard(events).await?;
    assert_eq!(key, CallKey::Local(CallId(1)));
    let IncomingSignal::Placed { local: CallId(1), remote, subject } = signal else {
        bail!("heard {signal:?}")
    };
    assert_eq!(subject.map(|subject| subject.label).as_deref(), Some("Order #1042"));
    Ok(CallKey::Remote(remote))
}

/// Two people in a call.
async fn call(server: &Deployed) -> Result<(SignedIn, SignedIn, CallKey)> {
    let (mut seller, mut customer) = (server.seller().await?, server.customer().await?);
    link(&mut seller.events, true).await?;
    link(&mut customer.events, true).await?;
    server.until("both online", |state| state["online"].as_array().is_some_and(|on| on.len() == 2)).await?;
    let key = place(&seller.session, &mut seller.events).await?;
    let (ringing, ring) = heard(&mut customer.events).await?;
    assert_eq!(ringing, key);
    let IncomingSignal::Ring(ring) = ring else { bail!("heard {ring:?}") };
    assert_eq!((ring.from.id.0.as_str(), ring.from.name.as_str()), ("s1", "Lamp Shop"));
    customer.session.say(key.clone(), OutgoingSignal::Accept)?;
    assert_eq!(heard(&mut seller.events).await?, (key.clone(), IncomingSignal::Accept));
    assert_eq!(heard(&mut seller.events).await?, (key.clone(), IncomingSignal::PeerJoined));
    Ok((seller, customer, key))
}

#[tokio::test]
async fn a_call_from_ring_to_hang_up_on_the_deployed_backend() -> Result<()> {
    let server = Deployed::start(0)?;
    let (mut seller, mut customer, key) = call(&server).await?;
    assert_eq!((seller.offers, customer.offers), (OfferRule::Us, OfferRule::Them));

    // The callee found the caller in the room.
    assert_eq!(heard(&mut customer.events).await?, (key.clone(), IncomingSignal::PeerJoined));
    let offer = OutgoingSignal::Offer(Sdp { kind: SdpKind::Offer, sdp: "v=0\r\n".into() });
    seller.session.say(key.clone(), offer.clone())?;
    // As deployed: once by the room, once directly.
    assert_eq!(heard(&mut customer.events).await?, (key.clone(), as_heard(&offer)));
    assert_eq!(heard(&mut customer.events).await?, (key.clone(), as_heard(&offer)));

    for n in 0..500 {
        seller.session.say(key.clone(), candidate(n))?;
    }
    for n in 0..500 {
        assert_eq!(
            heard(&mut customer.events).await?,
            (key.clone(), as_heard(&candidate(n))),
            "candidate {n}"
        );
    }

    customer.session.say(key.clone(), OutgoingSignal::HangUp)?;
    assert_eq!(heard(&mut seller.events).await?, (key.clone(), IncomingSignal::HangUp));
    customer.session.close().await;
    let history = seller.session.history(1, 20).await?;
    assert_eq!(history.items.len(), 1);
    assert_eq!(history.items[0].status, "ended");
    assert_eq!(history.items[0].peer.name, "Ann Smith");
    assert!(history.items[0].outgoing);
    Ok(())
}

/// Without repeated registrations: a list of people from just before the first one makes the client register again.
fn registered_once(mut said: Vec<String>) -> Vec<String> {
    let mut registered = false;
    said.retain(|name| name != "addUser" || !std::mem::replace(&mut registered, true));
    said
}

#[tokio::test]
async fn what_is_said_before_the_socket_opens_is_said_when_it_does() -> Result<()> {
    let server = Deployed::start(0)?;
    let mut customer = server.customer().await?;
    link(&mut customer.events, true).await?;
    server.until("customer online", |state| state["online"] == serde_json::json!(["c1"])).await?;

    let mut seller = server.seller().await?;
    let key = place(&seller.session, &mut seller.events).await?;
    seller.session.say(key, candidate(0))?;
    let names = |state: &Value| -> Vec<String> {
        let seen = state["seen"].as_array().cloned().unwrap_or_default();
        let by_seller = seen.iter().filter(|event| event[1] != "c1");
        by_seller.filter_map(|event| event[0].as_str().map(str::to_owned)).collect()
    };
    let state =
        server.until("candidate", |state| names(state).iter().any(|name| name == "ice-candidate")).await?;
    assert_eq!(
        registered_once(names(&state)),
        ["addUser", "incomingVideoCall", "joinVideoCall", "ice-candidate"]
    );
    Ok(())
}

#[tokio::test]
async fn a_call_to_somebody_offline_ends_on_both_sides() -> Result<()> {
    let server = Deployed::start(0)?;
    let mut seller = server.seller().await?;
    let key = place(&seller.session, &mut seller.events).await?;
    assert_eq!(heard(&mut seller.events).await?, (key, IncomingSignal::Offline));
    let late = Instant::now() + PATIENCE;
    while seller.session.history(1, 20).await?.items[0].status != "ended" {
        anyhow::ensure!(Instant::now() < late, "the record stayed open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_dies_and_returns_is_found_again() -> Result<()> {
    let mut server = Deployed::start(0)?;
    let (mut seller, _customer, key) = call(&server).await?;
    let port = server.port;
    server.kill();
    link(&mut seller.events, false).await?;
    let muted = OutgoingSignal::Media(MediaState { audio: Some(false), video: None, sharing: None });
    seller.session.say(key.clone(), muted)?;

    let server = Deployed::start(port)?;
    link(&mut seller.events, true).await?;
    seller.session.say(key, OutgoingSignal::Rejoin)?;
    let from_seller = |state: &Value| -> Vec<String> {
        let seen = state["seen"].as_array().cloned().unwrap_or_default();
        let ours =
            |event: &&Value| event[1] == "s1" || event[1]["userId"] == "s1" || event[1]["senderId"] == "s1";
        seen.iter().filter(ours).filter_map(|event| event[0].as_str().map(str::to_owned)).collect()
    };
    let state = server
        .until("mute after the way back", |state| from_seller(state).iter().any(|name| name == "toggleAudio"))
        .await?;
    // The room is entered once, however often the phone asks for it.
    assert_eq!(registered_once(from_seller(&state)), ["addUser", "joinVideoCall", "toggleAudio"]);
    Ok(())
}

#[tokio::test]
async fn nothing_is_left_of_a_session_that_was_closed_or_dropped() -> Result<()> {
    let mut server = Deployed::start(0)?;
    let (mut seller, customer, key) = call(&server).await?;
    seller.session.say(key, OutgoingSignal::HangUp)?;
    seller.session.close().await;
    let state = server
        .until("the farewell", |state| {
            let seen = state["seen"].as_array().cloned().unwrap_or_default();
            seen.iter().any(|event| event[0] == "leaveVideoCall")
        })
        .await?;
    assert!(state["seen"].to_string().contains("endVideoCall"));
    assert!(seller.session.say(CallKey::Remote(RemoteCallId("x".into())), OutgoingSignal::HangUp).is_err());
    while seller.events.recv().await.is_some() {}
    drop(customer);
    server.until("no connection", |state| state["sockets"] == 0).await?;

    // Closed while the server is away, it must not come back with the server.
    let mut seller = server.seller().await?;
    link(&mut seller.events, true).await?;
    let port = server.port;
    server.kill();
    link(&mut seller.events, false).await?;
    seller.session.close().await;
    let server = Deployed::start(port)?;
    let mut other = server.customer().await?;
    link(&mut other.events, true).await?;
    let state = server.until("the other", |state| state["sockets"] == 1).await?;
    assert_eq!(state["online"], serde_json::json!(["c1"]));
    Ok(())
}

#[tokio::test]
async fn lists_come_with_the_cookie_and_missing_endpoints_have_a_fallback() -> Result<()> {
    let server = Deployed::start(0)?;
    let seller = server.seller().await?;
    let contacts = seller.session.contacts("").await?.items;
    assert_eq!(contacts.len(), 1);
    assert_eq!((contacts[0].person.name.as_str(), contacts[0].total_spent.as_str()), ("Ann Smith", "87.50"));
    assert_eq!(contacts[0].subjects[0].subject.label, "Order #1042");
    let ice = seller.session.ice_servers().await?.servers;
    assert_eq!(ice[0].urls, ["stun:stun.l.google.com:19302"]);
    let customer = server.customer().await?;
    assert!(!customer.capabilities.contacts);
    assert!(customer.session.contacts("").await?.items.is_empty());
    Ok(())
}

#[tokio::test]
async fn refusals_and_wrong_addresses_are_told_apart() -> Result<()> {
    let server = Deployed::start(0)?;
    let error = sign_in(server.request("seller", "shop@example.com", "wrong")).await.err();
    assert!(
        matches!(&error, Some(SignInError::WrongCredentials { message }) if message.contains("correct information")),
        "{error:?}"
    );
    let mut elsewhere = server.request("seller", "shop@example.com", "secret");
    elsewhere.rest_base = Some(format!("http://127.0.0.1:{}/api/v9", server.port));
    let error = sign_in(elsewhere).await.err();
    assert!(matches!(error, Some(SignInError::NotABackend)), "{error:?}");
    let mut unnamed = server.request("seller", "shop@example.com", "secret");
    (unnamed.rest_base, unnamed.socket_base, unnamed.dialect) = (None, None, None);
    unnamed.server = format!("127.0.0.1:{}", server.port);
    let error = sign_in(unnamed.clone()).await.err();
    assert!(matches!(error, Some(SignInError::NotABackend)), "{error:?}");
    let error = discover(&unnamed.server, &TransportConfig::default()).await.err();
    assert!(matches!(error, Some(SignInError::NotABackend)), "{error:?}");
    // It does not describe itself, but whoever says what it is finds it where such backends are.
    unnamed.dialect = Some("storefront".into());
    let mut found = sign_in(unnamed).await?;
    assert_eq!(found.backend.rest.as_str(), server.rest());
    link(&mut found.events, true).await?;
    let mut nobody = server.request("seller", "shop@example.com", "secret");
    drop(server);
    nobody.rest_base = Some("http://127.0.0.1:9/api/v2".into());
    let error = sign_in(nobody).await.err();
    assert!(matches!(error, Some(SignInError::Unreachable)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_login_may_live_elsewhere() -> Result<()> {
    let (server, accounts) = (Deployed::start(0)?, Deployed::start(0)?);
    let mut request = server.request("seller", "shop@example.com", "secret");
    // Only the path replaces it; the wrong one is no login.
    request.login_path = Some("/user/login-user".into());
    let error = sign_in(request.clone()).await.err();
    assert!(matches!(error, Some(SignInError::WrongCredentials { .. })), "{error:?}");
    request.login_path = Some(format!("{}/shop/login-shop", accounts.rest()));
    let signed_in = sign_in(request.clone()).await?;
    assert_eq!(signed_in.backend.rest.as_str(), server.rest());
    assert_eq!(signed_in.session.contacts("").await?.items.len(), 1);
    request.login_path = Some("../shop".into());
    assert!(matches!(sign_in(request).await.err(), Some(SignInError::Address(_))));
    Ok(())
}

#[tokio::test]
async fn a_refused_call_is_told_in_the_backends_words() -> Result<()> {
    let server = Deployed::start(0)?;
    let mut seller = server.seller().await?;
    let key = CallKey::Local(CallId(5));
    seller.session.say(key.clone(), invite("foreign"))?;
    let refused = IncomingSignal::Refused { message: "Not your order".into() };
    assert_eq!(heard(&mut seller.events).await?, (key, refused));
    Ok(())
}

#[tokio::test]
async fn a_strict_socket_lets_the_token_in_and_an_old_one_asks_to_sign_in_again() -> Result<()> {
    let server = Deployed::start_as(0, "strict")?;
    let mut seller = server.seller().await?;
    link(&mut seller.events, true).await?;

    let mut identity = seller.identity.clone();
    identity.token = "token-of-last-year".into();
    let mut old = resume(seller.backend.clone(), identity, &TransportConfig::default()).await?;
    next(&mut old.events, "token expired", |event| match event {
        SessionEvent::TokenExpired => Some(()),
        _ => None,
    })
    .await?;
    assert_eq!(old.session.contacts("").await.err(), Some(ReplyError::TokenExpired));
    server.until("only the seller", |state| state["online"] == serde_json::json!(["s1"])).await?;
    old.session.close().await;

    let direct = TransportConfig::default();
    let mut again = resume(seller.backend.clone(), seller.identity.clone(), &direct).await?;
    link(&mut again.events, true).await?;
    Ok(())
}
