//! Tests of rooms instead of rings, offer turns given by the dialect, replaced peers, and screen sharing.

use std::time::Duration;

use bellwire_call::{
    CallId, CallState, Command, EndReason, Event, IncomingSignal, MediaState, OfferRule, OutgoingSignal,
    PeerOutcome, Phone, RingPolicy, Sdp, UserAction,
};

use crate::builders::{HOME, answer, invite, key, offer, person, remote, ring};
use crate::checked_phone::{CheckedPhone, said};

/// A phone whose backend has rooms: rings are short and the side that is there offers.
fn room() -> CheckedPhone {
    let mut phone = CheckedPhone::start(OfferRule::FirstInRoom);
    phone.handle(Event::AccountAdded {
        account: HOME,
        me: person("me"),
        offers: OfferRule::FirstInRoom,
        rings: RingPolicy::InRoom,
    });
    phone
}

/// We are in the room, alone.
fn waiting() -> (CheckedPhone, CallId) {
    let mut phone = room();
    phone.user(UserAction::Dial { account: HOME, invite: invite("bob") });
    let id = phone.newest();
    phone.receive(
        bellwire_call::CallKey::Local(id),
        IncomingSignal::Placed { local: id, remote: remote("r"), subject: None },
    );
    (phone, id)
}

fn from_program(kind: impl Fn(&str) -> Sdp, program: &str, text: &str) -> Sdp {
    kind(&format!("v=0\r\ns={text}\r\na=fingerprint:sha-256 {program}\r\n"))
}

/// They came, we offered, media flows; they run `program`.
fn talking(program: &str) -> (CheckedPhone, CallId) {
    let (mut phone, id) = waiting();
    let commands = phone.receive(key("r"), IncomingSignal::PeerJoined);
    assert_eq!(creations(&commands), [false]);
    phone.peer(id, PeerOutcome::OfferMade(from_program(offer, "AA", "o1")));
    phone.receive(key("r"), IncomingSignal::Answer(from_program(answer, program, "a1")));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
    (phone, id)
}

fn creations(commands: &[Command]) -> Vec<bool> {
    let restart = |command: &Command| {
        if let Command::CreateOffer { ice_restart, .. } = command { Some(*ice_restart) } else { None }
    };
    commands.iter().filter_map(restart).collect()
}

fn opened(commands: &[Command]) -> usize {
    commands.iter().filter(|command| matches!(command, Command::OpenPeer { .. })).count()
}

#[test]
fn one_waits_in_a_room_for_as_long_as_one_likes_and_without_a_tone() {
    let (mut phone, id) = waiting();
    let commands = phone.pass(Duration::from_secs(3600));
    assert_eq!(phone.state(id), CallState::Calling { ringing: false });
    assert!(!commands.iter().any(|command| matches!(command, Command::RingBack { .. })), "{commands:?}");
    phone.user(UserAction::HangUp(id));
    assert_eq!(phone.ended()[&id], EndReason::Cancelled);
}

#[test]
fn the_alert_that_somebody_waits_ends_and_a_new_visit_alerts_again() {
    let mut phone = room();
    phone.receive(key("r#1"), IncomingSignal::Ring(ring("bob")));
    let first = phone.newest();
    phone.pass(Duration::from_secs(60));
    assert_eq!(phone.ended()[&first], EndReason::Missed);
    phone.receive(key("r#2"), IncomingSignal::Ring(ring("bob")));
    assert_eq!(phone.state(phone.newest()), CallState::Ringing { silenced: false });
}

#[test]
fn whoever_comes_into_the_room_second_waits_for_the_offer() {
    let mut phone = room();
    phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
    let id = phone.newest();
    let commands = phone.user(UserAction::Accept(id));
    assert_eq!(creations(&commands), [] as [bool; 0]);
    let commands = phone.receive(key("r"), IncomingSignal::Offer(offer("o")));
    assert!(commands.iter().any(|command| matches!(command, Command::AcceptOffer { .. })));
}

#[test]
fn after_our_own_return_the_other_side_offers() {
    let (mut phone, id) = talking("BB");
    phone.handle(Event::Signaling { account: HOME, up: false });
    let commands = phone.handle(Event::Signaling { account: HOME, up: true });
    assert!(said(&commands).contains(&OutgoingSignal::Rejoin), "{commands:?}");
    assert_eq!(creations(&commands), [] as [bool; 0]);
    phone.peer(id, PeerOutcome::PathLost);
    assert_eq!(creations(&phone.pass(Duration::from_secs(6))), [] as [bool; 0]);
    let commands = phone.receive(key("r"), IncomingSignal::Offer(from_program(offer, "BB", "o2")));
    assert_eq!(opened(&commands), 0, "the same program: the connection stays");
    phone.peer(id, PeerOutcome::AnswerMade(answer("a2")));
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn a_side_that_comes_again_is_offered_to_and_keeps_its_connection_if_it_is_the_same_program() {
    let (mut phone, id) = talking("BB");
    assert_eq!(creations(&phone.receive(key("r"), IncomingSignal::PeerJoined)), [true]);
    phone.peer(id, PeerOutcome::OfferMade(from_program(offer, "AA", "o2")));
    let commands = phone.receive(key("r"), IncomingSignal::Answer(from_program(answer, "bb", "a2")));
    assert_eq!(opened(&commands), 0, "{commands:?}");
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn a_reloaded_page_gets_a_new_connection() {
    let (mut phone, id) = talking("BB");
    phone.receive(key("r"), IncomingSignal::PeerJoined);
    phone.peer(id, PeerOutcome::OfferMade(from_program(offer, "AA", "o2")));
    let commands = phone.receive(key("r"), IncomingSignal::Answer(from_program(answer, "CC", "a2")));
    assert_eq!((opened(&commands), creations(&commands)), (1, vec![false]), "{commands:?}");
    assert_eq!(phone.state(id), CallState::Reconnecting);
    phone.peer(id, PeerOutcome::OfferMade(from_program(offer, "DD", "o3")));
    phone.receive(key("r"), IncomingSignal::Answer(from_program(answer, "CC", "a3")));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn the_same_program_may_spell_its_certificate_otherwise() {
    let (mut phone, id) = talking("bb");
    let more = "01\r\na=fingerprint:SHA-256 BB\r\na=fingerprint:sha-1 02";
    let commands = phone.receive(key("r"), IncomingSignal::Offer(from_program(offer, more, "o9")));
    assert_eq!(opened(&commands), 0, "{commands:?}");
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn an_offer_of_another_program_replaces_our_connection_too() {
    let (mut phone, id) = talking("BB");
    let commands = phone.receive(key("r"), IncomingSignal::Offer(from_program(offer, "CC", "o9")));
    assert_eq!(opened(&commands), 1);
    assert!(commands.iter().any(|command| matches!(command, Command::AcceptOffer { .. })));
    phone.peer(id, PeerOutcome::AnswerMade(answer("a9")));
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn where_the_dialect_gives_the_turn_it_decides() {
    for (us, expected) in [(true, vec![false]), (false, vec![])] {
        let mut phone = CheckedPhone::start(OfferRule::Told);
        phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
        let id = phone.newest();
        assert_eq!(creations(&phone.user(UserAction::Accept(id))), [] as [bool; 0]);
        phone.receive(key("r"), IncomingSignal::OfferTurn { us });
        assert_eq!(creations(&phone.receive(key("r"), IncomingSignal::PeerJoined)), expected);
    }
}

#[test]
fn sharing_is_said_in_a_call_and_ends_with_it() {
    let (mut phone, id) = talking("BB");
    let commands = phone.user(UserAction::SetSharing(true));
    let sharing = |on| OutgoingSignal::Media(MediaState { audio: None, video: None, sharing: Some(on) });
    assert_eq!(said(&commands), [sharing(true)]);
    assert!(commands.contains(&Command::SetSharing { on: true }));
    let commands = phone.user(UserAction::HangUp(id));
    assert!(commands.contains(&Command::SetSharing { on: false }), "{commands:?}");
    assert!(!phone.phone.view(phone.now).sharing);
    assert_eq!(phone.user(UserAction::SetSharing(true)), [], "there is nobody to share with");
}

#[test]
fn a_call_on_one_account_makes_a_ring_on_another_wait() {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    let other = bellwire_call::AccountId(2);
    phone.handle(Event::AccountAdded {
        account: other,
        me: person("me-too"),
        offers: OfferRule::Caller,
        rings: RingPolicy::Timeout(Duration::from_secs(30)),
    });
    phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
    let first = phone.newest();
    phone.user(UserAction::Accept(first));
    let heard = |call: &str, from: &str| {
        Event::Signal(bellwire_call::ReceivedSignal {
            account: other,
            call: key(call),
            signal: IncomingSignal::Ring(ring(from)),
        })
    };
    phone.handle(heard("x", "carla"));
    let second = phone.newest();
    assert!(phone.call(second).waiting);
    let commands = phone.handle(heard("y", "dan"));
    let busy = OutgoingSignal::Decline(bellwire_call::DeclineReason::Busy);
    assert!(
        commands.contains(&Command::Say { account: other, call: key("y"), signal: busy }),
        "{commands:?}"
    );
    phone.user(UserAction::EndAndAccept(second));
    assert_eq!(phone.ended()[&first], EndReason::HungUp);
    phone.pass(Duration::from_secs(1));
    assert_eq!(phone.state(second), CallState::Connecting);
}

#[test]
fn each_account_rings_for_as_long_as_its_backend_does() {
    let mut phone = Phone::new();
    #[expect(clippy::disallowed_methods, reason = "a starting point for stepped time")]
    let now = std::time::Instant::now();
    for (account, seconds) in [(1, 30), (2, 60)] {
        let account = bellwire_call::AccountId(account);
        let rings = RingPolicy::Timeout(Duration::from_secs(seconds));
        phone
            .handle(Event::AccountAdded { account, me: person("me"), offers: OfferRule::Caller, rings }, now);
        let ring = IncomingSignal::Ring(ring("bob"));
        phone.handle(
            Event::Signal(bellwire_call::ReceivedSignal { account, call: key("r"), signal: ring }),
            now,
        );
        let deadline = phone.deadline().expect("it rings for a while") - now;
        assert_eq!(deadline, Duration::from_secs(seconds.min(30) + 2));
    }
}
