//! The life of a call.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Person, about, ring, ringing_for, settled};
use crate::support::{Device, count, server};

async fn answered(caller: &mut Device, callee: &Device, call: &str) {
    callee.say("accept_call", about(call)).await;
    caller.until("call_accepted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_call_from_ring_to_history() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone, mut tablet) = (ada.device().await, chidi.device().await, chidi.device().await);

    let call = ada.initiate("video-call", &chidi).await;
    shop.say("initiate_video_call", ring(&call, &chidi)).await;
    for device in [&mut phone, &mut tablet] {
        let body = device.until("incoming_video_call").await;
        assert_eq!(body["callId"], call.as_str());
        assert_eq!(body["caller"], json!({ "id": ada.id, "name": "Ada Kowalska" }), "of the record");
        assert_eq!(body["chatId"], format!("chat_{}_{}", ada.id, chidi.id));
        assert!(body["roomId"].as_str().is_some_and(|room| room.starts_with("video_")), "{body}");
    }
    chidi.call_is("ringing").await;

    phone.say("accept_call", about(&call)).await;
    let (status, body) = chidi.put(&format!("/communication/video-call/{call}/join")).await;
    assert_eq!((status, &body["data"]["callData"]["status"]), (200, &json!("answered")), "{body}");
    phone.say("participant_joined", about(&call)).await;
    for device in [&mut shop, &mut phone, &mut tablet] {
        assert_eq!(device.until("call_accepted").await["participantId"], chidi.id.as_str());
    }
    assert_eq!(shop.until("participant_joined").await["participant"]["id"], chidi.id.as_str());
    shop.say("participant_joined", about(&call)).await;
    assert_eq!(phone.until("participant_joined").await["participant"]["id"], ada.id.as_str());

    let to = |field: &str, value: Value| json!({ "callId": call, "targetUserId": "somebody", field: value });
    shop.say("webrtc_offer", to("offer", json!({ "type": "offer", "sdp": "v=0 o" }))).await;
    let offer = phone.until("webrtc_offer").await;
    assert_eq!((&offer["fromUserId"], &offer["offer"]["sdp"]), (&json!(ada.id), &json!("v=0 o")));
    phone.say("webrtc_answer", to("answer", json!({ "type": "answer", "sdp": "v=0 a" }))).await;
    assert_eq!(shop.until("webrtc_answer").await["answer"]["sdp"], "v=0 a");
    let candidate = json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0 });
    phone.say("ice_candidate", to("candidate", candidate.clone())).await;
    assert_eq!(shop.until("ice_candidate").await["candidate"], candidate);
    phone.say("media_state", to("audio", json!(false))).await;
    assert_eq!(
        shop.until("media_state").await,
        json!({ "callId": call, "fromUserId": chidi.id, "audio": false })
    );
    assert_eq!(count(&settled(&mut phone).await, "webrtc_offer"), 1, "once per device");
    settled(&mut shop).await;

    // REST: who leaves is gone, and the call is over when both are.
    let end = format!("/communication/video-call/{call}/end");
    let (status, body) = ada.put(&end).await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("answered")), "{body}");
    assert_eq!(phone.until("participant_left").await["participantId"], ada.id.as_str());
    assert_eq!(chidi.put(&end).await.1["data"]["status"], "ended");
    for device in [&mut shop, &mut phone, &mut tablet] {
        assert_eq!(device.until("call_ended").await["endedBy"], chidi.id.as_str());
    }
    shop.say("end_call", json!({ "callId": call, "participantIds": [chidi.id], "duration": 3 })).await;
    assert_eq!(count(&settled(&mut shop).await, "call_ended"), 1, "told once");
    assert_eq!(ada.put(&end).await.0, 200, "ending twice is fine");

    let record = chidi.newest_call().await;
    assert_eq!((&record["_id"], &record["type"]), (&json!(call), &json!("video_call")));
    assert_eq!(record["sender"]["fullName"], "Ada Kowalska");
    let participants = record["callData"]["participants"].as_array().expect("a list");
    assert!(participants.len() == 2 && participants.iter().all(|one| one["leftAt"].is_string()), "{record}");
    let (_, messages) = chidi.get(&format!("/messages/conversation/{}?limit=1", ada.id)).await;
    assert_eq!(messages["data"][0]["_id"], call.as_str(), "a call is a message");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_without_participants_ends_the_call_and_not_the_server() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (ada.device().await, chidi.device().await);
    for participants in [Value::Null, json!(7), json!([[], {}]), json!({ "length": 1e9 })] {
        let call = chidi.initiate("voice-call", &ada).await;
        phone.say("initiate_voice_call", ring(&call, &ada)).await;
        shop.until("incoming_voice_call").await;
        answered(&mut phone, &shop, &call).await;
        let mut end = json!({ "callId": call, "duration": "long" });
        if !participants.is_null() {
            end["participantIds"] = participants;
        }
        phone.say("end_call", end).await;
        let ended = shop.until("call_ended").await;
        assert_eq!((&ended["callId"], &ended["endedBy"]), (&json!(call), &json!(chidi.id)));
        ada.call_is("ended").await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_call_is_over_everywhere_and_cannot_be_answered() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone, mut tablet) = (ada.device().await, chidi.device().await, chidi.device().await);
    let call = ada.initiate("video-call", &chidi).await;
    shop.say("initiate_video_call", ring(&call, &chidi)).await;
    tablet.until("incoming_video_call").await;
    phone.say("decline_call", json!({ "callId": call, "callerId": ada.id, "reason": "busy" })).await;
    for device in [&mut shop, &mut tablet] {
        let declined = device.until("call_declined").await;
        assert_eq!((&declined["reason"], &declined["declinedBy"]), (&json!("busy"), &json!(chidi.id)));
    }
    let path = |what: &str| format!("/communication/{what}");
    assert_eq!(chidi.put(&path(&format!("call/{call}/decline"))).await.0, 200, "again is fine");
    let (status, body) = chidi.put(&path(&format!("video-call/{call}/join"))).await;
    assert_eq!((status, &body["success"]), (409, &json!(false)), "{body}");
    phone.say("accept_call", about(&call)).await;
    assert_eq!(phone.until_that("call_declined", |body| body["callId"] == call).await["reason"], "busy");
    assert_eq!(ada.put(&path(&format!("video-call/{call}/end"))).await.1["data"]["status"], "declined");

    // Over REST alone, with and without a reason.
    let call = ada.initiate("voice-call", &chidi).await;
    let (status, body) = chidi.put(&path(&format!("call/{call}/decline"))).await;
    assert_eq!((status, &body["data"]["status"]), (200, &json!("declined")));
    assert_eq!(shop.until("call_declined").await["callId"], call.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_taken_back_is_a_missed_one_to_read_about() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, phone) = (ada.device().await, chidi.device().await);
    let unread = async || ada.get("/messages/unread").await.1["data"]["unreadCount"].clone();
    let before = unread().await.as_u64().expect("a number");
    for (reason, told) in [(Value::Null, Value::Null), (json!("missed"), json!("missed"))] {
        let call = chidi.initiate("video-call", &ada).await;
        phone.say("initiate_video_call", ring(&call, &ada)).await;
        shop.until("incoming_video_call").await;
        phone.say("end_call", json!({ "callId": call, "participantIds": [ada.id], "reason": reason })).await;
        let ended = shop.until("call_ended").await;
        assert_eq!((&ended["endedBy"], &ended["reason"]), (&json!(chidi.id), &told));
        assert_eq!(ada.newest_call().await["callData"]["status"], "missed");
    }
    assert_eq!(unread().await, json!(before + 2));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_answers_and_both_are_told() {
    let app = ringing_for(Duration::from_secs(1)).await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (ada.device().await, chidi.device().await);
    let call = chidi.initiate("voice-call", &ada).await;
    phone.say("initiate_voice_call", ring(&call, &ada)).await;
    for device in [&mut shop, &mut phone] {
        let ended = device.until("call_ended").await;
        assert_eq!((&ended["reason"], &ended["endedBy"]), (&json!("missed"), &Value::Null));
    }
    assert_eq!(ada.newest_call().await["callData"]["status"], "missed");
    // A record that nobody ever rang with is missed too.
    chidi.initiate("video-call", &ada).await;
    ada.call_is("missed").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_client_that_makes_its_call_id_up_is_heard_and_recorded() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (ada.device().await, chidi.device().await);
    let call = "call_1767607200000_x7k2p9";
    phone.say("initiate_voice_call", ring(call, &ada)).await;
    assert_eq!(shop.until("incoming_voice_call").await["callId"], call);
    let (status, body) = ada.put(&format!("/communication/voice-call/{call}/join")).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(phone.until("call_accepted").await["callId"], call);
    shop.say("end_call", json!({ "callId": call, "participantIds": [chidi.id] })).await;
    assert_eq!(phone.until("call_ended").await["endedBy"], ada.id.as_str());
    let record = ada.call_is("ended").await;
    assert_eq!((&record["type"], &record["sender"]["_id"]), (&json!("voice_call"), &json!(chidi.id)));
    // Somebody else's id is not to be had.
    let eve = Person::login(&app, super::OTHER_CLIENT).await;
    let mut stranger = eve.device().await;
    stranger.say("initiate_voice_call", ring(call, &ada)).await;
    assert_eq!(stranger.until("call_error").await["callId"], call);
    settled(&mut stranger).await;
    for to in ["", "nobody", &eve.id] {
        let body = json!({ "callId": format!("call_{to}_1"), "recipientId": to });
        stranger.say("initiate_video_call", body).await;
    }
    assert_eq!(count(&settled(&mut stranger).await, "call_error"), 2, "an empty id is nothing at all");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_device_that_accepts_has_the_call() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (ada.device().await, chidi.device().await);
    let call = ada.initiate("video-call", &chidi).await;
    shop.say("initiate_video_call", ring(&call, &chidi)).await;
    phone.until("incoming_video_call").await;
    // Comes online while it rings.
    let mut tablet = chidi.device().await;
    assert!(tablet.log.is_empty());
    answered(&mut shop, &phone, &call).await;
    assert_eq!(tablet.until("call_accepted").await["participantId"], chidi.id.as_str());
    tablet.say("accept_call", about(&call)).await;
    assert_eq!(tablet.until("call_ended").await["reason"], "answered_elsewhere");
    // And one of them declining late changes nothing.
    tablet.say("decline_call", json!({ "callId": call, "callerId": ada.id })).await;
    settled(&mut tablet).await;
    assert_eq!(ada.newest_call().await["callData"]["status"], "answered");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_comes_late_rings_as_well() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let shop = ada.device().await;
    let call = ada.initiate("voice-call", &chidi).await;
    shop.say("initiate_voice_call", ring(&call, &chidi)).await;
    let mut shop = shop;
    settled(&mut shop).await;
    let host = super::host(&app);
    let mut phone = Device::connect(&host, json!({ "token": chidi.token })).await;
    assert_eq!(phone.until("incoming_voice_call").await["callId"], call.as_str());
    chidi.call_is("ringing").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screen_is_shown_and_taken_away() {
    let app = server().await;
    let (ada, chidi) = (Person::provider(&app).await, Person::client(&app).await);
    let (mut shop, mut phone) = (ada.device().await, chidi.device().await);
    let session = ada.initiate("screen-share", &chidi).await;
    let share = json!({ "sessionId": session, "chatId": "", "recipientId": chidi.id });
    shop.say("initiate_screen_share", share.clone()).await;
    let shown = phone.until("incoming_screen_share").await;
    assert_eq!((&shown["sessionId"], &shown["sharer"]["id"]), (&json!(session), &json!(ada.id)));
    ada.call_is("answered").await;
    // It is the sharer's to end, and no call.
    let end = format!("/communication/screen-share/{session}/end");
    assert_eq!(chidi.put(&end).await.0, 403);
    phone.say("end_call", json!({ "callId": session, "participantIds": [ada.id] })).await;
    phone.say("accept_call", about(&session)).await;
    assert_eq!(phone.until("call_error").await["callId"], session.as_str());
    for path in [format!("video-call/{session}/join"), format!("voice-call/{session}/end")] {
        assert_eq!(chidi.put(&format!("/communication/{path}")).await.0, 404);
    }
    assert_eq!(ada.newest_call().await["callData"]["status"], "answered");
    assert_eq!(ada.put(&end).await.1["data"]["status"], "ended");
    assert_eq!(phone.until("call_ended").await["callId"], session.as_str());
    shop.say("initiate_screen_share", share).await;
    assert_eq!(shop.until("call_error").await["message"], "This call is over");
    let (_, screens) = chidi.get("/communication/call-history?type=screen_share").await;
    assert_eq!(screens["data"][0]["_id"], session.as_str());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_paged_and_filtered() {
    let app = server().await;
    let ada = Person::provider(&app).await;
    let (_, all) = ada.get("/communication/call-history?limit=3").await;
    let total = all["pagination"]["totalCalls"].as_u64().expect("a number");
    assert_eq!(all["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(all["pagination"]["totalPages"], total.div_ceil(3));
    let (_, second) = ada.get("/communication/call-history?limit=3&page=2").await;
    assert_ne!(second["data"][0]["_id"], all["data"][0]["_id"]);
    let mut sum = 0;
    for kind in ["video_call", "voice", "screen_share"] {
        let (_, some) = ada.get(&format!("/communication/call-history?type={kind}")).await;
        sum += some["pagination"]["totalCalls"].as_u64().expect("a number");
    }
    assert_eq!(sum, total);
    for bad in ["type=text", "type=x", "page=x", "limit=-1"] {
        assert_eq!(ada.get(&format!("/communication/call-history?{bad}")).await.0, 400, "{bad}");
    }
    app.stop().await;
}
