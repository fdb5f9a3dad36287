//! Tests from consent to the end: negotiation, media path, lost and restored signaling.

use std::time::Duration;

use bellwire_call::{
    CallId, CallState, Command, EndReason, Epoch, Event, IncomingSignal, MediaState, MemberId, OfferRule,
    OutgoingSignal, PeerOutcome, UserAction,
};

use crate::builders::{HOME, answer, candidate, invite, key, local, offer, remote, ring};
use crate::checked_phone::{CheckedPhone, said};

/// Incoming and accepted.
fn accepted(rule: OfferRule) -> (CheckedPhone, CallId) {
    let mut phone = CheckedPhone::start(rule);
    phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
    let id = phone.newest();
    phone.user(UserAction::Accept(id));
    (phone, id)
}

/// We offered and media flows.
pub(crate) fn connected() -> (CheckedPhone, CallId) {
    let (mut phone, id) = accepted(OfferRule::Us);
    phone.peer(id, PeerOutcome::OfferMade(offer("o")));
    phone.receive(key("r"), IncomingSignal::Answer(answer("a")));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
    (phone, id)
}

/// They offered and media flows.
pub(crate) fn connected_as_answerer() -> (CheckedPhone, CallId) {
    let (mut phone, id) = accepted(OfferRule::Them);
    phone.receive(key("r"), IncomingSignal::Offer(offer("o")));
    phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    phone.peer(id, PeerOutcome::Connected);
    (phone, id)
}

pub(crate) fn over(reason: EndReason) -> CallState {
    CallState::Ended { reason }
}

pub(crate) fn offers(commands: &[Command]) -> Vec<bool> {
    let restart = |command: &Command| {
        if let Command::CreateOffer { ice_restart, .. } = command { Some(*ice_restart) } else { None }
    };
    commands.iter().filter_map(restart).collect()
}

pub(crate) fn accepts(commands: &[Command]) -> usize {
    commands.iter().filter(|command| matches!(command, Command::AcceptOffer { .. })).count()
}

#[test]
fn the_caller_who_offers_does_so_at_the_first_sign_of_consent() {
    for consent in [IncomingSignal::Accept, IncomingSignal::PeerJoined] {
        let mut phone = CheckedPhone::start(OfferRule::Us);
        phone.user(UserAction::Dial { account: HOME, invite: invite("bob") });
        let id = phone.newest();
        phone.receive(local(id), IncomingSignal::Placed { local: id, remote: remote("r"), subject: None });
        assert!(phone.open_epoch(id).is_some(), "prepared while it rings");
        let commands = phone.receive(key("r"), consent);
        assert_eq!(offers(&commands), vec![false]);
        assert!(commands.contains(&Command::StopRingBack { call: id }));
        assert_eq!(offers(&phone.receive(key("r"), IncomingSignal::Accept)), Vec::<bool>::new());
        assert_eq!(offers(&phone.receive(key("r"), IncomingSignal::PeerJoined)), Vec::<bool>::new());
    }
}

#[test]
fn our_candidates_wait_for_the_answer() {
    let (mut phone, id) = accepted(OfferRule::Us);
    phone.peer(id, PeerOutcome::OfferMade(offer("o")));
    assert_eq!(phone.peer(id, PeerOutcome::Candidate(candidate("1"))), vec![]);
    let commands = phone.receive(key("r"), IncomingSignal::Answer(answer("a")));
    assert_eq!(said(&commands), vec![OutgoingSignal::Candidate(candidate("1"))]);
    let commands = phone.peer(id, PeerOutcome::Candidate(candidate("2")));
    assert_eq!(said(&commands), vec![OutgoingSignal::Candidate(candidate("2"))]);
}

#[test]
fn as_answerer_our_candidates_follow_the_answer() {
    let (mut phone, id) = accepted(OfferRule::Them);
    phone.receive(key("r"), IncomingSignal::Offer(offer("o")));
    assert_eq!(phone.peer(id, PeerOutcome::Candidate(candidate("1"))), vec![]);
    let commands = phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    assert_eq!(
        said(&commands),
        vec![OutgoingSignal::Answer(answer("a")), OutgoingSignal::Candidate(candidate("1"))]
    );
}

#[test]
fn their_candidates_wait_for_their_description() {
    let (mut phone, id) = accepted(OfferRule::Us);
    assert_eq!(phone.receive(key("r"), IncomingSignal::Candidate(candidate("1"))), vec![]);
    phone.peer(id, PeerOutcome::OfferMade(offer("o")));
    phone.receive(key("r"), IncomingSignal::Answer(answer("a")));
    assert_eq!(phone.receive(key("r"), IncomingSignal::Candidate(candidate("2"))), vec![]);
    let commands = phone.peer(id, PeerOutcome::AnswerApplied);
    assert_eq!(commands.len(), 2);
    assert!(commands.iter().all(|command| matches!(command, Command::AddCandidate { .. })));
}

#[test]
fn an_unanswered_offer_is_said_again_word_for_word_after_a_second_and_then_every_three() {
    let (mut phone, id) = accepted(OfferRule::Us);
    phone.peer(id, PeerOutcome::OfferMade(offer("o")));
    let mut copies = Vec::new();
    for tenth in 1..200u32 {
        for signal in said(&phone.pass(Duration::from_millis(100))) {
            assert_eq!(signal, OutgoingSignal::Offer(offer("o")));
            copies.push(tenth * 100);
        }
    }
    assert_eq!(copies, vec![1000, 4000, 7000, 10_000, 13_000, 16_000, 19_000]);
    assert_eq!(said(&phone.pass(Duration::from_secs(1))), vec![OutgoingSignal::HangUp]);
    assert_eq!(phone.state(id), over(EndReason::ConnectFailed));
}

#[test]
fn who_joins_twice_within_one_exchange_gets_a_second_offer_only_after_the_answer() {
    for rule in [OfferRule::FirstInRoom, OfferRule::Told] {
        let (mut phone, id) = accepted(rule);
        phone.receive(key("r"), IncomingSignal::OfferTurn { us: true });
        phone.receive(key("r"), IncomingSignal::PeerJoined);
        phone.peer(id, PeerOutcome::OfferMade(offer("o")));
        phone.receive(key("r"), IncomingSignal::Answer(answer("a")));
        phone.peer(id, PeerOutcome::AnswerApplied);
        phone.peer(id, PeerOutcome::Connected);

        assert_eq!(offers(&phone.receive(key("r"), IncomingSignal::PeerJoined)), vec![true]);
        assert_eq!(phone.receive(key("r"), IncomingSignal::PeerJoined), vec![], "while it is being made");
        phone.peer(id, PeerOutcome::OfferMade(offer("o2")));
        for _ in 0..3 {
            let commands = phone.receive(key("r"), IncomingSignal::PeerJoined);
            assert_eq!(
                commands,
                vec![Command::Say {
                    account: HOME,
                    call: key("r"),
                    signal: OutgoingSignal::Offer(offer("o2"))
                }]
            );
        }
        assert_eq!(offers(&phone.receive(key("r"), IncomingSignal::Answer(answer("a2")))), vec![]);
        assert_eq!(offers(&phone.peer(id, PeerOutcome::AnswerApplied)), vec![true]);
    }
}

#[test]
fn a_restart_that_does_not_come_up_is_told_and_tried_again() {
    let (mut phone, id) = connected();
    phone.receive(key("r"), IncomingSignal::OfferTurn { us: true });
    assert_eq!(offers(&phone.receive(key("r"), IncomingSignal::PeerJoined)), vec![true]);
    phone.peer(id, PeerOutcome::OfferMade(offer("o2")));
    // Their answer may be one to another offer.
    phone.receive(key("r"), IncomingSignal::Answer(answer("a2")));
    phone.peer(id, PeerOutcome::AnswerApplied);
    assert_eq!(phone.state(id), CallState::Connected);
    let mut again = offers(&phone.pass(Duration::from_millis(5000)));
    assert_eq!(phone.state(id), CallState::Reconnecting);
    again.extend(offers(&phone.pass(Duration::from_millis(2500))));
    assert_eq!(again, vec![true]);
    phone.peer(id, PeerOutcome::OfferMade(offer("o3")));
    phone.receive(key("r"), IncomingSignal::Answer(answer("a3")));
    phone.peer(id, PeerOutcome::AnswerApplied);
    phone.peer(id, PeerOutcome::Connected);
    assert_eq!(phone.state(id), CallState::Connected);
    assert_eq!(offers(&phone.pass(Duration::from_secs(60))), vec![]);
}

#[test]
fn who_answers_a_restart_that_does_not_come_up_is_told_and_a_plain_offer_changes_nothing() {
    let with = |ufrag: &str, text: &str| offer(&format!("{text}\r\na=ice-ufrag:{ufrag}\r\n"));
    for (ufrag, state) in [("new", CallState::Reconnecting), ("old", CallState::Connected)] {
        let (mut phone, id) = accepted(OfferRule::Them);
        phone.receive(key("r"), IncomingSignal::Offer(with("old", "1")));
        phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
        phone.peer(id, PeerOutcome::Connected);
        phone.receive(key("r"), IncomingSignal::Offer(with(ufrag, "2")));
        phone.peer(id, PeerOutcome::AnswerMade(answer("a2")));
        phone.pass(Duration::from_secs(5));
        assert_eq!(phone.state(id), state);
        phone.peer(id, PeerOutcome::Connected);
        phone.pass(Duration::from_secs(60));
        assert_eq!(phone.state(id), CallState::Connected);
    }
}

#[test]
fn doubled_descriptions_are_applied_once() {
    let (mut phone, id) = accepted(OfferRule::Us);
    phone.peer(id, PeerOutcome::OfferMade(offer("o")));
    assert_eq!(phone.receive(key("r"), IncomingSignal::Answer(answer("a"))).len(), 1);
    assert_eq!(phone.receive(key("r"), IncomingSignal::Answer(answer("a"))), vec![]);
    phone.peer(id, PeerOutcome::AnswerApplied);
    assert_eq!(phone.receive(key("r"), IncomingSignal::Answer(answer("a"))), vec![]);

    let (mut phone, id) = accepted(OfferRule::Them);
    assert_eq!(accepts(&phone.receive(key("r"), IncomingSignal::Offer(offer("o")))), 1);
    assert_eq!(accepts(&phone.receive(key("r"), IncomingSignal::Offer(offer("o")))), 0);
    phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    assert_eq!(phone.receive(key("r"), IncomingSignal::Offer(offer("o"))), vec![]);
}

#[test]
fn an_answer_that_was_not_heard_is_said_again() {
    let (mut phone, id) = accepted(OfferRule::Them);
    phone.receive(key("r"), IncomingSignal::Offer(offer("o")));
    phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    phone.pass(Duration::from_secs(3));
    assert_eq!(
        said(&phone.receive(key("r"), IncomingSignal::Offer(offer("o")))),
        vec![OutgoingSignal::Answer(answer("a"))]
    );
}

#[test]
fn an_offer_before_our_own_is_answered_whatever_the_rule() {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
    phone.receive(key("r"), IncomingSignal::Offer(offer("theirs")));
    let id = phone.newest();
    let commands = phone.user(UserAction::Accept(id));
    assert_eq!((accepts(&commands), offers(&commands)), (1, vec![]));
}

#[test]
fn colliding_offers_are_won_by_the_side_that_is_to_offer() {
    let (mut phone, id) = accepted(OfferRule::Us);
    phone.peer(id, PeerOutcome::OfferMade(offer("ours")));
    assert_eq!(phone.receive(key("r"), IncomingSignal::Offer(offer("theirs"))), vec![]);
}

#[test]
fn a_garbage_first_offer_leaves_the_call_waiting_for_a_good_one() {
    let (mut phone, id) = accepted(OfferRule::Them);
    phone.receive(key("r"), IncomingSignal::Offer(offer("garbage")));
    phone.peer(id, PeerOutcome::Rejected { message: "no".into() });
    assert_eq!(phone.state(id), CallState::Connecting);
    assert_eq!(accepts(&phone.receive(key("r"), IncomingSignal::Offer(offer("good")))), 1);
    assert_eq!(said(&phone.pass(Duration::from_secs(20))), vec![OutgoingSignal::HangUp]);
    assert_eq!(phone.state(id), over(EndReason::ConnectFailed));
    phone.assert_at_rest();
}

#[test]
fn a_garbage_answer_does_not_stop_a_good_one() {
    let (mut phone, id) = accepted(OfferRule::Us);
    phone.peer(id, PeerOutcome::OfferMade(offer("o")));
    phone.receive(key("r"), IncomingSignal::Answer(answer("garbage")));
    phone.peer(id, PeerOutcome::Rejected { message: "no".into() });
    let commands = phone.receive(key("r"), IncomingSignal::Answer(answer("good")));
    assert!(matches!(commands[..], [Command::AcceptAnswer { .. }]));
}

#[test]
fn a_description_by_which_nothing_can_flow_ends_a_call_that_never_began_at_once() {
    for rule in [OfferRule::Us, OfferRule::Them] {
        let (mut phone, id) = accepted(rule);
        if rule == OfferRule::Us {
            phone.peer(id, PeerOutcome::OfferMade(offer("o")));
            phone.receive(key("r"), IncomingSignal::Answer(answer("nothing in common")));
        } else {
            phone.receive(key("r"), IncomingSignal::Offer(offer("nothing in common")));
        }
        let message = "no codec in common".to_owned();
        let commands = phone.peer(id, PeerOutcome::Unworkable { message: message.clone() });
        assert_eq!(said(&commands), vec![OutgoingSignal::HangUp], "the other side is not left waiting");
        assert_eq!(phone.state(id), over(EndReason::Failed { message }));
        phone.assert_at_rest();
    }
}

#[test]
fn a_description_by_which_nothing_can_flow_leaves_a_running_call_alone() {
    let (mut phone, id) = connected();
    phone.receive(key("r"), IncomingSignal::Offer(offer("again")));
    phone.peer(id, PeerOutcome::Unworkable { message: "no".into() });
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn a_new_offer_during_a_call_is_answered_in_the_same_epoch() {
    let (mut phone, id) = connected();
    let epoch = phone.open_epoch(id).unwrap();
    let commands = phone.receive(key("r"), IncomingSignal::Offer(offer("again")));
    assert_eq!(
        commands,
        vec![Command::AcceptOffer { call: id, member: MemberId(1), epoch, offer: offer("again") }]
    );
    phone.peer(id, PeerOutcome::Rejected { message: "no".into() });
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn outcomes_of_another_epoch_are_dropped() {
    let (mut phone, id) = connected();
    let stale = Epoch(phone.open_epoch(id).unwrap().0 + 1);
    let commands = phone.handle(Event::Peer {
        call: id,
        member: MemberId(1),
        epoch: stale,
        outcome: PeerOutcome::Failed,
    });
    assert_eq!(commands, vec![]);
    assert_eq!(phone.state(id), CallState::Connected);
}

#[test]
fn failing_before_media_ends_the_call() {
    let (mut phone, id) = accepted(OfferRule::Us);
    assert_eq!(said(&phone.peer(id, PeerOutcome::Failed)), vec![OutgoingSignal::HangUp]);
    assert_eq!(phone.state(id), over(EndReason::ConnectFailed));
}

#[test]
fn the_other_side_leaving_ends_the_call() {
    for signal in [IncomingSignal::HangUp, IncomingSignal::PeerLeft { disconnected: false }] {
        let (mut phone, id) = connected();
        phone.receive(key("r"), signal);
        assert_eq!(phone.state(id), over(EndReason::RemoteHungUp));
        phone.assert_at_rest();
    }
}

#[test]
fn the_other_side_losing_its_socket_may_come_back() {
    let (mut phone, id) = connected();
    phone.receive(key("r"), IncomingSignal::PeerLeft { disconnected: true });
    assert_eq!(phone.pass(Duration::from_secs(29)), vec![]);
    phone.receive(key("r"), IncomingSignal::PeerJoined);
    assert_eq!(phone.pass(Duration::from_secs(60)), vec![]);
    assert_eq!(phone.state(id), CallState::Connected);

    phone.receive(key("r"), IncomingSignal::PeerLeft { disconnected: true });
    phone.pass(Duration::from_secs(30));
    assert_eq!(phone.state(id), over(EndReason::RemoteHungUp));
}

#[test]
fn losing_the_backend_does_not_end_the_call() {
    let (mut phone, id) = connected();
    assert_eq!(phone.handle(Event::Signaling { account: HOME, up: false }), vec![]);
    assert!(phone.call(id).signaling_lost);
    assert_eq!(offers(&phone.peer(id, PeerOutcome::PathLost)), Vec::<bool>::new(), "nobody would hear it");
    let commands = phone.handle(Event::Signaling { account: HOME, up: true });
    assert_eq!(said(&commands), vec![OutgoingSignal::Rejoin]);
    assert_eq!(offers(&commands), vec![true]);
    assert!(!phone.call(id).signaling_lost);
}

#[test]
fn hanging_up_without_the_backend_ends_at_once_and_is_said_all_the_same() {
    let (mut phone, id) = connected();
    phone.handle(Event::Signaling { account: HOME, up: false });
    assert_eq!(said(&phone.user(UserAction::HangUp(id))), vec![OutgoingSignal::HangUp]);
    phone.assert_at_rest();
}

#[test]
fn a_ringing_call_does_not_enter_its_room_when_the_backend_comes_back() {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    phone.receive(key("r"), IncomingSignal::Ring(ring("bob")));
    phone.handle(Event::Signaling { account: HOME, up: false });
    assert_eq!(phone.handle(Event::Signaling { account: HOME, up: true }), vec![]);
}

#[test]
fn what_we_send_is_told_and_what_they_send_is_shown() {
    let (mut phone, id) = accepted(OfferRule::Them);
    let muted = MediaState { audio: Some(false), video: None, sharing: None };
    let commands = phone.user(UserAction::SetMicrophone(false));
    assert_eq!(commands[0], Command::SetMicrophone { on: false });
    assert_eq!(said(&commands), vec![OutgoingSignal::Media(muted)]);
    phone.receive(key("r"), IncomingSignal::Offer(offer("o")));
    phone.peer(id, PeerOutcome::AnswerMade(answer("a")));
    let whole = MediaState { audio: Some(false), video: Some(true), sharing: None };
    assert_eq!(said(&phone.peer(id, PeerOutcome::Connected)), vec![OutgoingSignal::Media(whole)]);

    phone.receive(
        key("r"),
        IncomingSignal::Media(MediaState { audio: None, video: Some(false), sharing: None }),
    );
    let call = phone.call(id);
    assert_eq!((call.remote_audio, call.remote_video), (true, false));
}
