//! Who gets in, for how long, and who may touch what.

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD, Limits, Mode};
use serde_json::{Value, json};

use super::{CLIENT, OTHER_CLIENT, Person, host, login, rest, ring, settled};
use crate::matrix::closed_door;
use crate::support::{Device, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_says_who_one_is_and_failures_are_counted() {
    let app = server().await;
    let (status, body) = login(&app, " Provider@Demo.Example ", DEMO_PASSWORD).await;
    assert_eq!((status, &body["success"]), (200, &json!(true)));
    let user = &body["data"]["user"];
    assert_eq!((&user["fullName"], &user["role"]), (&json!("Ada Kowalska"), &json!("provider")));
    let person = Person::provider(&app).await;
    assert_eq!(person.get("/auth/me").await.1["data"]["user"], *user);
    assert_eq!(login(&app, "admin@demo.example", DEMO_PASSWORD).await.1["data"]["user"]["role"], "admin");

    for (email, password) in [("", "x"), (CLIENT, ""), (CLIENT, &*"x".repeat(2000))] {
        let (status, body) = login(&app, email, password).await;
        assert_eq!((status, &body["success"]), (400, &json!(false)));
    }
    let wrong = login(&app, CLIENT, "wrong").await;
    assert_eq!(login(&app, "nobody@demo.example", "wrong").await, wrong, "nobody learns who has an account");
    assert_eq!(wrong.0, 401);
    for _ in 0..3 {
        assert_eq!(login(&app, CLIENT, "wrong").await.0, 401);
        // Successes are not counted.
        assert!(matches!(login(&app, CLIENT, DEMO_PASSWORD).await.0, 200 | 429));
    }
    let (status, body) = login(&app, CLIENT, DEMO_PASSWORD).await;
    assert_eq!(status, 429, "{body}");
    assert!(body["retryAfter"].as_u64().is_some_and(|wait| wait > 60), "{body}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_renewed_and_ends_with_its_token() {
    let config = Config { session_ttl: Some(Duration::from_secs(5)), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    let mut ada = Person::provider(&app).await;
    let mut shop = Device::connect(&host(&app), json!({ "token": ada.token })).await;
    shop.until("open").await;
    assert_eq!(shop.until("call_error").await["message"], "Session expired, please login again");
    shop.until("close").await;
    let (status, body) = ada.get("/auth/me").await;
    assert_eq!((status, &body["message"]), (401, &json!("Not authorized, token failed")));

    let (status, body) = renew(&app, &ada.refresh_token).await;
    assert_eq!(status, 200, "{body}");
    assert_ne!(body["data"]["token"], json!(ada.token));
    let spent = std::mem::replace(&mut ada.token, super::text(&body["data"]["token"]));
    assert_eq!(ada.get("/auth/me").await.0, 200);
    // Neither is good for the other's purpose.
    assert_eq!(renew(&app, &ada.token).await.0, 401);
    assert_eq!(renew(&app, &spent).await.0, 401);
    ada.token = ada.refresh_token.clone();
    assert_eq!(ada.get("/auth/me").await.0, 401);
    app.stop().await;
}

async fn renew(app: &App, token: &str) -> (u16, Value) {
    let url = format!("{}/auth/refresh-token", rest(app));
    let request = reqwest::Client::new().post(url).json(&json!({ "refreshToken": token }));
    let reply = request.send().await.expect("a reply");
    (reply.status().as_u16(), reply.json::<Value>().await.expect("json"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_ends_a_session_with_all_its_tokens_and_no_other() {
    let app = server().await;
    let (mut ada, again) = (Person::provider(&app).await, Person::provider(&app).await);
    let (_, renewed) = renew(&app, &ada.refresh_token).await;
    let (mut shop, mut other) = (ada.device().await, again.device().await);

    let (status, body) = ada.post("/auth/logout", json!({})).await;
    assert_eq!((status, &body["success"]), (200, &json!(true)), "{body}");

    shop.until("close").await;
    for token in [ada.token.clone(), super::text(&renewed["data"]["token"])] {
        ada.token = token;
        assert_eq!(ada.get("/auth/me").await.0, 401);
        let mut late = Device::connect(&host(&app), json!({ "token": ada.token })).await;
        late.until("error").await;
    }
    for token in [&ada.refresh_token, &super::text(&renewed["data"]["refreshToken"])] {
        assert_eq!(renew(&app, token).await.0, 401);
    }
    assert_eq!(ada.post("/auth/logout", json!({})).await.0, 401);
    settled(&mut other).await;
    assert_eq!(again.get("/auth/me").await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_that_is_used_again_ends_the_session() {
    let app = server().await;
    let ada = Person::provider(&app).await;
    let mut tokens = Vec::new();
    // A lost answer, or two windows.
    for _ in 0..2 {
        let (status, body) = renew(&app, &ada.refresh_token).await;
        assert_eq!(status, 200, "{body}");
        tokens.push(super::text(&body["data"]["refreshToken"]));
    }
    assert!(tokens[0] != tokens[1] && tokens[0] != ada.refresh_token);
    assert_eq!(renew(&app, &tokens[0]).await.0, 200);
    app.stop().await;

    let grace = Duration::from_millis(200);
    let app = App::start(Config { refresh_grace: grace, ..Config::demo() }).await.expect("a server");
    let (ada, again) = (Person::provider(&app).await, Person::provider(&app).await);
    let mut shop = ada.device().await;
    let (_, renewed) = renew(&app, &ada.refresh_token).await;
    tokio::time::sleep(grace * 3).await;
    assert_eq!(renew(&app, &ada.refresh_token).await.0, 401);
    shop.until("close").await;
    assert_eq!(ada.get("/auth/me").await.0, 401);
    assert_eq!(renew(&app, &super::text(&renewed["data"]["refreshToken"])).await.0, 401, "nor the thief");
    assert_eq!(again.get("/auth/me").await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_modes_ask_for_a_token_at_the_door_in_the_deployed_words() {
    for mode in [Mode::Strict, Mode::Compat] {
        let app = App::start(Config { mode, ..Config::demo() }).await.expect("a server");
        closed_door(&host(&app), "/").await;
        for (auth, words) in
            [(json!({}), "Authentication error"), (json!({ "token": "forged" }), "Invalid token")]
        {
            let mut device = Device::connect(&host(&app), auth).await;
            let error = device.until("error").await.to_string();
            assert!(error.contains(words), "{error}");
        }
        // A session of another backend is none here.
        let seller = crate::support::Person::seller(&app).await;
        let mut device = Device::connect(&host(&app), json!({ "token": seller.token })).await;
        device.until("error").await;
        let mut ada = Person::provider(&app).await;
        let mut shop = ada.device().await;
        settled(&mut shop).await;
        ada.token = seller.token.clone();
        assert_eq!(ada.get("/messages/conversations").await.0, 401);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_a_hundred_requests_in_a_quarter_of_an_hour() {
    let app = server().await;
    let ada = Person::provider(&app).await;
    let refused = loop {
        let (status, body) = ada.get("/messages/unread").await;
        if status != 200 {
            break (status, body);
        }
    };
    assert_eq!((refused.0, &refused.1["success"]), (429, &json!(false)));
    assert!(refused.1["retryAfter"].is_u64() && refused.1["message"].is_string(), "{}", refused.1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_have_a_limit_and_need_somebody_to_call() {
    let limits = Limits { initiates_per_minute: 3, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let call =
        async |to: Value| ada.post("/communication/video-call/initiate", json!({ "receiverId": to })).await;
    assert_eq!(call(json!("")).await.0, 400);
    assert_eq!(call(json!(7)).await.0, 400);
    assert_eq!(call(json!(ada.id)).await.0, 400);
    assert_eq!(call(json!("nobody")).await.0, 404);
    assert_eq!(ada.post("/communication/voice-call/initiate", json!({})).await.0, 400);
    let answers = [call(json!(chidi.id)).await, call(json!(chidi.id)).await, call(json!(chidi.id)).await];
    assert_eq!(answers.each_ref().map(|(status, _)| *status), [200, 200, 429], "nobody counts too");
    assert!(answers[2].1["retryAfter"].as_u64().is_some_and(|wait| wait >= 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_hands_find_nothing() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let eve = Person::login(&app, OTHER_CLIENT).await;
    let mut stranger = eve.device().await;
    let (shop, mut phone) = (ada.device().await, chidi.device().await);
    let call = ada.initiate("video-call", &chidi).await;
    shop.say("initiate_video_call", ring(&call, &chidi)).await;
    phone.until("incoming_video_call").await;
    for path in
        [format!("video-call/{call}/join"), format!("video-call/{call}/end"), format!("call/{call}/decline")]
    {
        let (status, body) = eve.put(&format!("/communication/{path}")).await;
        assert_eq!((status, &body["success"]), (403, &json!(false)), "{path}");
        let nowhere = path.replace(&call, "66f000000000000000000000");
        assert_eq!(eve.put(&format!("/communication/{nowhere}")).await.0, 404);
    }
    // The caller is not the one to answer or decline.
    assert_eq!(ada.put(&format!("/communication/video-call/{call}/join")).await.0, 403);
    assert_eq!(ada.put(&format!("/communication/call/{call}/decline")).await.0, 403);
    for event in ["accept_call", "decline_call", "end_call", "participant_joined", "participant_left"] {
        let body = json!({ "callId": call, "callerId": eve.id, "participantIds": [chidi.id] });
        stranger.say(event, body).await;
        assert_eq!(stranger.until("call_error").await["callId"], call.as_str(), "{event}");
    }
    let conversation = format!("/messages/read/{}_{}", chidi.id, ada.id);
    assert_eq!(eve.put(&conversation).await.0, 403);
    let (_, none) = eve.get(&format!("/messages/conversation/{}", ada.id)).await;
    assert_eq!(none["data"], json!([]), "her own conversation with Ada, which is empty");
    settled(&mut phone).await;
    assert_eq!(ada.newest_call().await["callData"]["status"], "ringing");
    let (status, servers) = eve.get("/communication/ice-servers").await;
    assert_eq!((status, &servers["success"]), (200, &json!(true)));
    assert!(servers["iceServers"].as_array().is_some_and(|list| !list.is_empty()), "{servers}");
    app.stop().await;
}
