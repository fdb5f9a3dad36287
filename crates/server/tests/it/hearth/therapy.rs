//! Therapy sessions: their records, their people, the call in one, and the older rooms.

use serde_json::{Value, json};

use super::{ANA, BEN, CLEO, Person, THERAPIST, server, settled};
use crate::support::count;

/// Ana's session that goes on, with the therapist.
async fn going_on(ana: &Person) -> String {
    let (_, body) = ana.get("/therapy/sessions").await;
    let sessions = body["data"].as_array().expect("a list");
    let found = sessions.iter().find(|session| session["status"] == "in-progress").expect("one goes on");
    found["_id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_therapist_holds_a_session_from_plan_to_end() {
    let app = server().await;
    let (ana, dora, cleo) = (
        Person::login(&app, ANA).await,
        Person::login(&app, THERAPIST).await,
        Person::login(&app, CLEO).await,
    );
    let plan = json!({ "title": "New", "type": "individual", "duration": 30,
        "scheduledFor": "2030-01-02T10:00:00.000Z", "participants": [{ "userId": ana.id }] });
    assert_eq!(ana.post("/therapy/sessions", plan.clone()).await.0, 403, "not a therapist");
    let (status, body) = dora.post("/therapy/sessions", plan).await;
    assert_eq!(status, 201, "{body}");
    let path = format!("/therapy/sessions/{}", body["data"]["_id"].as_str().expect("an id"));
    assert_eq!(ana.get(&path).await.1["data"]["participants"][0]["role"], "participant");
    assert_eq!(cleo.get(&path).await.0, 403);
    let step = async |who: &Person, what: &str| who.post(&format!("{path}/{what}"), json!({})).await.0;
    assert_eq!(step(&ana, "start").await, 403);
    let changed = dora.ask("PUT", &path, Some(json!({ "title": "Changed" }))).await;
    assert_eq!(changed.1["data"]["title"], "Changed");
    assert_eq!(ana.ask("PUT", &path, Some(json!({ "title": "Mine" }))).await.0, 403);
    assert_eq!(step(&dora, "start").await, 200);
    assert_eq!(step(&dora, "start").await, 400, "once");
    assert_eq!(step(&ana, "join").await, 200);
    assert_eq!(step(&cleo, "join").await, 403);
    let assessment = json!({ "type": "mood", "responses": { "today": 4 }, "score": 4.0 });
    assert_eq!(ana.post(&format!("{path}/assessment"), assessment).await.0, 200);
    assert_eq!(step(&dora, "end").await, 200);
    assert_eq!(step(&ana, "join").await, 400, "over");
    let own = json!({ "type": "self-paced", "title": "Breathing" });
    assert_eq!(ana.post("/therapy/sessions", own).await.0, 201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_call_of_a_therapy_session_is_for_its_people() {
    let app = server().await;
    let (ana, dora, ben) = (
        Person::login(&app, ANA).await,
        Person::login(&app, THERAPIST).await,
        Person::login(&app, BEN).await,
    );
    let id = going_on(&ana).await;
    let body = |with: &Person| json!({ "sessionType": "therapy", "participants": [with.id], "therapySessionId": id });
    assert_eq!(ben.post("/video-call/initiate", body(&dora)).await.0, 403);
    assert_eq!(ana.post("/video-call/initiate", body(&ben)).await.0, 403);
    let mut device = ana.device().await;
    let (status, made) = dora.post("/video-call/initiate", body(&ana)).await;
    assert_eq!(status, 201, "{made}");
    let call = made["data"]["sessionId"].as_str().expect("an id").to_owned();
    let ring = device.until("call_invitation").await;
    assert_eq!((&ring["sessionType"], &ring["therapySessionId"]), (&json!("therapy"), &json!(id)));
    let (_, listed) = ana.get(&format!("/therapy/sessions/{id}")).await;
    assert_eq!(listed["data"]["callSessionId"], call.as_str());
    assert_eq!(ben.join(&call).await.0, 403);
    assert_eq!(ana.join(&call).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_older_rooms_still_work() {
    let app = server().await;
    let (ana, dora, ben) = (
        Person::login(&app, ANA).await,
        Person::login(&app, THERAPIST).await,
        Person::login(&app, BEN).await,
    );
    let id = going_on(&ana).await;
    let (mut a, mut d, mut b) = (ana.device().await, dora.device().await, ben.device().await);
    d.say("join_session", json!(id)).await;
    settled(&mut d).await;
    a.say("join_session", json!(id)).await;
    assert_eq!(d.until("user_joined").await["userId"], ana.id.as_str());
    let offer = json!({ "sessionId": id, "offer": { "type": "offer", "sdp": "v=0" } });
    a.say("video_offer", offer.clone()).await;
    assert_eq!(d.until("video_offer").await["fromUserId"], ana.id.as_str());
    d.say("video_answer", json!({ "sessionId": id, "answer": { "sdp": "v=0" }, "targetUserId": ana.id }))
        .await;
    a.until("video_answer").await;
    d.say("ice_candidate", json!({ "sessionId": id, "candidate": { "candidate": "c" } })).await;
    assert_eq!(a.until("ice_candidate").await["candidate"]["candidate"], "c");
    d.say("start_screen_share", json!({ "sessionId": id })).await;
    a.until("start_screen_share").await;
    d.say("stop_screen_share", json!({ "sessionId": id })).await;
    a.until("stop_screen_share").await;
    a.say("chat_message", json!({ "sessionId": id, "message": " hello " })).await;
    let line = d.until("chat_message").await;
    assert_eq!((&line["message"], &line["firstName"]), (&json!("hello"), &json!("Ana")));
    assert_eq!(dora.post(&format!("/therapy/sessions/{id}/chat"), json!({ "message": "hi" })).await.0, 200);
    a.until_that("chat_message", |line: &Value| line["message"] == "hi").await;

    // Ben is of another session.
    b.say("join_session", json!(id)).await;
    b.until("call_error").await;
    b.say("video_offer", offer).await;
    b.until("error").await;
    b.say("chat_message", json!({ "sessionId": id, "message": "hello" })).await;
    b.until("call_error").await;
    assert_eq!(ben.post(&format!("/therapy/sessions/{id}/chat"), json!({ "message": "hi" })).await.0, 403);
    assert_eq!(count(&settled(&mut d).await, "video_offer"), 1, "only the one of their own people");
    a.say("leave_session", json!(id)).await;
    assert_eq!(d.until("user_left").await["userId"], ana.id.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_taken_out_is_out_at_once_of_the_room_and_of_its_call() {
    let app = server().await;
    let (ana, dora, ben) = (
        Person::login(&app, ANA).await,
        Person::login(&app, THERAPIST).await,
        Person::login(&app, BEN).await,
    );
    let with = |people: &[&Person]| people.iter().map(|who| json!({ "userId": who.id })).collect::<Vec<_>>();
    let plan = json!({ "title": "Three", "type": "group", "participants": with(&[&ana, &ben]) });
    let (status, made) = dora.post("/therapy/sessions", plan).await;
    assert_eq!(status, 201, "{made}");
    let id = made["data"]["_id"].as_str().expect("an id").to_owned();
    let path = format!("/therapy/sessions/{id}");
    let (mut a, mut d, mut b) = (ana.device().await, dora.device().await, ben.device().await);
    for device in [&mut a, &mut d, &mut b] {
        device.say("join_session", json!(id)).await;
        settled(device).await;
    }
    let body = json!({ "sessionType": "therapy", "participants": [ana.id, ben.id], "therapySessionId": id });
    let (status, made) = dora.post("/video-call/initiate", body).await;
    assert_eq!(status, 201, "{made}");
    let call = made["data"]["sessionId"].as_str().expect("an id").to_owned();
    for (device, peer) in [(&mut a, "peer-a"), (&mut b, "peer-b"), (&mut d, "peer-d")] {
        super::enter(device, &call, peer).await;
    }
    for device in [&mut a, &mut d, &mut b] {
        settled(device).await;
    }

    let change = json!({ "participants": with(&[&ana]) });
    assert_eq!(dora.ask("PUT", &path, Some(change)).await.0, 200);
    assert_eq!(b.until("call_ended").await["sessionId"], call.as_str());
    assert_eq!(a.until("user_left").await["userId"], ben.id.as_str());
    assert_eq!(a.until("user_left_call").await["userId"], ben.id.as_str());
    settled(&mut b).await;
    settled(&mut a).await;

    d.say("chat_message", json!({ "sessionId": id, "message": "for those who are still here" })).await;
    a.until("chat_message").await;
    let offer = json!({ "sessionId": id, "offer": { "type": "offer", "sdp": "v=0" } });
    d.say("video_offer", offer.clone()).await;
    a.until("video_offer").await;
    settled(&mut a).await;
    b.say("video_offer", offer.clone()).await;
    b.say("chat_message", json!({ "sessionId": id, "message": "let me in" })).await;
    b.say("join_session", json!(id)).await;
    b.say("join_call_session", json!({ "sessionId": call, "peerId": "peer-b" })).await;
    let heard = settled(&mut b).await;
    for event in ["chat_message", "video_offer", "call_session_joined"] {
        assert_eq!(count(&heard, event), 0, "{event}: {heard:?}");
    }
    let heard = settled(&mut a).await;
    for event in ["chat_message", "video_offer", "user_joined", "user_joined_call"] {
        assert_eq!(count(&heard, event), 0, "{event}: {heard:?}");
    }
    assert_eq!(ben.join(&call).await.0, 403, "was invited, and is no more");

    assert_eq!(dora.ask("PUT", &path, Some(json!({ "status": "cancelled" }))).await.0, 200);
    assert_eq!(a.until("call_ended").await["sessionId"], call.as_str());
    settled(&mut a).await;
    settled(&mut d).await;
    d.say("video_offer", offer).await;
    d.say("join_session", json!(id)).await;
    settled(&mut d).await;
    let heard = settled(&mut a).await;
    assert!(heard.is_empty(), "{heard:?}");
    app.stop().await;
}
