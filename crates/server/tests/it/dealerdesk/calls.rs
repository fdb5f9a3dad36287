//! What can become of a call.

use std::time::Duration;

use bellwire_server::{App, Config, Limits};
use serde_json::json;

use super::{DEALER, PASSWORDLESS, Person, QUIET, TECHNICIAN, call, join, place, ringing_for, room, settled};
use crate::support::{count, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_from_ring_to_record() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone, mut tablet) = (dan.device().await, tea.device().await, tea.device().await);
    let post = format!("{}:POST_128", room(DEALER, TECHNICIAN));

    join(&shop, &dan, &post).await;
    let id = place(&mut shop, &post, TECHNICIAN).await;
    let ring = phone.until("incoming_call").await;
    tablet.until("incoming_call").await;
    assert_eq!((ring["callId"].as_i64(), ring["roomId"].as_str()), (Some(id), Some(&*post)));
    assert_eq!((&ring["callerEmail"], &ring["callerType"]), (&json!(DEALER), &json!("DEALER")));
    assert_eq!((&ring["callType"], &ring["callerName"]), (&json!("VIDEO"), &json!("Harbour Street Motors")));

    // As deployed a web caller offers before anybody has answered, and a web callee may not be in the room.
    let offer = json!({ "type": "offer", "sdp": "v=0" });
    shop.say("webrtc_offer", json!({ "offer": offer, "roomId": post, "targetEmail": TECHNICIAN })).await;
    let early = phone.until("webrtc_offer").await;
    assert_eq!(early, json!({ "offer": offer, "roomId": post, "senderEmail": DEALER }));

    join(&phone, &tea, &post).await;
    shop.until("user_joined").await;
    phone.say("call_accept", call(id, &post)).await;
    for device in [&mut shop, &mut phone, &mut tablet] {
        assert_eq!(device.until("call_accepted").await, call(id, &post));
    }
    let answer = json!({ "type": "answer", "sdp": "v=0" });
    phone.say("webrtc_answer", json!({ "answer": answer, "roomId": post, "callId": id })).await;
    let heard = shop.until("webrtc_answer").await;
    assert_eq!((&heard["senderEmail"], &heard["callId"]), (&json!(TECHNICIAN), &json!(id)));
    phone.say("ice_candidate", json!({ "candidate": null, "roomId": post })).await;
    assert_eq!(shop.until("ice_candidate").await["candidate"], json!(null));
    shop.say("media_state", json!({ "roomId": post, "audio": false })).await;
    assert_eq!(
        phone.until("media_state").await,
        json!({ "roomId": post, "audio": false, "senderEmail": DEALER })
    );
    shop.say("screen_share_started", json!({ "roomId": post })).await;
    phone.until("screen_share_started").await;
    shop.say("screen_share_stopped", json!({ "roomId": post })).await;
    phone.until("screen_share_stopped").await;

    phone.say("call_end", call(id, &post)).await;
    let ended = shop.until("call_ended").await;
    assert!(ended["durationSeconds"].as_f64().is_some() && ended.get("reason").is_none(), "{ended}");
    tablet.until("call_ended").await;
    let record = dan.newest_call().await;
    assert_eq!((&record["id"], &record["call_status"]), (&json!(id), &json!("ENDED")));
    assert_eq!((&record["caller_type"], &record["other_name"]), (&json!("DEALER"), &json!("Tomás Ibarra")));
    assert_eq!(record, {
        let mut own = tea.newest_call().await;
        own["other_name"] = json!("Tomás Ibarra");
        own
    });
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declined_busy_taken_back_and_refused_by_hanging_up() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);

    let id = place(&mut phone, &room, DEALER).await;
    shop.until("incoming_call").await;
    shop.say("call_reject", call(id, &room)).await;
    let rejected = phone.until("call_rejected").await;
    assert_eq!((&rejected["rejectedBy"], rejected.get("reason")), (&json!(DEALER), None));
    assert_eq!(dan.newest_call().await["call_status"], "REJECTED");

    let id = place(&mut phone, &room, DEALER).await;
    shop.say("call_reject", json!({ "callId": id.to_string(), "roomId": room, "reason": "busy" })).await;
    assert_eq!(phone.until("call_rejected").await["reason"], "busy");

    let id = place(&mut phone, &room, DEALER).await;
    phone.say("call_end", call(id, &room)).await;
    let ended = shop.until("call_ended").await;
    assert_eq!((&ended["reason"], &ended["durationSeconds"]), (&json!("cancelled"), &json!(0.0)));
    assert_eq!(tea.newest_call().await["call_status"], "MISSED", "nobody answered");

    let id = place(&mut phone, &room, DEALER).await;
    shop.say("call_end", call(id, &room)).await;
    phone.until("call_rejected").await;
    assert_eq!(tea.newest_call().await["call_status"], "REJECTED");

    // Over is over.
    for event in ["call_accept", "call_reject", "call_end"] {
        shop.say(event, call(id, &room)).await;
    }
    assert_eq!(shop.until("call_ended").await["reason"], "over", "too late to accept");
    settled(&mut shop).await;
    assert_eq!(count(&settled(&mut phone).await, "call_accepted"), 0);
    assert_eq!(tea.newest_call().await["call_status"], "REJECTED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_answers() {
    let app = ringing_for(Duration::from_secs(2)).await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    let id = place(&mut shop, &room, TECHNICIAN).await;
    for device in [&mut shop, &mut phone] {
        let ended = device.until("call_ended").await;
        assert_eq!(ended, json!({ "callId": id, "durationSeconds": 0.0, "reason": "missed" }));
    }
    let record = tea.newest_call().await;
    assert_eq!((&record["call_status"], &record["duration_seconds"]), (&json!("MISSED"), &json!(0)));

    // The caller's own timer may be quicker.
    let id = place(&mut shop, &room, TECHNICIAN).await;
    shop.say("call_end", json!({ "callId": id, "roomId": room, "reason": "missed" })).await;
    assert_eq!(phone.until("call_ended").await["reason"], "missed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_device_answers_and_the_others_know() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, phone, mut tablet) = (dan.device().await, tea.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    let id = place(&mut shop, &room, TECHNICIAN).await;
    let mut late = tea.device().await;
    // It was told while it registered.
    late.say("register_for_notifications", json!({ "userEmail": TECHNICIAN, "userType": "TECHNICIAN" }))
        .await;
    let heard = settled(&mut late).await;
    assert_eq!(count(&heard, "incoming_call"), 0, "not twice");
    phone.say("call_accept", call(id, &room)).await;
    for device in [&mut shop, &mut tablet, &mut late] {
        device.until("call_accepted").await;
    }
    // A second to accept is sent away, a second to decline is ignored.
    tablet.say("call_accept", call(id, &room)).await;
    assert_eq!(tablet.until("call_ended").await["reason"], "over");
    late.say("call_reject", call(id, &room)).await;
    settled(&mut late).await;
    let heard = settled(&mut shop).await;
    assert_eq!((count(&heard, "call_rejected"), count(&heard, "call_ended")), (0, 0), "{heard:?}");
    assert_eq!(tea.newest_call().await["call_status"], "ANSWERED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_comes_late_rings() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, phone) = (dan.device().await, tea.device().await);
    let id = place(&mut shop, &room(DEALER, TECHNICIAN), TECHNICIAN).await;
    let mut late = crate::support::Device::connect(&super::host(&app), json!({ "token": tea.token })).await;
    assert_eq!(late.until("incoming_call").await["callId"], id);
    drop(phone);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_busy_and_too_often() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let ask =
        |room: &str, target: &str| json!({ "roomId": room, "callType": "AUDIO", "targetEmail": target });

    let quiet = room(DEALER, QUIET);
    shop.say("call_initiate", ask(&quiet, QUIET)).await;
    let failed = shop.until("call_failed").await;
    assert_eq!(failed, json!({ "reason": "User not available", "roomId": quiet }));
    settled(&mut shop).await;
    let missed = async {
        while dan.newest_call().await["call_status"] != "MISSED" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, missed).await.expect("the record says missed");
    assert_eq!(dan.newest_call().await["room_id"], quiet);

    // One talks, one waits: a third hears that they are busy.
    let talking = place(&mut phone, &room(DEALER, TECHNICIAN), DEALER).await;
    shop.say("call_accept", call(talking, &room(DEALER, TECHNICIAN))).await;
    phone.until("call_accepted").await;
    let zoe = Person::login(&app, "technician", PASSWORDLESS).await;
    let (mut second, quentin) = (zoe.device().await, Person::login(&app, "technician", QUIET).await);
    place(&mut second, &room(DEALER, PASSWORDLESS), DEALER).await;
    let mut third = quentin.device().await;
    third.say("call_initiate", ask(&quiet, DEALER)).await;
    assert_eq!(third.until("call_failed").await["reason"], "User busy");

    // Nobody there, nobody named, somebody else's room.
    for (room, target) in [
        (room(DEALER, "nobody@demo.example"), "nobody@demo.example"),
        (quiet.clone(), TECHNICIAN),
        (room(DEALER, TECHNICIAN), DEALER),
        ("nonsense".to_owned(), DEALER),
    ] {
        third.say("call_initiate", ask(&room, target)).await;
        assert_eq!(third.until("call_failed").await["reason"], "Failed to initiate call", "{room}");
    }
    app.stop().await;

    let limits = Limits { initiates_per_minute: 2, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    for _ in 0..2 {
        let id = place(&mut shop, &room, TECHNICIAN).await;
        shop.say("call_end", call(id, &room)).await;
    }
    shop.say("call_initiate", ask(&room, TECHNICIAN)).await;
    assert_eq!(shop.until("call_failed").await["reason"], "Failed to initiate call");
    drop(phone);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_may_dial_at_once() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    let one = place(&mut shop, &room, TECHNICIAN).await;
    let two = place(&mut phone, &room, DEALER).await;
    assert_eq!(shop.until("incoming_call").await["callId"], two);
    phone.say("call_end", call(two, &room)).await;
    shop.until_that("call_ended", |body| body["callId"] == two).await;
    phone.say("call_accept", call(one, &room)).await;
    assert_eq!(shop.until("call_accepted").await["callId"], one);
    app.stop().await;
}
