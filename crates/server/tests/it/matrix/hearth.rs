//! Ana and Dora share a therapy session and calls; Émile has nothing to do with them, and Ben no more: he was
//! of the session and in its room until Dora took him out.

use std::collections::BTreeMap;

use bellwire_server::{App, DEMO_PASSWORD};
use serde_json::{Value, json};

use super::Principal::{Foreign, Own};
use super::{AccessMatrix, Barrier, Event, Principal, Refusal, Route, open_door};
use crate::hearth::{ANA as ANAS, BEN as BENS, Person, THERAPIST, enter, settled};
use crate::support::count;

const ANA: Principal = Own("user");
const DORA: Principal = Own("therapist");
const BEN: Principal = Foreign("user");
const EMILE: Principal = Foreign("therapist");
const OTHER_THERAPIST: &str = "therapist2@demo.example";

/// Therapy sessions of Ana and Dora.
struct Therapy {
    going_on: String,
    planned: String,
}

pub(crate) async fn matrix(app: &App) -> AccessMatrix {
    let logins = [(ANA, ANAS), (DORA, THERAPIST), (BEN, BENS), (EMILE, OTHER_THERAPIST)];
    let (mut people, mut devices) = (BTreeMap::new(), BTreeMap::new());
    let mut tokens = BTreeMap::new();
    for (who, email) in logins {
        let person = Person::login(app, email).await;
        devices.insert(who, person.device().await);
        people.insert(who, person);
        // Another than the device's, so that it can be given back.
        tokens.insert(who, Person::login(app, email).await.token);
    }
    let (ana, dora) = (&people[&ANA], &people[&DORA]);
    let (_, list) = ana.get("/therapy/sessions").await;
    let find = |status: &str| {
        let mut all = list["data"].as_array().expect("a list").iter();
        let found = all.find(|session| session["status"] == status && session["type"] == "individual");
        found.expect("there is one")["_id"].as_str().expect("an id").to_owned()
    };
    let therapy = Therapy { going_on: find("in-progress"), planned: find("scheduled") };
    let path = format!("/therapy/sessions/{}", therapy.going_on);
    for with in [vec![ana, &people[&BEN]], vec![ana]] {
        let with: Vec<_> = with.iter().map(|who| json!({ "userId": who.id })).collect();
        let (status, body) = dora.ask("PUT", &path, Some(json!({ "participants": with }))).await;
        assert_eq!(status, 200, "{body}");
        let device = devices.get_mut(&BEN).expect("just made");
        if with.len() == 2 {
            device.say("join_session", json!(therapy.going_on)).await;
            let heard = settled(device).await;
            assert_eq!(count(&heard, "call_error"), 0, "he is of the session: {heard:?}");
        }
    }
    let talking = dora.initiate("one-to-one", &[ana]).await;
    for (who, peer) in [(DORA, "peer-dora"), (ANA, "peer-ana")] {
        enter(devices.get_mut(&who).expect("just made"), &talking, peer).await;
    }
    let ringing = dora.initiate("one-to-one", &[ana]).await;
    let joined = dora.initiate("one-to-one", &[ana]).await;
    let ended = dora.initiate("group", &[ana]).await;
    let own: BTreeMap<Principal, Value> =
        people.iter().map(|(who, person)| (*who, json!(person.token))).collect();
    let events = events(&therapy, &own, &talking, &ringing);
    let url = app.socket_url("hearth").expect("it is served");
    let refusal = |event: &str| if event == "authenticate" { "authentication_error" } else { "call_error" };
    open_door(&url, &events, refusal).await;
    AccessMatrix {
        backend: "hearth",
        host: app.rest_url("hearth").expect("it is served").replace("/api", ""),
        elsewhere: Vec::new(),
        roles: &["user", "therapist"],
        client: reqwest::Client::new(),
        tokens,
        devices,
        routes: routes(&therapy, &people, &talking, &joined, &ended),
        events,
        barrier: Barrier {
            event: "toggle_audio",
            data: json!({ "sessionId": "no-such-session", "hasAudio": true }),
            answer: "call_error",
        },
        errors: &["call_error", "error", "authentication_error"],
        noise: &[],
    }
}

fn routes(
    therapy: &Therapy,
    people: &BTreeMap<Principal, Person>,
    talking: &str,
    joined: &str,
    ended: &str,
) -> Vec<Route> {
    let everybody = [ANA, DORA, BEN, EMILE];
    let both = [ANA, DORA];
    let (ana, dora) = (&people[&ANA].id, &people[&DORA].id);
    let call = |method, pattern: &'static str, id: &str| {
        let path = pattern.replace("{sessionId}", id);
        Route::new(method, pattern, path).body(if method == "GET" { Value::Null } else { json!({}) })
    };
    let session = |method, pattern: &'static str, id: &str| {
        let path = pattern.replace("{id}", id);
        Route::new(method, pattern, path).body(if method == "GET" { Value::Null } else { json!({}) })
    };
    let ask = |with: &str| json!({ "sessionType": "therapy", "participants": [with], "therapySessionId": therapy.going_on });
    let initiate = "/api/video-call/initiate";
    let one = "/api/therapy/sessions/{id}";
    vec![
        Route::plain("POST", "/api/auth/login")
            .body(json!({ "email": ANAS, "password": DEMO_PASSWORD }))
            .public(),
        Route::plain("GET", "/api/auth/me").only(&everybody),
        Route::plain("POST", initiate).body(ask(dora)).only(&both).with(DORA, initiate, ask(ana)),
        call("POST", "/api/video-call/join/{sessionId}", joined).only(&both),
        call("GET", "/api/video-call/session/{sessionId}", talking).only(&both),
        call("PUT", "/api/video-call/session/{sessionId}/media", talking).only(&both),
        call("POST", "/api/video-call/session/{sessionId}/invite", ended)
            .body(json!({ "participants": [ana] }))
            .only(&[DORA]),
        // A group is its initiator's to end.
        call("POST", "/api/video-call/session/{sessionId}/end", ended).only(&[DORA]),
        Route::plain("GET", "/api/video-call/history").only(&everybody).hiding(talking),
        Route::plain("POST", "/api/video-call/demo-session").body(json!({})).only(&everybody),
        Route::plain("GET", "/api/video-call/ice-servers").only(&everybody),
        Route::plain("GET", "/api/therapy/sessions").only(&everybody).hiding(&therapy.going_on),
        Route::plain("POST", "/api/therapy/sessions")
            .body(json!({ "type": "individual", "participants": [{ "userId": ana }] }))
            .only(&[DORA, EMILE]),
        session("GET", one, &therapy.going_on).only(&both),
        session("PUT", one, &therapy.going_on).only(&[DORA]),
        session("POST", "/api/therapy/sessions/{id}/start", &therapy.planned).only(&[DORA]),
        session("POST", "/api/therapy/sessions/{id}/end", &therapy.planned).only(&[DORA]),
        session("POST", "/api/therapy/sessions/{id}/join", &therapy.going_on).only(&both),
        session("POST", "/api/therapy/sessions/{id}/chat", &therapy.going_on)
            .body(json!({ "message": "Hello" }))
            .only(&both),
        session("POST", "/api/therapy/sessions/{id}/assessment", &therapy.going_on)
            .body(json!({ "responses": {} }))
            .only(&both),
        Route::plain("POST", "/api/auth/logout").only(&[EMILE]).sparing(&[ANA, DORA, BEN]),
    ]
}

fn events(
    therapy: &Therapy,
    tokens: &BTreeMap<Principal, Value>,
    talking: &str,
    ringing: &str,
) -> Vec<Event> {
    // The payload claims to be Dora: that must not matter.
    let say = |target: &str, peer: &str| {
        json!({
            "sessionId": talking, "peerId": peer, "targetPeerId": target, "userId": "dora",
            "hasVideo": true, "hasAudio": false, "isScreenSharing": false, "qualityData": {},
            "issueType": "poor", "description": "loss", "candidate": null,
            "offer": { "type": "offer", "sdp": "v=0" }, "answer": { "type": "answer", "sdp": "v=0" },
        })
    };
    let event = |name| {
        Event::new(name, say("peer-dora", "peer-ana"), Refusal::Event("call_error"))
            .says(DORA, say("peer-ana", "peer-dora"))
    };
    let both = |name, heard| event(name).heard(ANA, DORA, heard).heard(DORA, ANA, heard);
    let id = &therapy.going_on;
    let older = |name, heard: &'static str| {
        let data = json!({ "sessionId": id, "offer": {}, "answer": {}, "candidate": {}, "message": "Hello" });
        let refusal = if name == "chat_message" { "call_error" } else { "error" };
        Event::new(name, data, Refusal::Event(refusal)).heard(ANA, DORA, heard).heard(DORA, ANA, heard)
    };
    let authenticate = tokens.iter().fold(
        Event::new("authenticate", json!("forged"), Refusal::Event("authentication_error")),
        |event, (who, token)| event.says(*who, token.clone()).unheard(*who),
    );
    vec![
        authenticate,
        event("join_call_session").unheard(ANA).unheard(DORA),
        both("webrtc_offer", "webrtc_offer"),
        both("webrtc_answer", "webrtc_answer"),
        both("webrtc_ice_candidate", "webrtc_ice_candidate"),
        both("media_state_changed", "participant_media_changed"),
        both("toggle_video", "participant_toggled_video"),
        both("toggle_audio", "participant_toggled_audio"),
        both("screen_share_started", "participant_screen_share_started"),
        both("screen_share_stopped", "participant_screen_share_stopped"),
        event("call_quality_report").unheard(ANA).unheard(DORA),
        both("connection_issue", "participant_connection_issue"),
        // Who rings cannot decline.
        Event::new("decline_call", json!({ "sessionId": ringing }), Refusal::Event("call_error")).heard(
            ANA,
            DORA,
            "call_declined",
        ),
        Event::new("join_session", json!(id), Refusal::Event("call_error")).unheard(ANA).heard(
            DORA,
            ANA,
            "user_joined",
        ),
        older("video_offer", "video_offer"),
        older("video_answer", "video_answer"),
        older("ice_candidate", "ice_candidate"),
        older("start_screen_share", "start_screen_share"),
        older("stop_screen_share", "stop_screen_share"),
        older("chat_message", "chat_message"),
        Event::new("leave_session", json!(id), Refusal::Silence).heard(ANA, DORA, "user_left").unheard(DORA),
        Event::new("leave_call_session", json!({ "sessionId": talking }), Refusal::Silence)
            .heard(ANA, DORA, "user_left_call")
            .unheard(DORA),
    ]
}
