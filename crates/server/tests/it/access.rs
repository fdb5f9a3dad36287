//! Who may do what: every endpoint and every event, for one's own calls and for other people's.

use std::time::Duration;

use bellwire_server::{App, Config, DEMO_PASSWORD, DEMO_SELLER, Limits, Mode};
use serde_json::{Value, json};

use crate::support::{Device, Person, rest, server, socket};

const EVENTS: [&str; 11] = [
    "incomingVideoCall",
    "joinVideoCall",
    "offer",
    "answer",
    "ice-candidate",
    "callStatusUpdate",
    "endVideoCall",
    "toggleAudio",
    "toggleVideo",
    "startScreenShare",
    "callQualityReport",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_by_role_and_ownership() {
    let app = server().await;
    let (seller, amira, bo) = (Person::seller(&app).await, Person::amira(&app).await, Person::bo(&app).await);
    let nobody = reqwest::Client::new();
    let call = seller.initiate(&amira).await;
    let path = |list: &str, id: &str| format!("/video-call/{list}/{id}");

    // Who, path, expected.
    let reads = [
        (&seller, path("history", &seller.id), 200),
        (&seller, path("history", &bo.id), 403),
        (&amira, path("history", &seller.id), 403),
        (&amira, path("customer-history", &amira.id), 200),
        (&bo, path("customer-history", &amira.id), 403),
        (&seller, path("customer-history", &amira.id), 403),
        (&seller, path("customers", &seller.id), 200),
        (&seller, path("customers", &amira.id), 403),
        (&amira, path("customers", &seller.id), 403),
        (&seller, path("analytics", "anything"), 200),
        (&amira, path("analytics", &seller.id), 403),
        (&amira, path("seller-info", &seller.id), 200),
        (&amira, path("seller-info", &bo.id), 404),
        (&bo, path("product-seller", "9e0d0c700000000000000001"), 200),
        (&bo, path("product-seller", "nothing"), 404),
        (&seller, "/video-call/blocked-customers".to_owned(), 200),
        (&amira, "/video-call/blocked-customers".to_owned(), 403),
        (&seller, path("check-blocked", &amira.id), 200),
        (&amira, path("check-blocked", &bo.id), 403),
        (&amira, "/video-call/ice-servers".to_owned(), 200),
        (&seller, "/video-call/ice-servers".to_owned(), 200),
    ];
    for (who, path, expected) in &reads {
        let (status, body) = who.get(path).await;
        assert_eq!(status, *expected, "{path}: {body}");
        assert_eq!(body["success"], *expected == 200, "{path}: {body}");
        let url = format!("{}{path}", rest(&app));
        assert_eq!(nobody.get(&url).send().await.expect("a reply").status(), 401, "{path}");
        let forged = nobody.get(&url).header("cookie", "seller_token=forged; token=forged");
        assert_eq!(forged.send().await.expect("a reply").status(), 400, "{path}");
    }

    let answer = |response: &str| json!({ "callId": call, "response": response });
    let writes = [
        (&bo, "respond", answer("accepted"), 403),
        (&seller, "respond", answer("accepted"), 403),
        (&amira, "respond", json!({ "callId": "nothing", "response": "accepted" }), 404),
        (&amira, "respond", answer("perhaps"), 400),
        (&bo, "end", json!({ "callId": call }), 403),
        (&amira, "end", json!({ "callId": "nothing" }), 404),
        (&amira, "end", json!({ "callId": call, "callQuality": "superb" }), 400),
        (&seller, "initiate", json!({ "customerId": "nobody" }), 404),
        (&seller, "initiate", json!({}), 400),
        (&seller, "initiate", json!({ "customerId": "c05701e20000000000000009" }), 403),
        (&seller, "initiate", json!({ "customerId": amira.id, "orderId": "nothing" }), 404),
        (&seller, "initiate", json!({ "customerId": bo.id, "orderId": "04de40000000000000000001" }), 403),
        (&seller, "initiate", json!({ "customerId": bo.id, "productId": "nothing" }), 404),
        (&amira, "initiate", json!({ "sellerId": "nobody" }), 404),
        (&seller, "initiate", json!({ "customerId": bo.id, "callType": "chat" }), 400),
        (&seller, "initiate", json!({ "customerId": bo.id, "scheduledFor": "soon" }), 400),
        (&amira, "block-customer", json!({ "customerId": bo.id }), 403),
        (&seller, "block-customer", json!({ "customerId": "nobody" }), 404),
        (&seller, "unblock-customer", json!({ "customerId": bo.id }), 404),
        (&amira, "respond", answer("accepted"), 200),
        (&amira, "respond", answer("accepted"), 409),
    ];
    for (who, path, body, expected) in writes {
        let path = format!("/video-call/{path}");
        let (status, reply) = who.post(&path, body.clone()).await;
        assert_eq!(status, expected, "{path} {body}: {reply}");
        assert_eq!(reply["success"], expected == 200, "{reply}");
        let url = format!("{}{path}", rest(&app));
        assert_eq!(nobody.post(&url).json(&body).send().await.expect("a reply").status(), 401, "{path}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_of_a_stranger_touches_a_call() {
    let app = server().await;
    let (seller, amira, bo) = (Person::seller(&app).await, Person::amira(&app).await, Person::bo(&app).await);
    let (mut shop, mut phone, mut stranger) =
        (seller.device().await, amira.device().await, bo.device().await);
    let call = seller.initiate(&amira).await;
    assert_eq!(amira.respond(&call, "accepted").await.0, 200);
    shop.say("joinVideoCall", seller.about(&call)).await;
    shop.settled().await;
    phone.settled().await;

    for event in EVENTS {
        // The payload claims to be the seller: that must not matter.
        stranger.say(event, everything(&call, &seller.id)).await;
        let refused = stranger.until("callError").await;
        assert_eq!(refused["callId"], call.as_str(), "{event}");
    }
    for (who, device) in [("the seller", &mut shop), ("the customer", &mut phone)] {
        let heard = device.settled().await;
        let events = heard.iter().filter(|(name, _)| name != "getUsers" && name != "callStatusUpdate");
        assert_eq!(events.count(), 0, "{who} heard {heard:?}");
    }
    assert_eq!(amira.end(&call).await.1["call"]["status"], "ended", "it was still going on");
    app.stop().await;
}

/// A payload in which every event finds what it wants.
fn everything(call: &str, user: &str) -> Value {
    json!({
        "callId": call, "userId": user, "senderId": user, "userType": "seller", "status": "declined",
        "reason": "x", "offer": { "type": "offer", "sdp": "v=0" }, "answer": { "type": "answer", "sdp": "v=0" },
        "candidate": { "candidate": "candidate:1" }, "isAudioEnabled": true, "isVideoEnabled": true,
        "quality": "poor", "sellerId": user, "customerId": user,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_socket_needs_a_good_token_and_a_session_ends_with_it() {
    let config = Config { session_ttl: Some(Duration::from_secs(12)), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    for auth in
        [json!({}), json!({ "token": "" }), json!({ "token": "forged" }), json!({ "token": 7 }), json!([1])]
    {
        let mut device = Device::connect(&socket(&app), auth).await;
        assert!(device.until("error").await.to_string().contains("Authentication error"));
    }
    let seller = Person::seller(&app).await;
    let mut device = seller.device().await;

    let told = device.until("callError").await;

    assert!(told["message"].as_str().expect("text").contains("expired"), "{told}");
    device.until("close").await;
    let mut late = Device::connect(&socket(&app), json!({ "token": seller.token })).await;
    assert!(late.until("error").await.to_string().contains("Authentication error"));
    let url = format!("{}/video-call/blocked-customers", rest(&app));
    let expired = reqwest::Client::new().get(&url).bearer_auth(&seller.token);
    assert_eq!(expired.send().await.expect("a reply").status(), 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compat_socket_is_believed_after_add_user() {
    let app = App::start(Config { mode: Mode::Compat, ..Config::demo() }).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let mut shop = Device::connect(&socket(&app), json!({})).await;
    shop.until("open").await;
    let call = seller.initiate(&amira).await;
    shop.say("joinVideoCall", seller.about(&call)).await;
    assert_eq!(shop.until("callError").await["message"], "Please login to continue");

    shop.say("addUser", json!(seller.id)).await;
    shop.until("getUsers").await;
    shop.say("incomingVideoCall", json!({ "callId": call })).await;

    shop.until("callTargetOffline").await;
    let url = format!("{}/online-users", socket(&app));
    let online: Value = reqwest::get(&url).await.expect("a reply").json().await.expect("json");
    assert_eq!(
        (online["count"].as_u64(), online["users"][0]["userId"].as_str()),
        (Some(1), Some(&*seller.id))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_and_too_many_sign_ins_are_refused_with_a_time() {
    let limits = Limits { logins_per_minute: 3, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    for _ in 0..10 {
        seller.initiate(&amira).await;
    }
    let (status, body) = seller.post("/video-call/initiate", json!({ "customerId": amira.id })).await;
    assert_eq!((status, body["success"].as_bool()), (429, Some(false)));
    assert!(body["retryAfter"].as_u64().expect("seconds") >= 1);
    amira.initiate(&seller).await;

    let login = async |password: &str| {
        let body = json!({ "email": DEMO_SELLER, "password": password });
        let url = format!("{}/shop/login-shop", rest(&app));
        reqwest::Client::new().post(url).json(&body).send().await.expect("a reply")
    };
    assert_eq!(login("wrong").await.status(), 400);
    let mut last = login("wrong").await;
    for _ in 0..3 {
        last = login(DEMO_PASSWORD).await;
    }
    assert_eq!(last.status(), 429);
    assert!(last.headers().contains_key("retry-after"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_customer_cannot_call_until_unblocked() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let body = json!({ "customerId": amira.id, "reason": "spam_calls" });
    assert_eq!(seller.post("/video-call/block-customer", body).await.0, 200);

    let call = json!({ "sellerId": seller.id });
    assert_eq!(amira.post("/video-call/initiate", call.clone()).await.0, 403);
    let (_, list) = seller.get("/video-call/blocked-customers").await;
    assert_eq!(list["blockedCustomers"][0]["customer"]["name"], "Amira Haddad");

    assert_eq!(seller.post("/video-call/unblock-customer", json!({ "customerId": amira.id })).await.0, 200);
    assert_eq!(amira.post("/video-call/initiate", call).await.0, 201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_asks_too_often_is_told_to_wait_but_may_still_find_out_about_the_server() {
    let app = App::start(Config::demo().with_request_limit(5)).await.expect("a server");
    let seller = Person::seller(&app).await;
    for _ in 0..4 {
        assert_eq!(seller.get("/video-call/ice-servers").await.0, 200);
    }

    let (status, body) = seller.get("/video-call/ice-servers").await;

    assert_eq!((status, body["success"].as_bool()), (429, Some(false)), "{body}");
    assert!(body["retryAfter"].as_u64().expect("seconds") >= 1);
    let host = rest(&app).replace("/api/v2", "");
    for path in ["/health", "/.well-known/bellwire.json"] {
        let reply = reqwest::get(format!("{host}{path}")).await.expect("a reply");
        assert_eq!(reply.status(), 200, "{path}");
    }
    app.stop().await;
}
