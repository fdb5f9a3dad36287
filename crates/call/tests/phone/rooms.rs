//! Rooms instead of rings, turns that the dialect gives, peers that were replaced, and sharing.

use std::time::Duration;

use bellwire_call::{
    CallId, CallState, Command, EndReason, Event, IncomingSignal, MediaState, OfferRule, OutgoingSignal,
    PeerOutcome, Phone, Rings, Sdp, UserAction,
};

use crate::ledger::{Desk, said};
use crate::words::{HOME, answer, invite, key, offer, person, remote, ring};

/// A desk whose backend has rooms: nobody rings for long, whoever is there offers.
fn room() -> Desk {
    let mut desk = Desk::start(OfferRule::FirstInRoom);
    desk.handle(Event::AccountAdded {
        account: HOME,
        me: person("me"),
        offers: OfferRule::FirstInRoom,
        rings: Rings::InRoom,
    });
    desk
}

/// We are in the room, alone.
fn waiting() -> (Desk, CallId) {
    let mut desk = room();
    desk.user(UserAction::Dial { account: HOME, invite: invite("bob") });
    let id = desk.newest();
    desk.hear(
        bellwire_call::CallKey::Local(id),
        IncomingSignal::Placed { local: id, remote: remote("r"), subject: None },
    );
    (desk, id)
}

fn from_program(kind: impl Fn(&str) -> Sdp, program: &str, text: &str) -> Sdp {
    kind(&format!("v=0\r\ns={text}\r\na=fingerprint:sha-256 {program}\r\n"))
}

/// They came, we offered, media flows; they run `program`.
fn talking(program: &str) -> (Desk, CallId) {
    let (mut desk, id) = waiting();
    let commands = desk.hear(key("r"), IncomingSignal::PeerJoined);
    assert_eq!(creations(&commands), [false]);
    desk.peer(id, PeerOutcome::OfferMade(from_program(offer, "AA", "o1")));
    desk.hear(key("r"), IncomingSignal::Answer(from_program(answer, program, "a1")));
    desk.peer(id, PeerOutcome::AnswerApplied);
    desk.peer(id, PeerOutcome::Connected);
    assert_eq!(desk.state(id), CallState::Connected);
    (desk, id)
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
    let (mut desk, id) = waiting();
    let commands = desk.pass(Duration::from_secs(3600));
    assert_eq!(desk.state(id), CallState::Calling { ringing: false });
    assert!(!commands.iter().any(|command| matches!(command, Command::RingBack { .. })), "{commands:?}");
    desk.user(UserAction::HangUp(id));
    assert_eq!(desk.ended()[&id], EndReason::Cancelled);
}

#[test]
fn the_alert_that_somebody_waits_ends_and_a_new_visit_alerts_again() {
    let mut desk = room();
    desk.hear(key("r#1"), IncomingSignal::Ring(ring("bob")));
    let first = desk.newest();
    desk.pass(Duration::from_secs(60));
    assert_eq!(desk.ended()[&first], EndReason::Missed);
    desk.hear(key("r#2"), IncomingSignal::Ring(ring("bob")));
    assert_eq!(desk.state(desk.newest()), CallState::Ringing { silenced: false });
}

#[test]
fn whoever_comes_into_the_room_second_waits_for_the_offer() {
    let mut desk = room();
    desk.hear(key("r"), IncomingSignal::Ring(ring("bob")));
    let id = desk.newest();
    let commands = desk.user(UserAction::Accept(id));
    assert_eq!(creations(&commands), [] as [bool; 0]);
    let commands = desk.hear(key("r"), IncomingSignal::Offer(offer("o")));
    assert!(commands.iter().any(|command| matches!(command, Command::AcceptOffer { .. })));
}

#[test]
fn after_our_own_return_the_other_side_offers() {
    let (mut desk, id) = talking("BB");
    desk.handle(Event::Link { account: HOME, up: false });
    let commands = desk.handle(Event::Link { account: HOME, up: true });
    assert!(said(&commands).contains(&OutgoingSignal::Rejoin), "{commands:?}");
    assert_eq!(creations(&commands), [] as [bool; 0]);
    desk.peer(id, PeerOutcome::PathLost);
    assert_eq!(creations(&desk.pass(Duration::from_secs(6))), [] as [bool; 0]);
    let commands = desk.hear(key("r"), IncomingSignal::Offer(from_program(offer, "BB", "o2")));
    assert_eq!(opened(&commands), 0, "the same program: the connection stays");
    desk.peer(id, PeerOutcome::AnswerMade(answer("a2")));
    desk.peer(id, PeerOutcome::Connected);
    assert_eq!(desk.state(id), CallState::Connected);
}

#[test]
fn a_side_that_comes_again_is_offered_to_and_keeps_its_connection_if_it_is_the_same_program() {
    let (mut desk, id) = talking("BB");
    assert_eq!(creations(&desk.hear(key("r"), IncomingSignal::PeerJoined)), [true]);
    desk.peer(id, PeerOutcome::OfferMade(from_program(offer, "AA", "o2")));
    let commands = desk.hear(key("r"), IncomingSignal::Answer(from_program(answer, "bb", "a2")));
    assert_eq!(opened(&commands), 0, "{commands:?}");
    assert_eq!(desk.state(id), CallState::Connected);
}

#[test]
fn a_reloaded_page_gets_a_new_connection() {
    let (mut desk, id) = talking("BB");
    desk.hear(key("r"), IncomingSignal::PeerJoined);
    desk.peer(id, PeerOutcome::OfferMade(from_program(offer, "AA", "o2")));
    let commands = desk.hear(key("r"), IncomingSignal::Answer(from_program(answer, "CC", "a2")));
    assert_eq!((opened(&commands), creations(&commands)), (1, vec![false]), "{commands:?}");
    assert_eq!(desk.state(id), CallState::Reconnecting);
    desk.peer(id, PeerOutcome::OfferMade(from_program(offer, "DD", "o3")));
    desk.hear(key("r"), IncomingSignal::Answer(from_program(answer, "CC", "a3")));
    desk.peer(id, PeerOutcome::AnswerApplied);
    desk.peer(id, PeerOutcome::Connected);
    assert_eq!(desk.state(id), CallState::Connected);
}

#[test]
fn the_same_program_may_spell_its_certificate_otherwise() {
    let (mut desk, id) = talking("bb");
    let more = "01\r\na=fingerprint:SHA-256 BB\r\na=fingerprint:sha-1 02";
    let commands = desk.hear(key("r"), IncomingSignal::Offer(from_program(offer, more, "o9")));
    assert_eq!(opened(&commands), 0, "{commands:?}");
    assert_eq!(desk.state(id), CallState::Connected);
}

#[test]
fn an_offer_of_another_program_replaces_our_connection_too() {
    let (mut desk, id) = talking("BB");
    let commands = desk.hear(key("r"), IncomingSignal::Offer(from_program(offer, "CC", "o9")));
    assert_eq!(opened(&commands), 1);
    assert!(commands.iter().any(|command| matches!(command, Command::AcceptOffer { .. })));
    desk.peer(id, PeerOutcome::AnswerMade(answer("a9")));
    desk.peer(id, PeerOutcome::Connected);
    assert_eq!(desk.state(id), CallState::Connected);
}

#[test]
fn where_the_dialect_gives_the_turn_it_decides() {
    for (us, expected) in [(true, vec![false]), (false, vec![])] {
        let mut desk = Desk::start(OfferRule::Told);
        desk.hear(key("r"), IncomingSignal::Ring(ring("bob")));
        let id = desk.newest();
        assert_eq!(creations(&desk.user(UserAction::Accept(id))), [] as [bool; 0]);
        desk.hear(key("r"), IncomingSignal::OfferTurn { us });
        assert_eq!(creations(&desk.hear(key("r"), IncomingSignal::PeerJoined)), expected);
    }
}

#[test]
fn sharing_is_said_in_a_call_and_ends_with_it() {
    let (mut desk, id) = talking("BB");
    let commands = desk.user(UserAction::SetSharing(true));
    let sharing = |on| OutgoingSignal::Media(MediaState { audio: None, video: None, sharing: Some(on) });
    assert_eq!(said(&commands), [sharing(true)]);
    assert!(commands.contains(&Command::SetSharing { on: true }));
    let commands = desk.user(UserAction::HangUp(id));
    assert!(commands.contains(&Command::SetSharing { on: false }), "{commands:?}");
    assert!(!desk.phone.view(desk.now).sharing);
    assert_eq!(desk.user(UserAction::SetSharing(true)), [], "there is nobody to share with");
}

#[test]
fn a_call_on_one_account_makes_a_ring_on_another_wait() {
    let mut desk = Desk::start(OfferRule::Us);
    let other = bellwire_call::AccountId(2);
    desk.handle(Event::AccountAdded {
        account: other,
        me: person("me-too"),
        offers: OfferRule::Caller,
        rings: Rings::For(Duration::from_secs(30)),
    });
    desk.hear(key("r"), IncomingSignal::Ring(ring("bob")));
    let first = desk.newest();
    desk.user(UserAction::Accept(first));
    let heard = |call: &str, from: &str| {
        Event::Heard(bellwire_call::Heard {
            account: other,
            call: key(call),
            signal: IncomingSignal::Ring(ring(from)),
        })
    };
    desk.handle(heard("x", "carla"));
    let second = desk.newest();
    assert!(desk.call(second).waiting);
    let commands = desk.handle(heard("y", "dan"));
    let busy = OutgoingSignal::Decline(bellwire_call::DeclineReason::Busy);
    assert!(
        commands.contains(&Command::Say { account: other, call: key("y"), signal: busy }),
        "{commands:?}"
    );
    desk.user(UserAction::EndAndAccept(second));
    assert_eq!(desk.ended()[&first], EndReason::HungUp);
    desk.pass(Duration::from_secs(1));
    assert_eq!(desk.state(second), CallState::Connecting);
}

#[test]
fn each_account_rings_for_as_long_as_its_backend_does() {
    let mut phone = Phone::new();
    #[expect(clippy::disallowed_methods, reason = "a starting point for stepped time")]
    let now = std::time::Instant::now();
    for (account, seconds) in [(1, 30), (2, 60)] {
        let account = bellwire_call::AccountId(account);
        let rings = Rings::For(Duration::from_secs(seconds));
        phone
            .handle(Event::AccountAdded { account, me: person("me"), offers: OfferRule::Caller, rings }, now);
        let ring = IncomingSignal::Ring(ring("bob"));
        phone.handle(Event::Heard(bellwire_call::Heard { account, call: key("r"), signal: ring }), now);
        let deadline = phone.deadline().expect("it rings for a while") - now;
        assert_eq!(deadline, Duration::from_secs(seconds.min(30) + 2));
    }
}
