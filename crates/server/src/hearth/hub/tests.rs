mod engine;

use bellwire_dialects::hearth::wire::{
    AlsoCalled, CallInvitation, CallSettings, MediaBody, SdpBody, SessionType,
};
use serde_json::Value;

use super::*;
use crate::hearth::engine::Word;
use crate::hearth::figures::Report;
use crate::hub_actor::Hub as _;

const ANA: &str = "ana";
const BEN: &str = "ben";
const CLEO: &str = "cleo";
const NOW: Millis = Millis(1_000_000);
const RING: Millis = Millis(1_060_000);

const A: SocketKey = SocketKey(1);
const B1: SocketKey = SocketKey(2);
const B2: SocketKey = SocketKey(3);
const C: SocketKey = SocketKey(4);

fn user(id: &str) -> User {
    User { id: id.to_owned(), first_name: Some(id.to_uppercase()), ..User::default() }
}

fn as_user(id: &str) -> Request {
    Request::Connected { user: user(id) }
}

fn facts(pending: &[&str]) -> Facts {
    Facts {
        session_id: "call_1".to_owned(),
        initiator: user(ANA),
        status: SessionStatus::Waiting,
        ring_until: RING,
        invitation: CallInvitation {
            session_id: "call_1".to_owned(),
            session_type: SessionType::OneToOne,
            initiator: user(ANA),
            call_settings: CallSettings::default(),
            metadata: None,
            ice_servers: Vec::new(),
            therapy_session_id: None,
            max_participants: 2,
            others: None,
        },
        pending: pending.iter().map(|id| (*id).to_owned()).collect(),
        seated: vec![user(ANA)],
        media: BTreeMap::new(),
    }
}

/// Ana on one device, Ben on two, Cleo on one.
fn people() -> Hub {
    let mut hub = Hub::new(Duration::from_secs(30), Duration::from_secs(3600));
    for (key, id) in [(A, ANA), (B1, BEN), (B2, BEN), (C, CLEO)] {
        let told = hub.asked(key, as_user(id), NOW);
        assert_eq!(names(&told, key), [name::AUTHENTICATED]);
    }
    hub
}

/// The same, and Ana calls Ben.
fn ringing() -> Hub {
    let mut hub = people();
    let told = hub.told(News::Started(Box::new(facts(&[BEN]))), NOW);
    assert_eq!(heard(&told), [(B1, name::CALL_INVITATION), (B2, name::CALL_INVITATION)]);
    assert_eq!(hub.ringing(), 1);
    hub
}

fn join(hub: &mut Hub, key: SocketKey, peer: &str) -> Replies {
    let facts = Box::new(facts(&[BEN]));
    hub.asked(key, Request::Join { facts, peer_id: peer.to_owned() }, NOW)
}

/// The same, and they talk.
fn talking() -> Hub {
    let mut hub = ringing();
    join(&mut hub, A, "peer-a");
    join(&mut hub, B1, "peer-b");
    hub
}

fn heard(replies: &Replies) -> Vec<(SocketKey, &'static str)> {
    let emits = replies.iter().filter_map(|reply| match reply {
        Reply::Emit { to, event, .. } => Some((*to, *event)),
        Reply::Close(_) | Reply::Order(_) => None,
    });
    emits.collect()
}

fn names(replies: &Replies, key: SocketKey) -> Vec<&'static str> {
    heard(replies).into_iter().filter(|(to, _)| *to == key).map(|(_, event)| event).collect()
}

fn body<'a>(replies: &'a Replies, key: SocketKey, name: &str) -> &'a Value {
    let found = replies.iter().find_map(|reply| match reply {
        Reply::Emit { to, event, body } if *to == key && *event == name => Some(body),
        Reply::Emit { .. } | Reply::Close(_) | Reply::Order(_) => None,
    });
    found.unwrap_or_else(|| panic!("{key:?} did not hear {name}: {replies:?}"))
}

fn orders(replies: &Replies) -> Vec<Order> {
    let orders = replies.iter().filter_map(|reply| match reply {
        Reply::Order(order) => Some(order.clone()),
        Reply::Emit { .. } | Reply::Close(_) => None,
    });
    orders.collect()
}

fn offer(target: Option<Target>) -> Request {
    let offer = SdpBody { kind: "offer".to_owned(), sdp: "v=0".to_owned() };
    Request::Relay { session_id: "call_1".to_owned(), target, relay: Word::Offer(offer) }
}

fn peer(id: &str) -> Option<Target> {
    Some(Target::Peer(id.to_owned()))
}

#[test]
fn both_sides_of_an_entrance_are_told_of_each_other_and_other_devices_stop_ringing() {
    let mut hub = ringing();
    let first = join(&mut hub, A, "peer-a");
    assert_eq!(names(&first, A), [name::CALL_SESSION_JOINED]);
    let second = join(&mut hub, B1, "peer-b");
    assert_eq!(names(&second, B1), [name::CALL_SESSION_JOINED, name::INITIATE_PEER_CONNECTION]);
    assert_eq!(names(&second, A), [name::USER_JOINED_CALL, name::INITIATE_PEER_CONNECTION]);
    assert_eq!(body(&second, B1, name::CALL_SESSION_JOINED)["participants"][0]["peerId"], "peer-a");
    assert_eq!(body(&second, A, name::INITIATE_PEER_CONNECTION)["targetPeerId"], "peer-b");
    assert_eq!(body(&second, B2, name::INVITATION_CLOSED)["reason"], "answered");
    assert_eq!(hub.ringing(), 0);
    // Told again by the same socket, it is no news.
    assert_eq!(names(&join(&mut hub, B1, "peer-b"), A), [""; 0]);
}

#[test]
fn a_message_goes_once_to_whom_it_is_for_and_to_nobody_else() {
    let mut hub = talking();
    let told = hub.asked(A, offer(peer("peer-b")), NOW);
    assert_eq!(heard(&told), [(B1, name::WEBRTC_OFFER)]);
    let said = body(&told, B1, name::WEBRTC_OFFER);
    assert_eq!((&said["fromPeerId"], &said["fromUserId"]), (&"peer-a".into(), &ANA.into()));
    let by_socket = Some(Target::Socket(socket_id(B1)));
    assert_eq!(heard(&hub.asked(A, offer(by_socket), NOW)), [(B1, name::WEBRTC_OFFER)]);
    for target in [peer("nobody"), peer("peer-a"), None] {
        let told = hub.asked(A, offer(target), NOW);
        assert_eq!(body(&told, A, name::CALL_ERROR)["message"], "Target peer not found");
    }
    for stranger in [B2, C] {
        let told = hub.asked(stranger, offer(peer("peer-b")), NOW);
        assert_eq!(heard(&told), [(stranger, name::CALL_ERROR)], "not in the room");
    }
}

#[test]
fn nobody_takes_the_name_of_another() {
    let mut hub = ringing();
    join(&mut hub, A, "peer-a");
    let told = join(&mut hub, B1, "peer-a");
    assert_eq!(heard(&told), [(B1, name::CALL_ERROR)]);
    assert_eq!(names(&join(&mut hub, B1, "peer-b"), A).len(), 2);
}

#[test]
fn a_seat_is_kept_while_a_connection_is_away_and_then_given_up() {
    let mut hub = talking();
    assert_eq!(heard(&hub.disconnected(B1, NOW)), [], "nobody is told at once");
    assert_eq!(body(&hub.asked(A, offer(peer("peer-b")), NOW), A, name::CALL_ERROR)["sessionId"], "call_1");
    let back = SocketKey(9);
    hub.asked(back, as_user(BEN), NOW);
    let told = join(&mut hub, back, "peer-b");
    assert_eq!(names(&told, A), [name::USER_JOINED_CALL, name::INITIATE_PEER_CONNECTION]);
    assert_eq!(hub.expire(NOW.plus(Duration::from_secs(31))), [], "the seat is taken again");

    let later = NOW.plus(Duration::from_secs(40));
    hub.disconnected(back, later);
    let told = hub.expire(later.plus(Duration::from_secs(30)));
    assert_eq!(body(&told, A, name::USER_LEFT_CALL)["reason"], "disconnected");
    assert_eq!(orders(&told), [Order::Left { session_id: "call_1".into(), user: BEN.into(), lost: false }]);
}

/// A group of eight seats in which all have come.
fn group() -> Hub {
    let mut hub = people();
    hub.told(News::Started(Box::new(facts_of_several(&[BEN, CLEO]))), NOW);
    for (key, peer) in [(A, "peer-a"), (B1, "peer-b"), (C, "peer-c")] {
        let facts = Box::new(facts_of_several(&[BEN, CLEO]));
        hub.asked(key, Request::Join { facts, peer_id: peer.to_owned() }, NOW);
    }
    hub
}

fn facts_of_several(pending: &[&str]) -> Facts {
    let mut facts = facts(pending);
    facts.invitation.max_participants = 8;
    facts
}

#[test]
fn a_session_that_all_have_lost_waits_for_one_of_them() {
    let mut hub = group();
    for key in [A, B1, C] {
        assert_eq!(heard(&hub.disconnected(key, NOW)), []);
    }
    let given_up = NOW.plus(Duration::from_secs(30));
    let lost = |user: &str| Order::Left { session_id: "call_1".into(), user: user.into(), lost: true };
    assert_eq!(orders(&hub.expire(given_up)), [lost(ANA), lost(BEN), lost(CLEO)]);
    assert_eq!(orders(&hub.expire(given_up.plus(Duration::from_secs(59)))), []);
    let abandoned = [Order::Abandon { session_id: "call_1".into() }];
    assert_eq!(orders(&hub.expire(given_up.plus(EMPTY_FOR))), abandoned);
    // The records are asked until they say so, or somebody comes.
    let later = given_up.plus(EMPTY_FOR).plus(REPORT_RETRY_INTERVAL);
    assert_eq!(orders(&hub.expire(later)), abandoned);
    hub.asked(A, as_user(ANA), later);
    hub.asked(
        A,
        Request::Join { facts: Box::new(facts_of_several(&[])), peer_id: "peer-a".to_owned() },
        later,
    );
    assert_eq!(orders(&hub.expire(later.plus(EMPTY_FOR))), []);
}

#[test]
fn who_leaves_a_group_is_gone_at_once_and_the_others_are_told_once() {
    let mut hub = group();
    let told = hub.asked(B1, Request::Leave { session_id: "call_1".into() }, NOW);
    assert_eq!(heard(&told), [(A, name::USER_LEFT_CALL), (C, name::USER_LEFT_CALL)]);
    assert_eq!(orders(&told), [Order::Left { session_id: "call_1".into(), user: BEN.into(), lost: false }]);
    assert_eq!(hub.asked(B1, Request::Leave { session_id: "call_1".into() }, NOW), []);
}

#[test]
fn who_is_asked_later_rings_as_long_as_the_others_did() {
    let mut hub = people();
    hub.told(News::Started(Box::new(facts_of_several(&[BEN]))), NOW);
    join(&mut hub, A, "peer-a");
    let until = RING.plus(Duration::from_secs(20));
    let more = Facts { ring_until: until, ..facts_of_several(&[BEN, CLEO]) };
    let told =
        hub.told(News::Invited { facts: Box::new(more), by: user(ANA), users: vec![CLEO.to_owned()] }, NOW);
    assert_eq!(heard(&told), [(C, name::CALL_INVITATION)]);
    assert_eq!(hub.expire(RING), [], "the call is not missed while somebody rings");
    assert_eq!(orders(&hub.expire(until)), [Order::Miss { session_id: "call_1".into() }]);
}

#[test]
fn an_invitation_names_who_else_is_there_or_called() {
    let called = |id: &str| AlsoCalled { user: user(id), in_call: false };
    let mut facts = facts_of_several(&[BEN, CLEO]);
    facts.invitation.others = Some(vec![called(BEN), called(CLEO)]);
    let mut hub = people();
    let others = |told: &Replies, socket| {
        let others = body(told, socket, name::CALL_INVITATION)["others"].clone();
        let names = others.as_array().cloned().unwrap_or_default().into_iter();
        names.map(|one| (one["user"]["id"].clone(), one["inCall"].clone())).collect::<Vec<_>>()
    };
    let told = hub.told(News::Started(Box::new(facts)), NOW);
    assert_eq!(others(&told, B1), [(CLEO.into(), false.into())]);
    assert_eq!(others(&told, C), [(BEN.into(), false.into())]);
    join(&mut hub, A, "peer-a");
    join(&mut hub, C, "peer-c");
    hub.disconnected(B1, NOW);
    let told = hub.asked(B1, as_user(BEN), NOW);
    assert_eq!(others(&told, B1), [(CLEO.into(), true.into())]);
}

#[test]
fn a_seat_that_was_taken_before_us_sends_what_its_record_says() {
    let mut hub = people();
    let media = MediaBody { has_audio: Some(false), ..MediaBody::default() };
    let recorded = BTreeMap::from([(ANA.to_owned(), media)]);
    hub.told(News::Learned(Box::new(Facts { media: recorded, ..facts(&[BEN]) })), NOW);
    join(&mut hub, A, "peer-a");
    let told = join(&mut hub, B1, "peer-b");
    let joined = body(&told, B1, name::CALL_SESSION_JOINED);
    assert_eq!(joined["participants"][0]["hasAudio"], false);
    assert_eq!(joined["participants"][0]["hasVideo"], true);
}

#[test]
fn the_newest_device_of_a_person_has_the_seat() {
    let mut hub = talking();
    let told = join(&mut hub, B2, "peer-b");
    assert_eq!(body(&told, B1, name::CALL_ENDED)["reason"], "elsewhere");
    assert_eq!(names(&told, A), [name::USER_JOINED_CALL, name::INITIATE_PEER_CONNECTION]);
    // The replaced one's farewell is nobody's.
    assert_eq!(hub.asked(B1, Request::Leave { session_id: "call_1".into() }, NOW), []);
    let told = hub.asked(B2, Request::Leave { session_id: "call_1".into() }, NOW);
    assert_eq!(heard(&told), [(A, name::USER_LEFT_CALL)]);
    assert_eq!(body(&told, A, name::USER_LEFT_CALL).get("reason"), None);
}

#[test]
fn a_session_that_nobody_joins_is_missed_and_the_records_are_asked_until_they_say_so() {
    let mut hub = ringing();
    join(&mut hub, A, "peer-a");
    assert_eq!(hub.expire(NOW.plus(Duration::from_secs(59))), []);
    assert_eq!(hub.deadline(), Some(RING));
    let missed = [Order::Miss { session_id: "call_1".into() }];
    assert_eq!(orders(&hub.expire(RING)), missed);
    assert_eq!(orders(&hub.expire(RING.plus(REPORT_RETRY_INTERVAL))), missed);
    let ending =
        Ending { session_id: "call_1".into(), by: user(ANA), duration: 0, reason: Some("missed".into()) };
    let told = hub.told(News::Ended(ending.clone()), RING);
    assert_eq!(heard(&told), [(A, name::CALL_ENDED), (B1, name::CALL_ENDED), (B2, name::CALL_ENDED)]);
    assert_eq!(hub.told(News::Ended(ending), RING), [], "once");
    assert_eq!(names(&join(&mut hub, B1, "peer-b"), B1), [name::CALL_ERROR]);
    let after = RING.plus(Duration::from_secs(3700));
    assert_eq!(orders(&hub.expire(after)), []);
    assert!(hub.seats("call_1").is_empty());
}

#[test]
fn who_has_not_come_to_a_group_is_not_expected_for_ever() {
    let mut hub = people();
    hub.told(News::Started(Box::new(facts(&[BEN, CLEO]))), NOW);
    join(&mut hub, A, "peer-a");
    join(&mut hub, B1, "peer-b");
    let told = hub.expire(RING);
    assert_eq!(heard(&told), [(C, name::INVITATION_CLOSED)]);
    assert_eq!(orders(&told), [Order::CloseInvitations { session_id: "call_1".into() }]);
}

#[test]
fn a_device_that_comes_late_hears_the_ring() {
    let mut hub = ringing();
    let late = SocketKey(7);
    let told = hub.asked(late, as_user(BEN), NOW);
    assert_eq!(names(&told, late), [name::AUTHENTICATED, name::CALL_INVITATION]);
    hub.told(News::Declined { session_id: "call_1".into(), user: BEN.into(), reason: "busy".into() }, NOW);
    let later = SocketKey(8);
    let told = hub.asked(later, as_user(BEN), NOW);
    assert_eq!(names(&told, later), [name::AUTHENTICATED]);
}

#[test]
fn declining_is_told_to_the_caller_and_to_ones_own_devices() {
    let mut hub = ringing();
    let news = News::Declined { session_id: "call_1".into(), user: BEN.into(), reason: "busy".into() };
    let told = hub.told(news, NOW);
    assert_eq!(body(&told, A, name::CALL_DECLINED)["reason"], "busy");
    assert_eq!(names(&told, B1), [name::INVITATION_CLOSED]);
    assert_eq!(names(&told, B2), [name::INVITATION_CLOSED]);
}

#[test]
fn a_session_without_use_times_out_and_use_is_anything_said_in_it() {
    let mut hub = talking();
    let hour = Duration::from_secs(3600);
    let used = NOW.plus(Duration::from_secs(1800));
    let report = Report { text: "{}".into(), members: Vec::new() };
    hub.asked(A, Request::Quality { session_id: "call_1".into(), report }, used);
    assert_eq!(orders(&hub.expire(NOW.plus(hour))), []);
    let timed_out = [Order::TimeOut { session_id: "call_1".into() }];
    assert_eq!(orders(&hub.expire(used.plus(hour))), timed_out);
    assert_eq!(orders(&hub.expire(used.plus(hour).plus(REPORT_RETRY_INTERVAL))), timed_out);
}

#[test]
fn media_is_told_as_it_was_said_and_remembered() {
    let mut hub = talking();
    let session_id = || "call_1".to_owned();
    let told = hub.asked(A, Request::Media { session_id: session_id(), media: Media::Audio(false) }, NOW);
    assert_eq!(heard(&told), [(B1, name::PARTICIPANT_TOGGLED_AUDIO)]);
    let told = hub.asked(A, Request::Media { session_id: session_id(), media: Media::Sharing(true) }, NOW);
    assert_eq!(heard(&told), [(B1, name::PARTICIPANT_SCREEN_SHARE_STARTED)]);
    let seat = hub.seats("call_1")[ANA].clone();
    assert_eq!((seat.media.has_audio, seat.media.is_screen_sharing), (Some(false), Some(true)));
    let media = MediaBody { has_video: Some(false), ..MediaBody::default() };
    let told = hub.told(News::Media { session_id: session_id(), user: BEN.into(), media }, NOW);
    assert_eq!(heard(&told), [(A, name::PARTICIPANT_MEDIA_UPDATED)]);
    let told = hub.asked(C, Request::Media { session_id: session_id(), media: Media::Audio(true) }, NOW);
    assert_eq!(heard(&told), [(C, name::CALL_ERROR)]);
}

#[test]
fn a_socket_hears_why_its_session_is_over() {
    let mut hub = people();
    let late = SocketKey(7);
    assert_eq!(heard(&hub.asked(late, offer(peer("x")), NOW)), [(late, name::CALL_ERROR)]);
    for (key, end, message) in [
        (late, SessionEnd::Expired, "No token was shown"),
        (A, SessionEnd::Expired, "Session expired, please login again"),
        (B1, SessionEnd::SignedOut, "Logged out"),
    ] {
        let told = hub.session_over(key, end, NOW);
        assert_eq!(heard(&told), [(key, name::AUTHENTICATION_ERROR)]);
        assert_eq!(super::tests::body(&told, key, name::AUTHENTICATION_ERROR)["message"], message);
    }
    assert_eq!(heard(&hub.asked(A, offer(peer("x")), NOW)), [(A, name::CALL_ERROR)], "it is not signed in");
}

#[test]
fn a_socket_leaves_nothing_behind() {
    let mut hub = people();
    for key in [A, B1, B2, C] {
        hub.disconnected(key, NOW);
    }
    assert_eq!(hub.deadline(), None);
}

#[test]
fn the_rooms_of_therapy_sessions_pass_on_what_their_people_say() {
    let mut hub = people();
    for key in [A, B1] {
        hub.asked(key, Request::EnterTherapy { id: "t1".into() }, NOW);
    }
    let body = |target: Option<&str>| {
        Box::new(bellwire_dialects::hearth::wire::TherapyDescription {
            session_id: "t1".into(),
            target_user_id: target.map(str::to_owned),
            ..Default::default()
        })
    };
    let said = |target| Request::TherapyRelay { event: name::VIDEO_OFFER, body: body(target) };
    let told = hub.asked(A, said(None), NOW);
    assert_eq!(heard(&told), [(B1, name::VIDEO_OFFER)]);
    assert_eq!(super::tests::body(&told, B1, name::VIDEO_OFFER)["fromUserId"], ANA);
    assert_eq!(heard(&hub.asked(A, said(Some(CLEO)), NOW)), []);
    assert_eq!(heard(&hub.asked(C, said(None), NOW)), [(C, name::ERROR)]);
    assert_eq!(heard(&hub.disconnected(A, NOW)), [(B1, name::USER_LEFT)]);
}
