//! Tests of whole calls between two phones.

use std::time::Duration;

use bellwire_call::{CallState, EndReason, UserAction};

use crate::simulation::{Pair, Side};

const SECOND: Duration = Duration::from_secs(1);

fn pair() -> Pair {
    Pair::new(vec![20])
}

fn state(pair: &Pair, side: Side) -> CallState {
    pair.phone(side).state(pair.phone(side).newest())
}

fn talking(caller: Side) -> Pair {
    let mut pair = pair();
    pair.dial(caller);
    pair.pass(SECOND);
    let callee = caller.other();
    assert_eq!(state(&pair, callee), CallState::Ringing { silenced: false });
    pair.user(callee, UserAction::Accept(pair.phone(callee).newest()));
    pair.pass(SECOND);
    for side in [caller, callee] {
        assert_eq!(state(&pair, side), CallState::Connected);
    }
    pair
}

#[test]
fn either_side_can_call_and_either_can_hang_up() {
    for caller in [Side::Alice, Side::Bob] {
        for leaver in [Side::Alice, Side::Bob] {
            let mut pair = talking(caller);
            pair.user(leaver, UserAction::HangUp(pair.phone(leaver).newest()));
            pair.pass(SECOND);
            assert_eq!(state(&pair, leaver), CallState::Ended { reason: EndReason::HungUp });
            assert_eq!(state(&pair, leaver.other()), CallState::Ended { reason: EndReason::RemoteHungUp });
            pair.phone(leaver).assert_at_rest();
            pair.phone(leaver.other()).assert_at_rest();
        }
    }
}

#[test]
fn both_sides_dial_at_once_and_one_call_survives() {
    // Different latencies: the crossing is noticed before, between and after the backend's replies.
    for latencies in [vec![20], vec![5, 200], vec![200, 5], vec![5, 300, 70], vec![300, 70, 5, 1]] {
        for head_start in [0, 3, 15] {
            let mut pair = Pair::new(latencies.clone());
            pair.dial(Side::Alice);
            pair.pass(Duration::from_millis(head_start));
            pair.dial(Side::Bob);
            pair.pass(5 * SECOND);
            for side in [Side::Alice, Side::Bob] {
                let live = pair.phone(side).live();
                if live.iter().all(|call| call.state == CallState::Connected) && live.len() == 1 {
                    continue;
                }
                // The second to dial was rung before dialling: an ordinary ring, an ordinary refusal.
                assert!(live.iter().all(|call| !matches!(call.state, CallState::Connecting)), "{live:?}");
                assert!(head_start > 0, "{latencies:?}: {live:?}");
            }
        }
    }
}

#[test]
fn a_dead_path_is_replaced_by_a_new_one() {
    let mut pair = talking(Side::Bob);
    pair.network(false);
    pair.pass(SECOND);
    assert_eq!(state(&pair, Side::Alice), CallState::Reconnecting);
    assert_eq!(state(&pair, Side::Bob), CallState::Reconnecting);
    pair.network(true);
    pair.pass(10 * SECOND);
    assert_eq!(state(&pair, Side::Alice), CallState::Connected);
    assert_eq!(state(&pair, Side::Bob), CallState::Connected);
}

#[test]
fn a_backend_that_goes_away_for_both_does_not_end_the_call() {
    let mut pair = talking(Side::Alice);
    pair.socket(Side::Alice, false);
    pair.socket(Side::Bob, false);
    pair.pass(20 * SECOND);
    assert_eq!(state(&pair, Side::Alice), CallState::Connected);
    pair.socket(Side::Bob, true);
    pair.socket(Side::Alice, true);
    pair.pass(60 * SECOND);
    assert_eq!(state(&pair, Side::Alice), CallState::Connected);
    assert_eq!(state(&pair, Side::Bob), CallState::Connected);
}
