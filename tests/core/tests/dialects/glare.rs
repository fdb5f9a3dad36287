//! Glare tests with real phones and real dialects, and a backend whose replies and events arrive in every
//! order its channels allow. In each order one call survives and connects.

use std::time::Duration;

use bellwire_call::{CallState, CallView, RingPolicy, UserAction};
use bellwire_dialects::{DIALECTS, Entry};

use crate::relay::Side;
use crate::simulation::Simulation;

/// Seeds of each story; `GLARE_SEEDS` runs more of them.
fn seeds() -> u64 {
    std::env::var("GLARE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(120)
}

fn live(simulation: &Simulation, side: Side) -> Vec<CallView> {
    let calls = simulation.view(side).calls;
    calls.into_iter().filter(|call| call.state.is_live()).collect()
}

fn one_call(simulation: &Simulation, story: &str) {
    let [one, two] = Side::BOTH.map(|side| live(simulation, side));
    let connected = |calls: &[CallView]| calls.len() == 1 && calls[0].state == CallState::Connected;
    let same = |one: &[CallView], two: &[CallView]| one[0].remote_id == two[0].remote_id;
    let in_room = simulation.rings() == RingPolicy::InRoom;
    assert!(
        connected(&one) && connected(&two) && (in_room || same(&one, &two)),
        "{story}\n{one:#?}\n{two:#?}\n{}",
        simulation.log()
    );
}

/// The second of the two dials when everything before has gone `steps` steps, or has come to rest.
fn both_dial(entry: &'static Entry, seed: u64) -> Simulation {
    let mut simulation = Simulation::new(entry, seed);
    let first = if simulation.chance(2) { Side::One } else { Side::Two };
    let steps = if simulation.chance(8) { usize::MAX } else { simulation.below(24) };
    simulation.dial(first);
    simulation.steps(steps);
    simulation.dial(first.other());
    simulation
}

#[test]
fn both_dial_within_any_offset_and_one_call_survives() {
    for entry in DIALECTS {
        for seed in 0..seeds() {
            let mut simulation = both_dial(entry, seed);
            simulation.settle();
            one_call(&simulation, &format!("{} {seed}", entry.id));
        }
    }
}

#[test]
fn one_of_two_who_both_dial_gives_up_and_nothing_is_left_hanging() {
    for entry in DIALECTS {
        for seed in 0..seeds() {
            let mut simulation = both_dial(entry, seed);
            let steps = simulation.below(24);
            simulation.steps(steps);
            let quitter = if simulation.chance(2) { Side::One } else { Side::Two };
            for call in live(&simulation, quitter) {
                simulation.user(quitter, UserAction::HangUp(call.id));
            }
            simulation.settle();
            let story = format!("{} {seed}: {quitter:?} gave up", entry.id);
            if simulation.rings() == RingPolicy::InRoom {
                // Who gave up has left; the other one may wait in the room, and is asked no more.
                assert!(live(&simulation, quitter).len() <= 1, "{story}\n{}", simulation.log());
                continue;
            }
            if Side::BOTH.map(|side| live(&simulation, side).len()) != [1, 1] {
                // As deployed, an answer that crossed the end of its ring is not notified.
                simulation.pass(Duration::from_secs(60));
                let left = Side::BOTH.map(|side| live(&simulation, side));
                assert!(left.iter().all(Vec::is_empty), "{story}\n{left:#?}\n{}", simulation.log());
                continue;
            }
            // A ring that crossed the giving up still rings, and then it does so at both.
            let rings = |side| {
                let calls = live(&simulation, side).into_iter();
                let mut ringing = calls.filter(|call| call.state.is_ringing());
                ringing.next().map(|call| (side, call.id))
            };
            if let Some((side, ring)) = Side::BOTH.into_iter().find_map(rings) {
                simulation.user(side, UserAction::Accept(ring));
                simulation.settle();
            }
            one_call(&simulation, &story);
        }
    }
}

/// Time passes for both, so that what waits for a deadline is decided too.
#[test]
fn a_call_that_survived_goes_on() {
    for entry in DIALECTS {
        for seed in 0..seeds() / 4 {
            let mut simulation = both_dial(entry, seed);
            simulation.settle();
            simulation.pass(Duration::from_secs(60));
            one_call(&simulation, &format!("{} {seed}", entry.id));
        }
    }
}
