//! Seats: how many, for how long, and who has one.

use std::time::Duration;

use bellwire_server::{App, Backend, Config, Database};
use futures_util::future::join_all;
use serde_json::json;

use super::{ANA, BEN, CLEO, Person, THERAPIST, enter, names, server, settled, until_record};

/// The demo with another value of one of hearth's settings; times are in seconds.
fn set(option: &'static str, value: u32) -> Config {
    let mut config = Config::demo();
    let hearth = Backend::parse("hearth").and_then(|hearth| config.backends.get_mut(&hearth));
    hearth.expect("it is served").settings.insert(option, value);
    config
}

async fn with(config: Config) -> App {
    App::start(config).await.expect("a server")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_ask_for_the_last_seat_one_gets_it() {
    let app = with(set("max-call-participants", 3)).await;
    let ana = Person::login(&app, ANA).await;
    let mut others = Vec::new();
    for email in [BEN, CLEO, THERAPIST, "nada@demo.example"] {
        others.push(Person::login(&app, email).await);
    }
    // The body may name two: together with the initiator three.
    let many: Vec<_> = others.iter().map(|person| person.id.clone()).collect();
    let body = json!({ "sessionType": "group", "participants": many });
    assert_eq!(ana.post("/video-call/initiate", body).await.0, 400);
    let (_, demo) = ana.post("/video-call/demo-session", json!({ "sessionId": "the-round" })).await;
    assert_eq!(demo["data"]["sessionId"], "the-round");

    let replies = join_all(others.iter().map(|person| person.join("the-round"))).await;
    let seated = replies.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(seated, 2, "{replies:?}");
    for (status, body) in replies.iter().filter(|(status, _)| *status != 200) {
        assert_eq!((*status, &body["message"]), (400, &json!("Call session is full")));
    }
    // The socket is held to it too.
    let unlucky = others.iter().zip(&replies).find(|(_, (status, _))| *status != 200).expect("two").0;
    let mut device = unlucky.device().await;
    device.say("join_call_session", json!({ "sessionId": "the-round", "peerId": "p" })).await;
    assert_eq!(device.until("call_error").await["message"], "Call session is full");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_person_in_a_group_meets_everybody() {
    let app = server().await;
    let (ana, ben, cleo) =
        (Person::login(&app, ANA).await, Person::login(&app, BEN).await, Person::login(&app, CLEO).await);
    let call = ana.initiate("group", &[&ben, &cleo]).await;
    let (mut a, mut b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    let mut c = cleo.device().await;
    let joined = enter(&mut c, &call, "peer-c").await;
    assert_eq!(joined["participants"].as_array().expect("a list").len(), 2);
    for device in [&mut a, &mut b] {
        device.until_that("initiate_peer_connection", |told| told["targetPeerId"] == "peer-c").await;
    }
    c.say(
        "webrtc_offer",
        json!({ "targetPeerId": "peer-a", "sessionId": call, "offer": { "type": "offer", "sdp": "v=0" } }),
    )
    .await;
    a.until("webrtc_offer").await;
    assert!(!names(&settled(&mut b).await).contains(&"webrtc_offer"), "it was for another");
    // Only who made a group ends it.
    assert_eq!(cleo.end(&call).await.0, 403);
    assert_eq!(ana.end(&call).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_keeps_its_seat_for_a_while() {
    let app = with(Config { seat_kept: Duration::from_secs(3), ..Config::demo() }).await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let (mut a, b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    a.until("initiate_peer_connection").await;
    let first = settled(&mut a).await;
    assert!(!names(&first).contains(&"user_left_call"));
    b.client.disconnect().await.expect("closed");
    let b = ben.enter(&call, "peer-b").await;
    let heard = a.until("user_joined_call").await;
    assert_eq!(heard["participant"]["peerId"], "peer-b");
    assert!(!names(&settled(&mut a).await).contains(&"user_left_call"), "nobody had gone");
    b.client.disconnect().await.expect("closed");
    assert_eq!(a.until("user_left_call").await["reason"], "disconnected");
    let gone = |record: &serde_json::Value| {
        record["participants"].as_array().is_some_and(|seats| {
            seats.iter().any(|seat| seat["userId"]["_id"] == ben.id.as_str() && seat["isActive"] == false)
        })
    };
    until_record(&ana, &call, gone).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_without_use_is_ended() {
    let app = with(set("call-timeout-minutes", 3)).await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let (mut a, mut b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    assert_eq!(a.until("call_ended").await["reason"], "timeout");
    assert_eq!(b.until("call_ended").await["reason"], "timeout");
    until_record(&ana, &call, |record| record["endReason"] == "timeout").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_goes_on_after_the_server_was_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || Config { database: Database::File(folder.path().join("db")), ..Config::demo() };
    let app = with(config()).await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let missed = ana.initiate("one-to-one", &[&ben]).await;
    let devices = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    app.stop().await;
    drop(devices);

    let app = with(config()).await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let mut a = ana.enter(&call, "peer-a").await;
    let b = ben.enter(&call, "peer-b").await;
    assert_eq!(a.until("user_joined_call").await["participant"]["peerId"], "peer-b");
    assert_eq!(ana.session(&call).await["status"], "active");
    assert_eq!(ana.session(&missed).await["status"], "waiting", "it still rings");
    drop(b);
    app.stop().await;
}
