//! Hearth against a Node `socket.io` server that behaves like the deployed backend
//! (`tests/node-backends/hearth-server.mjs`; `npm ci` there first).

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bellwire_call::{
    CallId, CallKey, DeclineReason, IceCandidate, IncomingSignal, Invite, MediaKind, MediaState, OfferRule,
    OutgoingSignal, Person, PersonId, Sdp, SdpKind,
};
use bellwire_signaling::{
    SessionEvent, SignInError, SignInRequest, SignedIn, TransportConfig, resume, sign_in,
};
use serde_json::{Value, json};

use crate::support::{PATIENCE, as_heard, heard, link, next};

/// The Node server; killed when dropped.
struct Deployed {
    process: Child,
    port: u16,
}

impl Deployed {
    fn start(port: u16) -> Result<Self> {
        let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
            .join("../../tests/node-backends");
        if !folder.join("node_modules/socket.io").is_dir() {
            bail!("run `npm ci` in tests/node-backends: these tests need Node's socket.io server");
        }
        let mut node = Command::new("node");
        node.arg(folder.join("hearth-server.mjs")).arg(port.to_string());
        let mut process =
            node.stdout(Stdio::piped()).spawn().context("these tests need Node.js (`node`) on the path")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).context("the server did not start")?;
        Ok(Self { port: said["port"].as_u64().context("no port")?.try_into()?, process })
    }

    fn kill(&mut self) {
        // Fails only if it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn request(&self, email: &str, password: &str) -> SignInRequest {
        SignInRequest {
            dialect: Some("hearth".into()),
            role: "user".into(),
            email: email.into(),
            password: password.into(),
            rest_base: Some(self.url("/api")),
            socket_base: Some(self.url("")),
            ..SignInRequest::default()
        }
    }

    /// Signed in and online.
    async fn person(&self, email: &str) -> Result<SignedIn> {
        let mut person = sign_in(self.request(email, "secret")).await?;
        link(&mut person.events, true).await?;
        Ok(person)
    }

    async fn state(&self) -> Result<Value> {
        Ok(reqwest::Client::builder()
            .no_proxy()
            .build()?
            .get(self.url("/test/state"))
            .send()
            .await?
            .json()
            .await?)
    }

    async fn until(&self, what: &str, when: impl Fn(&Value) -> bool) -> Result<Value> {
        let late = Instant::now() + PATIENCE;
        loop {
            let state = self.state().await?;
            if when(&state) {
                return Ok(state);
            }
            anyhow::ensure!(Instant::now() < late, "never: {what}; last {state}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a web client or another server would say.
    async fn emit(&self, user: &str, event: &str, data: Value) -> Result<()> {
        let body = json!({ "userId": user, "event": event, "data": data });
        let http = reqwest::Client::builder().no_proxy().build()?;
        http.post(self.url("/test/emit")).json(&body).send().await?.error_for_status()?;
        Ok(())
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        self.kill();
    }
}

const ANA: &str = "ana@example.com";
const BEN: &str = "ben@example.com";

fn invite(kind: MediaKind) -> OutgoingSignal {
    let to = Person { id: PersonId("u2".into()), name: "Ben".into(), avatar: None };
    OutgoingSignal::Invite(Invite { to, kind, subject: None })
}

fn candidate(n: usize) -> OutgoingSignal {
    OutgoingSignal::Candidate(IceCandidate {
        candidate: format!("candidate:{n}"),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    })
}

fn description(kind: SdpKind) -> Sdp {
    Sdp { kind, sdp: "v=0\r\n".into() }
}

/// Events with that name by that user, as the server saw them.
fn seen<'a>(state: &'a Value, user: &str, name: &str) -> Vec<&'a Value> {
    let all = state["seen"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|event| event[0] == name && event[1] == user).collect()
}

/// Ana rings, Ben hears it.
async fn ring(server: &Deployed, kind: MediaKind) -> Result<(SignedIn, SignedIn, CallKey)> {
    let (mut ana, mut ben) = (server.person(ANA).await?, server.person(BEN).await?);
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
    let server = Deployed::start(0)?;
    let (mut ana, mut ben, key) = talk(&server).await?;
    assert_eq!(ana.offers, OfferRule::Told);
    let offer = OutgoingSignal::Offer(description(SdpKind::Offer));
    ben.session.say(key.clone(), offer.clone())?;
    assert_eq!(heard(&mut ana.events).await?, (key.clone(), as_heard(&offer)));
    let answer = OutgoingSignal::Answer(description(SdpKind::Answer));
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
    let server = Deployed::start(0)?;
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
    let server = Deployed::start(0)?;
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
    let mut server = Deployed::start(0)?;
    let (mut ana, ben, key) = talk(&server).await?;
    let port = server.port;
    server.kill();
    link(&mut ana.events, false).await?;
    let muted = MediaState { audio: Some(false), video: None, sharing: None };
    ana.session.say(key.clone(), OutgoingSignal::Media(muted))?;
    drop(ben);

    let server = Deployed::start(port)?;
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
    let server = Deployed::start(0)?;
    let ana = server.person(ANA).await?;
    let lines = ana.session.contacts("").await?.items;
    let ids: Vec<_> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["t1", "u2"]);
    assert_eq!(lines[0].subject.as_ref().map(|subject| subject.label.as_str()), Some("Tuesday evening"));
    let ice = ana.session.ice_servers().await?.servers;
    assert_eq!(ice[0].urls, ["stun:stun.l.google.com:19302"]);

    let refused = sign_in(server.request(ANA, "wrong")).await.err();
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
