//! Outages, restarts, order and nonsense.

use std::time::Duration;

use bellwire_server::{App, Config, Database, Limits};
use serde_json::{Value, json};

use super::{DEALER, Person, TECHNICIAN, call, join, place, room, settled};
use crate::support::{count, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_is_kept_for_those_who_come_back_and_not_for_ever() {
    let config = Config { seat_kept: Duration::from_secs(4), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    let id = place(&mut shop, &room, TECHNICIAN).await;
    phone.say("call_accept", call(id, &room)).await;
    shop.until("call_accepted").await;

    phone.client.disconnect().await.expect("gone");
    assert_eq!(shop.until("user_left").await["userEmail"], TECHNICIAN);
    let phone = tea.device().await;
    join(&phone, &tea, &room).await;
    shop.until("user_joined").await;
    let offer = json!({ "type": "offer", "sdp": "v=0" });
    shop.say("webrtc_offer", json!({ "offer": offer, "roomId": room })).await;
    let mut phone = phone;
    phone.until("webrtc_offer").await;

    shop.client.disconnect().await.expect("gone");
    let ended = phone.until("call_ended").await;
    assert_eq!((&ended["callId"], &ended["reason"]), (&json!(id), &json!("disconnected")));
    assert_eq!(tea.newest_call().await["call_status"], "ENDED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_ends_no_call_that_runs_and_misses_the_one_that_rang() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::File(folder.path().join("calls.db"));
    let config = Config { database, ..Config::demo() };
    let app = App::start(config.clone()).await.expect("a server");
    let (mut dan, mut tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let room = room(DEALER, TECHNICIAN);
    let (running, ringing) = {
        let (mut shop, mut phone) = (dan.device().await, tea.device().await);
        let running = place(&mut shop, &room, TECHNICIAN).await;
        phone.say("call_accept", call(running, &room)).await;
        shop.until("call_accepted").await;
        (running, place(&mut phone, &room, DEALER).await)
    };
    drop(app);

    let app = App::start(config.with_ring_timeout(Duration::from_secs(2))).await.expect("the server again");
    dan.move_to(&app);
    tea.move_to(&app);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    join(&shop, &dan, &room).await;
    join(&phone, &tea, &room).await;
    let body = json!({ "candidate": null, "roomId": room, "callId": running });
    shop.say("ice_candidate", body).await;
    phone.until("ice_candidate").await;
    // It still rings, since its time was not up; the caller gives up.
    phone.say("call_end", call(ringing, &room)).await;
    shop.until_that("call_ended", |body| body["callId"] == ringing).await;
    shop.say("call_end", call(running, &room)).await;
    phone.until_that("call_ended", |body| body["callId"] == running).await;
    let (_, rows) = dan.get(&format!("/api/chat/calls?roomId={room}&limit=2")).await;
    assert_eq!((&rows[0]["id"], &rows[0]["call_status"]), (&json!(ringing), &json!("MISSED")));
    assert_eq!((&rows[1]["id"], &rows[1]["call_status"]), (&json!(running), &json!("ENDED")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_arrive_in_the_order_they_were_sent() {
    let limits = Limits { event_burst: 100_000, events_per_second: 100_000, ..Limits::default() };
    let app = App::start(Config { limits, ..Config::demo() }).await.expect("a server");
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    place(&mut shop, &room, TECHNICIAN).await;
    for number in 0..400 {
        let candidate = json!({ "candidate": format!("candidate:{number}") });
        shop.say("ice_candidate", json!({ "candidate": candidate, "roomId": room })).await;
        if number % 100 == 99 {
            let last = format!("candidate:{number}");
            phone.until_that("ice_candidate", |body| body["candidate"]["candidate"] == last.as_str()).await;
        }
    }
    let heard = phone.log.iter().filter(|(name, _)| name == "ice_candidate");
    let numbers: Vec<_> = heard.map(|(_, body)| body["candidate"]["candidate"].clone()).collect();
    let expected: Vec<_> = (0..400).map(|number| json!(format!("candidate:{number}"))).collect();
    assert_eq!(numbers, expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_changes_nothing() {
    let app = server().await;
    let (dan, tea) = (Person::dealer(&app).await, Person::technician(&app).await);
    let (mut shop, mut phone) = (dan.device().await, tea.device().await);
    let room = room(DEALER, TECHNICIAN);
    let id = place(&mut shop, &room, TECHNICIAN).await;
    phone.until("incoming_call").await;
    settled(&mut phone).await;
    let nonsense = [
        Value::Null,
        json!("text"),
        json!([]),
        json!({}),
        json!({ "roomId": 7, "callId": [] }),
        json!({ "roomId": room, "callId": "1e9", "messageId": "x", "isTyping": "perhaps" }),
        json!({ "roomId": "a:b:c:d", "callId": -1, "userType": "PLUMBER" }),
        json!({ "roomId": room, "callId": i64::MAX, "messageId": i64::MAX }),
        json!({ "roomId": room, "offer": { "type": "answer", "sdp": 5 }, "candidate": { "candidate": {} } }),
        json!({ "dealerEmail": "", "technicianEmail": "\u{0}", "userType": "DEALER", "userEmail": "x".repeat(999) }),
    ];
    for event in [
        "register_for_notifications",
        "join_room",
        "send_message",
        "mark_read",
        "mark_room_read",
        "typing",
        "call_initiate",
        "call_accept",
        "call_reject",
        "call_end",
        "webrtc_offer",
        "webrtc_answer",
        "ice_candidate",
        "media_state",
        "screen_share_started",
        "screen_share_stopped",
        "invented",
    ] {
        for body in &nonsense {
            shop.say(event, body.clone()).await;
            // As fast as the bucket refills.
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    settled(&mut shop).await;
    let heard = settled(&mut phone).await;
    let calls = ["call_accepted", "call_ended", "call_rejected", "webrtc_offer", "new_message"];
    assert!(calls.iter().all(|name| count(&heard, name) == 0), "{heard:?}");
    phone.say("call_accept", call(id, &room)).await;
    assert_eq!(shop.until("call_accepted").await["callId"], id);
    app.stop().await;
}
