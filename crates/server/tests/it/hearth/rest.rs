//! REST by itself: shapes, refusals, lists, tokens.

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD, Mode};
use serde_json::{Value, json};

use super::{ANA, BEN, CLEO, Person, server};
use crate::support::Device;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_in_the_documented_shape() {
    let app = server().await;
    let (ana, ben, cleo) =
        (Person::login(&app, ANA).await, Person::login(&app, BEN).await, Person::login(&app, CLEO).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let initiate = "/video-call/initiate";
    let session = format!("/video-call/session/{call}");
    let two = |kind: &str, ids: &[&str]| json!({ "sessionType": kind, "participants": ids });
    let rows = [
        ("POST", initiate, Some(json!({})), 400),
        ("POST", initiate, Some(two("seance", &[&ben.id])), 400),
        ("POST", initiate, Some(two("one-to-one", &[])), 400),
        ("POST", initiate, Some(two("one-to-one", &[&ana.id])), 400),
        ("POST", initiate, Some(two("one-to-one", &[&ben.id, &cleo.id])), 400),
        ("POST", initiate, Some(two("one-to-one", &["nobody"])), 404),
        ("POST", "/video-call/join/call_0_nothing", Some(json!({})), 404),
        ("GET", "/video-call/session/call_0_nothing", None, 404),
        ("GET", "/video-call/history?status=perhaps", None, 400),
        ("GET", "/video-call/history?page=x", None, 400),
        ("GET", "/no/such/thing", None, 404),
        ("POST", "/video-call/demo-session", Some(json!({ "sessionId": "../x" })), 400),
    ];
    for (method, path, body, expected) in rows {
        let (status, reply) = ana.ask(method, path, body.clone()).await;
        assert_eq!(status, expected, "{method} {path} {body:?}: {reply}");
        assert_eq!(reply["success"], false, "{reply}");
        assert!(reply["message"].is_string(), "{reply}");
    }
    let (_, reply) = ana.post(initiate, json!({ "sessionType": "group" })).await;
    assert_eq!(
        (&reply["message"], &reply["errors"][0]["path"]),
        (&json!("Validation failed"), &json!("participants"))
    );
    // An invited person may look before they come; nobody else may.
    assert_eq!(ben.get(&session).await.0, 200);
    assert_eq!(cleo.get(&session).await.0, 403);
    assert_eq!(cleo.join(&call).await.0, 403);
    assert_eq!(cleo.end(&call).await.0, 403);
    let media = format!("{session}/media");
    assert_eq!(cleo.ask("PUT", &media, Some(json!({ "hasVideo": false }))).await.0, 403);
    assert_eq!(ben.ask("PUT", &media, Some(json!({ "hasVideo": false }))).await.0, 404, "not in it yet");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_ones_own_and_comes_in_pages() {
    let app = server().await;
    let (ana, cleo) = (Person::login(&app, ANA).await, Person::login(&app, CLEO).await);
    let (status, body) = ana.get("/video-call/history?page=1&limit=3").await;
    assert_eq!(status, 200);
    let data = &body["data"];
    assert_eq!(
        (&data["currentPage"], &data["total"], &data["totalPages"]),
        (&json!("1"), &json!(6), &json!(2))
    );
    let rows = data["callSessions"].as_array().expect("a list");
    assert_eq!(rows.len(), 3);
    let other = |row: &Value| {
        row["initiatorId"]["_id"] == ana.id.as_str() || row["invitees"][0]["_id"] == ana.id.as_str()
    };
    assert!(rows.iter().all(other), "{rows:?}");
    let (_, waiting) = ana.get("/video-call/history?status=waiting").await;
    assert_eq!(waiting["data"]["total"], 0);
    assert_eq!(cleo.get("/video-call/history").await.1["data"]["total"], 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_wanted_everywhere_and_can_be_given_back() {
    let app = server().await;
    let ana = Person::login(&app, ANA).await;
    let rest = app.rest_url("hearth").expect("it is served");
    let nobody = reqwest::Client::new();
    for path in ["/video-call/history", "/video-call/ice-servers", "/therapy/sessions", "/auth/me"] {
        let url = format!("{rest}{path}");
        assert_eq!(nobody.get(&url).send().await.expect("a reply").status(), 401, "{path}");
        for token in ["forged", "demo_token_1"] {
            let forged = nobody.get(&url).bearer_auth(token).send().await.expect("a reply");
            assert_eq!(forged.status(), 401, "{path} with {token}");
        }
        assert_eq!(ana.get(path).await.0, 200, "{path}");
    }
    let servers = ana.get("/video-call/ice-servers").await.1;
    assert!(
        servers["iceServers"].as_array().expect("a list").iter().any(|row| row["credential"].is_string())
    );
    assert_eq!(servers["ttl"], 600);
    let wrong = json!({ "email": ANA, "password": format!("{DEMO_PASSWORD}!") });
    let reply = nobody.post(format!("{rest}/auth/login")).json(&wrong).send().await.expect("a reply");
    assert_eq!(reply.status(), 401);

    let mut device = ana.device().await;
    assert_eq!(ana.post("/auth/logout", json!({})).await.0, 200);
    assert_eq!(ana.get("/auth/me").await.0, 401);
    device.until("authentication_error").await;
    device.until("close").await;
    let url = app.socket_url("hearth").expect("it is served");
    let mut again = Device::connect(&url, json!({ "token": ana.token })).await;
    again.until("authentication_error").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_nobody_until_it_shows_its_token() {
    let app = server().await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let url = app.socket_url("hearth").expect("it is served");
    let mut nobody = Device::connect(&url, json!({})).await;
    nobody.until("open").await;
    for (event, body) in [
        ("join_call_session", json!({ "sessionId": call, "peerId": "p" })),
        ("leave_call_session", json!({ "sessionId": call })),
        ("decline_call", json!({ "sessionId": call })),
        ("toggle_audio", json!({ "sessionId": call, "hasAudio": false })),
        ("join_session", json!("t")),
    ] {
        nobody.say(event, body).await;
        assert_eq!(nobody.until("call_error").await["message"], "User not authenticated", "{event}");
    }
    for token in ["forged", "demo_token_42"] {
        nobody.say("authenticate", json!(token)).await;
        nobody.until("authentication_error").await;
    }
    // In strict mode it may not stay so.
    nobody.until("close").await;
    // A token in the handshake is as good.
    let mut known = Device::connect(&url, json!({ "token": ana.token })).await;
    known.until("authenticated").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_a_token_ends_with_it() {
    let config = Config { session_ttl: Some(Duration::from_secs(8)), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    let ana = Person::login(&app, ANA).await;
    let mut device = ana.device().await;
    assert!(
        device.until("authentication_error").await["message"].as_str().expect("text").contains("expired")
    );
    device.until("close").await;
    assert_eq!(ana.get("/auth/me").await.0, 401);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compat_socket_may_wait_with_its_token_and_demo_sessions_are_open() {
    let app = App::start(Config { mode: Mode::Compat, ..Config::demo() }).await.expect("a server");
    let (ana, cleo) = (Person::login(&app, ANA).await, Person::login(&app, CLEO).await);
    let url = app.socket_url("hearth").expect("it is served");
    let mut late = Device::connect(&url, json!({})).await;
    late.until("open").await;
    let (status, body) = ana.post("/video-call/demo-session", json!({})).await;
    assert_eq!(status, 201, "{body}");
    let id = body["data"]["sessionId"].as_str().expect("an id").to_owned();
    assert_eq!(cleo.join(&id).await.0, 200);
    tokio::time::sleep(Duration::from_secs(16)).await;
    late.say("authenticate", json!(cleo.token)).await;
    late.until("authenticated").await;
    late.say("join_call_session", json!({ "sessionId": id, "peerId": "p" })).await;
    late.until("call_session_joined").await;
    app.stop().await;
}
