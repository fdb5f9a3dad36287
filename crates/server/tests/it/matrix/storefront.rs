//! Nordlicht and Amira have calls; Harbour Books and Bo have nothing to do with them.

use std::collections::BTreeMap;

use bellwire_server::{App, DEMO_PASSWORD, DEMO_SELLER};
use serde_json::{Value, json};

use super::Principal::{Foreign, Own};
use super::{AccessMatrix, Barrier, Event, Principal, Refusal, Route, closed_door};
use crate::support::{Person, socket};

const SELLER: Principal = Own("seller");
const CUSTOMER: Principal = Own("customer");
const BOOKS: Principal = Foreign("seller");
const BO: Principal = Foreign("customer");

pub(crate) async fn matrix(app: &App) -> AccessMatrix {
    closed_door(&socket(app), "/").await;
    let (seller, amira) = (Person::seller(app).await, Person::amira(app).await);
    let (books, bo) = (Person::login(app, "seller", "books@demo.example").await, Person::bo(app).await);
    // One for each thing that is done to a call.
    let (answered, ended) = (seller.initiate(&amira).await, seller.initiate(&amira).await);
    let (ringing, talking) = (seller.initiate(&amira).await, seller.initiate(&amira).await);
    assert_eq!(amira.respond(&talking, "accepted").await.0, 200);
    let people = [(SELLER, &seller), (CUSTOMER, &amira), (BOOKS, &books), (BO, &bo)];
    let mut devices = BTreeMap::new();
    for (who, person) in people {
        devices.insert(who, person.device().await);
    }
    AccessMatrix {
        backend: "storefront",
        host: app.rest_url("storefront").expect("it is served").replace("/api/v2", ""),
        elsewhere: vec![("/online-users", socket(app))],
        roles: &["seller", "customer"],
        client: reqwest::Client::new(),
        tokens: people.iter().map(|(who, person)| (*who, person.token.clone())).collect(),
        devices,
        routes: routes(&seller, &amira, &answered, &ended),
        events: events(&ringing, &talking, &seller.id),
        barrier: Barrier {
            event: "joinVideoCall",
            data: json!({ "callId": "no-such-call", "userId": "" }),
            answer: "callError",
        },
        errors: &["callError"],
        noise: &["getUsers", "userOnlineStatusChanged"],
    }
}

fn routes(seller: &Person, amira: &Person, answered: &str, ended: &str) -> Vec<Route> {
    let login = |email: &str| json!({ "email": email, "password": DEMO_PASSWORD });
    let everybody = [SELLER, CUSTOMER, BOOKS, BO];
    let of = |list: &str, id: &str| format!("/api/v2/video-call/{list}/{id}");
    let get = |pattern: &'static str, path: String| Route::new("GET", pattern, path);
    let post = |pattern: &'static str, body: Value| Route::plain("POST", pattern).body(body);
    let customer = json!({ "customerId": amira.id });
    let order = json!({ "sellerId": seller.id, "orderId": "04de40000000000000000001" });
    let respond = json!({ "callId": answered, "response": "accepted" });
    vec![
        post("/api/v2/user/login-user", login("bo@demo.example")).public(),
        post("/api/v2/shop/login-shop", login(DEMO_SELLER)).public(),
        Route::plain("GET", "/api/v2/user/logout").public(),
        Route::plain("GET", "/api/v2/shop/logout").public(),
        // A customer of another shop, an order of another customer.
        post("/api/v2/video-call/initiate", customer.clone())
            .only(&[SELLER, CUSTOMER])
            .with(CUSTOMER, "/api/v2/video-call/initiate", order.clone())
            .with(BO, "/api/v2/video-call/initiate", order),
        // The caller cannot answer either.
        post("/api/v2/video-call/respond", respond).only(&[CUSTOMER]),
        post("/api/v2/video-call/end", json!({ "callId": ended })).only(&[SELLER, CUSTOMER]),
        Route::plain("GET", "/api/v2/video-call/ice-servers").only(&everybody),
        get("/api/v2/video-call/history/{seller}", of("history", &seller.id)).only(&[SELLER]),
        get("/api/v2/video-call/customer-history/{customer}", of("customer-history", &amira.id))
            .only(&[CUSTOMER]),
        get("/api/v2/video-call/customers/{seller}", of("customers", &seller.id)).only(&[SELLER]),
        // Whatever the path says, the figures are the caller's own.
        get("/api/v2/video-call/analytics/{seller}", of("analytics", &seller.id))
            .only(&[SELLER, BOOKS])
            .hiding("\"totalCalls\":1"),
        get("/api/v2/video-call/seller-info/{seller}", of("seller-info", &seller.id)).only(&everybody),
        get("/api/v2/video-call/product-seller/{product}", of("product-seller", "9e0d0c700000000000000001"))
            .only(&everybody),
        post("/api/v2/video-call/block-customer", json!({ "customerId": amira.id, "callId": ended }))
            .only(&[SELLER]),
        // Their own lists are empty, and a block that is not there cannot be taken back.
        Route::plain("GET", "/api/v2/video-call/blocked-customers").only(&[SELLER, BOOKS]).hiding(&amira.id),
        get("/api/v2/video-call/check-blocked/{customer}", of("check-blocked", &amira.id))
            .only(&[SELLER, BOOKS]),
        post("/api/v2/video-call/unblock-customer", customer).only(&[SELLER]),
        Route::plain("GET", "/online-users").only(&everybody).hiding(&amira.id),
        get("/online-users/{id}", format!("/online-users/{}", amira.id)).only(&everybody),
    ]
}

fn events(ringing: &str, talking: &str, seller: &str) -> Vec<Event> {
    // The payload claims to be the seller: that must not matter.
    let say = |call: &str| {
        json!({
            "callId": call, "userId": seller, "senderId": seller, "userType": "seller", "status": "accepted",
            "reason": "x", "offer": { "type": "offer", "sdp": "v=0" }, "answer": { "type": "answer", "sdp": "v=0" },
            "candidate": { "candidate": "candidate:1" }, "isAudioEnabled": true, "isVideoEnabled": true,
            "quality": "poor", "sellerId": seller, "customerId": seller,
        })
    };
    let event = |name, call: &str| Event::new(name, say(call), Refusal::Event("callError"));
    let both =
        |name, heard| event(name, talking).heard(SELLER, CUSTOMER, heard).heard(CUSTOMER, SELLER, heard);
    vec![
        // Everybody may ask who is online, and is told of themselves.
        Event::new("addUser", json!(seller), Refusal::Silence)
            .heard(SELLER, SELLER, "getUsers")
            .heard(CUSTOMER, CUSTOMER, "getUsers")
            .heard(BOOKS, BOOKS, "getUsers")
            .heard(BO, BO, "getUsers"),
        // Only the caller rings.
        event("incomingVideoCall", ringing).heard(SELLER, CUSTOMER, "incomingVideoCall"),
        event("joinVideoCall", talking).unheard(SELLER).heard(CUSTOMER, SELLER, "userJoinedCall"),
        both("offer", "offer"),
        both("answer", "answer"),
        both("ice-candidate", "ice-candidate"),
        both("toggleAudio", "participantAudioToggle"),
        both("toggleVideo", "participantVideoToggle"),
        both("startScreenShare", "screenShareStarted"),
        both("stopScreenShare", "screenShareStopped"),
        // What the record says anyway is passed on for its reason.
        both("callStatusUpdate", "callStatusUpdate"),
        event("callQualityReport", talking).unheard(SELLER).unheard(CUSTOMER),
        // Who has not joined has nothing to leave.
        Event::new("leaveVideoCall", say(talking), Refusal::Silence)
            .heard(CUSTOMER, SELLER, "userLeftCall")
            .unheard(SELLER),
        event("endVideoCall", talking).heard(SELLER, CUSTOMER, "callEnded").unheard(CUSTOMER),
    ]
}
