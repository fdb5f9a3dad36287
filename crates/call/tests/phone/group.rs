//! Tests of calls of several people, on the simulated backend with rooms.

use std::time::Duration;

use bellwire_call::{CallState, EndReason, MemberState, UserAction};

use crate::group_simulation::Group;

const SECOND: Duration = Duration::from_secs(1);

fn group(people: usize) -> Group {
    Group::new(people, vec![20])
}

/// All of them talk, called by the first.
fn talking(people: usize) -> Group {
    let mut group = group(people);
    group.invite(0, &(1..people).collect::<Vec<_>>());
    group.pass(SECOND);
    for who in 1..people {
        group.accept(who);
    }
    group.pass(5 * SECOND);
    for who in 0..people {
        assert_eq!(group.active(who).expect("a call").members.len(), people - 1);
    }
    group.assert_settled();
    group
}

fn states(group: &Group, who: usize) -> Vec<(String, MemberState)> {
    let members = group.active(who).map_or(Vec::new(), |call| call.members);
    members.into_iter().map(|member| (member.person.id.0, member.state)).collect()
}

fn reason(group: &Group, who: usize) -> Option<EndReason> {
    group.phone(who).ended().values().last().cloned()
}

#[test]
fn eight_people_are_each_connected_to_the_seven_others() {
    let group = talking(8);
    let call = group.active(3).unwrap();
    assert_eq!(group.phone(3).open_peers(call.id).len(), 7);
}

#[test]
fn whoever_has_not_come_is_shown_as_invited_until_the_ring_is_over() {
    let mut group = group(3);
    group.invite(0, &[1, 2]);
    group.pass(SECOND);
    group.accept(1);
    group.pass(5 * SECOND);
    assert_eq!(
        states(&group, 0),
        [("p1".into(), MemberState::Connected), ("p2".into(), MemberState::Invited)]
    );
    group.pass(60 * SECOND);
    assert_eq!(states(&group, 0), [("p1".into(), MemberState::Connected)]);
    assert_eq!(reason(&group, 2), Some(EndReason::Missed));
}

#[test]
fn one_who_declines_is_not_waited_for_and_the_last_one_ends_the_call() {
    let mut group = group(3);
    group.invite(0, &[1, 2]);
    group.pass(SECOND);
    let ring = group.phone(1).newest();
    group.user(1, UserAction::Decline(ring));
    group.pass(SECOND);
    assert_eq!(states(&group, 0), [("p2".into(), MemberState::Invited)]);
    let ring = group.phone(2).newest();
    group.user(2, UserAction::Decline(ring));
    group.pass(SECOND);
    assert_eq!(reason(&group, 0), Some(EndReason::RemoteDeclined));
    assert_eq!(group.backend.open(), [], "the session is not left behind");
}

#[test]
fn a_late_joiner_is_connected_to_everybody() {
    let mut group = group(5);
    group.invite(0, &[1, 2]);
    group.pass(SECOND);
    group.accept(1);
    group.accept(2);
    group.pass(30 * SECOND);
    let session = group.backend.open().remove(0);
    for late in [3, 4] {
        group.join(late, &session);
        group.pass(5 * SECOND);
        group.assert_settled();
        assert_eq!(group.active(0).unwrap().members.len(), late);
    }
}

#[test]
fn the_ninth_is_refused_with_a_reason_of_its_own() {
    let mut group = group(10);
    group.invite(0, &[1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(reason(&group, 0), Some(EndReason::Full), "nine are too many to invite");
    group.user(0, UserAction::Dismiss(group.phone(0).newest()));

    group.invite(0, &[1, 2, 3, 4, 5, 6, 7]);
    group.pass(SECOND);
    for who in 1..8 {
        group.accept(who);
    }
    group.pass(5 * SECOND);
    let session = group.backend.open().remove(0);
    group.join(8, &session);
    group.pass(SECOND);
    assert_eq!(reason(&group, 8), Some(EndReason::Full));
    group.assert_settled();
}

#[test]
fn a_member_who_leaves_is_out_and_one_who_comes_back_is_there_once() {
    let mut group = talking(4);
    let session = group.backend.open().remove(0);
    group.hang_up(2);
    group.pass(SECOND);
    assert_eq!(states(&group, 0).len(), 2);
    group.join(2, &session);
    group.pass(5 * SECOND);
    assert_eq!(states(&group, 0).len(), 3);
    group.assert_settled();
}

#[test]
fn a_program_that_starts_anew_takes_its_seat_again_whether_or_not_the_backend_noticed() {
    for noticed in [true, false] {
        let mut group = talking(4);
        let session = group.backend.open().remove(0);
        group.crash(1, noticed);
        group.pass(2 * SECOND);
        group.join(1, &session);
        group.pass(20 * SECOND);
        assert_eq!(states(&group, 0).len(), 3, "{noticed}");
        group.assert_settled();
    }
}

#[test]
fn the_initiator_ends_for_all_and_may_also_just_leave() {
    let mut group = talking(4);
    group.hang_up(0);
    group.pass(SECOND);
    assert_eq!(reason(&group, 0), Some(EndReason::HungUp));
    assert_eq!(states(&group, 1).len(), 2, "the others go on");

    let mut group = talking(4);
    let call = group.active(0).unwrap().id;
    group.user(0, UserAction::EndForAll(call));
    group.pass(SECOND);
    for who in 1..4 {
        assert_eq!(reason(&group, who), Some(EndReason::RemoteHungUp));
    }
    // Somebody else only leaves by it.
    let mut group = talking(4);
    let call = group.active(1).unwrap().id;
    group.user(1, UserAction::EndForAll(call));
    group.pass(SECOND);
    assert_eq!(states(&group, 2).len(), 2);
}

#[test]
fn the_last_one_in_the_room_leaves_after_a_minute_unless_somebody_comes() {
    let mut group = talking(3);
    let session = group.backend.open().remove(0);
    group.hang_up(1);
    group.hang_up(2);
    group.pass(55 * SECOND);
    assert_eq!(group.active(0).map(|call| (call.state, call.members.len())), Some((CallState::Connected, 0)));
    group.join(2, &session);
    group.pass(55 * SECOND);
    group.assert_settled();
    group.hang_up(2);
    group.pass(61 * SECOND);
    assert_eq!(reason(&group, 0), Some(EndReason::RemoteHungUp));
    group.phone(0).assert_at_rest();
}

#[test]
fn a_failed_connection_to_one_is_tried_anew_and_the_others_do_not_notice() {
    let mut group = talking(4);
    group.network(3, false);
    group.pass(30 * SECOND);
    let lost = ("p3".into(), MemberState::Reconnecting);
    assert_eq!(states(&group, 0)[2], lost);
    assert!(states(&group, 0)[..2].iter().all(|(_, state)| *state == MemberState::Connected));
    assert_eq!(group.active(0).unwrap().state, CallState::Connected);
    group.pass(65 * SECOND);
    assert_eq!(states(&group, 0)[2].1, MemberState::Failed);
    group.network(3, true);
    group.pass(60 * SECOND);
    group.assert_settled();
}

#[test]
fn a_backend_that_starts_anew_finds_everybody_in_the_call() {
    let mut group = talking(5);
    group.restart_backend();
    group.pass(10 * SECOND);
    for who in [3, 0, 4, 1, 2] {
        group.socket(who, true);
        group.pass(SECOND);
    }
    group.pass(10 * SECOND);
    for who in 0..5 {
        assert_eq!(states(&group, who).len(), 4);
    }
    group.assert_settled();
}

#[test]
fn two_who_give_up_at_different_times_find_each_other() {
    // Whoever answers must not give up in the middle of what the other one has begun anew, time after time.
    let mut group = Group::new(10, vec![1955]);
    group.invite(6, &[0]);
    group.pass(Duration::from_millis(1955));
    group.accept(0);
    group.socket(6, false);
    group.pass(Duration::from_millis(45_865));
    group.socket(6, true);
    group.pass(100 * SECOND);
    group.assert_settled();
}

/// Two who talk in a session of two.
fn pair(group: &mut Group) {
    group.dial(0, 1);
    group.pass(SECOND);
    group.accept(1);
    group.pass(5 * SECOND);
    group.assert_settled();
}

#[test]
fn a_call_of_two_grows_and_its_connection_stays() {
    for asks in [0, 1] {
        let mut group = group(4);
        pair(&mut group);
        let before = [0, 1].map(|who| group.phone(who).open_epochs(group.active(who).unwrap().id));
        group.add(asks, &[2, 3, 2]);
        group.pass(SECOND);
        let call = group.active(asks).unwrap();
        assert_eq!(
            states(&group, asks).iter().filter(|(_, state)| *state == MemberState::Invited).count(),
            2
        );
        assert_eq!(call.state, CallState::Connected);
        for (who, before) in [0, 1].into_iter().zip(before) {
            let now = group.phone(who).open_epochs(group.active(who).unwrap().id);
            assert_eq!(now, before, "the connection of p{who} was made anew");
        }
        group.accept(2);
        group.pass(5 * SECOND);
        let ring = group.phone(3).newest();
        group.user(3, UserAction::Decline(ring));
        group.pass(5 * SECOND);
        group.assert_settled();
        assert_eq!(group.active(2).unwrap().members.len(), 2);

        // Of three one goes, and of the two that are left the last one is not alone in it.
        group.hang_up(0);
        group.pass(5 * SECOND);
        group.assert_settled();
        group.hang_up(1);
        group.pass(70 * SECOND);
        assert_eq!(reason(&group, 2), Some(EndReason::RemoteHungUp));
    }
}

#[test]
fn whoever_was_added_and_does_not_come_is_not_waited_for() {
    let mut group = group(3);
    pair(&mut group);
    group.add(1, &[2]);
    group.pass(5 * SECOND);
    assert_eq!(states(&group, 1).last().unwrap().1, MemberState::Invited);
    group.pass(70 * SECOND);
    assert_eq!(states(&group, 1), [("p0".into(), MemberState::Connected)]);
    assert_eq!(reason(&group, 2), Some(EndReason::Missed));
    // It is a conversation of two again: over at once when one of them goes.
    group.hang_up(0);
    group.pass(SECOND);
    assert_eq!(reason(&group, 1), Some(EndReason::RemoteHungUp));
}

#[test]
fn a_call_of_two_grows_while_the_socket_of_one_is_away() {
    let mut group = group(3);
    pair(&mut group);
    group.socket(0, false);
    group.pass(SECOND);
    group.add(1, &[2]);
    group.pass(SECOND);
    assert_eq!(group.active(1).unwrap().members.len(), 1, "who is away cannot be told of");
    group.socket(0, true);
    group.pass(5 * SECOND);
    group.add(1, &[2]);
    group.pass(SECOND);
    group.socket(0, false);
    group.accept(2);
    group.pass(5 * SECOND);
    group.socket(0, true);
    group.pass(15 * SECOND);
    group.assert_settled();
    assert_eq!(group.active(0).unwrap().members.len(), 2);
}

#[test]
fn more_people_than_there_are_seats_are_not_asked() {
    let mut group = group(10);
    pair(&mut group);
    group.add(0, &[2, 3, 4, 5, 6, 7, 8]);
    group.pass(SECOND);
    assert_eq!(group.active(0).unwrap().members.len(), 1);
    group.add(0, &[2, 3, 4, 5, 6, 7]);
    group.pass(SECOND);
    assert_eq!(group.active(0).unwrap().members.len(), 7);
}

/// An answer that takes longer than a copy of its offer waits is to a connection that the page has thrown away for
/// the copy.
#[test]
fn a_page_behind_a_slow_server_is_connected_to_everybody() {
    let mut group = Group::with_webs(10, 3, vec![526, 1, 28, 761, 420]);
    group.invite(0, &[1, 2, 3, 4, 5, 6, 7]);
    group.pass(5 * SECOND);
    for who in 1..8 {
        group.accept(who);
    }
    let session = group.backend.open().remove(0);
    group.join(7, &session);
    group.pass(15 * SECOND);
    group.assert_settled();
}

#[test]
fn who_accepts_long_before_their_socket_is_back_is_connected() {
    let mut group = Group::with_webs(10, 0, vec![0, 522, 0]);
    group.invite(2, &[5]);
    group.socket(5, false);
    group.pass(Duration::ZERO);
    group.accept(5);
    group.pass(20 * SECOND);
    group.socket(5, true);
    group.pass(100 * SECOND);
    group.assert_settled();
    assert_eq!(group.active(5).unwrap().members.len(), 1);
}
