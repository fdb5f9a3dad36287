//! Hearth against a Node `socket.io` server that behaves like the deployed backend
//! (`tests/node-backends/hearth-server.mjs`; `npm ci` there first).

use std::time::Duration;

use anyhow::{Result, bail};
use bellwire_call::{
    CallId, CallKey, DeclineReason, IncomingSignal, Invite, MediaKind, MediaState, OfferRule, OutgoingSignal,
    Person, PersonId, SdpKind,
};
use bellwire_signaling::{
    SessionEvent, SignInError, SignInRequest, SignedIn, TransportConfig, resume, sign_in,
};
use serde_json::{Value, json};

use crate::support::{Deployed, as_heard, candidate, heard, link, next, online, sdp};

fn start(port: u16) -> Result<Deployed> {
    Deployed::node("hearth-server.mjs", &[port.to_string()])
}

fn request(server: &Deployed, email: &str, password: &str) -> SignInRequest {
    server.request_to("hearth", "/api", "user", email, password)
}

async fn person(server: &Deployed, email: &str) -> Result<SignedIn> {
    online(request(server, email, "secret")).await
}

const ANA: &str = "ana@example.com";
const BEN: &str = "ben@example.com";

fn invite(kind: MediaKind) -> OutgoingSignal {
    let to = Person { id: PersonId("u2".into()), name: "Ben".into(), avatar: None };
    OutgoingSignal::Invite(Invite { to, others: Vec::new(), kind, subject: None })
}

/// Events with that name by that user, as the server saw them.
fn seen<'a>(state: &'a Value, user: &str, name: &str) -> Vec<&'a Value> {
    let all = state["seen"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|event| event[0] == name && event[1] == user).collect()
}

/// Ana rings, Ben hears it.
async fn ring(server: &Deployed, kind: MediaKind) -> Result<(SignedIn, SignedIn, CallKey)> {
    let (mut ana, mut ben) = (person(server, ANA).await?, person(server, BEN).await?);
    server
        .until("both known", |state| {
            state["seen"]
                .as_array()
                .is_some_and(|seen| seen.iter().filter(|e| e[0] == "authenticate").count() == 2)
        })
        .await?;
    // The backend looks at a token for a while; only then is somebody rung.
    tokio::time::sleep(Duration::from_millis(600)).await;
    ana.session.say(CallKey::Local(CallId(1)), invite(kind))?;
    let (_, placed) = heard(&mut ana.events).await?;
    let IncomingSignal::Placed { remote, .. } = placed else { bail!("heard {placed:?}") };
    let key = CallKey::Remote(remote);
    let (ringing, signal) = heard(&mut ben.events).await?;
    assert_eq!(ringing, key);
    let IncomingSignal::Ring(ring) = signal else { bail!("heard {signal:?}") };
    assert_eq!((ring.from.name.as_str(), ring.kind), ("Ana Lima", kind));
    Ok((ana, ben, key))
}

/// The same, and Ben accepts. Ana's name is the smaller, so Ben begins.
async fn talk(server: &Deployed) -> Result<(SignedIn, SignedIn, CallKey)> {
    let (mut ana, mut ben, key) = ring(server, MediaKind::Video).await?;
    ben.session.say(key.clone(), OutgoingSignal::Accept)?;
    for signal in
        [IncomingSignal::OfferTurn { us: false }, IncomingSignal::Accept, IncomingSignal::PeerJoined]
    {
        assert_eq!(heard(&mut ana.events).await?, (key.clone(), signal));
    }
    for signal in [IncomingSignal::OfferTurn { us: true }, IncomingSignal::PeerJoined] {
        assert_eq!(heard(&mut ben.events).await?, (key.clone(), signal));
    }
    Ok((ana, ben, key))
}

#[tokio::test]
async fn a_call_from_ring_to_hang_up_on_the_deployed_backend() -> Result<()> {
    let server = start(0)?;
    let (mut ana, mut ben, key) = talk(&server).await?;
    assert_eq!(ana.offers, OfferRule::Told);
    let offer = OutgoingSignal::Offer(sdp(SdpKind::Offer));
    ben.session.say(key.clone(), offer.clone())?;
    assert_eq!(heard(&mut ana.events).await?, (key.clone(), as_heard(&offer)));
    let answer = OutgoingSignal::Answer(sdp(SdpKind::Answer));
    ana.session.say(key.clone(), answer.clone())?;
    assert_eq!(heard(&mut ben.events).await?, (key.clone(), as_heard(&answer)));
    for n in 0..300 {
        ana.session.say(key.clone(), candidate(n))?;
    }
    for n in 0..300 {
        // Were one heard twice, the next would be out of its place.
        assert_eq!(heard(&mut ben.events).await?, (key.clone(), as_heard(&candidate(n))), "candidate {n}");
    }
    let muted = MediaState { audio: Some(false), video: None, sharing: None };
    ben.session.say(key.clone(), OutgoingSignal::Media(muted))?;
    assert_eq!(heard(&mut ana.events).await?, (key.clone(), IncomingSignal::Media(muted)));

    // Ben did not make the session and may not end it: leaving has to do.
    ben.session.say(key.clone(), OutgoingSignal::HangUp)?;
    assert_eq!(
        heard(&mut ana.events).await?,
        (key.clone(), IncomingSignal::PeerLeft { disconnected: false })
    );
    let state = server.until("both gone", |state| seen(state, "u1", "leave_call_session").len() == 1).await?;
    assert_eq!(state["errors"], json!([]), "nothing was said too early, or to nobody");
    let history = ana.session.history(1, 20).await?;
    assert_eq!((history.items.len(), history.items[0].status.as_str()), (1, "ended"));
    assert!(history.items[0].outgoing);
    assert_eq!(history.items[0].peer.name, "Ben Okoro");
    Ok(())
}

#[tokio::test]
async fn what_is_said_twice_or_to_nobody_does_no_harm() -> Result<()> {
    let server = start(0)?;
    let (mut ana, _ben, key) = talk(&server).await?;
    let CallKey::Remote(session) = &key else { bail!("{key:?}") };
    let said = |more: Value| {
        let mut body = json!({ "fromPeerId": "bellwire-u2", "sessionId": session.0,
            "candidate": { "candidate": "candidate:7", "sdpMid": "0", "sdpMLineIndex": 0 } });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        body
    };
    // A web client that names both targets is heard by both listeners.
    server.emit("u1", "webrtc_ice_candidate", said(json!({}))).await?;
    let second = said(json!({ "fromSocketId": "s", "fromUserId": "u2" }));
    server.emit("u1", "webrtc_ice_candidate", second).await?;
    server.emit("u1", "call_error", json!({ "message": "Target peer not found" })).await?;
    // Somebody else in the room, and nonsense.
    let stranger = said(json!({ "fromPeerId": "peer_x", "fromUserId": "u9" }));
    server.emit("u1", "webrtc_ice_candidate", stranger).await?;
    server.emit("u1", "user_joined_call", json!({ "participant": 7 })).await?;
    let left = json!({ "userId": "u2", "socketId": "of-an-older-connection", "reason": "disconnected" });
    server.emit("u1", "user_left_call", left).await?;
    server.emit("u1", "call_ended", json!({ "sessionId": session.0, "duration": 3 })).await?;
    assert_eq!(heard(&mut ana.events).await?, (key.clone(), as_heard(&candidate(7))));
    assert_eq!(heard(&mut ana.events).await?, (key.clone(), IncomingSignal::HangUp));
    Ok(())
}

#[tokio::test]
async fn a_voice_call_is_declined_in_words_that_nobody_hears() -> Result<()> {
    let server = start(0)?;
    let (mut ana, ben, key) = ring(&server, MediaKind::Voice).await?;
    ben.session.say(key.clone(), OutgoingSignal::Decline(DeclineReason::Busy))?;
    let state = server.until("the decline", |state| seen(state, "u2", "decline_call").len() == 1).await?;
    assert_eq!(seen(&state, "u2", "decline_call")[0][2]["reason"], "busy");
    // A server that listens passes it on.
    let CallKey::Remote(session) = &key else { bail!("{key:?}") };
    let told = json!({ "sessionId": session.0, "userId": "u2", "reason": "busy" });
    server.emit("u1", "call_declined", told).await?;
    assert_eq!(heard(&mut ana.events).await?, (key, IncomingSignal::Decline(DeclineReason::Busy)));
    server.until("the farewell", |state| seen(state, "u1", "leave_call_session").len() == 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_dies_and_returns_is_found_again_under_the_same_name() -> Result<()> {
    let mut server = start(0)?;
    let (mut ana, ben, key) = talk(&server).await?;
    let port = server.port;
    server.kill();
    link(&mut ana.events, false).await?;
    let muted = MediaState { audio: Some(false), video: None, sharing: None };
    ana.session.say(key.clone(), OutgoingSignal::Media(muted))?;
    drop(ben);

    let server = start(port)?;
    link(&mut ana.events, true).await?;
    ana.session.say(key, OutgoingSignal::Rejoin)?;
    let muted = |state: &Value| !seen(state, "u1", "media_state_changed").is_empty();
    let state = server.until("the way back", muted).await?;
    let joins = seen(&state, "u1", "join_call_session");
    assert_eq!(joins.len(), 1, "once, however often it is asked for");
    assert_eq!(joins[0][2]["peerId"], "bellwire-u1");
    assert_eq!(state["errors"], json!([]), "and not before the token was looked at");
    Ok(())
}

#[tokio::test]
async fn lists_come_with_the_token_and_an_old_one_asks_to_sign_in_again() -> Result<()> {
    let server = start(0)?;
    let ana = person(&server, ANA).await?;
    let lines = ana.session.contacts("").await?.items;
    let ids: Vec<_> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["t1", "u2"]);
    assert_eq!(lines[0].subject.as_ref().map(|subject| subject.label.as_str()), Some("Tuesday evening"));
    let ice = ana.session.ice_servers().await?.servers;
    assert_eq!(ice[0].urls, ["stun:stun.l.google.com:19302"]);

    let refused = sign_in(request(&server, ANA, "wrong")).await.err();
    assert!(matches!(refused, Some(SignInError::WrongCredentials { .. })), "{refused:?}");
    let mut identity = ana.identity.clone();
    identity.token = "token-of-last-year".into();
    let mut old = resume(ana.backend.clone(), identity, &TransportConfig::default()).await?;
    next(&mut old.events, "token expired", |event| match event {
        SessionEvent::TokenExpired => Some(()),
        _ => None,
    })
    .await?;
    Ok(())
}
