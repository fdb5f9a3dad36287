//! Calls from ring to end, over REST and sockets together.

use std::time::Duration;

use bellwire_server::{App, Config};
use serde_json::json;

use super::{ANA, BEN, CLEO, Person, enter, names, server, settled, until_record};
use crate::support::count;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_from_ring_to_hang_up() {
    let app = server().await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let (mut a, mut b, mut other) = (ana.device().await, ben.device().await, ben.device().await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    assert!(call.starts_with("call_"), "{call}");
    let ring = b.until("call_invitation").await;
    assert_eq!((&ring["sessionId"], &ring["initiator"]["firstName"]), (&json!(call), &json!("Ana")));
    assert_eq!(ring["callSettings"]["isVideoEnabled"], true);
    assert!(ring["iceServers"].as_array().expect("a list").iter().all(|row| row.get("credential").is_none()));
    other.until("call_invitation").await;
    let joined = enter(&mut a, &call, "peer-a").await;
    assert_eq!(joined["participants"], json!([]));

    let (status, body) = ben.join(&call).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["participants"][0]["peerId"], "peer-a");
    assert_eq!(other.until("call_invitation_closed").await["reason"], "answered");
    let joined = enter(&mut b, &call, "peer-b").await;
    assert_eq!(joined["participants"][0]["userId"], ana.id.as_str());
    assert_eq!(b.until("initiate_peer_connection").await["targetPeerId"], "peer-a");
    assert_eq!(a.until("user_joined_call").await["participant"]["peerId"], "peer-b");
    assert_eq!(a.until("initiate_peer_connection").await["targetPeerId"], "peer-b");
    assert_eq!(ben.join(&call).await.0, 400, "already in");
    let record = ana.session(&call).await;
    assert_eq!((&record["status"], &record["participants"][1]["isActive"]), (&json!("active"), &json!(true)));

    let offer = json!({ "targetPeerId": "peer-b", "targetSocketId": "socket-1", "sessionId": call,
        "offer": { "type": "offer", "sdp": "v=0" } });
    a.say("webrtc_offer", offer).await;
    let heard = b.until("webrtc_offer").await;
    assert_eq!((&heard["fromPeerId"], &heard["fromUserId"]), (&json!("peer-a"), &json!(ana.id)));
    for n in 0..50 {
        let candidate = json!({ "candidate": format!("candidate:{n}"), "sdpMid": "0", "sdpMLineIndex": 0 });
        let body = json!({ "targetPeerId": "peer-a", "sessionId": call, "candidate": candidate });
        b.say("webrtc_ice_candidate", body).await;
    }
    for n in 0..50 {
        let heard = a.until("webrtc_ice_candidate").await;
        assert_eq!(heard["candidate"]["candidate"], format!("candidate:{n}"), "in order");
    }
    let offers = count(&settled(&mut b).await, "webrtc_offer");
    assert_eq!(offers, 1, "once, whatever the targets");

    let (status, body) = ben.end(&call).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(a.until("call_ended").await["endedBy"]["id"], ben.id.as_str());
    b.until("call_ended").await;
    assert_eq!(ana.end(&call).await.0, 404, "it is over");
    assert_eq!(ana.session(&call).await["status"], "ended");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_sends_is_told_to_the_others() {
    let app = server().await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let (mut a, mut b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    let of = |more: serde_json::Value| {
        let mut body = json!({ "sessionId": call });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    b.say("toggle_audio", of(json!({ "hasAudio": false }))).await;
    assert_eq!(a.until("participant_toggled_audio").await["hasAudio"], false);
    b.say("toggle_video", of(json!({ "hasVideo": false }))).await;
    assert_eq!(a.until("participant_toggled_video").await["peerId"], "peer-b");
    b.say("screen_share_started", of(json!({}))).await;
    assert_eq!(a.until("participant_screen_share_started").await["userId"], ben.id.as_str());
    b.say("screen_share_stopped", of(json!({}))).await;
    a.until("participant_screen_share_stopped").await;
    b.say(
        "media_state_changed",
        of(json!({ "hasVideo": true, "hasAudio": false, "isScreenSharing": false })),
    )
    .await;
    assert_eq!(a.until("participant_media_changed").await["hasAudio"], false);
    b.say("connection_issue", of(json!({ "issueType": "poor", "description": "loss" }))).await;
    assert_eq!(a.until("participant_connection_issue").await["issueType"], "poor");
    b.say("call_quality_report", of(json!({ "qualityData": { "level": "good" } }))).await;
    let path = format!("/video-call/session/{call}/media");
    assert_eq!(ben.ask("PUT", &path, Some(json!({ "hasVideo": false }))).await.0, 200);
    assert_eq!(a.until("participant_media_updated").await["mediaSettings"], json!({ "hasVideo": false }));
    let record = ana.session(&call).await;
    let seats = record["participants"].as_array().expect("a list");
    let seat = seats.iter().find(|seat| seat["userId"]["_id"] == ben.id.as_str()).expect("a seat");
    assert_eq!((&seat["hasVideo"], &seat["hasAudio"]), (&json!(false), &json!(false)));
    assert_eq!(names(&settled(&mut b).await).iter().filter(|name| **name == "call_error").count(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_comes_and_the_call_is_missed() {
    let config = Config::demo().with_ring_timeout(Duration::from_secs(2));
    let app = App::start(config).await.expect("a server");
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let mut b = ben.device().await;
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let mut a = ana.enter(&call, "peer-a").await;
    b.until("call_invitation").await;
    assert_eq!(a.until("call_ended").await["reason"], "missed");
    assert_eq!(b.until("call_ended").await["reason"], "missed");
    let record = until_record(&ana, &call, |record| record["status"] == "ended").await;
    assert_eq!(record["endReason"], "missed");
    assert_eq!(ben.join(&call).await.0, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declining_ends_a_call_of_two_and_not_a_group() {
    let app = server().await;
    let (ana, ben, cleo) =
        (Person::login(&app, ANA).await, Person::login(&app, BEN).await, Person::login(&app, CLEO).await);
    let (mut b, mut other) = (ben.device().await, ben.device().await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let mut a = ana.enter(&call, "peer-a").await;
    b.until("call_invitation").await;
    b.say("decline_call", json!({ "sessionId": call, "reason": "busy" })).await;
    let told = a.until("call_declined").await;
    assert_eq!((&told["userId"], &told["reason"]), (&json!(ben.id), &json!("busy")));
    assert_eq!(a.until("call_ended").await["reason"], "busy");
    assert_eq!(other.until("call_invitation_closed").await["reason"], "declined");
    assert_eq!(ana.session(&call).await["endReason"], "busy");
    b.say("decline_call", json!({ "sessionId": call })).await;
    b.until("call_error").await;
    // A device that was not there to hear of it learns what became of the call when it enters.
    let mut late = ana.device().await;
    late.say("join_call_session", json!({ "sessionId": call, "peerId": "peer-late" })).await;
    assert_eq!(late.until("call_ended").await["reason"], "busy");

    let group = ana.initiate("group", &[&ben, &cleo]).await;
    b.until_that("call_invitation", |ring| ring["sessionId"] == group.as_str()).await;
    b.say("decline_call", json!({ "sessionId": group, "reason": "declined" })).await;
    a.until_that("call_declined", |told| told["sessionId"] == group.as_str()).await;
    assert_eq!(ana.session(&group).await["status"], "waiting");
    assert_eq!(cleo.join(&group).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_taken_back_stops_and_a_late_device_hears_only_rings_that_last() {
    let app = server().await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let mut b = ben.device().await;
    b.until("call_invitation").await;
    assert_eq!(ana.end(&call).await.0, 200);
    let told = b.until("call_ended").await;
    assert_eq!((&told["reason"], &told["endedBy"]["id"]), (&json!("cancelled"), &json!(ana.id)));
    let mut late = ben.device().await;
    assert!(!names(&settled(&mut late).await).contains(&"call_invitation"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_to_leave_ends_the_session() {
    let app = server().await;
    let (ana, ben) = (Person::login(&app, ANA).await, Person::login(&app, BEN).await);
    let call = ana.initiate("one-to-one", &[&ben]).await;
    let (mut a, b) = (ana.enter(&call, "peer-a").await, ben.enter(&call, "peer-b").await);
    b.say("leave_call_session", json!({ "sessionId": call })).await;
    let left = a.until("user_left_call").await;
    assert_eq!((&left["userId"], left.get("reason")), (&json!(ben.id), None));
    assert_eq!(ana.session(&call).await["status"], "active");
    a.say("leave_call_session", json!({ "sessionId": call })).await;
    let record = until_record(&ana, &call, |record| record["status"] == "ended").await;
    assert_eq!(record.get("endReason"), None);
    app.stop().await;
}
