//! Profiles of rate: the start on wide and thin links, links that change, and applications that are quiet.

use super::{Demand, LIMITS, Loss, World};
use crate::bandwidth::Limits;

#[test]
fn ramp_it_fills_a_2_5_mbit_link_within_3_s_and_keeps_its_queue_short() {
    let mut world = World::of_one(2.5e6, 50.0, LIMITS);
    world.run(30.0);
    world.print("ramp");
    assert!(world.time_to(0, 0.0, 2e6) <= 3.0, "{}", world.time_to(0, 0.0, 2e6));
    assert!(world.queue(0.95, 10.0, 30.0) <= 50.0, "{}", world.queue(0.95, 10.0, 30.0));
    assert!(world.received(0, 10.0, 30.0) > 1.9e6, "{}", world.received(0, 10.0, 30.0));
}

#[test]
fn an_alarm_soon_after_a_probe_leaves_half_of_what_it_found() {
    // An encoder that begins to use what was found, and a moment in which the link carries a third less.
    for seed in 0..8 {
        let mut world = World::seeded(seed, 2.5e6, 50.0, LIMITS);
        world.link.rates = vec![(0.0, 2.5e6), (1.0, 1.7e6), (1.4, 2.5e6)];
        world.flows[0].demand = vec![(0.0, Demand::Quiet(0.5e6)), (0.9, Demand::Full)];
        world.run(5.0);
        let targets = &world.flows[0].targets;
        assert!(targets[9] > 1.8e6, "{}", targets[9]);
        let least = targets[10..25].iter().copied().fold(f64::INFINITY, f64::min);
        assert!(least > 0.8e6, "{seed}: {least}");
    }
}

#[test]
fn drop_it_follows_to_a_fifth_and_is_back_within_8_s() {
    let mut world = World::of_one(2.5e6, 50.0, LIMITS);
    world.link.rates = vec![(0.0, 2.5e6), (20.0, 0.5e6), (40.0, 2.5e6)];
    world.run(60.0);
    world.print("drop");
    assert!(world.queue(0.95, 23.0, 40.0) <= 150.0, "{}", world.queue(0.95, 23.0, 40.0));
    assert!(world.received(0, 24.0, 40.0) > 0.38e6, "{}", world.received(0, 24.0, 40.0));
    assert!(world.time_to(0, 40.0, 2e6) <= 8.0, "{}", world.time_to(0, 40.0, 2e6));
}

#[test]
fn narrow_500_it_settles_within_10_s_and_no_packet_finds_the_queue_full() {
    let mut world = World::of_one(0.5e6, 100.0, LIMITS);
    world.run(33.0);
    world.print("narrow 500");
    assert_eq!(world.drops(0.0, 33.0), 0);
    let (early, late) = (world.received(0, 7.0, 10.0), world.received(0, 10.0, 33.0));
    assert!((390e3..510e3).contains(&early) && (390e3..510e3).contains(&late), "{early} {late}");
    assert!(world.queue(0.95, 10.0, 33.0) <= 150.0, "{}", world.queue(0.95, 10.0, 33.0));
}

/// The link is used, not overfilled, and the queue is short once it has settled.
fn thin(bps: f64, settled: f64, min_part: f64) {
    let mut world = World::of_one(bps, 100.0, LIMITS);
    world.run(60.0);
    world.print("narrow");
    let received = world.received(0, settled, 60.0);
    assert!((min_part * bps..1.02 * bps).contains(&received), "{received}");
    let drops = world.drops(settled, 60.0);
    assert!(drops <= 3, "{drops} packets found the queue full");
    assert!(world.queue(0.95, settled, 60.0) <= 250.0, "{}", world.queue(0.95, settled, 60.0));
}

#[test]
fn narrow_300_is_used_and_not_overfilled() {
    thin(300e3, 10.0, 0.7);
}

#[test]
fn narrow_100_is_used_and_not_overfilled() {
    thin(100e3, 10.0, 0.6);
}

#[test]
fn narrow_50_is_used_and_not_overfilled() {
    thin(50e3, 15.0, 0.5);
}

#[test]
fn narrow_25_still_carries_speech() {
    let mut world = World::of_one(25e3, 100.0, LIMITS);
    world.run(60.0);
    world.print("narrow 25");
    assert!(world.target(0, 20.0, 60.0) < 30e3, "{}", world.target(0, 20.0, 60.0));
    // A picture is tried once in a while, less and less often.
    assert!(world.drops(20.0, 60.0) <= 40, "{}", world.drops(20.0, 60.0));
    assert!(world.drops(40.0, 60.0) <= 3, "{}", world.drops(40.0, 60.0));
}

#[test]
fn false_overuse_on_a_fast_path_is_forgotten_within_10_s() {
    let mut world = World::of_one(1e9, 20.0, LIMITS);
    world.flows[0].forward.spike = Some((20.0, 20.6, 300.0));
    // A quiet picture: nothing but probes shows what the path carries.
    world.flows[0].demand = vec![(0.0, Demand::Full), (15.0, Demand::Quiet(480e3)), (25.0, Demand::Full)];
    world.run(40.0);
    world.print("false overuse");
    assert!(world.least_target(0, 20.0, 22.0) < 1e6, "the spike is taken for overuse");
    assert!(world.least_target(0, 30.0, 40.0) >= 1.2e6, "{}", world.least_target(0, 30.0, 40.0));
}

#[test]
fn after_10_minutes_of_quiet_the_rate_is_there_within_10_s() {
    for quiet in [Demand::Quiet(60e3), Demand::Nothing] {
        let mut world = World::of_one(10e6, 60.0, LIMITS);
        world.flows[0].demand = vec![(0.0, quiet), (600.0, Demand::Full)];
        world.run(615.0);
        assert!(world.time_to(0, 600.0, 2e6) <= 10.0, "{quiet:?}: {}", world.time_to(0, 600.0, 2e6));
    }
}

#[test]
fn quiet_and_then_a_narrow_link_does_not_overfill_it_for_long() {
    let mut world = World::of_one(10e6, 60.0, LIMITS);
    world.link.rates = vec![(0.0, 10e6), (100.0, 0.5e6)];
    world.flows[0].demand = vec![(0.0, Demand::Quiet(60e3)), (120.0, Demand::Full)];
    world.run(150.0);
    world.print("quiet, narrow");
    assert_eq!(world.drops(125.0, 150.0), 0);
    assert!(world.received(0, 130.0, 150.0) > 0.35e6, "{}", world.received(0, 130.0, 150.0));
}

#[test]
fn what_is_not_useful_is_not_probed_and_what_becomes_useful_is() {
    let mut world = World::of_one(10e6, 60.0, LIMITS);
    world.flows[0].estimator.set_max(100e3);
    world.flows[0].demand = vec![(0.0, Demand::Quiet(40e3)), (30.0, Demand::Full)];
    world.run(30.0);
    assert!(world.target(0, 1.0, 30.0) <= 100e3, "{}", world.target(0, 1.0, 30.0));
    world.flows[0].estimator.set_max(2e6);
    world.run(40.0);
    assert!(world.time_to(0, 30.0, 1.6e6) <= 5.0, "{}", world.time_to(0, 30.0, 1.6e6));
}

#[test]
fn remb_bounds_the_target() {
    let mut world = World::of_one(10e6, 60.0, LIMITS);
    world.flows[0].estimator.set_remb(Some(700e3));
    world.run(10.0);
    assert!(world.target(0, 5.0, 10.0) <= 700e3);
    world.flows[0].estimator.set_remb(None);
    world.run(20.0);
    assert!(world.target(0, 18.0, 20.0) > 2e6, "{}", world.target(0, 18.0, 20.0));
}

/// It had begun with three times what the path carries, and filled a queue of four seconds once more.
#[test]
fn a_thin_path_that_was_silent_begins_with_what_it_carries() {
    let mut world = World::of_one(2.5e6, 40.0, LIMITS);
    world.link.rates = vec![(0.0, 2.5e6), (10.0, 0.1e6)];
    world.run(13.0);
    let now = world.flows[0].receiver.instant(world.now);
    world.flows[0].estimator.path_changed(now);
    let start = world.flows[0].estimator.target();
    assert!(start <= 100e3, "{start}");
    world.run(30.0);
    assert!(world.target(0, 20.0, 30.0) >= 50e3, "{}", world.target(0, 20.0, 30.0));
}

#[test]
fn another_path_is_measured_anew() {
    let mut world = World::of_one(0.5e6, 100.0, LIMITS);
    world.link.rates = vec![(0.0, 0.5e6), (20.0, 10e6)];
    world.run(20.0);
    let now = world.flows[0].receiver.instant(world.now);
    world.flows[0].estimator.path_changed(now);
    assert!((world.flows[0].estimator.target() - LIMITS.start).abs() < 1.0);
    world.run(30.0);
    world.print("path changed");
    assert!(world.time_to(0, 20.0, 2e6) <= 3.0, "{}", world.time_to(0, 20.0, 2e6));
}

#[test]
fn after_a_second_and_a_half_without_a_network_the_rate_is_back_soon() {
    for seed in 0..4 {
        let mut world = World::of_two_sides(seed, 50.0, &[(0.0, 2.5e6)], 250);
        for flow in &mut world.flows {
            for path in [&mut flow.forward, &mut flow.receiver.back] {
                path.loss.extend([(10.0, Loss::Random(1.0)), (11.5, Loss::Random(0.0))]);
            }
        }
        world.run(30.0);
        world.print("one and a half seconds");
        for side in 0..2 {
            assert!(world.time_to(side, 11.5, 2e6) <= 6.0, "{}", world.time_to(side, 11.5, 2e6));
        }
    }
}

#[test]
fn a_dead_path_is_not_flooded_and_found_again() {
    let mut world = World::of_one(2.5e6, 50.0, LIMITS);
    let dead = [(20.0, Loss::Random(1.0)), (30.0, Loss::Random(0.0))];
    world.flows[0].forward.loss.extend(dead);
    world.run(60.0);
    world.print("dead for 10 s");
    assert!(world.target(0, 29.0, 30.0) < 0.7e6, "{}", world.target(0, 29.0, 30.0));
    assert!(world.time_to(0, 30.0, 2e6) < 10.0, "{}", world.time_to(0, 30.0, 2e6));
}

#[test]
fn a_wide_path_is_used_up_to_the_limit() {
    let mut world = World::of_one(50e6, 40.0, Limits { max: 6e6, ..LIMITS });
    world.run(15.0);
    assert!(world.target(0, 10.0, 15.0) > 5.5e6, "{}", world.target(0, 10.0, 15.0));
}
