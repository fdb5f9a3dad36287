//! Property tests of calls of several people: random interleavings of joins, leaves, drops, crashes and a
//! backend that starts anew. The invariants are checked after every event.

use std::time::Duration;

use bellwire_call::UserAction;
use proptest::prelude::*;

use crate::group_backend::Who;
use crate::group_simulation::Group;

/// Two more than a call has seats for.
const PEOPLE: usize = 10;

#[derive(Clone, Debug)]
enum Move {
    Invite(Who, Vec<Who>),
    Dial(Who, Who),
    Add(Who, Vec<Who>),
    Join(Who, usize),
    Accept(Who),
    Decline(Who),
    HangUp(Who),
    EndForAll(Who),
    Mute(Who, bool),
    Socket(Who, bool),
    Network(Who, bool),
    Break(Who, usize),
    Crash(Who, bool),
    RestartBackend,
    Pass(u64),
}

fn who() -> impl Strategy<Value = Who> {
    0..PEOPLE
}

fn a_move() -> impl Strategy<Value = Move> {
    let others = prop::collection::vec(who(), 1..8);
    let few = prop::collection::vec(who(), 1..3);
    prop_oneof![
        3 => (who(), who()).prop_map(|(who, other)| Move::Dial(who, other)),
        3 => (who(), few).prop_map(|(who, others)| Move::Add(who, others)),
        3 => (who(), others).prop_map(|(who, others)| Move::Invite(who, others)),
        6 => (who(), 0..4usize).prop_map(|(who, session)| Move::Join(who, session)),
        10 => who().prop_map(Move::Accept),
        1 => who().prop_map(Move::Decline),
        3 => who().prop_map(Move::HangUp),
        1 => who().prop_map(Move::EndForAll),
        1 => (who(), any::<bool>()).prop_map(|(who, on)| Move::Mute(who, on)),
        3 => (who(), any::<bool>()).prop_map(|(who, up)| Move::Socket(who, up)),
        2 => (who(), any::<bool>()).prop_map(|(who, up)| Move::Network(who, up)),
        2 => (who(), 0..8usize).prop_map(|(who, nth)| Move::Break(who, nth)),
        2 => (who(), any::<bool>()).prop_map(|(who, noticed)| Move::Crash(who, noticed)),
        1 => Just(Move::RestartBackend),
        10 => prop_oneof![0..50u64, 50..1000u64, 1000..20_000u64].prop_map(Move::Pass),
    ]
}

fn play(group: &mut Group, step: Move) {
    match step {
        Move::Invite(from, mut to) => {
            to.sort_unstable();
            to.dedup();
            to.retain(|who| *who != from);
            group.invite(from, &to);
        }
        // Web clients call everybody as one of several.
        Move::Dial(from, to) => {
            if from != to && !group.uses_web(from) && !group.uses_web(to) {
                group.dial(from, to);
            }
        }
        Move::Add(from, mut people) => {
            people.retain(|who| *who != from);
            group.add(from, &people);
        }
        Move::Join(who, nth) => {
            let open = group.backend.open();
            let Some(session) = (!open.is_empty()).then(|| open[nth % open.len()].clone()) else { return };
            // Who is rung answers, and who is in it is in it.
            let taken = group.backend.room(&session).contains(&who) && group.active(who).is_some();
            if !taken && !group.backend.is_invited(&session, who) {
                group.join(who, &session);
            }
        }
        Move::Accept(who) => group.accept(who),
        Move::Decline(who) => {
            let ring = group.phone(who).live().into_iter().find(|call| call.state.is_ringing());
            if let Some(ring) = ring {
                group.user(who, UserAction::Decline(ring.id));
            }
        }
        Move::HangUp(who) => group.hang_up(who),
        Move::EndForAll(who) => {
            if let Some(call) = group.active(who) {
                group.user(who, UserAction::EndForAll(call.id));
            }
        }
        Move::Mute(who, on) => group.user(who, UserAction::SetMicrophone(!on)),
        Move::Socket(who, up) => group.socket(who, up),
        Move::Network(who, up) => group.network(who, up),
        Move::Break(who, nth) => group.break_one(who, nth),
        Move::Crash(who, noticed) => group.crash(who, noticed),
        Move::RestartBackend => group.restart_backend(),
        Move::Pass(ms) => group.pass(Duration::from_millis(ms)),
    }
}

/// Everything works again, and time passes.
fn calm(group: &mut Group) {
    for who in group.people() {
        group.network(who, true);
        group.socket(who, true);
    }
    group.pass(Duration::from_secs(100));
    group.notice_the_dead();
    group.pass(Duration::from_secs(200));
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_group_settles_after_any_interleaving(
        latencies in prop::collection::vec(prop_oneof![0..40u64, 40..3000u64], 1..8),
        moves in prop::collection::vec(a_move(), 1..80),
        webs in 0..4usize,
    ) {
        let mut group = Group::with_webs(PEOPLE, webs, latencies);
        for step in moves {
            play(&mut group, step);
        }
        calm(&mut group);
        group.assert_settled();
        for who in group.people() {
            group.hang_up(who);
        }
        group.pass(Duration::from_secs(120));
        for who in group.people() {
            group.phone(who).assert_at_rest();
            prop_assert_eq!(group.phone(who).calls(), vec![]);
        }
    }

    /// A call that runs: everybody of it comes and goes.
    #[test]
    fn eight_people_stay_connected_whatever_happens_to_some(
        latencies in prop::collection::vec(prop_oneof![0..40u64, 40..900u64], 1..8),
        moves in prop::collection::vec(a_move(), 1..40),
        webs in any::<bool>(),
    ) {
        // Three of ten, two of them in the call.
        let mut group = Group::with_webs(PEOPLE, if webs { 3 } else { 0 }, latencies);
        group.invite(0, &[1, 2, 3, 4, 5, 6, 7]);
        group.pass(Duration::from_secs(5));
        for who in 1..8 {
            group.accept(who);
        }
        let session = group.backend.open().remove(0);
        if webs {
            group.join(7, &session);
        }
        group.pass(Duration::from_secs(15));
        group.assert_settled();
        for step in moves {
            play(&mut group, step);
        }
        calm(&mut group);
        group.assert_settled();
    }
}
