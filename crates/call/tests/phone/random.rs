//! Property tests: random interleavings, with the invariants checked after every event.

use std::time::Duration;

use bellwire_call::{
    CallId, CallKey, DeclineReason, Epoch, Event, IncomingSignal, MediaState, MemberId, OfferRule,
    PeerOutcome, ReceivedSignal, SdpKind, UserAction,
};
use proptest::prelude::*;

use crate::builders::{HOME, answer, candidate, invite, key, local, offer, remote, ring};
use crate::checked_phone::CheckedPhone;
use crate::simulation::{Pair, Side, garbage};

#[derive(Clone, Debug)]
enum Move {
    Dial(Side),
    Act(Side, Act, usize),
    Choose(Side, bool),
    Socket(Side, bool),
    Network(bool),
    StrangerRings(Side, u8),
    StrangerGivesUp(Side, u8),
    Garbage(Side, usize, bool),
    Stale(Side, usize, u32),
    Broken(Side, usize),
    Pass(u64),
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Accept,
    EndAndAccept,
    Decline,
    Silence,
    HangUp,
    Dismiss,
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Alice), Just(Side::Bob)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Accept),
        1 => Just(Act::EndAndAccept),
        1 => Just(Act::Decline),
        1 => Just(Act::Silence),
        1 => Just(Act::HangUp),
        1 => Just(Act::Dismiss),
    ]
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => side().prop_map(Move::Dial),
        8 => (side(), act(), 0..4usize).prop_map(|(side, act, call)| Move::Act(side, act, call)),
        1 => (side(), any::<bool>()).prop_map(|(side, on)| Move::Choose(side, on)),
        2 => (side(), any::<bool>()).prop_map(|(side, up)| Move::Socket(side, up)),
        2 => any::<bool>().prop_map(Move::Network),
        1 => (side(), 0..4u8).prop_map(|(side, who)| Move::StrangerRings(side, who)),
        1 => (side(), 0..4u8).prop_map(|(side, who)| Move::StrangerGivesUp(side, who)),
        1 => (side(), 0..4usize, any::<bool>()).prop_map(|(side, call, offer)| Move::Garbage(side, call, offer)),
        1 => (side(), 0..4usize, 0..4u32).prop_map(|(side, call, epoch)| Move::Stale(side, call, epoch)),
        1 => (side(), 0..4usize).prop_map(|(side, call)| Move::Broken(side, call)),
        8 => prop_oneof![0..50u64, 50..1000u64, 1000..20_000u64].prop_map(Move::Pass),
    ]
}

fn nth(phone: &CheckedPhone, index: usize) -> Option<CallId> {
    let calls = phone.calls();
    calls.len().checked_sub(1).map(|last| calls[last.saturating_sub(index)].id)
}

fn play(pair: &mut Pair, step: Move) {
    match step {
        Move::Dial(side) => pair.dial(side),
        Move::Act(side, act, index) => {
            let Some(call) = nth(pair.phone(side), index) else { return };
            pair.user(
                side,
                match act {
                    Act::Accept => UserAction::Accept(call),
                    Act::EndAndAccept => UserAction::EndAndAccept(call),
                    Act::Decline => UserAction::Decline(call),
                    Act::Silence => UserAction::Silence(call),
                    Act::HangUp => UserAction::HangUp(call),
                    Act::Dismiss => UserAction::Dismiss(call),
                },
            );
        }
        Move::Choose(side, on) => pair.user(side, UserAction::SetMicrophone(on)),
        Move::Socket(side, up) => pair.socket(side, up),
        Move::Network(up) => pair.network(up),
        Move::StrangerRings(side, who) => {
            pair.inject(
                side,
                key(&format!("stranger {who}")),
                IncomingSignal::Ring(ring(&format!("stranger {who}"))),
            );
        }
        Move::StrangerGivesUp(side, who) => {
            pair.inject(side, key(&format!("stranger {who}")), IncomingSignal::Cancel)
        }
        Move::Garbage(side, index, is_offer) => {
            let Some(id) = nth(pair.phone(side), index) else { return };
            let Some(remote) = pair.phone(side).call(id).remote_id else { return };
            let signal = if is_offer {
                IncomingSignal::Offer(garbage(SdpKind::Offer))
            } else {
                IncomingSignal::Answer(garbage(SdpKind::Answer))
            };
            pair.inject(side, CallKey::Remote(remote), signal);
        }
        Move::Stale(side, index, epoch) => {
            let Some(call) = nth(pair.phone(side), index) else { return };
            if pair.phone(side).open_epoch(call) != Some(Epoch(epoch)) {
                pair.outcome(side, call, Epoch(epoch), PeerOutcome::Failed);
            }
        }
        Move::Broken(side, index) => {
            let Some(call) = nth(pair.phone(side), index) else { return };
            if let Some(epoch) = pair.phone(side).open_epoch(call) {
                pair.outcome(side, call, epoch, PeerOutcome::Failed);
            }
        }
        Move::Pass(ms) => pair.pass(Duration::from_millis(ms)),
    }
}

pub(crate) fn signal() -> impl Strategy<Value = IncomingSignal> {
    let text = || (0..3u8).prop_map(|n| n.to_string());
    prop_oneof![
        4 => prop_oneof![Just("bob"), Just("carol"), Just("dave")].prop_map(|from| IncomingSignal::Ring(ring(from))),
        2 => Just(IncomingSignal::Accept),
        1 => Just(IncomingSignal::Decline(DeclineReason::Busy)),
        1 => Just(IncomingSignal::Cancel),
        1 => Just(IncomingSignal::HangUp),
        1 => Just(IncomingSignal::Missed),
        1 => Just(IncomingSignal::Offline),
        1 => Just(IncomingSignal::AnsweredElsewhere),
        1 => Just(IncomingSignal::Refused { message: String::new() }),
        2 => Just(IncomingSignal::PeerJoined),
        1 => any::<bool>().prop_map(|disconnected| IncomingSignal::PeerLeft { disconnected }),
        3 => text().prop_map(|text| IncomingSignal::Offer(offer(&text))),
        3 => text().prop_map(|text| IncomingSignal::Answer(answer(&text))),
        2 => text().prop_map(|text| IncomingSignal::Candidate(candidate(&text))),
        1 => any::<bool>().prop_map(|on| IncomingSignal::Media(MediaState { audio: Some(on), ..MediaState::default() })),
        1 => any::<bool>().prop_map(|us| IncomingSignal::OfferTurn { us }),
    ]
}

pub(crate) fn outcome() -> impl Strategy<Value = PeerOutcome> {
    let text = || (0..3u8).prop_map(|n| n.to_string());
    prop_oneof![
        text().prop_map(|text| PeerOutcome::OfferMade(offer(&text))),
        text().prop_map(|text| PeerOutcome::AnswerMade(answer(&text))),
        Just(PeerOutcome::AnswerApplied),
        text().prop_map(|text| PeerOutcome::Candidate(candidate(&text))),
        any::<(bool, bool)>().prop_map(|(audio, video)| PeerOutcome::Described { audio, video }),
        Just(PeerOutcome::Connected),
        Just(PeerOutcome::PathLost),
        Just(PeerOutcome::NewAddress),
        Just(PeerOutcome::Failed),
        Just(PeerOutcome::Rejected { message: String::new() }),
        Just(PeerOutcome::Unworkable { message: String::new() }),
    ]
}

fn some_event() -> impl Strategy<Value = Event> {
    let id = || (1..6u64).prop_map(CallId);
    let called = || (0..5u8).prop_map(|n| format!("r{n}"));
    let heard = |call, signal| Event::Signal(ReceivedSignal { account: HOME, call, signal });
    prop_oneof![
        10 => (called(), signal()).prop_map(move |(call, signal)| heard(key(&call), signal)),
        2 => (id(), signal()).prop_map(move |(call, signal)| heard(local(call), signal)),
        3 => (id(), called()).prop_map(move |(id, call)| {
            heard(local(id), IncomingSignal::Placed { local: id, remote: remote(&call), subject: None })
        }),
        3 => Just(Event::User(UserAction::Dial { account: HOME, invite: invite("bob") })),
        3 => id().prop_map(|id| Event::User(UserAction::Accept(id))),
        1 => id().prop_map(|id| Event::User(UserAction::EndAndAccept(id))),
        1 => id().prop_map(|id| Event::User(UserAction::Decline(id))),
        1 => id().prop_map(|id| Event::User(UserAction::Silence(id))),
        1 => id().prop_map(|id| Event::User(UserAction::HangUp(id))),
        1 => id().prop_map(|id| Event::User(UserAction::Dismiss(id))),
        1 => any::<bool>().prop_map(|on| Event::User(UserAction::SetCamera(on))),
        1 => id().prop_map(|id| Event::User(UserAction::AcceptWithCameraOff(id))),
        1 => any::<(bool, bool)>().prop_map(|(microphone, camera)| Event::Devices { microphone, camera }),
        8 => (id(), 1..4u32, outcome()).prop_map(|(call, epoch, outcome)| {
            Event::Peer { call, member: MemberId(1), epoch: Epoch(epoch), outcome }
        }),
        2 => any::<bool>().prop_map(|up| Event::Signaling { account: HOME, up }),
    ]
}

#[derive(Clone, Debug)]
enum OneCall {
    Signal(IncomingSignal),
    Peer(PeerOutcome),
    Signaling(bool),
}

fn one_call_event() -> impl Strategy<Value = OneCall> {
    let text = || (0..50u8).prop_map(|n| n.to_string());
    prop_oneof![
        6 => Just(OneCall::Signal(IncomingSignal::PeerJoined)),
        3 => any::<bool>().prop_map(|us| OneCall::Signal(IncomingSignal::OfferTurn { us })),
        3 => text().prop_map(|text| OneCall::Signal(IncomingSignal::Answer(answer(&text)))),
        2 => text().prop_map(|text| OneCall::Signal(IncomingSignal::Offer(offer(&text)))),
        1 => Just(OneCall::Signal(IncomingSignal::PeerLeft { disconnected: true })),
        10 => outcome().prop_map(OneCall::Peer),
        1 => any::<bool>().prop_map(OneCall::Signaling),
    ]
}

/// No peer connection writes the same description twice.
pub(crate) fn fresh(outcome: PeerOutcome, made: &mut u32) -> PeerOutcome {
    *made += 1;
    match outcome {
        PeerOutcome::OfferMade(_) => PeerOutcome::OfferMade(offer(&format!("made {made}"))),
        PeerOutcome::AnswerMade(_) => PeerOutcome::AnswerMade(answer(&format!("made {made}"))),
        other @ (PeerOutcome::AnswerApplied
        | PeerOutcome::Described { .. }
        | PeerOutcome::Candidate(_)
        | PeerOutcome::Connected
        | PeerOutcome::PathLost
        | PeerOutcome::NewAddress
        | PeerOutcome::Failed
        | PeerOutcome::Rejected { .. }
        | PeerOutcome::Unworkable { .. }) => other,
    }
}

pub(crate) fn rule() -> impl Strategy<Value = OfferRule> {
    prop_oneof![
        Just(OfferRule::Us),
        Just(OfferRule::Them),
        Just(OfferRule::Caller),
        Just(OfferRule::FirstInRoom),
        Just(OfferRule::Told)
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn two_phones_survive_any_interleaving(
        latencies in prop::collection::vec(prop_oneof![0..40u64, 40..3000u64], 1..8),
        moves in prop::collection::vec(a_move(), 1..60),
    ) {
        let mut pair = Pair::new(latencies);
        for step in moves {
            play(&mut pair, step);
        }
        for side in [Side::Alice, Side::Bob] {
            pair.socket(side, true);
            for call in pair.phone(side).live() {
                pair.user(side, UserAction::HangUp(call.id));
            }
        }
        // What was in flight may still ring, without an answer.
        pair.pass(Duration::from_secs(120));
        for side in [Side::Alice, Side::Bob] {
            pair.phone(side).assert_at_rest();
            prop_assert_eq!(pair.phone(side).calls(), vec![]);
        }
    }

    #[test]
    fn a_call_between_idle_phones_always_connects(
        latencies in prop::collection::vec(0..900u64, 1..8),
        caller in side(),
        both in any::<bool>(),
    ) {
        let mut pair = Pair::new(latencies);
        pair.dial(caller);
        if both {
            pair.dial(caller.other());
        }
        pair.pass(Duration::from_secs(5));
        for side in [Side::Alice, Side::Bob] {
            if let Some(call) = nth(pair.phone(side), 0) {
                pair.user(side, UserAction::Accept(call));
            }
        }
        pair.pass(Duration::from_secs(15));
        for side in [Side::Alice, Side::Bob] {
            let live = pair.phone(side).live();
            prop_assert_eq!(live.len(), 1);
            prop_assert_eq!(&live[0].state, &bellwire_call::CallState::Connected);
        }
    }

    /// What is said about one call changes no other. Only a ring may: it may be the crossing one.
    #[test]
    fn a_word_about_one_call_never_touches_another(
        rule in rule(),
        events in prop::collection::vec(some_event(), 1..80),
    ) {
        let mut phone = CheckedPhone::start(rule);
        for event in events {
            let about = match &event {
                Event::Signal(ReceivedSignal { signal: IncomingSignal::Ring(_) | IncomingSignal::Placed { .. }, .. }) => None,
                Event::Signal(ReceivedSignal { call: CallKey::Remote(remote), .. }) => Some(remote.clone()),
                Event::Signal(_)
                | Event::User(_)
                | Event::Peer { .. }
                | Event::AccountAdded { .. }
                | Event::AccountRemoved { .. }
                | Event::Signaling { .. }
                | Event::Devices { .. }
                | Event::StartWith { .. }
                | Event::Time => None,
            };
            let before = phone.live();
            phone.handle(event);
            let Some(about) = about else { continue };
            for mut call in before.into_iter().filter(|call| call.remote_id.as_ref() != Some(&about)) {
                // A ring that waited behind a call is louder once that is over.
                let after = phone.call(call.id);
                call.waiting = after.waiting;
                prop_assert_eq!(call, after);
            }
        }
    }

    /// A call that runs: newcomers, restarts, lost paths and sockets in any order. The invariants assert
    /// one offer per exchange, and that no call is told connected while nothing watches its new path.
    #[test]
    fn one_call_survives_any_exchange(
        rule in rule(),
        signals in prop::collection::vec((one_call_event(), prop_oneof![3 => Just(0u64), 2 => 0..4000u64]), 1..100),
    ) {
        let mut phone = CheckedPhone::start(rule);
        phone.handle(Event::User(UserAction::Dial { account: HOME, invite: invite("bob") }));
        let id = phone.newest();
        phone.receive(local(id), IncomingSignal::Placed { local: id, remote: remote("r0"), subject: None });
        phone.receive(key("r0"), IncomingSignal::Accept);
        let mut made = 0u32;
        for (event, ms) in signals {
            match event {
                OneCall::Signal(signal) => drop(phone.receive(key("r0"), signal)),
                OneCall::Peer(outcome) => drop(phone.peer(id, fresh(outcome, &mut made))),
                OneCall::Signaling(up) => drop(phone.handle(Event::Signaling { account: HOME, up })),
            }
            phone.pass(Duration::from_millis(ms));
        }
    }

    #[test]
    fn one_phone_survives_any_events(
        rule in rule(),
        events in prop::collection::vec((some_event(), prop_oneof![3 => Just(0u64), 1 => 0..15_000u64]), 1..120),
    ) {
        let mut phone = CheckedPhone::start(rule);
        for (event, ms) in events {
            phone.handle(event);
            phone.pass(Duration::from_millis(ms));
        }
        // A ring held back by our own call rings once that is over.
        while let Some(call) = phone.live().pop() {
            phone.user(UserAction::HangUp(call.id));
        }
        phone.assert_at_rest();
        let ended = phone.ended().len();
        phone.pass(Duration::from_secs(120));
        prop_assert_eq!(phone.ended().len(), ended);
        prop_assert_eq!(phone.calls(), vec![]);
        prop_assert_eq!(phone.phone.deadline(), None);
    }
}
