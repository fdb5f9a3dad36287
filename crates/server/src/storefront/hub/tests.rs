use bellwire_dialects::storefront::wire::{IceCandidateInit, SdpBody, UserType};
use serde_json::{Value, json};

use super::*;

const SHOP: &str = "shop";
const AMIRA: &str = "amira";
const BO: &str = "bo";
const NOW: Millis = Millis(1_000_000);
const RING_UNTIL: Millis = Millis(1_045_000);

const GRACE: Duration = Duration::from_secs(120);

const S1: SocketKey = SocketKey(1);
const C1: SocketKey = SocketKey(2);
const C2: SocketKey = SocketKey(3);
const STRANGER: SocketKey = SocketKey(4);

fn facts(status: CallStatus) -> Facts {
    Facts {
        call_id: "call".to_owned(),
        seller: SHOP.to_owned(),
        customer: AMIRA.to_owned(),
        initiated_by: UserType::Seller,
        status,
        ring_until: RING_UNTIL,
    }
}

fn party(id: &str, role: UserType) -> Party {
    Party { id: id.to_owned(), role }
}

fn connect(hub: &mut Hub, socket: SocketKey, id: &str, role: UserType, related: &[&str]) -> Replies {
    let related = related.iter().map(|id| (*id).to_owned()).collect();
    hub.handle(socket, Request::Connected { party: party(id, role), related }, NOW)
}

/// The shop on one device, Amira on two, Bo (a customer too) on one, and a call that rings.
fn hub() -> Hub {
    let mut hub = Hub::new(GRACE, Lists::AtArrival);
    connect(&mut hub, S1, SHOP, UserType::Seller, &[AMIRA, BO]);
    connect(&mut hub, C1, AMIRA, UserType::Customer, &[SHOP]);
    connect(&mut hub, C2, AMIRA, UserType::Customer, &[SHOP]);
    connect(&mut hub, STRANGER, BO, UserType::Customer, &[SHOP]);
    assert!(hub.changed(facts(CallStatus::Initiated), Change::default(), NOW).is_empty());
    hub
}

fn ring() -> Request {
    Request::Ring(Box::new(IncomingVideoCall {
        call_id: "call".to_owned(),
        seller_id: SHOP.to_owned(),
        customer_id: AMIRA.to_owned(),
        initiated_by: Some(UserType::Seller),
        ..IncomingVideoCall::default()
    }))
}

fn join() -> Request {
    Request::Join { call_id: "call".to_owned() }
}

fn offer() -> Request {
    let offer = SdpBody { kind: "offer".to_owned(), sdp: "v=0".to_owned() };
    Request::Relay { call_id: "call".to_owned(), relay: Relay::Offer(offer) }
}

fn sockets(replies: &Replies) -> Vec<SocketKey> {
    replies
        .iter()
        .filter_map(|reply| match reply {
            Reply::Emit { to, .. } | Reply::Close(to) => Some(*to),
            Reply::Order(_) => None,
        })
        .collect()
}

/// What a socket is told by an event, if it is.
fn heard<'a>(replies: &'a Replies, socket: SocketKey, name: &str) -> Option<&'a Value> {
    replies.iter().find_map(|reply| match reply {
        Reply::Emit { to, event, body } if *to == socket && *event == name => Some(body),
        Reply::Emit { .. } | Reply::Close(_) | Reply::Order(_) => None,
    })
}

fn refusal(replies: &Replies, of: SocketKey) -> String {
    match replies.as_slice() {
        [Reply::Emit { to, event: name::CALL_ERROR, body }] if *to == of => {
            body["message"].as_str().expect("text").to_owned()
        }
        other => panic!("not one refusal: {other:?}"),
    }
}

#[test]
fn a_ring_reaches_every_device_of_the_callee_once_and_nobody_else() {
    let replies = hub().handle(S1, ring(), NOW);

    assert_eq!(sockets(&replies), [C1, C2]);
    let rang = Reply::Order(Order::Rang { call_id: "call".to_owned() });
    assert_eq!(replies.last(), Some(&rang));
}

#[test]
fn only_the_caller_rings() {
    let mut hub = hub();

    assert_eq!(refusal(&hub.handle(C1, ring(), NOW), C1), "Only the caller can ring");
    assert_eq!(refusal(&hub.handle(STRANGER, ring(), NOW), STRANGER), "You are not part of this call");
}

#[test]
fn the_caller_learns_that_the_callee_is_offline_and_a_late_device_still_rings() {
    let mut hub = hub();
    hub.disconnected(C1, NOW);
    hub.disconnected(C2, NOW);

    let replies = hub.handle(S1, ring(), NOW);
    assert!(heard(&replies, S1, name::CALL_TARGET_OFFLINE).is_some() && replies.len() == 1, "{replies:?}");

    let late = connect(&mut hub, SocketKey(9), AMIRA, UserType::Customer, &[SHOP]);
    assert!(heard(&late, SocketKey(9), name::INCOMING_VIDEO_CALL).is_some());
}

#[test]
fn an_offer_reaches_each_device_of_the_other_party_once() {
    let mut hub = hub();
    hub.handle(S1, join(), NOW);
    hub.handle(C1, join(), NOW);

    let replies = hub.handle(S1, offer(), NOW);

    assert_eq!(sockets(&replies), [C1, C2]);
    for to in [C1, C2] {
        let offer = heard(&replies, to, name::OFFER).expect("an offer");
        assert_eq!((&offer["senderId"], &offer["receiverId"]), (&json!(SHOP), &json!(AMIRA)));
    }
}

#[test]
fn strangers_and_strangers_to_the_server_are_refused_everything() {
    let mut hub = hub();
    let call_id = || "call".to_owned();
    let candidate = IceCandidateInit {
        candidate: String::new(),
        sdp_mid: None,
        sdp_m_line_index: None,
        username_fragment: None,
    };
    let relays =
        [Relay::Candidate(Some(candidate)), Relay::Audio(true), Relay::Video(true), Relay::Sharing(true)];
    let mut requests = vec![ring(), join(), offer()];
    requests.extend(relays.map(|relay| Request::Relay { call_id: call_id(), relay }));
    requests.push(Request::End { call_id: call_id(), reason: None });
    requests.push(Request::Status {
        call_id: call_id(),
        status: CallStatus::Declined,
        reason: Some("no".to_owned()),
    });
    requests.push(Request::Quality { call_id: call_id(), report: "1".to_owned() });

    for request in requests {
        let stranger = hub.handle(STRANGER, request.clone(), NOW);
        assert_eq!(refusal(&stranger, STRANGER), "You are not part of this call", "{request:?}");
        let nobody = hub.handle(SocketKey(99), request.clone(), NOW);
        assert_eq!(refusal(&nobody, SocketKey(99)), "Please login to continue", "{request:?}");
    }
    assert!(hub.handle(STRANGER, Request::Leave { call_id: call_id() }, NOW).is_empty());
}

#[test]
fn the_first_to_join_hears_of_the_second_and_the_second_of_the_first() {
    let mut hub = hub();
    assert!(hub.handle(S1, join(), NOW).is_empty());

    let replies = hub.handle(C1, join(), NOW);

    assert_eq!(sockets(&replies), [S1, C1]);
    let joined = |socket| heard(&replies, socket, name::USER_JOINED_CALL).expect("a join");
    let (to_seller, to_customer) = (joined(S1), joined(C1));
    assert_eq!((&to_seller["userId"], &to_seller["userType"]), (&json!(AMIRA), &json!("customer")));
    assert_eq!((&to_customer["userId"], &to_customer["participantCount"]), (&json!(SHOP), &json!(2)));
}

#[test]
fn a_party_has_left_when_its_last_device_has() {
    let mut hub = hub();
    for socket in [S1, C1, C2] {
        hub.handle(socket, join(), NOW);
    }

    assert_eq!(sockets(&hub.handle(C1, Request::Leave { call_id: "call".to_owned() }, NOW)), []);
    let replies = hub.disconnected(C2, NOW);
    let left = heard(&replies, S1, name::USER_LEFT_CALL).expect("the seller hears of it");
    assert_eq!((&left["reason"], &left["participantCount"]), (&json!("disconnected"), &json!(1)));
}

#[test]
fn an_answer_on_one_device_is_told_to_both_parties_on_all_devices() {
    let mut hub = hub();
    let change = Change { by: Some(party(AMIRA, UserType::Customer)), ..Change::default() };

    let replies = hub.changed(facts(CallStatus::Accepted), change.clone(), NOW);
    assert_eq!(sockets(&replies), [S1, C1, C2]);

    assert!(hub.changed(facts(CallStatus::Accepted), change, NOW).is_empty(), "told once");
    assert!(hub.changed(facts(CallStatus::Ringing), Change::default(), NOW).is_empty(), "never back");
}

#[test]
fn a_call_that_is_not_answered_is_missed_at_its_deadline_and_not_before() {
    let mut hub = hub();
    assert_eq!(hub.deadline(), Some(RING_UNTIL));
    assert!(hub.expire(Millis(RING_UNTIL.0 - 1)).is_empty());

    let missed = vec![Reply::Order(Order::Miss { call_id: "call".to_owned() })];
    assert_eq!(hub.expire(RING_UNTIL), missed);
    assert!(hub.expire(RING_UNTIL).is_empty());
    let again = hub.deadline().expect("it is reported again until the records agree");
    assert_eq!(hub.expire(again), missed);

    let told = hub.changed(facts(CallStatus::Missed), Change::default(), again);
    assert_eq!(sockets(&told), [S1, C1, C2]);
    while let Some(next) = hub.deadline() {
        assert!(hub.expire(next).is_empty());
    }
}

#[test]
fn an_answered_call_that_nobody_is_in_is_given_up_after_a_while() {
    let mut hub = hub();
    hub.handle(S1, join(), NOW);
    hub.changed(facts(CallStatus::Accepted), Change::default(), NOW);
    hub.handle(C1, join(), NOW);
    let later = |seconds: i64| Millis(NOW.0 + seconds * 1000);
    hub.disconnected(S1, later(10));
    hub.disconnected(C1, later(20));
    connect(&mut hub, C1, AMIRA, UserType::Customer, &[SHOP]);
    hub.handle(C1, join(), later(30));
    assert!(hub.expire(later(1000)).is_empty(), "somebody came back");

    hub.handle(C1, Request::Leave { call_id: "call".to_owned() }, later(1000));
    assert!(hub.expire(later(1119)).is_empty());
    let abandoned = Order::Abandon { call_id: "call".to_owned(), since: later(1000) };
    assert_eq!(hub.expire(later(1120)), [Reply::Order(abandoned)]);

    hub.changed(facts(CallStatus::Ended), Change::default(), later(1121));
    while let Some(next) = hub.deadline() {
        assert!(hub.expire(next).is_empty());
    }
}

#[test]
fn an_answered_call_is_never_missed() {
    let mut hub = hub();
    hub.changed(facts(CallStatus::Accepted), Change::default(), NOW);

    assert!(hub.expire(RING_UNTIL).is_empty());
}

#[test]
fn a_call_that_is_over_takes_no_offers_and_swallows_late_candidates() {
    let mut hub = hub();
    let ended = hub.changed(facts(CallStatus::Ended), Change { duration: 3.0, ..Change::default() }, NOW);
    assert!([S1, C1, C2].iter().all(|to| heard(&ended, *to, name::CALL_ENDED).is_some()));

    assert_eq!(refusal(&hub.handle(S1, offer(), NOW), S1), "This call is over");
    assert_eq!(refusal(&hub.handle(S1, ring(), NOW), S1), "This call is over");
    let late = Request::Relay { call_id: "call".to_owned(), relay: Relay::Candidate(None) };
    assert!(hub.handle(S1, late, NOW).is_empty());
    assert!(hub.handle(S1, Request::End { call_id: "call".to_owned(), reason: None }, NOW).is_empty());

    hub.expire(NOW.plus(REMEMBERED_FOR));
    assert_eq!(refusal(&hub.handle(S1, join(), NOW), S1), "Call not found");
}

#[test]
fn a_socket_that_was_away_learns_how_its_call_ended() {
    let mut hub = hub();
    hub.changed(facts(CallStatus::Accepted), Change::default(), NOW);
    hub.disconnected(C1, NOW);
    hub.disconnected(C2, NOW);
    hub.changed(facts(CallStatus::Ended), Change { duration: 3.0, ..Change::default() }, NOW);

    let back = SocketKey(9);
    connect(&mut hub, back, AMIRA, UserType::Customer, &[SHOP]);
    let replies = hub.handle(back, join(), NOW);
    assert_eq!(sockets(&replies), [back, back]);
    assert_eq!(heard(&replies, back, name::CALL_STATUS_UPDATE).expect("told")["status"], "ended");
    assert_eq!(heard(&replies, back, name::CALL_ENDED).expect("told")["callId"], "call");
    assert_eq!(refusal(&hub.handle(STRANGER, join(), NOW), STRANGER), "You are not part of this call");
}

#[test]
fn presence_is_told_to_related_people_only_and_for_the_first_and_last_device() {
    let mut hub = Hub::new(GRACE, Lists::AtArrival);
    connect(&mut hub, S1, SHOP, UserType::Seller, &[AMIRA]);
    connect(&mut hub, STRANGER, BO, UserType::Customer, &[]);

    let first = connect(&mut hub, C1, AMIRA, UserType::Customer, &[SHOP]);
    assert!(sockets(&first).iter().all(|to| [S1, C1].contains(to)), "{first:?}");
    let online = heard(&first, S1, name::USER_ONLINE_STATUS_CHANGED).expect("the shop is told");
    assert_eq!((&online["userId"], &online["isOnline"]), (&json!(AMIRA), &json!(true)));

    let second = connect(&mut hub, C2, AMIRA, UserType::Customer, &[SHOP]);
    assert_eq!(sockets(&second), [C2]);
    assert!(hub.disconnected(C1, NOW).is_empty());
    let last = hub.disconnected(C2, NOW);
    let offline = heard(&last, S1, name::USER_ONLINE_STATUS_CHANGED).expect("the shop is told");
    assert_eq!(offline["isOnline"], false);
}

#[test]
fn a_client_announces_nothing_that_the_record_does_not_say() {
    let mut hub = hub();
    let status = |status, reason: Option<&str>| Request::Status {
        call_id: "call".to_owned(),
        status,
        reason: reason.map(str::to_owned),
    };

    assert!(hub.handle(C1, status(CallStatus::Ended, Some("x")), NOW).is_empty());
    hub.changed(facts(CallStatus::Declined), Change::default(), NOW);
    assert!(hub.handle(C1, status(CallStatus::Declined, None), NOW).is_empty(), "told already");
    let busy = hub.handle(C1, status(CallStatus::Declined, Some("busy")), NOW);
    assert_eq!(sockets(&busy), [S1]);
}

#[test]
fn rejected_and_busy_of_the_web_page_decline_a_call_that_rings() {
    let status = |status| Request::Status { call_id: "call".to_owned(), status, reason: None };
    for (word, reason) in [(CallStatus::Rejected, None), (CallStatus::Busy, Some("busy"))] {
        let mut hub = hub();
        assert!(hub.handle(S1, status(word), NOW).is_empty(), "only the callee can");

        let replies = hub.handle(C1, status(word), NOW);

        assert_eq!(sockets(&replies), [S1]);
        let Some(Reply::Order(Order::Decline { by, reason: told, .. })) = replies.last() else {
            panic!("{replies:?}");
        };
        assert_eq!((by.role, told.as_deref()), (UserType::Customer, reason));
        hub.changed(facts(CallStatus::Declined), Change::default(), NOW);
        assert!(hub.handle(C1, status(word), NOW).is_empty(), "told already");
    }
}

/// Bytes that everybody is told when the last of so many customers of one shop arrives.
fn told_at_arrival(customers: u64) -> usize {
    let mut hub = Hub::new(GRACE, Lists::AtArrival);
    connect(&mut hub, S1, SHOP, UserType::Seller, &[]);
    let mut last = Vec::new();
    for number in 0..customers {
        let id = format!("customer {number:06}");
        last = connect(&mut hub, SocketKey(1_000_000 + number), &id, UserType::Customer, &[SHOP]);
    }
    let size = |reply: &Reply<Order>| match reply {
        Reply::Emit { event, body, .. } => event.len() + body.to_string().len(),
        Reply::Close(_) | Reply::Order(_) => 0,
    };
    assert!(heard(&last, S1, name::USER_ONLINE_STATUS_CHANGED).is_some(), "the shop is told");
    last.iter().map(size).sum()
}

#[test]
fn what_is_told_of_an_arrival_does_not_grow_with_the_shop() {
    let (few, many) = (told_at_arrival(100), told_at_arrival(1_000));

    assert!(many <= few + few / 10, "{few} bytes at 100 customers, {many} at 1,000");
}

#[test]
fn deployed_clients_are_sent_a_changed_list_at_once_and_then_once_a_second() {
    let mut hub = Hub::new(GRACE, Lists::AtChanges);
    connect(&mut hub, S1, SHOP, UserType::Seller, &[]);
    let mut lists = Vec::new();
    let mut collect = |at: i64, replies: &Replies| {
        let list = heard(replies, S1, name::GET_USERS).and_then(Value::as_array);
        lists.extend(list.map(|list| (at, list.len())));
    };
    // One every 10 ms for 2.5 seconds.
    for number in 0..250_u32 {
        let at = i64::from(number) * 10;
        let now = Millis(NOW.0 + at);
        collect(at, &hub.expire(now));
        let arrival = Request::Connected {
            party: party(&format!("customer {number}"), UserType::Customer),
            related: vec![SHOP.to_owned()],
        };
        collect(at, &hub.handle(SocketKey(1_000 + u64::from(number)), arrival, now));
    }
    collect(3_000, &hub.expire(Millis(NOW.0 + 3_000)));
    collect(4_000, &hub.expire(Millis(NOW.0 + 4_000)));

    // With the shop itself in them.
    assert_eq!(lists, [(0, 2), (1_000, 101), (2_000, 201), (3_000, 251)]);
    assert_eq!(hub.deadline(), None, "nothing waits");
}
