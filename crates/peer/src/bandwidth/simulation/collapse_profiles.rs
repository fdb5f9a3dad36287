//! Profiles of collapse: links that lose most of their rate at once, in both directions, so that reports are late or lost
//! with the media.

use std::ops::Range;

use super::{Jitter, Loss, World};

const SEEDS: Range<u64> = 0..4;
const SIDES: Range<usize> = 0..2;

/// After two wide seconds a link of this rate and queue, both ways, for 38 s; then it is wide again.
fn collapse(name: &str, seed: u64, bps: f64, packets: usize, round_trip: f64) -> World {
    let mut world = World::of_two_sides(seed, round_trip, &[(0.0, 100e6), (2.0, bps), (40.0, 10e6)], packets);
    world.run(60.0);
    world.print(name);
    world
}

/// The queue is gone after so many seconds, and little finds it full after that.
fn settles(name: &str, bps: f64, packets: usize, round_trip: f64, settled: f64) -> Vec<World> {
    let mut worlds = Vec::new();
    for seed in SEEDS {
        let world = collapse(name, seed, bps, packets, round_trip);
        assert!(world.queue(0.95, settled, 40.0) <= 400.0, "{}", world.queue(0.95, settled, 40.0));
        let drops = world.drops(settled, 40.0);
        assert!(drops <= 20, "{drops} packets found the queue full");
        for side in SIDES {
            let probes = world.flows[side].probes.iter().filter(|(at, _)| (2.5..40.0).contains(at));
            let largest = probes.map(|(_, bps)| *bps).fold(0.0, f64::max);
            assert!(largest <= 5.0 * bps, "{side}: a probe of {largest}");
            let received = world.received(side, settled, 40.0);
            assert!(received >= (0.6 * bps).min(19e3), "{received}");
        }
        worlds.push(world);
    }
    worlds
}

/// That the link is wide again is noticed.
fn comes_back(worlds: &[World]) {
    for (world, side) in worlds.iter().flat_map(|world| SIDES.map(move |side| (world, side))) {
        let back = world.time_to(side, 40.0, 2e6);
        assert!(back <= 20.0, "{back}");
    }
}

#[test]
fn to_50_kbit_it_settles_within_10_s() {
    comes_back(&settles("to 50", 50e3, 16, 1.0, 12.0));
}

#[test]
fn to_100_kbit_it_settles_within_6_s() {
    comes_back(&settles("to 100", 100e3, 16, 1.0, 8.0));
}

#[test]
fn to_300_kbit_with_seconds_of_queue_it_settles_within_14_s() {
    settles("to 300", 300e3, 250, 500.0, 16.0);
}

#[test]
fn to_300_kbit_with_a_short_queue_it_settles_within_3_s() {
    comes_back(&settles("to 300, short", 300e3, 16, 1.0, 5.0));
}

/// The international profile: half a second there and back, with jitter and losses that come in bursts.
#[test]
fn to_300_kbit_with_jitter_and_bursts_of_loss_a_call_goes_on() {
    let mut targets = Vec::new();
    for seed in SEEDS {
        let mut world = World::of_two_sides(seed, 1.0, &[(0.0, 100e6), (2.0, 300e3)], 250);
        for flow in &mut world.flows {
            for path in [&mut flow.forward, &mut flow.receiver.back] {
                path.delays.push((2.0, 250.0));
                path.jitter.push((2.0, Jitter::Pareto(100.0)));
                path.loss.push((2.0, Loss::Gilbert { enter: 0.03, leave: 0.25 }));
            }
        }
        world.run(40.0);
        world.print("international");
        targets.extend(SIDES.map(|side| world.target(side, 15.0, 40.0)));
        assert!(world.queue(0.95, 12.0, 40.0) <= 290.0, "{}", world.queue(0.95, 12.0, 40.0));
    }
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    assert!(mean >= 130e3, "{mean}: {targets:?}");
    assert!(targets.iter().all(|target| (60e3..300e3).contains(target)), "{targets:?}");
}

#[test]
fn to_500_kbit_something_is_sent_all_the_time_and_the_queue_drains_within_3_s() {
    for seed in SEEDS {
        let rates = [(0.0, 2.5e6), (10.0, 500e3), (25.0, 2.5e6)];
        let mut world = World::of_two_sides(seed, 50.0, &rates, usize::MAX);
        world.link.queue_limit = 300.0;
        world.back.as_mut().expect("two sides").queue_limit = 300.0;
        world.run(40.0);
        world.print("to 500");
        for side in SIDES {
            for second in 10..24 {
                let (from, to) = (f64::from(second), f64::from(second + 1));
                assert!(
                    world.target(side, from, to) >= 120e3,
                    "{second} s: {}",
                    world.target(side, from, to)
                );
            }
            assert!(world.received(side, 13.0, 25.0) >= 350e3, "{}", world.received(side, 13.0, 25.0));
            assert!(world.time_to(side, 25.0, 2e6) <= 10.0, "{}", world.time_to(side, 25.0, 2e6));
        }
        assert!(world.queue(0.95, 13.0, 25.0) <= 150.0, "{}", world.queue(0.95, 13.0, 25.0));
    }
}
