//! The life of a call.

use std::time::Duration;

use bellwire_server::{App, Config};
use serde_json::json;

use crate::support::{Device, PATIENCE, Person, count, server, socket};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_call_from_ring_to_history() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut phone, mut tablet) =
        (seller.device().await, amira.device().await, amira.device().await);

    let call = seller.initiate(&amira).await;
    let forged = json!({ "callId": call, "sellerId": "x", "sellerName": "Your bank", "customerId": "y" });
    shop.say("incomingVideoCall", forged).await;
    for device in [&mut phone, &mut tablet] {
        let ring = device.until("incomingVideoCall").await;
        assert_eq!(ring["callId"], call.as_str());
        assert_eq!(ring["sellerName"], "Nordlicht Ceramics", "from the record, not from the payload");
        assert_eq!(
            (ring["sellerId"].as_str(), ring["customerId"].as_str()),
            (Some(&*seller.id), Some(&*amira.id))
        );
    }
    assert_eq!(shop.status("ringing").await["callId"], call.as_str());
    shop.say("joinVideoCall", seller.about(&call)).await;

    let (status, body) = amira.respond(&call, "accepted").await;
    assert_eq!((status, body["call"]["status"].as_str()), (200, Some("accepted")));
    for device in [&mut shop, &mut phone, &mut tablet] {
        assert_eq!(device.status("accepted").await["userId"], amira.id.as_str());
    }
    shop.settled().await;
    phone.say("joinVideoCall", amira.about(&call)).await;
    let joined = shop.until("userJoinedCall").await;
    assert_eq!(
        (joined["userType"].as_str(), joined["participantCount"].as_u64()),
        (Some("customer"), Some(2))
    );

    let offer = json!({ "callId": call, "offer": { "type": "offer", "sdp": "v=0 o" }, "senderId": "me", "receiverId": amira.id });
    shop.say("offer", offer).await;
    let offer = phone.until("offer").await;
    assert_eq!(
        (offer["offer"]["sdp"].as_str(), offer["senderId"].as_str()),
        (Some("v=0 o"), Some(&*seller.id))
    );
    phone
        .say(
            "answer",
            json!({ "callId": call, "answer": { "type": "answer", "sdp": "v=0 a" }, "senderId": "" }),
        )
        .await;
    assert_eq!(shop.until("answer").await["answer"]["sdp"], "v=0 a");
    let candidate = json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0 });
    phone.say("ice-candidate", json!({ "callId": call, "candidate": candidate, "senderId": "" })).await;
    assert_eq!(shop.until("ice-candidate").await["candidate"], candidate);
    phone.say("toggleAudio", json!({ "callId": call, "userId": "", "isAudioEnabled": false })).await;
    assert_eq!(shop.until("participantAudioToggle").await["isAudioEnabled"], false);
    shop.say("toggleVideo", json!({ "callId": call, "userId": "", "isVideoEnabled": false })).await;
    assert_eq!(phone.until("participantVideoToggle").await["userId"], seller.id.as_str());
    shop.say("startScreenShare", seller.about(&call)).await;
    phone.until("screenShareStarted").await;
    shop.say("stopScreenShare", seller.about(&call)).await;
    phone.until("screenShareStopped").await;
    shop.say("callQualityReport", json!({ "callId": call, "userId": "", "quality": { "rtt": 12 } })).await;
    let heard = phone.settled().await;
    assert_eq!(count(&heard, "offer"), 1, "once per device");
    shop.settled().await;

    let body = json!({ "callId": call, "callQuality": "good", "notes": "Nice glaze" });
    let (status, ended) = seller.post("/video-call/end", body).await;
    assert_eq!((status, ended["call"]["status"].as_str()), (200, Some("ended")), "{ended}");
    for device in [&mut shop, &mut phone, &mut tablet] {
        let over = device.until("callEnded").await;
        assert_eq!((over["endedBy"].as_str(), over["reason"].as_str()), (Some(&*seller.id), Some("ended")));
    }
    assert_eq!(amira.end(&call).await.0, 200, "ending twice is fine");
    let heard = phone.settled().await;
    assert_eq!(count(&heard, "callEnded"), 1, "but told once");

    let path = format!("/video-call/history/{}?limit=1", seller.id);
    let kept = async {
        loop {
            let (_, history) = seller.get(&path).await;
            if history["calls"][0]["metadata"]["sellerQuality"]["rtt"] == 12 {
                return history;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let history = tokio::time::timeout(PATIENCE, kept).await.expect("the quality report is kept");
    let record = &history["calls"][0];
    assert_eq!(record["callId"], call.as_str());
    assert_eq!(
        (record["callQuality"].as_str(), record["notes"].as_str()),
        (Some("good"), Some("Nice glaze"))
    );
    assert_eq!(record["customer"]["name"], "Amira Haddad");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_call_is_over_for_everybody_and_cannot_be_answered_again() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);
    let call = amira.initiate(&seller).await;
    phone.say("incomingVideoCall", json!({ "callId": call })).await;
    shop.until("incomingVideoCall").await;

    let body = json!({ "callId": call, "response": "declined", "declineReason": "busy" });
    assert_eq!(seller.post("/video-call/respond", body).await.0, 200);

    assert_eq!(phone.status("declined").await["reason"], "busy");
    shop.status("declined").await;
    let (status, body) = seller.respond(&call, "accepted").await;
    assert_eq!((status, body["success"].as_bool()), (409, Some(false)));
    assert_eq!(amira.end(&call).await.1["call"]["status"], "declined", "ending changes nothing");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_web_pages_rejected_and_busy_decline_a_call() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);
    let call = amira.initiate(&seller).await;
    phone.say("incomingVideoCall", json!({ "callId": call })).await;
    shop.until("incomingVideoCall").await;
    let body = json!({ "callId": call, "response": "rejected" });
    assert_eq!(seller.post("/video-call/respond", body.clone()).await.0, 200);
    phone.status("declined").await;
    assert_eq!(seller.post("/video-call/respond", body).await.0, 200, "said twice");

    let call = amira.initiate(&seller).await;
    phone.say("incomingVideoCall", json!({ "callId": call })).await;
    shop.until("incomingVideoCall").await;
    shop.say("callStatusUpdate", json!({ "callId": call, "status": "busy" })).await;
    phone.status("busy").await;
    assert_eq!(phone.status("declined").await["reason"], "busy");
    assert_eq!(amira.end(&call).await.1["call"]["status"], "declined");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_takes_the_ring_back() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (shop, mut phone) = (seller.device().await, amira.device().await);
    let call = seller.initiate(&amira).await;
    shop.say("incomingVideoCall", json!({ "callId": call })).await;
    phone.until("incomingVideoCall").await;

    let (status, body) = seller.end(&call).await;

    assert_eq!((status, body["call"]["duration"].as_f64()), (200, Some(0.0)));
    assert_eq!(body["call"]["metadata"]["cancelled"], true);
    phone.status("ended").await;
    assert_eq!(phone.until("callEnded").await["reason"], "cancelled");
    assert_eq!(amira.respond(&call, "accepted").await.0, 409);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_nobody_answers_is_missed() {
    let config = Config::demo().with_ring_timeout(Duration::from_secs(2));
    let app = App::start(config).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);

    let call = seller.initiate(&amira).await;
    shop.say("incomingVideoCall", json!({ "callId": call })).await;

    for device in [&mut shop, &mut phone] {
        assert_eq!(device.status("missed").await["callId"], call.as_str());
    }
    assert_eq!(amira.respond(&call, "accepted").await.0, 409);
    let (_, history) = amira.get(&format!("/video-call/customer-history/{}?status=missed", amira.id)).await;
    assert_eq!(history["calls"][0]["callId"], call.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_of_somebody_offline_is_told_and_a_late_device_rings() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let mut shop = seller.device().await;
    let call = seller.initiate(&amira).await;

    shop.say("incomingVideoCall", json!({ "callId": call })).await;

    assert_eq!(shop.until("callTargetOffline").await["targetUserId"], amira.id.as_str());
    let mut phone = amira.device().await;
    assert_eq!(phone.until("incomingVideoCall").await["callId"], call.as_str());
    shop.until_that("userOnlineStatusChanged", |body| body["isOnline"] == true).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_ends_by_event_and_a_lost_socket_is_told() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, phone) = (seller.device().await, amira.device().await);
    let call = seller.initiate(&amira).await;
    assert_eq!(amira.respond(&call, "accepted").await.0, 200);
    shop.say("joinVideoCall", seller.about(&call)).await;
    shop.settled().await;
    phone.say("joinVideoCall", amira.about(&call)).await;
    shop.until("userJoinedCall").await;

    phone.client.disconnect().await.expect("disconnected");
    let left = shop.until("userLeftCall").await;
    assert_eq!((left["reason"].as_str(), left["participantCount"].as_u64()), (Some("disconnected"), Some(1)));

    let mut phone = amira.device().await;
    phone.say("joinVideoCall", amira.about(&call)).await;
    assert_eq!(shop.until("userJoinedCall").await["userId"], amira.id.as_str());
    shop.say("endVideoCall", json!({ "callId": call, "userId": "", "reason": "done" })).await;
    assert_eq!(phone.until("callEnded").await["reason"], "done");
    assert_eq!(shop.until("callEnded").await["endedBy"], seller.id.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answered_call_that_both_have_left_without_a_word_is_ended() {
    let config = Config { seat_kept: Duration::from_millis(500), ..Config::demo() };
    let app = App::start(config).await.expect("a server");
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let mut watching = amira.device().await;
    let call = seller.initiate(&amira).await;
    assert_eq!(amira.respond(&call, "accepted").await.0, 200);

    let ended = watching.until("callEnded").await;

    assert_eq!((ended["callId"].as_str(), ended["reason"].as_str()), (Some(&*call), Some("abandoned")));
    let (_, history) = amira.get(&format!("/video-call/customer-history/{}?limit=1", amira.id)).await;
    assert_eq!(history["calls"][0]["status"], "ended");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_out_is_out_on_every_socket_and_the_token_is_good_for_nothing() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);

    let (status, body) = amira.get("/user/logout").await;

    assert_eq!((status, body["success"].as_bool()), (200, Some(true)));
    phone.until("close").await;
    shop.settled().await;
    assert_eq!(amira.bearer_post("/video-call/end", json!({ "callId": "x" })).await.0, 400);
    let mut again = Device::connect(&socket(&app), json!({ "token": amira.token })).await;
    assert!(again.until("error").await.to_string().contains("Authentication error"));
    assert_eq!(seller.get("/video-call/ice-servers").await.0, 200, "nobody else is");
    app.stop().await;
}
