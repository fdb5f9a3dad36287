//! Tests of hostile peers and failing servers: an error, no panic, and the call in progress goes on.

use anyhow::ensure;
use bellwire_engine::{CallState, SignIn, SignInError};
use bellwire_tests_calls::{CUSTOMER, OTHER_CUSTOMER, RawSocket, SELLER, TestClient, TestServer};
use serde_json::{Value, json};

/// Everything a signaling event should not contain.
fn nonsense(call: &str, me: &str, them: &str) -> Vec<(&'static str, Value)> {
    let long = "x".repeat(200_000);
    let garbage = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=garbage";
    let from = |mut event: Value| {
        event["callId"] = call.into();
        event["senderId"] = me.into();
        event["receiverId"] = them.into();
        event
    };
    vec![
        ("offer", Value::Null),
        ("offer", json!([])),
        ("offer", json!("offer")),
        ("offer", from(json!({}))),
        ("offer", from(json!({ "offer": 7 }))),
        ("offer", from(json!({ "offer": { "type": "offer", "sdp": garbage } }))),
        ("offer", from(json!({ "offer": { "type": "offer", "sdp": long } }))),
        ("offer", from(json!({ "offer": { "type": "rollback", "sdp": "" } }))),
        ("answer", from(json!({ "answer": { "type": "answer", "sdp": garbage } }))),
        ("answer", from(json!({ "answer": { "type": "answer" } }))),
        ("answer", from(json!({ "answer": [[[[[[[[]]]]]]]] }))),
        ("ice-candidate", from(json!({ "candidate": null }))),
        ("ice-candidate", from(json!({ "candidate": { "candidate": "candidate:garbage", "sdpMid": "9" } }))),
        ("ice-candidate", from(json!({ "candidate": { "candidate": long } }))),
        ("ice-candidate", from(json!({ "candidate": { "candidate": 1, "sdpMLineIndex": -1 } }))),
        ("toggleAudio", json!({ "callId": call, "userId": me, "isAudioEnabled": "perhaps" })),
        ("toggleVideo", json!({ "callId": call })),
        ("callStatusUpdate", json!({ "callId": call, "status": "exploded", "userId": me })),
        ("callStatusUpdate", json!({ "callId": { "$ne": null }, "status": "ended" })),
        ("joinVideoCall", json!(42)),
        ("leaveVideoCall", json!({ "callId": "not-a-call", "userId": them })),
        ("endVideoCall", json!({ "callId": "00000000-0000-0000-0000-000000000000", "userId": them })),
        ("no-such-event", json!({ "a": long })),
    ]
}

/// Enters the call's room as a customer, or tries to, and says everything nonsensical there.
async fn join_and_rave(device: &RawSocket, call: &str, them: &str) -> anyhow::Result<()> {
    device
        .emit("joinVideoCall", json!({ "callId": call, "userId": device.id, "userType": "customer" }))
        .await?;
    for (event, payload) in nonsense(call, &device.id, them) {
        device.emit(event, payload).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_from_the_other_party_leaves_the_call_alone() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    let call = seller.connected().await?.remote_id.expect("placed").0;
    let device = RawSocket::connect(&server, "customer", CUSTOMER).await?;
    let them = seller.me().expect("signed in").id.0;
    join_and_rave(&device, &call, &them).await?;
    tokio::try_join!(seller.remote.see(60), customer.remote.see(60))?;
    for person in [&seller, &customer] {
        let live = person.calls();
        ensure!(live.iter().any(|c| c.state == CallState::Connected), "{live:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_touch_the_call() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    let call = seller.connected().await?.remote_id.expect("placed").0;
    let stranger = RawSocket::connect(&server, "customer", OTHER_CUSTOMER).await?;
    let them = seller.me().expect("signed in").id.0;
    join_and_rave(&stranger, &call, &them).await?;
    stranger.emit("endVideoCall", json!({ "callId": call, "userId": them, "reason": "x" })).await?;
    stranger.emit("callStatusUpdate", json!({ "callId": call, "status": "ended", "userId": them })).await?;
    for (path, body) in [
        ("video-call/end", json!({ "callId": call })),
        ("video-call/respond", json!({ "callId": call, "response": "declined" })),
    ] {
        let (status, _) = stranger.post(path, &body).await?;
        ensure!(status == 403 || status == 404, "{path} answered {status}");
    }
    let (status, _) = stranger.post("video-call/end", &json!({ "callId": "no-such-call" })).await?;
    ensure!(status == 404, "an unknown call answered {status}");
    tokio::try_join!(seller.remote.see(60), customer.remote.see(60))?;
    ensure!(seller.calls().iter().any(|c| c.state == CallState::Connected), "{:?}", seller.calls());
    ensure!(!stranger.heard("offer") && !stranger.heard("ice-candidate"), "a stranger heard the call");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_an_answer_ends_in_words() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let seller = TestClient::seller(&server, SELLER).await?;
    let device = RawSocket::connect(&server, "customer", CUSTOMER).await?;
    seller.contact(CUSTOMER).await?;
    seller.dial(CUSTOMER).await?;
    let view =
        seller.until("the placed call", |v| v.phone.calls.iter().any(|c| c.remote_id.is_some())).await?;
    let call = view.phone.calls[0].remote_id.clone().expect("placed").0;
    let (status, body) =
        device.post("video-call/respond", &json!({ "callId": call, "response": "accepted" })).await?;
    ensure!(status == 200, "{status} {body}");
    let them = seller.me().expect("signed in").id.0;
    join_and_rave(&device, &call, &them).await?;
    let ended = seller.ended().await?;
    let CallState::Ended { reason } = ended.state else { unreachable!("waited for the end") };
    // At once and with its reason: by what they said no media can ever flow.
    ensure!(
        matches!(&reason, bellwire_engine::EndReason::Failed { message } if message.contains("in common")),
        "{reason:?}"
    );

    // The phone still works.
    let customer = TestClient::customer(&server, CUSTOMER).await?;
    seller.engine().dismiss(ended.id).await;
    seller.reach(CUSTOMER, &customer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_megabyte_in_one_event_costs_the_sender_the_socket_only() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let (seller, customer) = server.talking().await?;
    let device = RawSocket::connect(&server, "customer", OTHER_CUSTOMER).await?;
    let _ = device.emit("offer", json!({ "callId": "x".repeat(1 << 20) })).await;
    tokio::try_join!(seller.remote.see(40), customer.remote.see(40))?;
    let again = RawSocket::connect(&server, "customer", OTHER_CUSTOMER).await?;
    ensure!(!again.id.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_and_wrong_passwords_are_told_apart_from_no_server() -> anyhow::Result<()> {
    let server = TestServer::start_with(|c| c.session_ttl = Some(std::time::Duration::from_secs(1))).await?;
    ensure!(RawSocket::refused(&server, json!({})).await?, "no token was accepted");
    ensure!(RawSocket::refused(&server, json!({ "token": "nonsense" })).await?, "nonsense was accepted");
    ensure!(
        RawSocket::refused(&server, json!({ "token": { "a": [1, 2] } })).await?,
        "an object was accepted"
    );
    let http = reqwest::Client::new();
    let login: Value = http
        .post(format!("{}/user/login-user", server.rest()))
        .json(&json!({ "email": CUSTOMER, "password": "ring-ring-demo" }))
        .send()
        .await?
        .json()
        .await?;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    ensure!(
        RawSocket::refused(&server, json!({ "token": login["token"] })).await?,
        "an expired token was accepted"
    );

    let screen = || std::sync::Arc::new(bellwire_tests_calls::Screen::default());
    let screens = || bellwire_engine::Screens::of_two(screen(), screen());
    let config = bellwire_engine::EngineConfig { tones: false, ..Default::default() };
    let (engine, _notices) = bellwire_engine::Engine::start(config, screens());
    let request = |server: String, password: &str| SignIn {
        server,
        role: "customer".into(),
        email: CUSTOMER.into(),
        password: password.into(),
        ..SignIn::default()
    };
    let wrong = engine.handle.sign_in(request(server.url(), "wrong")).await;
    ensure!(matches!(wrong, Err(SignInError::WrongCredentials { .. })), "{wrong:?}");
    let nobody = engine.handle.sign_in(request("http://127.0.0.1:9".into(), "wrong")).await;
    ensure!(matches!(nobody, Err(SignInError::Unreachable)), "{nobody:?}");
    for server in ["", "http://", "not a url at all", "ftp://127.0.0.1", "http://[::1"] {
        let refused = engine.handle.sign_in(request(server.into(), "wrong")).await;
        ensure!(refused.is_err(), "{server:?} was taken for a server");
    }
    engine.stop().await;
    Ok(())
}
