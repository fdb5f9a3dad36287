//! Tests of answers that take longer than an offer is left alone, by pages that open another peer connection
//! for each copy of an offer and answer every one of them.

use std::time::Duration;

use bellwire_call::{
    CallId, CallState, Command, IncomingSignal, OfferRule, OutgoingSignal, PeerOutcome, Sdp, UserAction,
};

use crate::builders::{answer, key, offer, ring};
use crate::checked_phone::{CheckedPhone, said};
use crate::group_simulation::Group;

const MILLISECOND: Duration = Duration::from_millis(1);

/// An accepted call in which our first offer is out.
fn offered() -> (CheckedPhone, CallId) {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
    let id = phone.newest();
    phone.user(UserAction::Accept(id));
    phone.peer(id, PeerOutcome::OfferMade(ours("o1")));
    (phone, id)
}

fn ours(text: &str) -> Sdp {
    offer(&format!("s={text}\r\na=fingerprint:sha-256 AA\r\n"))
}

/// From the page's connection with that certificate.
fn theirs(certificate: &str) -> IncomingSignal {
    IncomingSignal::Answer(answer(&format!("a=fingerprint:sha-256 {certificate}\r\n")))
}

fn copies(commands: &[Command]) -> usize {
    said(commands).iter().filter(|signal| matches!(signal, OutgoingSignal::Offer(_))).count()
}

fn is_replaced(commands: &[Command]) -> bool {
    let has = |what: fn(&Command) -> bool| commands.iter().any(what);
    has(|command| matches!(command, Command::ClosePeer { .. }))
        && has(|command| matches!(command, Command::CreateOffer { ice_restart: false, .. }))
}

#[test]
fn a_page_that_answers_each_copy_by_another_connection_is_offered_to_anew() {
    for applied in [true, false] {
        let (mut phone, id) = offered();
        assert_eq!(copies(&phone.pass(1200 * MILLISECOND)), 1, "after a second");
        phone.receive(key("r"), theirs("B1"));
        if applied {
            phone.peer(id, PeerOutcome::AnswerApplied);
        }
        phone.pass(1000 * MILLISECOND);
        let commands = phone.receive(key("r"), theirs("B2"));
        assert!(is_replaced(&commands), "the connection that answered first is gone: {commands:?}");

        phone.peer(id, PeerOutcome::OfferMade(ours("o2")));
        assert_eq!(copies(&phone.pass(2300 * MILLISECOND)), 0, "an answer takes 1.2 s there");
        assert_eq!(copies(&phone.pass(200 * MILLISECOND)), 1, "and may be lost");
        phone.receive(key("r"), theirs("B3"));
        phone.peer(id, PeerOutcome::AnswerApplied);
        phone.peer(id, PeerOutcome::Connected);
        assert_eq!(phone.state(id), CallState::Connected);
    }
}

#[test]
fn an_answer_that_just_came_in_time_gives_the_next_one_twice_its_time() {
    let (mut phone, id) = offered();
    phone.pass(900 * MILLISECOND);
    phone.receive(key("r"), theirs("B1"));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    phone.peer(id, PeerOutcome::PathLost);
    phone.peer(id, PeerOutcome::OfferMade(ours("o2")));
    assert_eq!(copies(&phone.pass(1700 * MILLISECOND)), 0);
    assert_eq!(copies(&phone.pass(200 * MILLISECOND)), 1);
}

#[test]
fn the_answer_to_a_late_copy_says_nothing_about_how_long_answers_take() {
    let (mut phone, id) = offered();
    // They were not in the room until now.
    phone.pass(8000 * MILLISECOND);
    phone.receive(key("r"), theirs("B1"));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    phone.peer(id, PeerOutcome::PathLost);
    phone.peer(id, PeerOutcome::OfferMade(ours("o2")));
    assert_eq!(copies(&phone.pass(1100 * MILLISECOND)), 1);
}

#[test]
fn more_answers_than_copies_of_an_offer_change_nothing() {
    let (mut phone, id) = offered();
    phone.receive(key("r"), theirs("B1"));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.receive(key("r"), theirs("B2")), [], "another tab of theirs");
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn a_page_behind_a_slow_network_is_connected_to() {
    for latency in [600, 900, 1800, 3000] {
        let mut group = Group::with_webs(3, 1, vec![latency]);
        group.invite(0, &[1]);
        group.pass(10_000 * MILLISECOND);
        group.accept(1);
        let session = group.backend.open().remove(0);
        group.join(2, &session);
        group.pass(90_000 * MILLISECOND);
        group.assert_settled();
    }
}
