//! Tests from the first ring to consent or refusal.

use std::time::Duration;

use bellwire_call::{
    CallId, CallState, Command, DeclineReason, EndReason, Event, IncomingSignal, Invite, Invitee, MediaKind,
    MemberId, MemberState, Notice, OfferRule, OutgoingSignal, Ring, Subject, UserAction,
};

use crate::builders::{HOME, answer, candidate, invite, key, local, offer, person, remote, ring};
use crate::checked_phone::{CheckedPhone, said};

fn dialled(rule: OfferRule) -> (CheckedPhone, CallId) {
    let mut phone = CheckedPhone::start(rule);
    phone.user(UserAction::Dial { account: HOME, invite: invite("bob") });
    let id = phone.newest();
    (phone, id)
}

fn placed(phone: &mut CheckedPhone, id: CallId, as_id: &str) -> Vec<Command> {
    phone.receive(local(id), IncomingSignal::Placed { local: id, remote: remote(as_id), subject: None })
}

fn rung() -> (CheckedPhone, CallId) {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    phone.receive(key("r1"), IncomingSignal::Ring(ring("bob")));
    let id = phone.newest();
    (phone, id)
}

fn over(reason: EndReason) -> CallState {
    CallState::Ended { reason }
}

#[test]
fn dialling_shows_oneself_at_once_and_rings_back_when_placed() {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    let commands = phone.user(UserAction::Dial { account: HOME, invite: invite("bob") });
    assert!(matches!(said(&commands)[..], [OutgoingSignal::Invite(_)]));
    assert!(commands.iter().any(|command| matches!(command, Command::StartMedia { .. })));
    let id = phone.newest();
    assert_eq!(phone.state(id), CallState::Calling { ringing: false });

    let commands = placed(&mut phone, id, "r1");
    assert!(commands.contains(&Command::RingBack { call: id }));
    assert_eq!(phone.state(id), CallState::Calling { ringing: true });
    assert_eq!(phone.call(id).remote_id, Some(remote("r1")));
}

#[test]
fn an_unanswered_call_of_ours_is_missed_after_the_backend_had_its_say() {
    let (mut phone, id) = dialled(OfferRule::Us);
    placed(&mut phone, id, "r1");
    assert!(phone.pass(Duration::from_secs(46)).is_empty());
    assert_eq!(said(&phone.pass(Duration::from_secs(2))), vec![OutgoingSignal::NoAnswer]);
    assert_eq!(phone.state(id), over(EndReason::Missed));
    phone.assert_at_rest();
}

#[test]
fn cancelling_while_ringing_tells_the_backend() {
    let (mut phone, id) = dialled(OfferRule::Us);
    placed(&mut phone, id, "r1");
    let commands = phone.user(UserAction::HangUp(id));
    assert_eq!(said(&commands), vec![OutgoingSignal::Cancel]);
    assert_eq!(phone.state(id), over(EndReason::Cancelled));
    phone.assert_at_rest();
}

#[test]
fn cancelling_before_placed_is_said_when_placed_comes() {
    let (mut phone, id) = dialled(OfferRule::Us);
    assert_eq!(said(&phone.user(UserAction::HangUp(id))), vec![]);
    assert_eq!(said(&placed(&mut phone, id, "r1")), vec![OutgoingSignal::Cancel]);
    assert_eq!(said(&placed(&mut phone, id, "r1")), vec![]);
    phone.assert_at_rest();
}

#[test]
fn cancelling_before_placed_is_said_even_when_the_call_is_long_forgotten() {
    let (mut phone, id) = dialled(OfferRule::Us);
    phone.user(UserAction::HangUp(id));
    phone.pass(Duration::from_secs(30));
    assert_eq!(phone.calls(), vec![]);
    assert_eq!(said(&placed(&mut phone, id, "r1")), vec![OutgoingSignal::Cancel]);
    assert_eq!(said(&placed(&mut phone, id, "r1")), vec![]);
}

#[test]
fn every_kind_of_no_ends_the_call_with_its_reason() {
    let refused = || IncomingSignal::Refused { message: "blocked".into() };
    for (signal, reason) in [
        (IncomingSignal::Decline(DeclineReason::Declined), EndReason::RemoteDeclined),
        (IncomingSignal::Decline(DeclineReason::Busy), EndReason::RemoteBusy),
        (IncomingSignal::Offline, EndReason::RemoteOffline),
        (IncomingSignal::Missed, EndReason::Missed),
        (refused(), EndReason::Refused { message: "blocked".into() }),
        (IncomingSignal::HangUp, EndReason::RemoteHungUp),
    ] {
        let (mut phone, id) = dialled(OfferRule::Us);
        placed(&mut phone, id, "r1");
        assert_eq!(said(&phone.receive(key("r1"), signal)), vec![]);
        assert_eq!(phone.state(id), over(reason));
        phone.assert_at_rest();
    }
    let (mut phone, id) = dialled(OfferRule::Us);
    phone.receive(local(id), refused());
    assert_eq!(phone.state(id), over(EndReason::Refused { message: "blocked".into() }));
}

#[test]
fn what_is_heard_before_placed_is_kept() {
    let (mut phone, id) = dialled(OfferRule::Them);
    phone.receive(key("r1"), IncomingSignal::Accept);
    phone.receive(key("r1"), IncomingSignal::Offer(offer("o")));
    phone.receive(key("r1"), IncomingSignal::Candidate(candidate("c")));
    let commands = placed(&mut phone, id, "r1");
    assert_eq!(phone.state(id), CallState::Connecting);
    assert!(commands.iter().any(|command| matches!(command, Command::AcceptOffer { .. })));
    let commands = phone.peer(id, bellwire_call::PeerOutcome::AnswerMade(answer("a")));
    assert!(commands.iter().any(|command| matches!(command, Command::AddCandidate { .. })));
}

#[test]
fn dialling_during_a_call_fails_with_words() {
    let (mut phone, first) = dialled(OfferRule::Us);
    let commands = phone.user(UserAction::Dial { account: HOME, invite: invite("carol") });
    assert_eq!(said(&commands), vec![]);
    let failed = EndReason::Failed { message: "another call is going on".into() };
    assert_eq!(phone.state(phone.newest()), over(failed));
    assert_eq!(phone.state(first), CallState::Calling { ringing: false });
}

#[test]
fn a_ring_rings_once_and_accepting_starts_everything() {
    let (mut phone, id) = rung();
    assert_eq!(phone.state(id), CallState::Ringing { silenced: false });
    assert!(phone.receive(key("r1"), IncomingSignal::Ring(ring("bob"))).is_empty());

    let commands = phone.user(UserAction::Accept(id));
    assert_eq!(said(&commands), vec![OutgoingSignal::Accept]);
    let order: Vec<_> = commands.iter().map(std::mem::discriminant).collect();
    let epoch = phone.open_epoch(id).unwrap();
    let expected = [
        commands[0].clone(),
        Command::StopRing { call: id },
        Command::StartMedia {
            call: id,
            kind: bellwire_call::MediaKind::Video,
            microphone: true,
            camera: true,
        },
        Command::OpenPeer { call: id, member: MemberId(1), epoch, kind: bellwire_call::MediaKind::Video },
        Command::CreateOffer { call: id, member: MemberId(1), epoch, ice_restart: false },
    ];
    assert_eq!(order, expected.iter().map(std::mem::discriminant).collect::<Vec<_>>());
    assert_eq!(commands, expected);
}

#[test]
fn declining_says_so_and_is_not_a_missed_call() {
    let (mut phone, id) = rung();
    let commands = phone.user(UserAction::Decline(id));
    assert_eq!(said(&commands), vec![OutgoingSignal::Decline(DeclineReason::Declined)]);
    assert!(!commands.contains(&Command::Notice(Notice::Missed { call: id })));
    phone.assert_at_rest();
}

#[test]
fn silencing_stops_the_ringtone_and_nothing_else() {
    let (mut phone, id) = rung();
    assert_eq!(phone.user(UserAction::Silence(id)), vec![Command::StopRing { call: id }]);
    assert_eq!(phone.state(id), CallState::Ringing { silenced: true });
    phone.user(UserAction::Accept(id));
    assert_eq!(phone.state(id), CallState::Connecting);
}

#[test]
fn a_ring_nobody_answers_is_missed() {
    let (mut phone, id) = rung();
    let commands = phone.pass(Duration::from_secs(47));
    assert!(commands.contains(&Command::Notice(Notice::Missed { call: id })));
    assert_eq!(phone.state(id), over(EndReason::Missed));
    phone.assert_at_rest();
    phone.pass(Duration::from_secs(10));
    assert_eq!(phone.calls(), vec![]);
    assert!(
        phone.receive(key("r1"), IncomingSignal::Ring(ring("bob"))).is_empty(),
        "a late copy of its ring"
    );
}

#[test]
fn a_ring_can_end_elsewhere() {
    for (signal, reason, missed) in [
        (IncomingSignal::Cancel, EndReason::RemoteCancelled, true),
        (IncomingSignal::HangUp, EndReason::RemoteCancelled, true),
        (IncomingSignal::Missed, EndReason::Missed, true),
        (IncomingSignal::Accept, EndReason::AnsweredElsewhere, false),
        (IncomingSignal::AnsweredElsewhere, EndReason::AnsweredElsewhere, false),
        (IncomingSignal::Decline(DeclineReason::Declined), EndReason::DeclinedElsewhere, false),
    ] {
        let (mut phone, id) = rung();
        let commands = phone.receive(key("r1"), signal);
        assert_eq!(commands.contains(&Command::Notice(Notice::Missed { call: id })), missed);
        assert_eq!(phone.state(id), over(reason));
        phone.assert_at_rest();
    }
}

#[test]
fn a_cancel_that_overtook_its_ring_is_heard() {
    let mut phone = CheckedPhone::start(OfferRule::Us);
    phone.receive(key("r1"), IncomingSignal::Cancel);
    phone.receive(key("r1"), IncomingSignal::Ring(ring("bob")));
    assert_eq!(phone.state(phone.newest()), over(EndReason::RemoteCancelled));
    phone.assert_at_rest();
}

#[test]
fn a_second_ring_waits_and_a_third_hears_busy() {
    let (mut phone, first) = rung();
    phone.user(UserAction::Accept(first));
    let commands = phone.receive(key("r2"), IncomingSignal::Ring(ring("carol")));
    let second = phone.newest();
    assert_eq!(commands, vec![Command::Ring { call: second, waiting: true }]);
    let commands = phone.receive(key("r3"), IncomingSignal::Ring(ring("dave")));
    let busy = OutgoingSignal::Decline(DeclineReason::Busy);
    assert_eq!(commands, vec![Command::Say { account: HOME, call: key("r3"), signal: busy }]);

    let commands = phone.user(UserAction::EndAndAccept(second));
    assert_eq!(said(&commands), vec![OutgoingSignal::HangUp, OutgoingSignal::Accept]);
    assert_eq!(phone.state(first), over(EndReason::HungUp));
    assert_eq!(phone.state(second), CallState::Connecting);
}

#[test]
fn a_waiting_ring_gets_loud_when_the_line_is_free() {
    let (mut phone, first) = rung();
    phone.user(UserAction::Accept(first));
    phone.receive(key("r2"), IncomingSignal::Ring(ring("carol")));
    let second = phone.newest();
    let commands = phone.receive(key("r1"), IncomingSignal::HangUp);
    assert!(commands.contains(&Command::Ring { call: second, waiting: false }));
    assert!(!phone.call(second).waiting);
}

#[test]
fn signing_out_ends_its_calls() {
    let (mut phone, id) = rung();
    phone.user(UserAction::Accept(id));
    phone.receive(key("r2"), IncomingSignal::Ring(ring("carol")));
    let commands = phone.handle(Event::AccountRemoved { account: HOME });
    assert_eq!(said(&commands), vec![OutgoingSignal::HangUp]);
    phone.assert_at_rest();
}

#[test]
fn crossing_calls_keep_the_smaller_id() {
    let (mut phone, ours) = dialled(OfferRule::Us);
    placed(&mut phone, ours, "b");
    assert_eq!(phone.receive(key("c"), IncomingSignal::Ring(ring("bob"))), vec![], "ours is kept");
    phone.receive(key("c"), IncomingSignal::Cancel);
    assert_eq!(phone.live().len(), 1);

    let commands = phone.receive(key("a"), IncomingSignal::Ring(ring("bob")));
    assert_eq!(said(&commands), vec![OutgoingSignal::Cancel, OutgoingSignal::Accept]);
    assert_eq!(phone.state(ours), over(EndReason::Merged));
    assert_eq!(phone.state(phone.newest()), CallState::Connecting);
    let missed = commands.iter().any(|command| matches!(command, Command::Notice(Notice::Missed { .. })));
    assert!(!missed);
}

#[test]
fn a_crossing_ring_waits_for_our_own_id() {
    for (ours, kept) in [("a", "a"), ("c", "b")] {
        let (mut phone, id) = dialled(OfferRule::Us);
        assert_eq!(phone.receive(key("b"), IncomingSignal::Ring(ring("bob"))), vec![]);
        placed(&mut phone, id, ours);
        let live = phone.live();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].remote_id, Some(remote(kept)));
    }
}

#[test]
fn a_crossing_ring_rings_if_our_own_call_is_refused() {
    let (mut phone, id) = dialled(OfferRule::Us);
    phone.receive(key("b"), IncomingSignal::Ring(ring("bob")));
    phone.receive(local(id), IncomingSignal::Refused { message: "busy".into() });
    assert_eq!(phone.state(phone.newest()), CallState::Ringing { silenced: false });
}

#[test]
fn a_crossing_ring_that_comes_after_the_answer_is_ignored() {
    let (mut phone, id) = dialled(OfferRule::Us);
    placed(&mut phone, id, "a");
    phone.receive(key("a"), IncomingSignal::Accept);
    assert_eq!(phone.receive(key("b"), IncomingSignal::Ring(ring("bob"))), vec![]);
    assert_eq!(phone.live().len(), 1);
}

#[test]
fn dialling_who_rings_at_this_moment_answers_the_ring() {
    let (mut phone, ringing) = rung();
    let commands = phone.user(UserAction::Dial { account: HOME, invite: invite("bob") });
    assert_eq!(said(&commands), vec![OutgoingSignal::Accept]);
    assert_eq!(phone.state(ringing), CallState::Connecting);
    assert_eq!(phone.calls().len(), 1);
}

#[test]
fn dialling_with_the_voice_who_rings_with_pictures_keeps_the_camera_off() {
    let (mut phone, ringing) = rung();
    let voice = Invite { kind: MediaKind::Voice, ..invite("bob") };
    let commands = phone.user(UserAction::Dial { account: HOME, invite: voice });
    let camera = |command: &Command| {
        if let Command::StartMedia { camera, .. } = command { Some(*camera) } else { None }
    };
    assert_eq!(commands.iter().find_map(camera), Some(false), "{ringing:?}");
}

#[test]
fn dialling_somebody_else_or_about_something_else_leaves_the_ring_alone() {
    let thing = |id: &str| Some(Subject { id: id.into(), label: String::new() });
    let mut phone = CheckedPhone::start(OfferRule::Us);
    phone.receive(key("r"), IncomingSignal::Ring(Ring { subject: thing("a1"), ..ring("bob") }));
    let ringing = phone.newest();
    for wrong in [invite("carol"), Invite { subject: thing("a2"), ..invite("bob") }] {
        assert_eq!(said(&phone.user(UserAction::Dial { account: HOME, invite: wrong })), vec![]);
        assert_eq!(phone.state(ringing), CallState::Ringing { silenced: false });
        let failed = EndReason::Failed { message: "another call is going on".into() };
        assert_eq!(phone.state(phone.newest()), over(failed));
    }
    let right = Invite { subject: thing("a1"), ..invite("bob") };
    assert_eq!(
        said(&phone.user(UserAction::Dial { account: HOME, invite: right })),
        vec![OutgoingSignal::Accept]
    );
}

#[test]
fn a_ring_that_waits_behind_a_call_is_not_answered_by_dialling() {
    let (mut phone, first) = rung();
    phone.user(UserAction::Accept(first));
    phone.receive(key("c"), IncomingSignal::Ring(ring("carol")));
    let waiting = phone.newest();
    phone.user(UserAction::Dial { account: HOME, invite: invite("carol") });
    assert_eq!(phone.state(first), CallState::Connecting);
    assert!(matches!(phone.state(waiting), CallState::Ringing { .. }));
}

#[test]
fn a_ring_of_several_shows_who_else_is_called_until_it_is_answered() {
    let (mut phone, id) = rung();
    phone.receive(key("r1"), IncomingSignal::Seats(8));
    let called = |name: &str, in_room| Invitee { person: person(name), in_room };
    let people = vec![called("bob", true), called("cleo", true), called("dora", false)];
    phone.receive(key("r1"), IncomingSignal::AlsoInvited(people.clone()));
    let shown = |phone: &CheckedPhone| {
        let members = phone.call(id).members.into_iter();
        members.map(|member| (member.person.id.0, member.state)).collect::<Vec<_>>()
    };
    let named = |name: &str, state| (name.to_owned(), state);
    let ringing = [
        named("bob", MemberState::Invited),
        named("cleo", MemberState::Connecting),
        named("dora", MemberState::Invited),
    ];
    assert_eq!(shown(&phone), ringing);

    phone.user(UserAction::Accept(id));
    assert_eq!(shown(&phone), ringing[..1]);
    // Too late to say so.
    phone.receive(key("r1"), IncomingSignal::AlsoInvited(people));
    assert_eq!(shown(&phone), ringing[..1]);
}

#[test]
fn a_call_of_two_has_nobody_else_whatever_a_backend_says() {
    let (mut phone, id) = rung();
    let others = (0..99).map(|n| Invitee { person: person(&format!("p{n}")), in_room: false });
    phone.receive(key("r1"), IncomingSignal::AlsoInvited(others.clone().collect()));
    assert_eq!(phone.call(id).members.len(), 1);
    phone.receive(key("r1"), IncomingSignal::Seats(8));
    phone.receive(key("r1"), IncomingSignal::AlsoInvited(others.collect()));
    assert_eq!(phone.call(id).members.len(), 1 + 32);
}
