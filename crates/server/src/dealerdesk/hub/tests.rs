use bellwire_dialects::dealerdesk::wire::{CallType, MessageRow, SdpBody, UserType};
use serde_json::{Value, json};

use super::*;
use crate::hub_actor::Hub as _;

const SEAT: Duration = Duration::from_secs(30);
const RING: Duration = Duration::from_secs(30);
const DAN: SocketKey = SocketKey(1);
const TEA: SocketKey = SocketKey(2);
const TEA_TOO: SocketKey = SocketKey(3);
const EVE: SocketKey = SocketKey(4);

fn dealer(email: &str) -> Party {
    Party::new(UserType::Dealer, email)
}

fn technician(email: &str) -> Party {
    Party::new(UserType::Technician, email)
}

fn room() -> Room {
    Room::base("dan@x", "tea@x")
}

/// A hub, and the time it is there.
struct Scene {
    hub: Hub,
    now: Millis,
}

impl Scene {
    fn empty() -> Self {
        Self { hub: Hub::new(SEAT), now: Millis(1_000_000) }
    }

    /// Dan has one device, Tea two, Eve one.
    fn new() -> Self {
        let mut scene = Self::empty();
        for (socket, party) in [
            (DAN, dealer("dan@x")),
            (TEA, technician("tea@x")),
            (TEA_TOO, technician("tea@x")),
            (EVE, technician("eve@x")),
        ] {
            scene.arrive(socket, party);
        }
        scene
    }

    fn ask(&mut self, from: SocketKey, request: Request) -> Vec<Reply<Order>> {
        self.hub.asked(from, request, self.now)
    }

    fn arrive(&mut self, socket: SocketKey, party: Party) -> Vec<Reply<Order>> {
        self.ask(socket, Request::Arrive { party, related: Vec::new() })
    }

    fn facts(&self, id: i64, room: Room, caller: UserType) -> Facts {
        Facts {
            id,
            room,
            caller,
            call_type: CallType::Video,
            status: CallStatus::Initiated,
            started_at: self.now,
            ring_until: self.now.plus(RING),
        }
    }

    fn place(&mut self, from: SocketKey, id: i64, room: Room, caller: UserType) -> Vec<Reply<Order>> {
        let facts = self.facts(id, room, caller);
        self.ask(from, Request::Place { facts, caller_name: "Somebody".to_owned() })
    }

    fn change(&mut self, id: i64, status: CallStatus) -> Vec<Reply<Order>> {
        let change = Change { id, status, by: None, reason: None, duration: 7 };
        self.hub.told(News::Changed(change), self.now)
    }

    fn after(&mut self, time: Duration) -> Vec<Reply<Order>> {
        self.now = self.now.plus(time);
        self.hub.expire(self.now)
    }

    /// Dan and Tea's first device talk.
    fn talking() -> Self {
        let mut scene = Self::new();
        scene.place(DAN, 1, room(), UserType::Dealer);
        scene.ask(TEA, Request::Accept { room: room() });
        scene.change(1, CallStatus::Answered);
        scene
    }
}

/// Who is told what.
fn told(replies: &[Reply<Order>]) -> Vec<(SocketKey, &'static str)> {
    let emit = |reply: &Reply<Order>| match reply {
        Reply::Emit { to, event, .. } => Some((*to, *event)),
        Reply::Close(_) | Reply::Order(_) => None,
    };
    replies.iter().filter_map(emit).collect()
}

fn body(replies: &[Reply<Order>], to: SocketKey, wanted: &str) -> Value {
    let found = replies.iter().find_map(|reply| match reply {
        Reply::Emit { to: told, event, body } if (*told, *event) == (to, wanted) => Some(body.clone()),
        Reply::Emit { .. } | Reply::Close(_) | Reply::Order(_) => None,
    });
    found.unwrap_or_else(|| panic!("no {wanted} for {to:?} in {replies:?}"))
}

fn orders(replies: &[Reply<Order>]) -> Vec<Order> {
    let order = |reply: &Reply<Order>| match reply {
        Reply::Order(order) => Some(order.clone()),
        Reply::Emit { .. } | Reply::Close(_) => None,
    };
    replies.iter().filter_map(order).collect()
}

fn offer() -> Relay {
    Relay::Offer(SdpBody { kind: "offer".to_owned(), sdp: "v=0".to_owned() })
}

#[test]
fn every_device_of_the_callee_rings_and_all_hear_who_answered() {
    let mut scene = Scene::new();

    let replies = scene.place(DAN, 1, room(), UserType::Dealer);
    let expected = [(DAN, name::CALL_INITIATED), (TEA, name::INCOMING_CALL), (TEA_TOO, name::INCOMING_CALL)];
    assert_eq!(told(&replies), expected);
    assert_eq!(body(&replies, TEA, name::INCOMING_CALL)["callerEmail"], "dan@x");

    scene.ask(TEA, Request::Accept { room: room() });
    let replies = scene.change(1, CallStatus::Answered);
    assert_eq!(told(&replies), [DAN, TEA, TEA_TOO].map(|to| (to, name::CALL_ACCEPTED)));
    assert_eq!(scene.after(SEAT + RING), [], "both are there");
}

#[test]
fn somebody_offline_or_busy_is_not_rung_and_the_record_says_missed() {
    let mut scene = Scene::new();
    let nobody = Room::base("dan@x", "nobody@x");
    let replies = scene.place(DAN, 1, nobody, UserType::Dealer);
    assert_eq!(body(&replies, DAN, name::CALL_FAILED)["reason"], CallFailed::NOT_AVAILABLE);
    assert_eq!(orders(&replies), [Order::Miss { id: 1, why: NoAnswer::Offline }]);
    assert_eq!(told(&scene.change(1, CallStatus::Missed)), [], "the caller knows");

    let mut scene = Scene::talking();
    let other = SocketKey(9);
    scene.arrive(other, dealer("deb@x"));
    let replies = scene.place(other, 2, Room::base("deb@x", "tea@x"), UserType::Dealer);
    assert!(told(&replies).contains(&(TEA, name::INCOMING_CALL)), "one more may wait: {replies:?}");
    let last = SocketKey(10);
    scene.arrive(last, dealer("dee@x"));
    let replies = scene.place(last, 3, Room::base("dee@x", "tea@x"), UserType::Dealer);
    assert_eq!(told(&replies), [(last, name::CALL_FAILED)]);
    assert_eq!(body(&replies, last, name::CALL_FAILED)["reason"], CallFailed::BUSY);
    assert_eq!(orders(&replies), [Order::Miss { id: 3, why: NoAnswer::Busy }]);
}

#[test]
fn a_ring_times_out_and_is_reported_until_the_record_says_so() {
    let mut scene = Scene::new();
    scene.place(DAN, 1, room(), UserType::Dealer);
    assert_eq!(scene.hub.ringing(), 1);

    let miss = [Order::Miss { id: 1, why: NoAnswer::TimeUp }];
    assert_eq!(scene.after(RING - Duration::from_secs(1)), []);
    assert_eq!(orders(&scene.after(Duration::from_secs(1))), miss);
    assert_eq!(orders(&scene.after(REPORT_RETRY_INTERVAL)), miss);
    let replies = scene.change(1, CallStatus::Missed);
    assert_eq!(told(&replies), [DAN, TEA, TEA_TOO].map(|to| (to, name::CALL_ENDED)));
    assert_eq!((scene.hub.deadline(), scene.hub.ringing()), (None, 0));
}

#[test]
fn a_device_that_comes_late_is_rung_until_somebody_answers() {
    let mut scene = Scene::new();
    scene.place(DAN, 1, room(), UserType::Dealer);
    let late = SocketKey(9);
    let replies = scene.arrive(late, technician("tea@x"));
    assert!(told(&replies).contains(&(late, name::INCOMING_CALL)));
    assert_eq!(scene.arrive(late, technician("tea@x")), [], "once");
    scene.change(1, CallStatus::Answered);
    let later = SocketKey(10);
    assert!(!told(&scene.arrive(later, technician("tea@x"))).contains(&(later, name::INCOMING_CALL)));
}

#[test]
fn what_is_said_in_a_call_reaches_the_other_one_only() {
    let mut scene = Scene::talking();
    let relay = |relay: Relay| Request::Relay { room: room(), call: None, relay };

    let replies = scene.ask(DAN, relay(offer()));
    assert_eq!(told(&replies), [(TEA, name::WEBRTC_OFFER), (TEA_TOO, name::WEBRTC_OFFER)]);
    assert_eq!(body(&replies, TEA, name::WEBRTC_OFFER)["senderEmail"], "dan@x");
    let replies = scene.ask(TEA, relay(Relay::Media { audio: Some(false), video: None }));
    assert_eq!(
        body(&replies, DAN, name::MEDIA_STATE),
        json!({ "roomId": "dan@x:tea@x", "audio": false,
        "senderEmail": "tea@x" })
    );
    assert_eq!(told(&scene.ask(EVE, relay(offer()))), [(EVE, name::ERROR)]);
    assert_eq!(told(&scene.ask(SocketKey(99), relay(offer()))), [(SocketKey(99), name::ERROR)]);
    let wrong = Request::Relay { room: room(), call: Some(77), relay: offer() };
    assert_eq!(body(&scene.ask(DAN, wrong), DAN, name::ERROR)["code"], "NO_CALL");

    scene.change(1, CallStatus::Ended);
    assert_eq!(told(&scene.ask(DAN, relay(Relay::Candidate(None)))), [], "late ones cost nothing");
    assert_eq!(told(&scene.ask(DAN, relay(offer()))), [(DAN, name::ERROR)]);
}

#[test]
fn a_seat_is_kept_for_a_while() {
    let mut scene = Scene::talking();
    let left = scene.hub.disconnected(TEA, scene.now);
    assert_eq!(told(&left), [(DAN, name::USER_LEFT)], "their other device is not in the room");
    assert_eq!(scene.after(SEAT - Duration::from_secs(1)), []);
    scene.arrive(TEA, technician("tea@x"));
    assert_eq!(told(&scene.ask(TEA, Request::Join(room()))), [(DAN, name::USER_JOINED)]);
    assert_eq!(scene.after(SEAT), [], "back in time");

    scene.hub.disconnected(DAN, scene.now);
    assert_eq!(orders(&scene.after(SEAT)), [Order::Abandon { id: 1 }]);
    assert_eq!(orders(&scene.after(REPORT_RETRY_INTERVAL)), [Order::Abandon { id: 1 }]);
    let replies = scene.change(1, CallStatus::Ended);
    assert_eq!(told(&replies), [(TEA, name::CALL_ENDED), (TEA_TOO, name::CALL_ENDED)]);
    assert_eq!(body(&replies, TEA, name::CALL_ENDED)["durationSeconds"], 7.0);
}

#[test]
fn after_a_restart_the_two_of_a_running_call_are_waited_for() {
    let mut scene = Scene::empty();
    let facts = Facts { status: CallStatus::Answered, ..scene.facts(1, room(), UserType::Dealer) };
    scene.hub.told(News::Learned(facts, "Dan".to_owned()), scene.now);
    scene.arrive(DAN, dealer("dan@x"));
    scene.ask(DAN, Request::Join(room()));
    assert_eq!(orders(&scene.after(SEAT)), [Order::Abandon { id: 1 }], "Tea never came");
}

#[test]
fn messages_and_reading_and_typing_stay_in_their_room() {
    let mut scene = Scene::new();
    scene.ask(DAN, Request::Join(room()));
    scene.ask(TEA, Request::Join(room()));
    let row = MessageRow {
        id: RowId::Number(5),
        room_id: Some(room().to_string()),
        sender_email: "dan@x".to_owned(),
        sender_type: Some(UserType::Dealer),
        message: "Hi".to_owned(),
        is_read: false,
        created_at: None,
        sender_name: None,
        event_room_id: None,
    };
    let replies = scene.ask(DAN, Request::Message { room: room(), row: Box::new(row.clone()) });
    let expected = [
        (DAN, name::NEW_MESSAGE),
        (TEA, name::NEW_MESSAGE),
        (TEA, name::CHAT_NOTIFICATION),
        (TEA_TOO, name::CHAT_NOTIFICATION),
    ];
    assert_eq!(told(&replies), expected);
    let foreign = scene.ask(EVE, Request::Message { room: room(), row: Box::new(row) });
    assert_eq!(told(&foreign), [(EVE, name::ERROR)]);

    let read = scene.ask(TEA, Request::Read { room: room(), message: None });
    assert_eq!(told(&read), [TEA, TEA_TOO, DAN].map(|to| (to, name::ROOM_MARKED_READ)));
    assert_eq!(body(&read, DAN, name::ROOM_MARKED_READ)["readBy"], "tea@x");
    let typing = scene.ask(TEA, Request::Typing { room: None, on: true });
    assert_eq!(told(&typing), [(DAN, name::USER_TYPING)]);
    assert_eq!(told(&scene.ask(TEA_TOO, Request::Typing { room: None, on: true })), [], "in no room");
    let foreign = scene.ask(EVE, Request::Typing { room: Some(room()), on: true });
    assert_eq!(told(&foreign), [(EVE, name::ERROR)]);
    assert_eq!(told(&scene.ask(EVE, Request::Join(room()))), [(EVE, name::ERROR)]);
}

#[test]
fn people_who_share_a_room_know_when_the_other_comes_and_goes() {
    let mut scene = Scene::empty();
    let related = |party: Party, with: Party| Request::Arrive { party, related: vec![with] };
    assert_eq!(told(&scene.ask(DAN, related(dealer("dan@x"), technician("tea@x")))), []);
    let replies = scene.ask(TEA, related(technician("tea@x"), dealer("dan@x")));
    assert_eq!(told(&replies), [(DAN, name::USER_PRESENCE), (TEA, name::USER_PRESENCE)]);
    let replies = scene.ask(TEA_TOO, related(technician("tea@x"), dealer("dan@x")));
    assert_eq!(told(&replies), [(TEA_TOO, name::USER_PRESENCE)], "she was there already");
    assert_eq!(told(&scene.hub.disconnected(TEA, scene.now)), [], "she still is");
    let replies = scene.hub.disconnected(TEA_TOO, scene.now);
    assert_eq!(body(&replies, DAN, name::USER_PRESENCE)["isOnline"], false);
    assert!(!scene.hub.is_online(&technician("tea@x")));
}

#[test]
fn a_session_that_expires_says_so() {
    let mut hub = Scene::empty().hub;
    let replies = hub.session_over(DAN, SessionEnd::Expired, Millis(0));
    assert_eq!(body(&replies, DAN, name::ERROR)["code"], "TOKEN_EXPIRED");
    assert_eq!(hub.session_over(DAN, SessionEnd::SignedOut, Millis(0)), []);
}

#[test]
fn a_stranger_cannot_place_a_call_for_somebody() {
    let mut scene = Scene::new();
    let replies = scene.place(EVE, 1, room(), UserType::Dealer);
    assert_eq!(told(&replies), [(EVE, name::ERROR)]);
    assert_eq!(scene.hub.ringing(), 0);
}
