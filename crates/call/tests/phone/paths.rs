//! Paths of a call in stepped time: darkness, retries, new addresses.

use std::time::Duration;

use bellwire_call::{
    CallId, CallState, EndReason, Event, IncomingSignal, OutgoingSignal, PeerOutcome, UserAction,
};

use crate::builders::{HOME, answer, key, offer};
use crate::checked_phone::{CheckedPhone, said};
use crate::talking::{accepts, connected, connected_as_answerer, offers, over};

const SECOND: Duration = Duration::from_secs(1);

/// Our offer is made and answered, as the peer connection and the other side do.
fn exchange(phone: &mut CheckedPhone, id: CallId, name: &str) {
    phone.peer(id, PeerOutcome::OfferMade(offer(name)));
    phone.receive(key("r"), IncomingSignal::Answer(answer(name)));
    phone.peer(id, PeerOutcome::AnswerApplied);
}

#[test]
fn a_lost_path_is_sought_by_the_side_that_offers_until_time_is_up() {
    let (mut phone, id) = connected();
    assert_eq!(offers(&phone.peer(id, PeerOutcome::PathLost)), vec![true]);
    assert_eq!(phone.state(id), CallState::Reconnecting);
    phone.peer(id, PeerOutcome::OfferMade(offer("new path")));
    phone.receive(key("r"), IncomingSignal::Answer(answer("new path")));
    phone.peer(id, PeerOutcome::AnswerApplied);
    assert_eq!(offers(&phone.pass(Duration::from_secs(5))), vec![true], "answered, but no path came of it");
    assert_eq!(said(&phone.pass(Duration::from_secs(85))), vec![OutgoingSignal::HangUp]);
    assert_eq!(phone.state(id), over(EndReason::ConnectionLost));
    phone.assert_at_rest();
}

#[test]
fn a_lost_path_that_comes_back_goes_on_counting() {
    let (mut phone, id) = connected();
    phone.pass(Duration::from_secs(2));
    phone.peer(id, PeerOutcome::PathLost);
    phone.pass(Duration::from_secs(2));
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
    assert_eq!(phone.pass(Duration::from_secs(60)), vec![]);
    assert_eq!(phone.call(id).connected_ms, Some(64_000));
}

#[test]
fn the_side_that_answers_waits_for_the_new_path() {
    let (mut phone, id) = connected_as_answerer();
    assert_eq!(phone.peer(id, PeerOutcome::PathLost), vec![]);
    assert_eq!(accepts(&phone.receive(key("r"), IncomingSignal::Offer(offer("new path")))), 1);
}

#[test]
fn forty_seconds_of_darkness_are_survived_with_words_and_a_try_every_five_seconds() {
    let (mut phone, id) = connected();
    let mut tries = offers(&phone.peer(id, PeerOutcome::PathLost)).len();
    for second in 0..40 {
        exchange(&mut phone, id, &format!("try {tries} at {second}"));
        tries += offers(&phone.pass(SECOND)).len();
        assert_eq!(phone.state(id), CallState::Reconnecting, "after {second} s");
    }
    assert!((5..=9).contains(&tries), "{tries} tries");
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
    assert_eq!(offers(&phone.pass(SECOND * 100)), vec![]);
}

#[test]
fn who_does_not_want_to_wait_in_the_dark_hangs_up() {
    let (mut phone, id) = connected();
    phone.handle(Event::Signaling { account: HOME, up: false });
    phone.peer(id, PeerOutcome::PathLost);
    phone.pass(SECOND * 50);
    assert_eq!(phone.state(id), CallState::Reconnecting);
    phone.user(UserAction::HangUp(id));
    assert_eq!(phone.state(id), over(EndReason::HungUp));
    phone.assert_at_rest();
}

#[test]
fn a_side_whose_whole_network_is_away_is_waited_for() {
    for path_first in [true, false] {
        let (mut phone, id) = connected();
        let lost = PeerOutcome::PathLost;
        if path_first {
            phone.peer(id, lost.clone());
        }
        phone.receive(key("r"), IncomingSignal::PeerLeft { disconnected: true });
        phone.peer(id, lost);
        phone.pass(SECOND * 45);
        assert_eq!(phone.state(id), CallState::Reconnecting, "{path_first}");
        phone.pass(SECOND * 15);
        assert_eq!(phone.state(id), over(EndReason::ConnectionLost), "{path_first}");
    }
}

#[test]
fn with_a_new_address_a_lost_path_is_sought_at_once() {
    let (mut phone, id) = connected();
    phone.peer(id, PeerOutcome::PathLost);
    exchange(&mut phone, id, "from nowhere");
    phone.pass(SECOND);
    assert_eq!(offers(&phone.peer(id, PeerOutcome::NewAddress)), vec![true]);
    // Not answered yet: sockets are bound when it is, so it is only said again.
    phone.peer(id, PeerOutcome::OfferMade(offer("anew")));
    let commands = phone.peer(id, PeerOutcome::NewAddress);
    assert_eq!((offers(&commands), said(&commands).len()), (vec![], 1));
}

#[test]
fn a_better_path_is_sought_while_the_old_one_goes_on() {
    let (mut phone, id) = connected();
    assert_eq!(offers(&phone.peer(id, PeerOutcome::NewAddress)), vec![true]);
    phone.peer(id, PeerOutcome::OfferMade(offer("better")));
    assert_eq!(phone.peer(id, PeerOutcome::NewAddress), vec![], "one at a time");
    assert_eq!(offers(&phone.pass(SECOND * 60)), vec![]);
    assert_eq!(phone.state(id), CallState::Connected, "nobody answered, and nothing was lost by it");

    let (mut phone, id) = connected_as_answerer();
    assert_eq!(phone.peer(id, PeerOutcome::NewAddress), vec![], "the other side offers");
    let (mut phone, id) = connected();
    phone.handle(Event::Signaling { account: HOME, up: false });
    assert_eq!(phone.peer(id, PeerOutcome::NewAddress), vec![], "nobody would hear it");
}
