//! Harbour Street Motors and Tomás share a room with calls in it; Grüne Wiese and Quentin have nothing to
//! do with it.

use std::collections::BTreeMap;

use bellwire_server::{App, DEMO_PASSWORD};
use serde_json::{Value, json};

use super::Principal::{Foreign, Own};
use super::{AccessMatrix, Barrier, Event, Principal, Refusal, Route, closed_door};
use crate::dealerdesk::{DEALER as DAN, OTHER_DEALER, Person, QUIET, TECHNICIAN as TEA, room, settled};

const DEALER: Principal = Own("dealer");
const TECHNICIAN: Principal = Own("technician");
const OTHER: Principal = Foreign("dealer");
const QUENTIN: Principal = Foreign("technician");

pub(crate) async fn matrix(app: &App) -> AccessMatrix {
    let host = app.rest_url("dealerdesk").expect("it is served");
    closed_door(&host, "/").await;
    let (people, leaving) = (people(app).await, people(app).await);
    let mut devices = BTreeMap::new();
    for (who, person) in &people {
        devices.insert(*who, person.device().await);
    }
    let place = room(DAN, TEA);
    let enter = json!({ "dealerEmail": DAN, "technicianEmail": TEA, "userType": "TECHNICIAN" });
    let phone = devices.get_mut(&TECHNICIAN).expect("just made");
    phone.say("join_room", enter).await;
    settled(phone).await;
    // Two calls that ring are all there may be; each row that uses one up makes room for the next.
    let shop = devices.get_mut(&DEALER).expect("just made");
    let mut calls = Vec::new();
    for _ in 0..2 {
        shop.say("call_initiate", ask(&place)).await;
        calls.push(shop.until("call_initiated").await["callId"].clone());
    }
    shop.say("send_message", json!({ "roomId": place, "message": "Hello", "senderType": "DEALER" })).await;
    let message = shop.until("new_message").await["id"].clone();
    AccessMatrix {
        backend: "dealerdesk",
        host,
        elsewhere: Vec::new(),
        roles: &["dealer", "technician"],
        client: reqwest::Client::new(),
        tokens: people.iter().map(|(who, person)| (*who, person.token.clone())).collect(),
        devices,
        routes: routes(&place, leaving.into_iter().map(|(who, person)| (who, person.token)).collect()),
        events: events(&place, &calls[0], &calls[1], &message),
        barrier: Barrier {
            event: "call_initiate",
            data: json!({ "roomId": "nowhere" }),
            answer: "call_failed",
        },
        errors: &["error", "call_failed"],
        noise: &["user_presence"],
    }
}

fn ask(place: &str) -> Value {
    json!({ "roomId": place, "callType": "VIDEO", "targetEmail": TEA })
}

/// A session of each of them.
async fn people(app: &App) -> [(Principal, Person); 4] {
    [
        (DEALER, Person::dealer(app).await),
        (TECHNICIAN, Person::technician(app).await),
        (OTHER, Person::login(app, "dealer", OTHER_DEALER).await),
        (QUENTIN, Person::login(app, "technician", QUIET).await),
    ]
}

/// `leaving` are tokens of sessions that may end.
fn routes(place: &str, leaving: BTreeMap<Principal, String>) -> Vec<Route> {
    let get = |pattern: &'static str, path: String| Route::new("GET", pattern, path);
    let login = |email: &str| json!({ "email": email, "password": DEMO_PASSWORD });
    let both = [DEALER, TECHNICIAN];
    let mut logout = Route::plain("POST", "/api/auth/logout").only(&[DEALER, TECHNICIAN, OTHER, QUENTIN]);
    for (who, token) in leaving {
        logout = logout.token(who, token);
    }
    vec![
        Route::plain("POST", "/api/dealers/login").body(login(DAN)).public(),
        Route::plain("POST", "/api/technicians/login").body(login(TEA)).public(),
        logout,
        Route::plain("GET", "/health").public(),
        get("/api/chat/room/{dealerEmail}/{technicianEmail}", format!("/api/chat/room/{DAN}/{TEA}"))
            .only(&both),
        get("/api/chat/room/{roomId}/messages", format!("/api/chat/room/{place}/messages")).only(&both),
        get("/api/chat/messages", format!("/api/chat/messages?dealerEmail={DAN}&technicianEmail={TEA}"))
            .only(&both),
        get("/api/chat/unread-count/{userEmail}", format!("/api/chat/unread-count/{DAN}")).only(&[DEALER]),
        get("/api/chat/rooms/{userEmail}", format!("/api/chat/rooms/{TEA}")).only(&[TECHNICIAN]),
        get("/api/chat/calls", format!("/api/chat/calls?roomId={place}"))
            .only(&[DEALER, TECHNICIAN])
            .with(TECHNICIAN, &format!("/api/chat/calls?userEmail={TEA}"), Value::Null)
            .with(QUENTIN, &format!("/api/chat/calls?userEmail={TEA}&roomId={place}"), Value::Null),
        Route::plain("GET", "/api/chat/ice-servers").only(&[DEALER, TECHNICIAN, OTHER, QUENTIN]),
    ]
}

fn events(place: &str, first: &Value, second: &Value, message: &Value) -> Vec<Event> {
    // The payload claims to be the dealer: that must not matter.
    let say = |call: &Value| {
        json!({
            "roomId": place, "callId": call, "senderEmail": DAN, "userEmail": DAN, "targetEmail": DAN,
            "message": "Hello", "senderType": "DEALER", "isTyping": true, "audio": true, "video": false,
            "offer": { "type": "offer", "sdp": "v=0" }, "answer": { "type": "answer", "sdp": "v=0" },
            "candidate": { "candidate": "candidate:1" },
        })
    };
    let event = |name| Event::new(name, say(first), Refusal::Event("error"));
    let both = |name, heard| event(name).heard(DEALER, TECHNICIAN, heard).heard(TECHNICIAN, DEALER, heard);
    let passed = |name| both(name, name);
    vec![
        Event::new(
            "register_for_notifications",
            json!({ "userEmail": DAN, "userType": "DEALER" }),
            Refusal::Event("error"),
        )
        .unheard(DEALER),
        Event::new(
            "join_room",
            json!({ "dealerEmail": DAN, "technicianEmail": TEA, "userType": "DEALER" }),
            Refusal::Event("error"),
        )
        .unheard(DEALER)
        .unheard(TECHNICIAN),
        both("send_message", "new_message"),
        // Only who it is for can have read it.
        Event::new("mark_read", json!({ "messageId": message }), Refusal::Silence).heard(
            TECHNICIAN,
            DEALER,
            "message_read",
        ),
        both("mark_room_read", "room_marked_read"),
        both("typing", "user_typing"),
        passed("webrtc_offer"),
        passed("webrtc_answer"),
        passed("ice_candidate"),
        passed("media_state"),
        passed("screen_share_started"),
        passed("screen_share_stopped"),
        // The caller can neither answer nor decline.
        Event::new("call_reject", say(second), Refusal::Silence).heard(TECHNICIAN, DEALER, "call_rejected"),
        Event::new("call_initiate", ask(place), Refusal::Event("call_failed")).heard(
            DEALER,
            TECHNICIAN,
            "incoming_call",
        ),
        Event::new("call_accept", say(first), Refusal::Event("call_ended")).heard(
            TECHNICIAN,
            DEALER,
            "call_accepted",
        ),
        Event::new("call_end", say(first), Refusal::Silence)
            .heard(DEALER, TECHNICIAN, "call_ended")
            .unheard(TECHNICIAN),
    ]
}
