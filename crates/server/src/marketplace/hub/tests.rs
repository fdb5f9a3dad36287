//! The hub as a list of requests and times.

use bellwire_dialects::marketplace::wire::{CallStatus, Message, MessageType, PersonBody, SdpBody};
use serde_json::{Value, json};

use super::{Change, Facts, Hub, News, Order, Relay, Request};
use crate::clock::Millis;
use crate::hub_actor::{Hub as _, Reply, SessionEnd, SocketKey};

const ANN: SocketKey = SocketKey(1);
const BEN: SocketKey = SocketKey(2);
const BEN_TABLET: SocketKey = SocketKey(3);
const EVE: SocketKey = SocketKey(4);
const ANN_AGAIN: SocketKey = SocketKey(5);
const START: Millis = Millis(1_000_000);
const RING: i64 = 45_000;

fn person(id: &str) -> PersonBody {
    PersonBody { id: id.into(), name: Some(id.to_uppercase()), avatar: None }
}

fn facts(kind: MessageType, status: CallStatus) -> Facts {
    Facts {
        id: "m1".into(),
        call_id: "call-1".into(),
        kind,
        caller: person("ann"),
        callee: person("ben"),
        room: "room".into(),
        status,
        ring_until: Millis(START.0 + RING),
    }
}

fn video(status: CallStatus) -> Facts {
    facts(MessageType::VideoCall, status)
}

fn arrive(hub: &mut Hub, socket: SocketKey, id: &str, related: &[&str]) -> Vec<Reply<Order>> {
    let related = related.iter().map(|id| (*id).to_owned()).collect();
    hub.handle(socket, Request::Connected { me: person(id), related })
}

/// Ann, Ben with two devices, and Eve, who is a stranger.
fn people() -> Hub {
    let mut hub = Hub::default();
    arrive(&mut hub, ANN, "ann", &["ben"]);
    arrive(&mut hub, BEN, "ben", &["ann"]);
    arrive(&mut hub, BEN_TABLET, "ben", &["ann"]);
    arrive(&mut hub, EVE, "eve", &[]);
    hub
}

fn call() -> String {
    "call-1".to_owned()
}

/// The same, and Ann's call rings at Ben's.
fn ringing() -> Hub {
    let mut hub = people();
    hub.hear(News::Changed(video(CallStatus::Initiated), Change::default()), START);
    hub.handle(ANN, Request::Ring { call_id: call() });
    hub.hear(News::Changed(video(CallStatus::Ringing), Change::default()), START);
    hub
}

/// The same, and Ben has answered on his first device.
fn talking() -> Hub {
    let mut hub = ringing();
    hub.handle(BEN, Request::Accept { call_id: call() });
    let change = Change { by: Some("ben".into()), ..Change::default() };
    hub.hear(News::Changed(video(CallStatus::Answered), change), START);
    hub.handle(BEN, Request::Enter { call_id: call() });
    hub.handle(ANN, Request::Enter { call_id: call() });
    hub
}

fn emits(replies: &[Reply<Order>]) -> Vec<(SocketKey, &'static str, &Value)> {
    let emit = |reply| match reply {
        &Reply::Emit { to, event, ref body } => Some((to, event, body)),
        Reply::Close(_) | Reply::Order(_) => None,
    };
    replies.iter().filter_map(emit).collect()
}

/// Who hears what.
fn heard(replies: &[Reply<Order>]) -> Vec<(SocketKey, &'static str)> {
    emits(replies).into_iter().map(|(to, event, _)| (to, event)).collect()
}

fn orders(replies: &[Reply<Order>]) -> Vec<Order> {
    let order = |reply: &Reply<Order>| match reply {
        Reply::Order(order) => Some(order.clone()),
        Reply::Close(_) | Reply::Emit { .. } => None,
    };
    replies.iter().filter_map(order).collect()
}

fn id() -> String {
    "m1".to_owned()
}

#[test]
fn a_ring_reaches_every_device_once_with_the_records_names() {
    let mut hub = people();
    hub.hear(News::Changed(facts(MessageType::VoiceCall, CallStatus::Initiated), Change::default()), START);
    let replies = hub.handle(ANN, Request::Ring { call_id: call() });
    assert_eq!(heard(&replies), [(BEN, "incoming_voice_call"), (BEN_TABLET, "incoming_voice_call")]);
    let body = emits(&replies)[0].2;
    assert_eq!(body["caller"], json!({ "id": "ann", "name": "ANN" }));
    assert_eq!((&body["chatId"], &body["roomId"]), (&json!("chat_ann_ben"), &json!("room")));
    assert_eq!(orders(&replies), [Order::Rang { id: id() }]);
    assert!(hub.handle(ANN, Request::Ring { call_id: call() }).is_empty(), "nobody is rung twice");
    assert_eq!(hub.ringing(), 1);
}

#[test]
fn a_device_that_comes_late_is_rung_too() {
    let mut hub = Hub::default();
    arrive(&mut hub, ANN, "ann", &[]);
    hub.hear(News::Changed(video(CallStatus::Initiated), Change::default()), START);
    assert!(hub.handle(ANN, Request::Ring { call_id: call() }).is_empty(), "nobody is there");
    let replies = arrive(&mut hub, BEN, "ben", &["ann"]);
    assert!(heard(&replies).contains(&(BEN, "incoming_video_call")));
    assert_eq!(orders(&replies), [Order::Rang { id: id() }]);
    hub.hear(News::Changed(video(CallStatus::Missed), Change::default()), START);
    assert!(!heard(&arrive(&mut hub, BEN_TABLET, "ben", &[])).contains(&(BEN_TABLET, "incoming_video_call")));
}

#[test]
fn an_answer_is_told_to_both_and_to_the_other_devices() {
    let mut hub = ringing();
    let replies = hub.handle(BEN, Request::Accept { call_id: call() });
    assert_eq!(replies, [Reply::Order(Order::Accept { id: id(), by: "ben".into() })]);
    assert!(hub.handle(BEN, Request::Enter { call_id: call() }).is_empty(), "not before the record has it");
    let change = Change { by: Some("ben".into()), ..Change::default() };
    let replies = hub.hear(News::Changed(video(CallStatus::Answered), change), START);
    assert_eq!(
        heard(&replies),
        [
            (ANN, "call_accepted"),
            (BEN, "call_accepted"),
            (BEN_TABLET, "call_accepted"),
            (ANN, "participant_joined")
        ]
    );
    assert_eq!(emits(&replies)[0].2["participantId"], "ben");
}

#[test]
fn of_two_devices_that_accept_the_second_lets_go() {
    let mut hub = ringing();
    hub.handle(BEN, Request::Accept { call_id: call() });
    let replies = hub.handle(BEN_TABLET, Request::Accept { call_id: call() });
    assert_eq!(heard(&replies), [(BEN_TABLET, "call_ended")]);
    assert_eq!(emits(&replies)[0].2["reason"], "answered_elsewhere");
    // Once the first is gone, the other may take over.
    hub.hear(News::Changed(video(CallStatus::Answered), Change::default()), START);
    hub.disconnected(BEN);
    assert!(hub.handle(BEN_TABLET, Request::Accept { call_id: call() }).is_empty());
    let replies = hub.handle(BEN_TABLET, Request::Enter { call_id: call() });
    assert!(heard(&replies).contains(&(ANN, "participant_joined")));
}

#[test]
fn strangers_and_the_wrong_side_are_refused() {
    let ways = |call_id: String| {
        vec![
            Request::Ring { call_id: call_id.clone() },
            Request::Share { session_id: call_id.clone() },
            Request::Accept { call_id: call_id.clone() },
            Request::Decline { call_id: call_id.clone(), reason: None },
            Request::End { call_id: call_id.clone(), reason: None },
            Request::Enter { call_id: call_id.clone() },
            Request::Leave { call_id: call_id.clone() },
            Request::Relay { call_id, relay: Relay::Candidate(None) },
        ]
    };
    let mut hub = ringing();
    for request in ways(call()).into_iter().chain(ways("no-such-call".into())) {
        let replies = hub.handle(EVE, request.clone());
        assert_eq!(heard(&replies), [(EVE, "call_error")], "{request:?}");
        assert!(orders(&replies).is_empty());
    }
    for (from, request) in [
        (BEN, Request::Ring { call_id: call() }),
        (ANN, Request::Accept { call_id: call() }),
        (ANN, Request::Decline { call_id: call(), reason: None }),
        // A call is no screen.
        (ANN, Request::Share { session_id: call() }),
    ] {
        assert_eq!(heard(&hub.handle(from, request)), [(from, "call_error")]);
    }
}

#[test]
fn what_goes_to_the_other_side_goes_to_the_records_other_side() {
    let mut hub = talking();
    let offer = SdpBody { kind: "offer".into(), sdp: "v=0".into() };
    let replies = hub.handle(ANN, Request::Relay { call_id: call(), relay: Relay::Offer(offer) });
    assert_eq!(heard(&replies), [(BEN, "webrtc_offer"), (BEN_TABLET, "webrtc_offer")]);
    assert_eq!(emits(&replies)[0].2["fromUserId"], "ann");
    let media = Relay::Media { audio: Some(false), video: None };
    let replies = hub.handle(BEN, Request::Relay { call_id: call(), relay: media });
    assert_eq!(
        emits(&replies),
        [(ANN, "media_state", &json!({ "callId": "call-1", "fromUserId": "ben", "audio": false }))]
    );
}

#[test]
fn every_end_is_told_in_its_own_words() {
    let by = |id: &str, reason: Option<&str>| Change {
        by: Some(id.into()),
        reason: reason.map(str::to_owned),
        duration: 0.0,
    };
    let told = |mut hub: Hub, status, change| {
        let replies = hub.hear(News::Changed(video(status), change), START);
        let to: Vec<_> = heard(&replies).iter().map(|(to, _)| *to).collect();
        assert_eq!(to, [ANN, BEN, BEN_TABLET]);
        let (_, event, body) = emits(&replies)[0];
        (event, body.clone())
    };
    let (event, body) = told(ringing(), CallStatus::Declined, by("ben", Some("busy")));
    assert_eq!(
        (event, &body["reason"], &body["declinedBy"]),
        ("call_declined", &json!("busy"), &json!("ben"))
    );
    let (event, body) = told(ringing(), CallStatus::Missed, Change::default());
    assert_eq!((event, &body["reason"], &body["endedBy"]), ("call_ended", &json!("missed"), &json!(null)));
    let (event, body) = told(ringing(), CallStatus::Missed, by("ann", None));
    assert_eq!((event, body.get("reason"), &body["endedBy"]), ("call_ended", None, &json!("ann")));
    let ended = Change { duration: 12.0, ..by("ben", None) };
    let (event, body) = told(talking(), CallStatus::Ended, ended);
    assert_eq!((event, &body["endedBy"], &body["duration"]), ("call_ended", &json!("ben"), &json!(12.0)));
}

#[test]
fn nobody_answers_and_the_records_are_told_until_they_know() {
    let mut hub = ringing();
    let at = hub.deadline().unwrap();
    assert_eq!(at, Millis(START.0 + RING));
    assert!(hub.expire(Millis(at.0 - 1)).is_empty());
    assert_eq!(orders(&hub.expire(at)), [Order::Miss { id: id() }]);
    let again = hub.deadline().unwrap();
    assert_eq!(orders(&hub.expire(again)), [Order::Miss { id: id() }]);
    hub.hear(News::Changed(video(CallStatus::Missed), Change::default()), again);
    assert!(orders(&hub.expire(Millis(again.0 + 10_000))).is_empty());
    hub.expire(Millis(again.0 + 120_000));
    assert!(hub.calls.is_empty(), "forgotten");
}

#[test]
fn an_answer_stops_the_timer() {
    let mut hub = talking();
    assert!(orders(&hub.expire(Millis(START.0 + RING))).is_empty());
    let stale = hub.hear(News::Changed(video(CallStatus::Ringing), Change::default()), START);
    assert!(stale.is_empty(), "a status never goes back");
}

#[test]
fn a_lost_socket_is_told_and_its_return_too() {
    let mut hub = talking();
    let replies = hub.disconnected(ANN);
    assert!(heard(&replies).contains(&(BEN, "participant_left")));
    let left = emits(&replies).into_iter().find(|(_, event, _)| *event == "participant_left").unwrap();
    assert_eq!((&left.2["participantId"], &left.2["reason"]), (&json!("ann"), &json!("disconnected")));
    assert_eq!(orders(&replies), [Order::Seen { user: "ann".into() }]);
    arrive(&mut hub, ANN_AGAIN, "ann", &["ben"]);
    let replies = hub.handle(ANN_AGAIN, Request::Enter { call_id: call() });
    let expected = [
        // What she may have missed, that he is there, and to him that she is back.
        (ANN_AGAIN, "call_accepted"),
        (ANN_AGAIN, "participant_joined"),
        (BEN, "participant_joined"),
        (BEN_TABLET, "participant_joined"),
    ];
    assert_eq!(heard(&replies), expected);
}

#[test]
fn whoever_comes_back_too_late_learns_how_it_ended() {
    let mut hub = ringing();
    hub.disconnected(ANN);
    let change = Change { by: Some("ben".into()), reason: Some("busy".into()), duration: 0.0 };
    hub.hear(News::Changed(video(CallStatus::Declined), change), START);
    arrive(&mut hub, ANN_AGAIN, "ann", &["ben"]);
    let replies = hub.handle(ANN_AGAIN, Request::Enter { call_id: call() });
    assert_eq!(heard(&replies), [(ANN_AGAIN, "call_declined")]);
    let late = hub.handle(BEN, Request::Accept { call_id: call() });
    assert_eq!(heard(&late), [(BEN, "call_declined")]);
    assert!(hub.handle(BEN, Request::End { call_id: call(), reason: None }).is_empty());
}

#[test]
fn a_call_that_both_have_lost_ends() {
    let mut hub = talking();
    let look = Millis(START.0 + 120_000);
    assert!(orders(&hub.expire(look)).is_empty(), "both are there");
    for socket in [ANN, BEN, BEN_TABLET] {
        hub.disconnected(socket);
    }
    let end = Order::End { id: id(), by: None, reason: None };
    assert_eq!(orders(&hub.expire(Millis(look.0 + 120_000))), [end]);
}

#[test]
fn after_a_restart_the_records_calls_are_known_again() {
    let mut hub = Hub::default();
    hub.hear(News::Learned(video(CallStatus::Answered)), START);
    arrive(&mut hub, BEN, "ben", &["ann"]);
    arrive(&mut hub, ANN, "ann", &["ben"]);
    hub.handle(BEN, Request::Enter { call_id: call() });
    let replies = hub.handle(ANN, Request::Enter { call_id: call() });
    assert!(heard(&replies).contains(&(ANN, "participant_joined")));
    assert!(heard(&replies).contains(&(BEN, "participant_joined")));
}

#[test]
fn a_screen_is_shown_without_an_answer() {
    let mut hub = people();
    let screen = |status| facts(MessageType::ScreenShare, status);
    hub.hear(News::Changed(screen(CallStatus::Initiated), Change::default()), START);
    assert_eq!(heard(&hub.handle(ANN, Request::Ring { call_id: call() })), [(ANN, "call_error")]);
    let replies = hub.handle(ANN, Request::Share { session_id: call() });
    assert_eq!(heard(&replies), [(BEN, "incoming_screen_share"), (BEN_TABLET, "incoming_screen_share")]);
    assert_eq!(emits(&replies)[0].2["sharer"]["id"], "ann");
    assert_eq!(orders(&replies), [Order::Shown { id: id() }]);
    assert!(hub.hear(News::Changed(screen(CallStatus::Answered), Change::default()), START).is_empty());
    assert_eq!(hub.ringing(), 0);
    let change = Change { by: Some("ann".into()), ..Change::default() };
    let replies = hub.hear(News::Changed(screen(CallStatus::Ended), change), START);
    assert!(heard(&replies).contains(&(BEN, "call_ended")));
    assert_eq!(heard(&hub.handle(ANN, Request::Share { session_id: call() })), [(ANN, "call_error")]);
}

#[test]
fn presence_is_for_people_with_a_conversation() {
    let mut hub = Hub::default();
    arrive(&mut hub, ANN, "ann", &["ben"]);
    arrive(&mut hub, EVE, "eve", &[]);
    let replies = arrive(&mut hub, BEN, "ben", &["ann"]);
    assert_eq!(heard(&replies), [(ANN, "user_status_change"), (BEN, "user_status_change")]);
    assert!(arrive(&mut hub, BEN_TABLET, "ben", &["ann"]).len() == 1, "only the new device hears of Ann");
    let replies = hub.handle(BEN, Request::Status("away".into()));
    assert_eq!(emits(&replies), [(ANN, "user_status_change", &json!({ "userId": "ben", "status": "away" }))]);
    assert!(hub.handle(BEN, Request::Status("away".into())).is_empty());
    assert_eq!(hub.status("ben"), "away");
    assert!(hub.disconnected(BEN).is_empty(), "one device is left");
    let replies = hub.disconnected(BEN_TABLET);
    assert_eq!(emits(&replies)[0].2["status"], "offline");
    assert_eq!(hub.status("ben"), "offline");
}

#[test]
fn typing_is_heard_by_acquaintances_only() {
    let mut hub = people();
    let replies = hub.handle(ANN, Request::Typing { to: "ben".into(), on: true });
    assert_eq!(heard(&replies), [(BEN, "user_typing"), (BEN_TABLET, "user_typing")]);
    assert_eq!(emits(&replies)[0].2["userId"], "ann");
    assert!(hub.handle(EVE, Request::Typing { to: "ben".into(), on: true }).is_empty());
    // Whoever has written once is an acquaintance.
    let message = json!({ "_id": "m2", "sender": "eve", "receiver": "ben", "content": "Hi", "type": "text" });
    let message: Message = serde_json::from_value(message).unwrap();
    let replies = hub.hear(News::Said(Box::new(message)), START);
    assert_eq!(heard(&replies), [(EVE, "new_message"), (BEN, "new_message"), (BEN_TABLET, "new_message")]);
    assert_eq!(hub.handle(EVE, Request::Typing { to: "ben".into(), on: false }).len(), 2);
}

#[test]
fn a_session_that_expires_says_so() {
    let mut hub = Hub::default();
    assert_eq!(heard(&hub.session_over(ANN, SessionEnd::Expired, START)), [(ANN, "call_error")]);
    assert_eq!(hub.session_over(ANN, SessionEnd::SignedOut, START), []);
}
