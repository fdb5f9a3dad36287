//! Signing in, tokens, and what compat mode believes. Who may do what is in the matrix.

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD, Limits, Mode};
use serde_json::{Value, json};

use super::{
    DEALER, PASSWORDLESS, Person, TECHNICIAN, WITH_PASSWORD, call, host, login, place, room, settled,
};
use crate::support::{Device, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_let_in_with_and_without_a_password() {
    let app = server().await;
    let refused = |(status, body): (u16, Value)| {
        assert_eq!((status, &body), (401, &json!({ "error": "Invalid credentials" })));
    };
    let (status, body) =
        login(&app, "dealer", json!({ "email": " Dealer@Demo.example ", "password": DEMO_PASSWORD })).await;
    assert_eq!((status, &body["dealer"]["email"]), (200, &json!(DEALER)), "{body}");
    assert!(body["token"].is_string() && body["success"] == true, "{body}");
    refused(login(&app, "dealer", json!({ "email": DEALER, "password": "wrong" })).await);
    refused(login(&app, "dealer", json!({ "email": DEALER })).await);
    refused(login(&app, "dealer", json!({ "email": "nobody@demo.example", "password": "x" })).await);
    refused(login(&app, "dealer", json!({ "email": TECHNICIAN, "password": DEMO_PASSWORD })).await);
    assert_eq!(login(&app, "dealer", json!({ "password": "x" })).await.0, 400);
    assert_eq!(login(&app, "dealer", json!({ "email": "", "password": "x" })).await.0, 400);

    // By address alone only who is flagged for it.
    refused(login(&app, "technician", json!({ "email": WITH_PASSWORD })).await);
    refused(login(&app, "technician", json!({ "email": WITH_PASSWORD, "password": "wrong" })).await);
    refused(login(&app, "technician", json!({ "email": PASSWORDLESS, "password": "wrong" })).await);
    for body in
        [json!({ "email": PASSWORDLESS }), json!({ "email": WITH_PASSWORD, "password": DEMO_PASSWORD })]
    {
        let (status, reply) = login(&app, "technician", body).await;
        assert!(status == 200 && reply["token"].is_string(), "{reply}");
    }
    app.stop().await;

    let app = App::start(Config { mode: Mode::Compat, ..Config::demo() }).await.expect("a server");
    let (status, body) = login(&app, "technician", json!({ "email": WITH_PASSWORD })).await;
    assert_eq!((status, &body["technician"]["email"], body.get("token")), (200, &json!(WITH_PASSWORD), None));
    refused(login(&app, "technician", json!({ "email": "nobody@demo.example" })).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_given_back_is_good_for_nothing() {
    for mode in [Mode::Strict, Mode::Compat] {
        let app = App::start(Config { mode, ..Config::demo() }).await.expect("a server");
        let (dan, again) = (Person::dealer(&app).await, Person::dealer(&app).await);
        let (mut shop, mut other) = (dan.device().await, again.device().await);
        let logout = async |token: Option<&str>| {
            let request = reqwest::Client::new().post(format!("{}/api/auth/logout", host(&app)));
            let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
            request.send().await.expect("a reply").status().as_u16()
        };
        assert_eq!((logout(None).await, logout(Some("x.y.z")).await), (401, 401));

        assert_eq!(logout(Some(&dan.token)).await, 200);

        shop.until("close").await;
        assert_eq!(logout(Some(&dan.token)).await, 401);
        let mut late = Device::connect(&host(&app), json!({ "token": dan.token })).await;
        late.until("error").await;
        let rooms = format!("/api/chat/rooms/{DEALER}");
        assert_eq!(dan.get(&rooms).await.0, 401);
        settled(&mut other).await;
        assert_eq!(again.get(&rooms).await.0, 200);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_sign_ins_are_refused_with_a_time() {
    let limits = Limits { logins_per_minute: 2, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let mut last = (0, Value::Null);
    for _ in 0..3 {
        last = login(&app, "dealer", json!({ "email": DEALER, "password": "wrong" })).await;
    }
    assert_eq!(last.0, 429, "{last:?}");
    assert!(last.1["retryAfter"].as_u64().is_some_and(|wait| wait >= 1), "{last:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_with_its_token() {
    let config = Config { session_ttl: Some(Duration::from_secs(12)), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    let dan = Person::dealer(&app).await;
    let mut shop = dan.device().await;
    assert_eq!(shop.until("error").await["code"], "TOKEN_EXPIRED");
    shop.until("close").await;
    let mut late = Device::connect(&host(&app), json!({ "token": dan.token })).await;
    assert!(late.until("error").await.to_string().contains("Authentication error"));
    assert_eq!(dan.get("/api/chat/ice-servers").await.0, 401);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_for_its_own_person_only() {
    let app = server().await;
    let dan = Person::dealer(&app).await;
    let mut shop = dan.device().await;
    shop.say("register_for_notifications", json!({ "userEmail": TECHNICIAN, "userType": "TECHNICIAN" }))
        .await;
    assert_eq!(shop.until("error").await["code"], "FORBIDDEN");
    let theirs = json!({ "dealerEmail": "dealer2@demo.example", "technicianEmail": PASSWORDLESS,
        "userType": "TECHNICIAN" });
    shop.say("join_room", theirs).await;
    assert_eq!(shop.until("error").await["code"], "FORBIDDEN");
    // Another backend's token is nothing here.
    let shopkeeper = crate::support::Person::seller(&app).await;
    let mut stranger = Device::connect(&host(&app), json!({ "token": shopkeeper.token })).await;
    assert!(stranger.until("error").await.to_string().contains("Authentication error"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployed_web_client_without_a_token_still_calls() {
    let app = App::start(Config { mode: Mode::Compat, ..Config::demo() }).await.expect("a server");
    let room = room(DEALER, TECHNICIAN);
    let mut shop = Device::connect(&host(&app), json!({})).await;
    let mut phone = Device::connect(&host(&app), json!({})).await;
    shop.until("open").await;
    phone.until("open").await;
    shop.say("typing", json!({ "isTyping": true })).await;
    assert_eq!(shop.until("error").await["code"], "UNAUTHORIZED", "nobody yet");

    // One says who it is by registering, the other by entering a room.
    phone
        .say("register_for_notifications", json!({ "userEmail": TECHNICIAN, "userType": "TECHNICIAN" }))
        .await;
    settled(&mut phone).await;
    let join = json!({ "dealerEmail": DEALER, "technicianEmail": TECHNICIAN, "userType": "DEALER" });
    shop.say("join_room", join).await;
    let id = place(&mut shop, &room, TECHNICIAN).await;
    phone.until("incoming_call").await;
    phone.say("call_accept", call(id, &room)).await;
    shop.until("call_accepted").await;
    shop.say("call_end", call(id, &room)).await;
    phone.until("call_ended").await;

    let http = reqwest::Client::new();
    for path in [
        format!("/api/chat/rooms/{DEALER}"),
        format!("/api/chat/unread-count/{TECHNICIAN}"),
        format!("/api/chat/messages?dealerEmail={DEALER}&technicianEmail={TECHNICIAN}"),
        format!("/api/chat/room/{room}/messages"),
        format!("/api/chat/calls?userEmail={DEALER}"),
        format!("/api/chat/calls?roomId={room}"),
        "/api/chat/ice-servers".to_owned(),
        "/health".to_owned(),
    ] {
        let reply = http.get(format!("{}{path}", host(&app))).send().await.expect("a reply");
        assert_eq!(reply.status(), 200, "{path}");
    }
    // Whoever brings a token is held to it.
    let dan = Person::dealer(&app).await;
    assert_eq!(dan.get(&format!("/api/chat/rooms/{TECHNICIAN}")).await.0, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_as_documented() {
    let app = server().await;
    let reply = reqwest::get(format!("{}/health", host(&app))).await.expect("a reply");
    let body: Value = reply.json().await.expect("json");
    assert_eq!((&body["status"], &body["service"]), (&json!("OK"), &json!("chat-service")));
    assert!(body["timestamp"].is_string());
    app.stop().await;
}
