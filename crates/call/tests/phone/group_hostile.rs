//! Property test of one phone whose backend says anything of calls of several, in any order.

use std::time::Duration;

use bellwire_call::{
    CallId, CallKey, DeclineReason, Epoch, Event, IncomingSignal, Invite, MediaState, MemberId, Participant,
    PeerId, ReceivedSignal, UserAction,
};
use proptest::prelude::*;

use crate::builders::{HOME, invite, key, local, person, remote, ring};
use crate::checked_phone::CheckedPhone;
use crate::group_checks::Concerned;
use crate::random::{fresh, outcome, rule, signal};

/// More people than a call has seats for, each with two programs.
const PEOPLE: u8 = 12;

#[derive(Clone, Debug)]
enum Step {
    Event(Event),
    /// An outcome of the present connection to a member.
    Peer(CallId, MemberId, bellwire_call::PeerOutcome),
}

fn peer() -> impl Strategy<Value = PeerId> {
    (0..PEOPLE, 0..2u8).prop_map(|(who, program)| PeerId(format!("p{who}-{program}")))
}

fn participant() -> impl Strategy<Value = Participant> {
    (0..PEOPLE, 0..2u8, any::<Option<bool>>()).prop_map(|(who, program, we_offer)| Participant {
        peer: PeerId(format!("p{who}-{program}")),
        person: person(&format!("p{who}")),
        media: MediaState { audio: Some(true), video: None, sharing: None },
        we_offer,
    })
}

fn of_the_room() -> impl Strategy<Value = IncomingSignal> {
    prop_oneof![
        8 => participant().prop_map(IncomingSignal::Joined),
        2 => prop::collection::vec(participant(), 0..12).prop_map(IncomingSignal::Participants),
        1 => (0..PEOPLE).prop_map(|who| IncomingSignal::InviteeDeclined {
            person: person(&format!("p{who}")).id,
            reason: DeclineReason::Declined,
        }),
        1 => prop::option::of(prop_oneof![Just(PeerId("engine".into())), peer()]).prop_map(IncomingSignal::Uplink),
        2 => prop_oneof![Just(0u8), Just(2), Just(4), Just(8), Just(255)].prop_map(IncomingSignal::Seats),
    ]
}

fn a_step() -> impl Strategy<Value = Step> {
    let id = || (1..4u64).prop_map(CallId);
    let called = || (0..2u8).prop_map(|n| format!("r{n}"));
    let heard = |call, signal| Step::Event(Event::Signal(ReceivedSignal { account: HOME, call, signal }));
    let user = |action| Step::Event(Event::User(action));
    let several =
        || Invite { others: (1..5).map(|who| person(&format!("p{who}"))).collect(), ..invite("p0") };
    prop_oneof![
        12 => (called(), of_the_room()).prop_map(move |(call, signal)| heard(key(&call), signal)),
        12 => (called(), peer(), signal())
            .prop_map(move |(call, peer, signal)| heard(CallKey::Member(remote(&call), peer), signal)),
        2 => (called(), signal()).prop_map(move |(call, signal)| heard(key(&call), signal)),
        4 => (id(), called()).prop_map(move |(id, call)| {
            heard(local(id), IncomingSignal::Placed { local: id, remote: remote(&call), subject: None })
        }),
        3 => Just(()).prop_map(move |()| user(UserAction::Dial { account: HOME, invite: several() })),
        2 => called().prop_map(move |call| heard(key(&call), IncomingSignal::Ring(ring("p0")))),
        3 => id().prop_map(move |id| user(UserAction::Accept(id))),
        1 => id().prop_map(move |id| user(UserAction::HangUp(id))),
        1 => id().prop_map(move |id| user(UserAction::EndForAll(id))),
        20 => (id(), (1..9u32).prop_map(MemberId), outcome())
            .prop_map(|(call, member, outcome)| Step::Peer(call, member, outcome)),
        1 => any::<bool>().prop_map(|up| Step::Event(Event::Signaling { account: HOME, up })),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn one_phone_survives_anything_said_of_several(
        rule in rule(),
        steps in prop::collection::vec((a_step(), prop_oneof![4 => Just(0u64), 1 => 0..15_000u64]), 1..150),
    ) {
        let mut phone = CheckedPhone::start(rule);
        phone.in_groups = true;
        let mut made = 0;
        for (step, ms) in steps {
            let event = match step {
                Step::Event(event) => event,
                Step::Peer(call, member, outcome) => {
                    let epoch = phone.epoch_of(call, member).unwrap_or(Epoch(1));
                    Event::Peer { call, member, epoch, outcome: fresh(outcome, &mut made) }
                }
            };
            // With its only member a call of two is over, and so are its connections.
            let concerned = Concerned::by(&event);
            let before = phone.calls();
            let commands = phone.handle(event);
            if let Some(concerned) = concerned {
                let after = phone.calls();
                let ended = before.iter().zip(&after).any(|(before, after)| before.state.is_live() != after.state.is_live());
                if !ended {
                    concerned.assert_alone(&before, &after, &commands);
                }
            }
            phone.pass(Duration::from_millis(ms));
        }
        while let Some(call) = phone.live().pop() {
            phone.user(UserAction::HangUp(call.id));
        }
        phone.assert_at_rest();
        phone.pass(Duration::from_secs(120));
        prop_assert_eq!(phone.calls(), vec![]);
        prop_assert_eq!(phone.phone.deadline(), None);
    }
}
