//! The hub as a list of requests and times.

use bellwire_dialects::clinic::wire::{Appointment, CandidateField, SignalBody};
use serde_json::{Value, json};

use super::*;
use crate::hub_actor::Hub as _;

const ROOM: &str = "room_1_a";
const JANE: SocketKey = SocketKey(1);
const ANN: SocketKey = SocketKey(2);
const MALLORY: SocketKey = SocketKey(3);

fn party(id: &str, role: UserRole) -> Party {
    Party { id: id.to_owned(), role }
}

fn facts() -> Facts {
    Facts {
        room_id: ROOM.to_owned(),
        practitioner: "jane".to_owned(),
        patient: "ann".to_owned(),
        open: true,
        started: false,
        state: RoomState::Waiting,
        appointment: Box::new(Appointment { id: "a1".to_owned(), ..Appointment::default() }),
    }
}

/// The hub with records that are written at once.
struct Play {
    hub: Hub,
    now: Millis,
}

type Heard = Vec<(u64, &'static str, Value)>;

impl Play {
    fn new() -> Self {
        let mut play = Self { hub: Hub::new(Duration::from_secs(30)), now: Millis(1_000_000) };
        play.hub.told(News::Learned(facts()), play.now);
        for (key, id, role) in [
            (JANE, "jane", UserRole::Practitioner),
            (ANN, "ann", UserRole::Patient),
            (MALLORY, "mallory", UserRole::Patient),
        ] {
            assert_eq!(play.connect(key, id, role), []);
        }
        play
    }

    fn connect(&mut self, key: SocketKey, id: &str, role: UserRole) -> Heard {
        heard(&self.ask(key, Request::Connected { party: party(id, role), has_token: true }))
    }

    fn ask(&mut self, from: SocketKey, request: Request) -> Replies {
        let replies = self.hub.asked(from, request, self.now);
        self.stored(replies)
    }

    /// With what is said once the records are written.
    fn stored(&mut self, mut replies: Replies) -> Replies {
        let orders: Vec<_> = replies.iter().filter_map(saved).collect();
        for news in orders {
            replies.extend(self.hub.told(news, self.now));
        }
        replies
    }

    fn join(&mut self, from: SocketKey) -> Replies {
        self.ask(from, Request::Join { room_id: ROOM.to_owned() })
    }

    fn leave(&mut self, from: SocketKey) -> Replies {
        self.ask(from, Request::Leave { room_id: ROOM.to_owned() })
    }

    fn end(&mut self, from: SocketKey) -> Replies {
        self.ask(from, Request::End { room_id: ROOM.to_owned() })
    }

    fn say(&mut self, from: SocketKey, relay: Relay) -> Heard {
        let replies = self.ask(from, Request::Relay { room_id: ROOM.to_owned(), relay });
        heard(&replies)
    }

    fn both_in() -> Self {
        let mut play = Self::new();
        play.join(JANE);
        play.join(ANN);
        play
    }

    fn later(&mut self, seconds: u64) -> Replies {
        self.now = self.now.plus(Duration::from_secs(seconds));
        let replies = self.hub.expire(self.now);
        self.stored(replies)
    }

    fn status(&self, state: &str, waiting: &[&str]) -> Value {
        json!({ "appointmentId": "a1", "roomId": ROOM, "status": state, "waiting": waiting })
    }
}

/// What the records say once an order is carried out.
fn saved(reply: &Reply<Order>) -> Option<News> {
    let Reply::Order(Order { row, version, .. }) = reply else { return None };
    Some(News::Saved { room_id: row.room_id.clone(), version: *version })
}

/// What sockets hear, without the appointment inside.
fn heard(replies: &Replies) -> Heard {
    replies
        .iter()
        .filter_map(|reply| match reply {
            Reply::Emit { to, event, body } => {
                let mut body = body.clone();
                if let Some(body) = body.as_object_mut() {
                    body.remove("appointment");
                }
                Some((to.0, *event, body))
            }
            Reply::Close(_) | Reply::Order(_) => None,
        })
        .collect()
}

/// Everything but the news for both sides.
fn words(replies: &Replies) -> Heard {
    heard(replies).into_iter().filter(|(_, event, _)| *event != name::ROOM_STATUS).collect()
}

fn order(replies: &Replies) -> Option<(RoomState, bool, bool, Option<Outcome>)> {
    replies.iter().find_map(|reply| match reply {
        Reply::Order(Order { row, outcome, .. }) => {
            Some((row.status, row.practitioner_joined, row.patient_joined, *outcome))
        }
        Reply::Emit { .. } | Reply::Close(_) => None,
    })
}

fn about(user: &str) -> Value {
    json!({ "userId": user, "roomId": ROOM })
}

#[test]
fn who_waits_is_told_to_both_sides_and_who_comes_to_the_one_who_waits() {
    let mut play = Play::new();
    let replies = play.join(ANN);
    let joined = json!({ "roomId": ROOM, "userId": "ann", "participants": ["ann"] });
    let status = play.status("Waiting", &["ann"]);
    assert_eq!(
        heard(&replies),
        [(2, "joined-room", joined), (1, "room-status", status.clone()), (2, "room-status", status)]
    );
    assert_eq!(order(&replies), Some((RoomState::Waiting, false, true, Some(Outcome::Started))));
    assert_eq!(play.hub.ringing(), 1);

    let replies = play.join(JANE);
    let joined = json!({ "roomId": ROOM, "userId": "jane", "participants": ["jane", "ann"] });
    assert_eq!(words(&replies), [(1, "joined-room", joined), (2, "user-joined", about("jane"))]);
    assert_eq!(order(&replies), Some((RoomState::InProgress, true, true, Some(Outcome::Answered))));
    assert_eq!(play.hub.ringing(), 0);
}

#[test]
fn a_device_that_comes_late_hears_who_waits() {
    let mut play = Play::new();
    play.join(ANN);
    let late = play.connect(SocketKey(9), "jane", UserRole::Practitioner);
    assert_eq!(late, [(9, "room-status", play.status("Waiting", &["ann"]))]);
    assert_eq!(play.connect(SocketKey(10), "mallory", UserRole::Patient), []);
    // The same id in the other role is somebody else.
    assert_eq!(play.connect(SocketKey(11), "jane", UserRole::Patient), []);
}

#[test]
fn strangers_are_refused_and_nobody_hears_of_it() {
    let mut play = Play::both_in();
    let error = |message: &str| vec![(3, "error", json!({ "message": message, "roomId": ROOM }))];
    assert_eq!(heard(&play.join(MALLORY)), error(MAY_NOT_JOIN));
    assert_eq!(heard(&play.leave(MALLORY)), error(MAY_NOT));
    assert_eq!(heard(&play.end(MALLORY)), error(CANNOT_END));
    assert_eq!(play.say(MALLORY, Relay::Audio(false)), error(MAY_NOT));
    let replies = play.ask(MALLORY, Request::Join { room_id: "elsewhere".to_owned() });
    let unknown = json!({ "message": CANNOT_JOIN, "roomId": "elsewhere" });
    assert_eq!(heard(&replies), [(3, "error", unknown)]);
    let pretend = Request::Pretend { room_id: ROOM.to_owned(), event: Pretended::End };
    assert_eq!(heard(&play.ask(MALLORY, pretend)), error(CANNOT_END));
    // Whoever has not said who they are is nobody.
    let replies = play.join(SocketKey(99));
    assert_eq!(heard(&replies), [(99, "error", json!({ "message": MAY_NOT_JOIN, "roomId": ROOM }))]);
}

#[test]
fn a_cancelled_appointment_has_no_room_to_enter() {
    let mut play = Play::new();
    play.hub.told(News::Changed(Facts { open: false, ..facts() }), play.now);
    assert_eq!(heard(&play.join(ANN)), [(2, "error", json!({ "message": MAY_NOT_JOIN, "roomId": ROOM }))]);
}

#[test]
fn words_go_to_the_other_one_in_the_room_only() {
    let mut play = Play::new();
    let candidate = SignalBody {
        candidate: Some(CandidateField::Line("candidate:1".to_owned())),
        ..SignalBody::default()
    };
    // Late ones of these are no error: every end leaves them behind.
    assert_eq!(play.say(JANE, Relay::Signal(candidate.clone())), []);
    play.join(JANE);
    assert_eq!(play.say(JANE, Relay::Signal(candidate.clone())), []);
    assert_eq!(play.say(ANN, Relay::Audio(false)), []);
    play.join(ANN);
    let told = json!({ "signal": { "candidate": "candidate:1" }, "userId": "jane", "roomId": ROOM });
    assert_eq!(play.say(JANE, Relay::Signal(candidate)), [(2, "webrtc-signal", told)]);
    let toggled = |user: &str| json!({ "userId": user, "isEnabled": false, "roomId": ROOM });
    assert_eq!(play.say(ANN, Relay::Audio(false)), [(1, "audio-toggled", toggled("ann"))]);
    assert_eq!(play.say(ANN, Relay::Video(false)), [(1, "video-toggled", toggled("ann"))]);
    assert_eq!(play.say(JANE, Relay::Sharing(true)), [(2, "screen-share-started", about("jane"))]);
    assert_eq!(play.say(JANE, Relay::Sharing(false)), [(2, "screen-share-stopped", about("jane"))]);
    let error = json!({ "message": MAY_NOT_SHARE, "roomId": ROOM });
    assert_eq!(play.say(ANN, Relay::Sharing(true)), [(2, "error", error)]);
    assert_eq!(play.say(ANN, Relay::Sharing(false)), [(1, "screen-share-stopped", about("ann"))]);
}

#[test]
fn an_end_is_told_to_everybody_and_empties_the_room() {
    let mut play = Play::both_in();
    let replies = play.end(JANE);
    assert_eq!(words(&replies), [(1, "call-ended", about("jane")), (2, "call-ended", about("jane"))]);
    assert_eq!(order(&replies), Some((RoomState::Ended, false, false, Some(Outcome::Ended))));
    // Again: nothing changes, and whoever asks is told.
    let replies = play.end(ANN);
    assert_eq!(heard(&replies), [(2, "call-ended", about("ann"))]);
    // An ended room may be entered again.
    let replies = play.join(ANN);
    assert_eq!(order(&replies), Some((RoomState::Waiting, false, true, Some(Outcome::Started))));
    // Who looked in once more and met nobody leaves an ended room behind.
    let replies = play.leave(ANN);
    assert_eq!(order(&replies), Some((RoomState::Ended, false, false, Some(Outcome::Cancelled))));
}

#[test]
fn the_last_one_to_leave_ends_what_was_in_progress() {
    let mut play = Play::both_in();
    let replies = play.leave(ANN);
    assert_eq!(words(&replies), [(1, "user-left", about("ann"))]);
    assert_eq!(order(&replies), Some((RoomState::InProgress, true, false, None)));
    assert_eq!(heard(&play.leave(ANN)), []);
    let replies = play.leave(JANE);
    assert_eq!(words(&replies), []);
    assert_eq!(order(&replies), Some((RoomState::Ended, false, false, Some(Outcome::Ended))));

    let mut play = Play::new();
    play.join(JANE);
    let replies = play.leave(JANE);
    assert_eq!(order(&replies), Some((RoomState::Waiting, false, false, Some(Outcome::Cancelled))));
}

#[test]
fn a_lost_socket_keeps_its_seat_for_a_while() {
    let mut play = Play::both_in();
    assert_eq!(play.hub.disconnected(ANN, play.now), []);
    assert_eq!(words(&play.later(29)), []);
    // Back in time: the other one is told to offer again.
    let back = SocketKey(7);
    play.connect(back, "ann", UserRole::Patient);
    let replies = play.join(back);
    assert_eq!(words(&replies)[1], (1, "user-joined", about("ann")));
    assert_eq!(words(&play.later(60)), []);
    // And now for good.
    play.hub.disconnected(back, play.now);
    let gone = json!({ "userId": "ann", "roomId": ROOM, "reason": "disconnected" });
    assert_eq!(words(&play.later(31)), [(1, "user-left", gone)]);
    // A seat that is kept may be given up by another device.
    play.hub.disconnected(JANE, play.now);
    let other = SocketKey(8);
    play.connect(other, "jane", UserRole::Practitioner);
    let replies = play.leave(other);
    assert_eq!(order(&replies), Some((RoomState::Ended, false, false, Some(Outcome::Ended))));
}

#[test]
fn the_second_device_takes_the_seat() {
    let mut play = Play::both_in();
    let other = SocketKey(7);
    play.connect(other, "ann", UserRole::Patient);
    let replies = play.join(other);
    let elsewhere = json!({ "userId": "ann", "roomId": ROOM, "reason": "joined-elsewhere" });
    assert_eq!(words(&replies)[0], (2, "call-ended", elsewhere));
    assert_eq!(words(&replies)[2], (1, "user-joined", about("ann")));
    // The first one has nothing more to say there, and its going changes nothing.
    assert_eq!(play.say(ANN, Relay::Audio(false)), []);
    assert_eq!(heard(&play.leave(ANN)), []);
    play.hub.disconnected(ANN, play.now);
    assert_eq!(words(&play.later(60)), []);
    assert_eq!(play.say(other, Relay::Audio(false)).len(), 1);
}

#[test]
fn seats_of_before_a_restart_are_kept_as_long() {
    let mut play = Play::new();
    let running = Facts { state: RoomState::InProgress, started: true, ..facts() };
    let news = News::Resumed { facts: running, seated: vec![UserRole::Practitioner, UserRole::Patient] };
    let mut hub = Hub::new(Duration::from_secs(30));
    hub.told(news, play.now);
    play.hub = hub;
    play.connect(JANE, "jane", UserRole::Practitioner);
    let replies = play.join(JANE);
    let joined = json!({ "roomId": ROOM, "userId": "jane", "participants": ["jane"] });
    assert_eq!(words(&replies), [(1, "joined-room", joined)]);
    let gone = json!({ "userId": "ann", "roomId": ROOM, "reason": "disconnected" });
    assert_eq!(words(&play.later(31)), [(1, "user-left", gone)]);
}

#[test]
fn nothing_is_acknowledged_before_it_is_stored_and_nothing_overtakes() {
    let mut play = Play::new();
    let (hub, now) = (&mut play.hub, play.now);
    let join = || Request::Join { room_id: ROOM.to_owned() };
    let word = || Request::Relay { room_id: ROOM.to_owned(), relay: Relay::Audio(false) };
    let first = hub.asked(ANN, join(), now);
    let second = hub.asked(JANE, join(), now);
    // A device that comes and a word of who is in are behind what is not known yet.
    let late = SocketKey(9);
    let me = party("jane", UserRole::Practitioner);
    let come = hub.asked(late, Request::Connected { party: me, has_token: false }, now);
    let said = hub.asked(ANN, word(), now);
    for replies in [&first, &second, &come, &said] {
        assert_eq!(heard(replies), []);
    }
    let events =
        |replies: &Replies| -> Vec<_> { heard(replies).iter().map(|(to, event, _)| (*to, *event)).collect() };
    let one = hub.told(saved(&first[0]).expect("an order"), now);
    assert_eq!(events(&one), [(2, "joined-room"), (1, "room-status"), (2, "room-status")]);
    let two = hub.told(saved(&second[0]).expect("an order"), now);
    assert_eq!(
        events(&two),
        [
            (1, "joined-room"),
            (2, "user-joined"),
            (1, "room-status"),
            (2, "room-status"),
            (9, "room-status"),
            (1, "audio-toggled"),
        ]
    );
    assert_eq!(events(&hub.asked(ANN, word(), now)), [(1, "audio-toggled")]);
}

#[test]
fn what_waits_for_the_record_is_bounded() {
    let mut play = Play::both_in();
    play.hub.asked(JANE, Request::Leave { room_id: ROOM.to_owned() }, play.now);
    play.hub.asked(JANE, Request::Join { room_id: ROOM.to_owned() }, play.now);
    let word = || Request::Relay { room_id: ROOM.to_owned(), relay: Relay::Audio(false) };
    let said: Vec<_> = (0..1000).map(|_| heard(&play.hub.asked(ANN, word(), play.now))).collect();
    assert_eq!(said[0], []);
    assert_eq!(said[999], [(2, "error", json!({ "message": INTERNAL_ERROR, "roomId": ROOM }))]);
    // The latest version of the record stands for all before it.
    let version = play.hub.rooms[ROOM].version;
    let released = play.hub.told(News::Saved { room_id: ROOM.to_owned(), version }, play.now);
    assert!(released.len() >= 256 && released.len() < 300, "{}", released.len());
    assert_eq!(heard(&play.hub.asked(ANN, word(), play.now)).len(), 1);
}

#[test]
fn an_order_is_repeated_until_it_is_done() {
    let mut play = Play::new();
    let (join, start) = (Request::Join { room_id: ROOM.to_owned() }, play.now);
    assert!(order(&play.hub.asked(ANN, join, start)).is_some());
    let again = play.later(6);
    assert_eq!(order(&again), Some((RoomState::Waiting, false, true, None)));
    // It is done, and the one who asked is told.
    assert_eq!(heard(&again)[0].1, "joined-room");
    assert_eq!(order(&play.later(6)), None);
}

#[test]
fn a_new_password_ends_the_sockets_of_the_old_one() {
    let mut play = Play::new();
    let news = News::PasswordChanged { user: "ann".to_owned() };
    assert_eq!(play.hub.told(news, play.now), [Reply::Close(ANN)]);
}

#[test]
fn nothing_is_kept_of_rooms_nobody_is_in() {
    let mut play = Play::both_in();
    play.end(JANE);
    play.later(601);
    assert!(play.hub.rooms.is_empty());
    for key in [JANE, ANN, MALLORY] {
        play.hub.disconnected(key, play.now);
    }
    play.later(3600);
    assert!(
        play.hub.clients.is_empty() && play.hub.sockets.is_empty() && play.hub.timers.deadline().is_none()
    );
}
