//! Compat mode: a deployed web client, which sends no token, keeps working.

use bellwire_server::{App, Config, Mode};
use serde_json::json;

use super::people::{DOCTOR, NOW, OTHER_PATIENT, PATIENT, Person};
use crate::matrix::closed_door;
use crate::support::{Device, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_a_token_is_who_it_says() {
    let app = App::start(Config { mode: Mode::Compat, ..Config::demo() }).await.expect("a server");
    let (doctor, patient) = (Person::new(&app, DOCTOR).await, Person::new(&app, PATIENT).await);
    let room = doctor.room(NOW).await;
    let url = app.socket_url("clinic").expect("it is served");
    let mut desk = doctor.enter(&room).await;
    let mut web = Device::connect_to(&url, "/video-call", json!({})).await;
    web.until("open").await;
    web.say("join-room", patient.of(&room)).await;
    assert_eq!(web.until("joined-room").await["userId"], patient.id);
    assert_eq!(desk.until("user-joined").await["userId"], patient.id);
    web.say("webrtc-signal", json!({ "roomId": room, "userId": patient.id, "signal": { "candidate": "c" } }))
        .await;
    desk.until("webrtc-signal").await;
    // Somebody else from then on it cannot be.
    web.say("end-call", doctor.of(&room)).await;
    assert_eq!(web.until("error").await["message"], "Failed to end call");
    web.say("leave-room", patient.of(&room)).await;
    desk.until("user-left").await;

    let stranger = Person::new(&app, OTHER_PATIENT).await;
    let mut other = Device::connect_to(&url, "/video-call", json!({})).await;
    other.until("open").await;
    other.say("join-room", json!({ "roomId": room, "userId": "nobody" })).await;
    assert_eq!(other.until("error").await["message"], "Not authorized to join this room");
    other.say("join-room", stranger.of(&room)).await;
    assert_eq!(other.until("error").await["message"], "Not authorized to join this room");
    // A token that is no good is not the same as none.
    let mut forged = Device::connect_to(&url, "/video-call", json!({ "token": "forged" })).await;
    forged.until("error").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_server_lets_nobody_in_without_a_token() {
    let app = server().await;
    closed_door(&app.socket_url("clinic").expect("it is served"), "/video-call").await;
    app.stop().await;
}
