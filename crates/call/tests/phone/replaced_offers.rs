//! Tests of answers that come when the offer they are for has been replaced: what was said while nothing got through
//! arrives all at once afterwards.

use std::time::Duration;

use bellwire_call::{CallId, CallState, Command, IncomingSignal, OutgoingSignal, PeerOutcome, Sdp};

use crate::builders::{answer, key, offer};
use crate::checked_phone::{CheckedPhone, said};
use crate::talking::{connected, connected_as_answerer, offers};

const SECOND: Duration = Duration::from_secs(1);

fn with_fragment(fragment: &str) -> String {
    format!("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:{fragment}\r\n")
}

fn ours(fragment: &str) -> PeerOutcome {
    PeerOutcome::OfferMade(offer(&with_fragment(fragment)))
}

/// From an endpoint that does not say which offer it answers.
fn theirs(fragment: &str) -> IncomingSignal {
    IncomingSignal::Answer(answer(&with_fragment(fragment)))
}

/// From one of ours.
fn naming(offered: &str, fragment: &str) -> IncomingSignal {
    let sdp = with_fragment(fragment).replace("m=", &format!("a=x-bellwire-answers:{offered}\r\nm="));
    IncomingSignal::Answer(answer(&sdp))
}

fn is_taken(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command, Command::AcceptAnswer { .. }))
}

/// The path is lost, nothing gets through, and a second offer has taken the place of the first one.
fn replaced() -> (CheckedPhone, CallId) {
    let (mut phone, id) = connected();
    assert_eq!(offers(&phone.peer(id, PeerOutcome::PathLost)), vec![true]);
    phone.peer(id, ours("o1"));
    assert_eq!(offers(&phone.pass(SECOND * 12)), vec![true]);
    phone.peer(id, ours("o2"));
    (phone, id)
}

#[test]
fn an_answer_to_a_replaced_offer_is_not_taken_for_that_to_the_new_one() {
    let (mut phone, id) = replaced();
    assert!(!is_taken(&phone.receive(key("r"), naming("o1", "a1"))));
    assert!(is_taken(&phone.receive(key("r"), naming("o2", "a2"))));
    phone.peer(id, PeerOutcome::AnswerApplied);
    assert_eq!(phone.receive(key("r"), naming("o1", "a3")), [], "nor one that comes later still");
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn our_answers_name_the_offer_they_are_for() {
    let (mut phone, id) = connected_as_answerer();
    phone.peer(id, PeerOutcome::PathLost);
    for named in ["o1", "o2"] {
        phone.receive(key("r"), IncomingSignal::Offer(offer(&with_fragment(named))));
        let commands = phone.peer(id, PeerOutcome::AnswerMade(answer(&with_fragment("a"))));
        let [OutgoingSignal::Answer(Sdp { sdp, .. })] = &said(&commands)[..] else { panic!("{commands:?}") };
        let IncomingSignal::Answer(expected) = naming(named, "a") else { unreachable!() };
        assert_eq!(*sdp, expected.sdp);
    }
}

#[test]
fn an_answer_after_the_one_that_was_taken_for_it_is_followed_by_a_new_offer_at_once() {
    for applied in [true, false] {
        let (mut phone, id) = replaced();
        assert!(is_taken(&phone.receive(key("r"), theirs("a1"))), "nothing tells that it is for the first");
        if applied {
            phone.peer(id, PeerOutcome::AnswerApplied);
        }
        let mut commands = phone.receive(key("r"), theirs("a2"));
        if !applied {
            commands.extend(phone.peer(id, PeerOutcome::AnswerApplied));
        }
        assert_eq!(offers(&commands), vec![true], "applied: {applied}");
        phone.peer(id, ours("o3"));
        assert!(!is_taken(&phone.receive(key("r"), theirs("a2"))), "a copy");
        assert!(is_taken(&phone.receive(key("r"), theirs("a3"))));
        phone.peer(id, PeerOutcome::AnswerApplied);
        phone.peer(id, PeerOutcome::Connected);
        for late in ["a1", "a2", "a1"] {
            assert_eq!(
                phone.receive(key("r"), theirs(late)),
                [],
                "a copy of {late} disturbs no path that works"
            );
        }
        assert_eq!(phone.state(id), CallState::Connected);
    }
}

#[test]
fn no_more_offers_are_made_for_it_than_were_unanswered() {
    let (mut phone, id) = replaced();
    let mut made = 0;
    for nth in 0..100 {
        let commands = phone.receive(key("r"), theirs(&format!("a{nth}")));
        for outcome in [PeerOutcome::AnswerApplied, ours(&format!("o{}", nth + 3))] {
            made += offers(&phone.peer(id, outcome)).len();
        }
        made += offers(&commands).len();
    }
    assert!(made <= 10, "{made}");
}
