//! Ada and Chidi write to and call each other; Tomás and Sakura are strangers to them. Anybody may call
//! and write to anybody, so the strangers do so between themselves.

use std::collections::BTreeMap;

use bellwire_server::{App, DEMO_PASSWORD};
use serde_json::{Value, json};

use super::Principal::{Foreign, Own};
use super::{AccessMatrix, Barrier, Event, Principal, Refusal, Route, closed_door};
use crate::support::Device;

const ADA: Principal = Own("provider");
const CHIDI: Principal = Own("client");
const TOMAS: Principal = Foreign("provider");
const SAKURA: Principal = Foreign("client");
const EVERYBODY: [Principal; 4] = [ADA, CHIDI, TOMAS, SAKURA];

/// Something Chidi has written.
const SECRET: &str = "kitchen tap";

fn id(who: Principal) -> &'static str {
    match who {
        ADA => "9a7e00000000000000000001",
        CHIDI => "c11e00000000000000000001",
        TOMAS => "9a7e00000000000000000002",
        SAKURA => "c11e00000000000000000004",
        Principal::Nobody | Own(_) | Foreign(_) => panic!("{who:?} has no account"),
    }
}

/// Whom each of them has to do with.
fn friend(who: Principal) -> Principal {
    match who {
        ADA => CHIDI,
        CHIDI => ADA,
        TOMAS => SAKURA,
        Principal::Nobody | Own(_) | Foreign(_) => TOMAS,
    }
}

struct Desk {
    client: reqwest::Client,
    host: String,
    tokens: BTreeMap<Principal, String>,
}

impl Desk {
    async fn login(&self, name: &str) -> Value {
        let body = json!({ "email": format!("{name}@demo.example"), "password": DEMO_PASSWORD });
        let url = format!("{}/api/auth/login", self.host);
        let reply = self.client.post(url).json(&body).send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        reply.json::<Value>().await.expect("json")["data"].clone()
    }

    /// The record of something between Ada and Chidi.
    async fn initiate(&self, kind: &str, from: Principal) -> String {
        let url = format!("{}/api/communication/{kind}/initiate", self.host);
        let body = json!({ "receiverId": id(friend(from)) });
        let request = self.client.post(url).bearer_auth(&self.tokens[&from]).json(&body);
        let reply = request.send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        let reply: Value = reply.json().await.expect("json");
        reply["data"]["messageId"].as_str().expect("an id").to_owned()
    }
}

pub(crate) async fn matrix(app: &App) -> AccessMatrix {
    let host = app.socket_url("marketplace").expect("it is served");
    closed_door(&host, "/").await;
    let mut desk = Desk { client: reqwest::Client::new(), host: host.clone(), tokens: BTreeMap::new() };
    let (mut refresh, mut leaving) = (Value::Null, BTreeMap::new());
    for (who, name) in [(ADA, "provider"), (CHIDI, "client"), (TOMAS, "provider2"), (SAKURA, "client4")] {
        let session = desk.login(name).await;
        desk.tokens.insert(who, session["token"].as_str().expect("a token").to_owned());
        refresh = session["refreshToken"].clone();
        let other = desk.login(name).await["token"].as_str().expect("a token").to_owned();
        leaving.insert(who, other);
    }
    let mut devices = BTreeMap::new();
    for who in EVERYBODY {
        let mut device = Device::connect(&host, json!({ "token": desk.tokens[&who] })).await;
        device.until("open").await;
        devices.insert(who, device);
    }
    let routes = routes(&desk, &refresh, leaving).await;
    let events = events(&desk).await;
    AccessMatrix {
        backend: "marketplace",
        host,
        elsewhere: Vec::new(),
        roles: &["provider", "client"],
        client: desk.client,
        tokens: desk.tokens,
        devices,
        routes,
        events,
        barrier: Barrier {
            event: "accept_call",
            data: json!({ "callId": "no-such-call", "callerId": "x" }),
            answer: "call_error",
        },
        errors: &["call_error"],
        noise: &["user_status_change"],
    }
}

/// `leaving` are tokens of sessions that may end.
async fn routes(desk: &Desk, refresh: &Value, leaving: BTreeMap<Principal, String>) -> Vec<Route> {
    let mut logout = Route::plain("POST", "/api/auth/logout").only(&EVERYBODY);
    for (who, token) in leaving {
        logout = logout.token(who, token);
    }
    let video = desk.initiate("video-call", CHIDI).await;
    let voice = desk.initiate("voice-call", CHIDI).await;
    let screen = desk.initiate("screen-share", ADA).await;
    let unwanted = desk.initiate("video-call", CHIDI).await;
    let login = json!({ "email": "client4@demo.example", "password": DEMO_PASSWORD });
    let everybody = |pattern: &'static str| Route::plain("GET", pattern).only(&EVERYBODY);
    // To a friend each, with `more` in the body.
    let to_friend = |method: &'static str, pattern: &'static str, more: Value| {
        let body = |who: Principal| {
            let mut body = more.clone();
            body["receiverId"] = json!(id(friend(who)));
            body
        };
        EVERYBODY
            .into_iter()
            .fold(Route::plain(method, pattern).body(body(CHIDI)).only(&EVERYBODY), |route, who| {
                route.with(who, pattern, body(who))
            })
    };
    let call = |pattern: &'static str, id: &str| Route::new("PUT", pattern, pattern.replace("{message}", id));
    let conversation = "/api/messages/conversation/{user}";
    let between = format!("{}_{}", id(ADA), id(CHIDI));
    vec![
        logout,
        Route::plain("POST", "/api/auth/login").body(login).public(),
        Route::plain("POST", "/api/auth/refresh-token").body(json!({ "refreshToken": refresh })).public(),
        everybody("/api/auth/me").hiding(id(CHIDI)),
        to_friend("POST", "/api/communication/video-call/initiate", json!({})),
        to_friend("POST", "/api/communication/voice-call/initiate", json!({})),
        to_friend("POST", "/api/communication/screen-share/initiate", json!({})),
        // The caller cannot answer.
        call("/api/communication/video-call/{message}/join", &video).only(&[ADA]),
        call("/api/communication/voice-call/{message}/join", &voice).only(&[ADA]),
        call("/api/communication/video-call/{message}/end", &video).only(&[ADA, CHIDI]),
        call("/api/communication/voice-call/{message}/end", &voice).only(&[ADA, CHIDI]),
        call("/api/communication/screen-share/{message}/end", &screen).only(&[ADA]),
        call("/api/communication/call/{message}/decline", &unwanted).only(&[ADA]),
        everybody("/api/communication/call-history").hiding(&video),
        everybody("/api/communication/ice-servers"),
        everybody("/api/messages/conversations").hiding(id(CHIDI)),
        // Everybody's own conversation with Chidi.
        Route::new("GET", conversation, conversation.replace("{user}", id(CHIDI)))
            .only(&EVERYBODY)
            .hiding(SECRET),
        to_friend("POST", "/api/messages/send", json!({ "content": "Hello" })),
        Route::new("PUT", "/api/messages/read/{conversation}", format!("/api/messages/read/{between}"))
            .only(&[ADA, CHIDI]),
        everybody("/api/messages/unread"),
        Route::plain("PUT", "/api/messages/status/online").body(json!({ "isOnline": true })).only(&EVERYBODY),
        to_friend("PUT", "/api/messages/status/typing", json!({ "isTyping": true })),
        Route::new("GET", "/api/messages/status/{user}", format!("/api/messages/status/{}", id(CHIDI)))
            .only(&[ADA, CHIDI]),
    ]
}

async fn events(desk: &Desk) -> Vec<Event> {
    let ringing = desk.initiate("video-call", CHIDI).await;
    let voice = desk.initiate("voice-call", CHIDI).await;
    let screen = desk.initiate("screen-share", ADA).await;
    let talking = desk.initiate("video-call", CHIDI).await;
    let url = format!("{}/api/communication/video-call/{talking}/join", desk.host);
    let joined = desk.client.put(url).bearer_auth(&desk.tokens[&ADA]).send().await.expect("a reply");
    assert_eq!(joined.status(), 200);

    // The payload names other people: that must not matter.
    let about = |call: &str, to: Principal| {
        json!({
            "callId": call, "sessionId": call, "roomId": format!("room_{call}"), "callerId": id(CHIDI),
            "recipientId": id(to), "targetUserId": id(to), "chatId": "chat_a_b", "participantIds": [id(to)],
            "duration": 3, "offer": { "type": "offer", "sdp": "v=0" },
            "answer": { "type": "answer", "sdp": "v=0" }, "candidate": { "candidate": "candidate:1" },
            "audio": true, "video": true, "message": "Hello", "status": "away", "reason": "x",
        })
    };
    let event = |name, call: &str| Event::new(name, about(call, ADA), Refusal::Event("call_error"));
    let both = |name, heard| event(name, &talking).heard(CHIDI, ADA, heard).heard(ADA, CHIDI, heard);
    let to_friend = |name, heard| {
        let event =
            Event::new(name, about(&talking, ADA), Refusal::Silence).says(ADA, about(&talking, CHIDI));
        event.heard(CHIDI, ADA, heard).heard(ADA, CHIDI, heard)
    };
    let strangers_too = |event: Event, heard| {
        let event = event.says(TOMAS, about(&talking, SAKURA)).says(SAKURA, about(&talking, TOMAS));
        event.heard(TOMAS, SAKURA, heard).heard(SAKURA, TOMAS, heard)
    };
    vec![
        // Only the caller rings, only the one who shares shows.
        event("initiate_video_call", &ringing).heard(CHIDI, ADA, "incoming_video_call"),
        event("initiate_voice_call", &voice).heard(CHIDI, ADA, "incoming_voice_call"),
        event("initiate_screen_share", &screen)
            .heard(ADA, CHIDI, "incoming_screen_share")
            .says(ADA, about(&screen, CHIDI)),
        event("accept_call", &ringing).heard(ADA, CHIDI, "call_accepted"),
        event("decline_call", &voice).heard(ADA, CHIDI, "call_declined"),
        both("participant_joined", "participant_joined"),
        both("webrtc_offer", "webrtc_offer"),
        both("webrtc_answer", "webrtc_answer"),
        both("ice_candidate", "ice_candidate"),
        both("media_state", "media_state"),
        to_friend("typing", "user_typing"),
        to_friend("stop_typing", "user_stop_typing"),
        strangers_too(to_friend("send_message", "new_message"), "new_message"),
        strangers_too(to_friend("update_status", "user_status_change"), "user_status_change"),
        // Who has not joined has nothing to leave.
        to_friend("participant_left", "participant_left"),
        event("end_call", &talking).heard(CHIDI, ADA, "call_ended").unheard(ADA),
    ]
}
