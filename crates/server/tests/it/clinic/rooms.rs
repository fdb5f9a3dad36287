//! Rooms over real sockets.

use std::time::Duration;

use bellwire_server::{App, Config, Limits};
use serde_json::{Value, json};

use super::people::{DOCTOR, NOW, OTHER_DOCTOR, OTHER_PATIENT, PATIENT, Person, SOON, names};
use crate::support::{count, server};

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_meet_in_the_room_of_their_appointment() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let mut desk = doctor.device().await;
    let mut phone = patient.device().await;

    phone.say("join-room", patient.of(&room)).await;
    let joined = phone.until("joined-room").await;
    assert_eq!(joined, json!({ "roomId": room, "userId": patient.id, "participants": [patient.id] }));
    let waits = desk.until_that("room-status", |body| body["waiting"] == json!([patient.id])).await;
    assert_eq!((waits["appointmentId"].as_str(), waits["status"].as_str()), (Some(NOW), Some("Waiting")));
    assert_eq!(waits["appointment"]["patient"]["id"], patient.id);
    doctor.record(NOW, |room| room["patientJoined"] == true && room["practitionerJoined"] == false).await;

    desk.say("join-room", doctor.of(&room)).await;
    let joined = desk.until("joined-room").await;
    assert_eq!(joined["participants"], json!([doctor.id, patient.id]));
    let came = phone.until("user-joined").await;
    assert_eq!(came, json!({ "userId": doctor.id, "roomId": room }));
    let record = doctor.record(NOW, |room| room["status"] == "InProgress").await;
    assert!(record["startedAt"].is_string() && record["endedAt"].is_null());
    // As the document has it, with the appointment's time under another name.
    assert_eq!(record["appointment"]["scheduledDate"], record["appointment"]["appointmentDateTime"]);

    let offer = json!({ "type": "offer", "sdp": "v=0" });
    phone.say("webrtc-signal", with(patient.of(&room), "signal", offer.clone())).await;
    let heard = desk.until("webrtc-signal").await;
    assert_eq!(heard, json!({ "signal": offer, "userId": patient.id, "roomId": room }));
    let raw =
        json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "u" });
    desk.say("webrtc-signal", with(doctor.of(&room), "signal", raw.clone())).await;
    assert_eq!(phone.until("webrtc-signal").await["signal"], raw);
    for (said, heard) in [("toggle-audio", "audio-toggled"), ("toggle-video", "video-toggled")] {
        desk.say(said, with(doctor.of(&room), "isEnabled", json!(false))).await;
        let told = phone.until(heard).await;
        assert_eq!((&told["userId"], &told["isEnabled"]), (&json!(doctor.id), &json!(false)));
    }
    desk.say("screen-share-start", doctor.of(&room)).await;
    assert_eq!(phone.until("screen-share-started").await["userId"], doctor.id);
    desk.say("screen-share-stop", doctor.of(&room)).await;
    phone.until("screen-share-stopped").await;
    phone.say("screen-share-start", patient.of(&room)).await;
    let refused = phone.until("error").await;
    assert_eq!(refused["message"], "Only the practitioner can share the screen");

    desk.say("end-call", doctor.of(&room)).await;
    let ended = json!({ "userId": doctor.id, "roomId": room });
    assert_eq!(desk.until("call-ended").await, ended);
    assert_eq!(phone.until("call-ended").await, ended);
    let record = doctor.record(NOW, |room| room["status"] == "Ended").await;
    assert!(record["endedAt"].is_string() && record["practitionerJoined"] == false);
    let heard = doctor.settle(&mut desk).await;
    assert_eq!(count(&heard, "screen-share-started"), 0, "{heard:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_pretenders_are_refused_and_nobody_hears_of_it() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let (mut desk, mut phone) = (doctor.enter(&room).await, patient.enter(&room).await);
    doctor.settle(&mut desk).await;
    patient.settle(&mut phone).await;
    let events = [
        ("join-room", "Not authorized to join this room"),
        ("leave-room", "Not authorized"),
        ("webrtc-signal", "Not authorized"),
        ("screen-share-start", "Not authorized"),
        ("toggle-video", "Not authorized"),
        ("end-call", "Failed to end call"),
    ];
    for email in [OTHER_DOCTOR, OTHER_PATIENT] {
        let stranger = Person::new(&app, email).await;
        let mut device = stranger.device().await;
        // Under their own name, and under that of the practitioner.
        for name in [&stranger, &doctor] {
            for (event, message) in events {
                let body = with(name.of(&room), "isEnabled", json!(true));
                device.say(event, with(body, "signal", json!({ "candidate": "" }))).await;
                assert_eq!(device.until("error").await["message"], message, "{event}");
            }
        }
        assert!(names(&stranger.settle(&mut device).await).iter().all(|name| *name == "error"));
    }
    assert_eq!(names(&doctor.settle(&mut desk).await), [""; 0]);
    assert_eq!(names(&patient.settle(&mut phone).await), [""; 0]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_events_are_dropped_and_the_socket_goes_on() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let (mut desk, mut phone) = (doctor.enter(&room).await, patient.enter(&room).await);
    doctor.settle(&mut desk).await;
    patient.settle(&mut phone).await;
    for event in ["join-room", "leave-room", "webrtc-signal", "toggle-audio", "end-call", "screen-share-stop"]
    {
        for body in
            [json!(null), json!("text"), json!([1]), json!({}), json!({ "roomId": room, "userId": {} })]
        {
            phone.say(event, body).await;
        }
        phone.say(event, json!({ "roomId": "x".repeat(100), "userId": patient.id })).await;
    }
    for signal in
        [json!("x"), json!({}), json!({ "type": "rollback", "sdp": "" }), json!({ "type": "offer" })]
    {
        phone.say("webrtc-signal", with(patient.of(&room), "signal", signal)).await;
    }
    assert_eq!(names(&patient.settle(&mut phone).await), [""; 0]);
    assert_eq!(names(&doctor.settle(&mut desk).await), [""; 0]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_arrive_in_their_order() {
    let limits = Limits { event_burst: 10_000, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let (mut desk, phone) = (doctor.enter(&room).await, patient.enter(&room).await);
    for number in 0..300 {
        let signal = json!({ "candidate": format!("candidate:{number}"), "sdpMid": "0" });
        phone.say("webrtc-signal", with(patient.of(&room), "signal", signal)).await;
    }
    for number in 0..300 {
        let heard = desk.until("webrtc-signal").await;
        assert_eq!(heard["signal"]["candidate"], format!("candidate:{number}"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_late_hears_who_waits_and_the_second_device_takes_over() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let mut phone = patient.enter(&room).await;
    // Nobody of the practitioner's devices was there when the patient came.
    let mut desk = crate::support::Device::connect_to(
        &app.socket_url("clinic").expect("served"),
        "/video-call",
        json!({ "token": doctor.token }),
    )
    .await;
    let waits = desk.until("room-status").await;
    assert_eq!((&waits["roomId"], &waits["waiting"]), (&json!(room), &json!([patient.id])));

    let mut tablet = doctor.device().await;
    tablet.say("join-room", doctor.of(&room)).await;
    tablet.until("joined-room").await;
    // Answered elsewhere, for the one at the desk.
    desk.until_that("room-status", |body| body["waiting"] == json!([doctor.id, patient.id])).await;
    phone.until("user-joined").await;

    desk.say("join-room", doctor.of(&room)).await;
    desk.until("joined-room").await;
    let ended = tablet.until("call-ended").await;
    let elsewhere = json!({ "userId": doctor.id, "roomId": room, "reason": "joined-elsewhere" });
    assert_eq!(ended, elsewhere);
    phone.until("user-joined").await;
    // What the first one does now is nobody's business.
    tablet.say("leave-room", doctor.of(&room)).await;
    tablet.say("webrtc-signal", with(doctor.of(&room), "signal", json!({ "candidate": "late" }))).await;
    doctor.settle(&mut tablet).await;
    desk.say("webrtc-signal", with(doctor.of(&room), "signal", json!({ "candidate": "mine" }))).await;
    assert_eq!(phone.until("webrtc-signal").await["signal"]["candidate"], "mine");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_told_when_it_does_not_come_back() {
    let app =
        App::start(Config { seat_kept: Duration::from_secs(2), ..Config::demo() }).await.expect("a server");
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let (mut desk, phone) = (doctor.enter(&room).await, patient.enter(&room).await);
    phone.client.disconnect().await.expect("gone");
    drop(phone);
    let left = desk.until("user-left").await;
    assert_eq!(left, json!({ "userId": patient.id, "roomId": room, "reason": "disconnected" }));
    let heard = doctor.settle(&mut desk).await;
    assert_eq!(count(&heard, "user-left"), 1);
    let again = patient.enter(&room).await;
    assert_eq!(desk.until("user-joined").await["userId"], patient.id);
    again.say("leave-room", patient.of(&room)).await;
    let left = desk.until("user-left").await;
    assert_eq!(left, json!({ "userId": patient.id, "roomId": room }), "a goodbye is told at once");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_of_one_practitioner_are_rooms_of_their_own() {
    let app = server().await;
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let other = Person::new(&app, "patient2@demo.example").await;
    let (room, next) = (doctor.room(NOW).await, doctor.room(SOON).await);
    let (mut desk, mut phone) = (doctor.enter(&room).await, patient.enter(&room).await);
    desk.until("user-joined").await;
    // Early, while the practitioner talks.
    let mut early = other.enter(&next).await;
    let waits = desk.until_that("room-status", |body| body["roomId"] == next).await;
    assert_eq!(waits["waiting"], json!([other.id]));
    let heard = patient.settle(&mut phone).await;
    assert!(heard.iter().all(|(_, body)| body["roomId"] != next), "{heard:?}");

    desk.say("end-call", doctor.of(&room)).await;
    desk.say("join-room", doctor.of(&next)).await;
    phone.until("call-ended").await;
    assert_eq!(early.until("user-joined").await["userId"], doctor.id);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_with_the_time_to_wait() {
    let limits = Limits { event_burst: 5, events_per_second: 1, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let patient = Person::new(&app, PATIENT).await;
    let room = patient.room(NOW).await;
    let mut phone = patient.device().await;
    for _ in 0..50 {
        phone.say("toggle-audio", with(patient.of(&room), "isEnabled", json!(true))).await;
    }
    let refused = phone.until_that("error", |body| body["retryAfter"].is_number()).await;
    assert!(refused["retryAfter"].as_u64().is_some_and(|wait| wait >= 1), "{refused}");
    app.stop().await;
}
