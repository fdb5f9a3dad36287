//! Both call each other at once: real phones and real dialects, and a backend whose replies and events
//! arrive in every order that its channels allow. Whatever comes first, one call survives and connects.

use std::time::Duration;

use bellwire_call::{CallState, CallView, Rings, UserAction};
use bellwire_dialects::{DIALECTS, Entry};

use crate::relay::Side;
use crate::stage::Stage;

/// Seeds of each story; `GLARE_SEEDS` runs more of them.
fn seeds() -> u64 {
    std::env::var("GLARE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(120)
}

fn live(stage: &Stage, side: Side) -> Vec<CallView> {
    let calls = stage.view(side).calls;
    calls.into_iter().filter(|call| call.state.is_live()).collect()
}

fn one_call(stage: &Stage, story: &str) {
    let [one, two] = Side::BOTH.map(|side| live(stage, side));
    let connected = |calls: &[CallView]| calls.len() == 1 && calls[0].state == CallState::Connected;
    let same = |one: &[CallView], two: &[CallView]| one[0].remote_id == two[0].remote_id;
    let in_room = stage.rings() == Rings::InRoom;
    assert!(
        connected(&one) && connected(&two) && (in_room || same(&one, &two)),
        "{story}\n{one:#?}\n{two:#?}\n{}",
        stage.log()
    );
}

/// The second of the two dials when everything before has gone `steps` steps, or has come to rest.
fn both_dial(entry: &'static Entry, seed: u64) -> Stage {
    let mut stage = Stage::new(entry, seed);
    let first = if stage.chance(2) { Side::One } else { Side::Two };
    let steps = if stage.chance(8) { usize::MAX } else { stage.below(24) };
    stage.dial(first);
    stage.steps(steps);
    stage.dial(first.other());
    stage
}

#[test]
fn both_dial_within_any_offset_and_one_call_survives() {
    for entry in DIALECTS {
        for seed in 0..seeds() {
            let mut stage = both_dial(entry, seed);
            stage.settle();
            one_call(&stage, &format!("{} {seed}", entry.id));
        }
    }
}

#[test]
fn one_of_two_who_both_dial_gives_up_and_nothing_is_left_hanging() {
    for entry in DIALECTS {
        for seed in 0..seeds() {
            let mut stage = both_dial(entry, seed);
            let steps = stage.below(24);
            stage.steps(steps);
            let quitter = if stage.chance(2) { Side::One } else { Side::Two };
            for call in live(&stage, quitter) {
                stage.user(quitter, UserAction::HangUp(call.id));
            }
            stage.settle();
            let story = format!("{} {seed}: {quitter:?} gave up", entry.id);
            if stage.rings() == Rings::InRoom {
                // Who gave up has left; the other one may wait in the room, and is asked no more.
                assert!(live(&stage, quitter).len() <= 1, "{story}\n{}", stage.log());
                continue;
            }
            if Side::BOTH.map(|side| live(&stage, side).len()) != [1, 1] {
                // An answer that crossed the end of its ring is told by nobody as deployed.
                stage.pass(Duration::from_secs(60));
                let left = Side::BOTH.map(|side| live(&stage, side));
                assert!(left.iter().all(Vec::is_empty), "{story}\n{left:#?}\n{}", stage.log());
                continue;
            }
            // A ring that crossed the giving up still rings, and then it does so at both.
            let rings = |side| {
                let calls = live(&stage, side).into_iter();
                let mut ringing = calls.filter(|call| call.state.is_ringing());
                ringing.next().map(|call| (side, call.id))
            };
            if let Some((side, ring)) = Side::BOTH.into_iter().find_map(rings) {
                stage.user(side, UserAction::Accept(ring));
                stage.settle();
            }
            one_call(&stage, &story);
        }
    }
}

/// Time passes for both, so that what waits for a deadline is decided too.
#[test]
fn a_call_that_survived_goes_on() {
    for entry in DIALECTS {
        for seed in 0..seeds() / 4 {
            let mut stage = both_dial(entry, seed);
            stage.settle();
            stage.pass(Duration::from_secs(60));
            one_call(&stage, &format!("{} {seed}", entry.id));
        }
    }
}
