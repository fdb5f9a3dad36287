//! Profiles of loss and jitter: random loss, bursts, packets that overtake each other.

use std::ops::Range;

use super::{Jitter, LIMITS, Loss, World};

/// Courses of chance that each profile is tried with.
const SEEDS: Range<u64> = 0..5;

/// A 10 Mbit/s link of 100 ms with loss both ways from the third second on.
fn lossy(seed: u64, loss: &[(f64, Loss)]) -> World {
    let mut world = World::seeded(seed, 10e6, 100.0, LIMITS);
    world.flows[0].forward.loss.extend_from_slice(loss);
    world.flows[0].receiver.back.loss.extend_from_slice(loss);
    world
}

#[test]
fn random_loss_of_5_percent_leaves_2_mbit() {
    for seed in SEEDS {
        let mut world = lossy(seed, &[(3.0, Loss::Random(0.05))]);
        world.run(60.0);
        world.print("loss 5 %");
        assert!(world.target(0, 30.0, 60.0) >= 2e6, "{}", world.target(0, 30.0, 60.0));
    }
}

#[test]
fn random_loss_of_10_percent_leaves_1_2_mbit() {
    for seed in SEEDS {
        let mut world = lossy(seed, &[(3.0, Loss::Random(0.10))]);
        world.run(60.0);
        world.print("loss 10 %");
        assert!(world.target(0, 30.0, 60.0) >= 1.2e6, "{}", world.target(0, 30.0, 60.0));
    }
}

#[test]
fn random_loss_of_20_percent_leaves_350_kbit() {
    for seed in SEEDS {
        let mut world = lossy(seed, &[(3.0, Loss::Random(0.20))]);
        world.run(60.0);
        world.print("loss 20 %");
        assert!(world.target(0, 30.0, 60.0) >= 350e3, "{}", world.target(0, 30.0, 60.0));
        assert!(world.target(0, 30.0, 60.0) <= 1.2e6, "{}", world.target(0, 30.0, 60.0));
    }
}

#[test]
fn loss_from_the_start_on_does_not_keep_it_at_the_start() {
    for seed in SEEDS {
        let mut world = lossy(seed, &[(0.0, Loss::Random(0.05))]);
        world.run(60.0);
        world.print("loss 5 % from the start");
        assert!(world.target(0, 30.0, 60.0) >= 1.5e6, "{}", world.target(0, 30.0, 60.0));
    }
}

#[test]
fn after_10_s_of_30_percent_the_rate_comes_back() {
    for seed in SEEDS {
        let mut world = lossy(seed, &[(10.0, Loss::Random(0.30)), (20.0, Loss::Random(0.0))]);
        world.run(40.0);
        world.print("30 % for 10 s");
        assert!(world.least_target(0, 11.0, 20.0) >= 150e3, "{}", world.least_target(0, 11.0, 20.0));
        assert!(world.time_to(0, 20.0, 1e6) <= 10.0, "{}", world.time_to(0, 20.0, 1e6));
        assert!(world.received(0, 20.0, 33.0) >= 0.9e6, "{}", world.received(0, 20.0, 33.0));
    }
}

#[test]
fn random_loss_on_a_link_of_1_mbit_does_not_hide_its_queue() {
    for seed in SEEDS {
        let mut world = World::seeded(seed, 1e6, 100.0, LIMITS);
        world.flows[0].forward.loss.push((3.0, Loss::Random(0.10)));
        world.run(60.0);
        world.print("loss 10 % on 1 Mbit/s");
        assert!(world.queue(0.95, 20.0, 60.0) <= 150.0, "{}", world.queue(0.95, 20.0, 60.0));
        assert!(world.received(0, 20.0, 60.0) >= 0.6e6, "{}", world.received(0, 20.0, 60.0));
    }
}

/// 100 ms each way with jitter that makes packets overtake each other.
fn jittery(seed: u64, deviation: f64, loss: f64) -> World {
    let mut world = World::seeded(seed, 10e6, 200.0, LIMITS);
    let flow = &mut world.flows[0];
    flow.forward.jitter = vec![(0.0, Jitter::Pareto(deviation))];
    flow.receiver.back.jitter = vec![(0.0, Jitter::Pareto(deviation))];
    flow.forward.loss = vec![(0.0, Loss::Random(loss))];
    flow.receiver.back.loss = vec![(0.0, Loss::Random(loss))];
    world
}

#[test]
fn jitter_without_loss_does_not_matter() {
    for seed in SEEDS {
        for deviation in [10.0, 25.0] {
            let mut world = jittery(seed, deviation, 0.0);
            world.run(60.0);
            world.print("jitter");
            assert!(world.target(0, 20.0, 60.0) >= 0.9 * LIMITS.max, "{}", world.target(0, 20.0, 60.0));
        }
    }
}

#[test]
fn moderate_jitter_with_5_percent_leaves_600_kbit() {
    for seed in SEEDS {
        let mut world = jittery(seed, 25.0, 0.05);
        world.run(60.0);
        world.print("moderate");
        assert!(world.target(0, 15.0, 60.0) >= 600e3, "{}", world.target(0, 15.0, 60.0));
    }
}

#[test]
fn international_keeps_a_call_going() {
    for seed in SEEDS {
        let mut world = World::seeded(seed, 300e3, 500.0, LIMITS);
        let flow = &mut world.flows[0];
        flow.forward.jitter = vec![(0.0, Jitter::Pareto(100.0))];
        flow.receiver.back.jitter = vec![(0.0, Jitter::Pareto(100.0))];
        flow.forward.loss = vec![(0.0, Loss::Gilbert { enter: 0.03, leave: 0.25 })];
        flow.receiver.back.loss = vec![(0.0, Loss::Gilbert { enter: 0.03, leave: 0.25 })];
        world.run(60.0);
        world.print("international");
        let target = world.target(0, 10.0, 60.0);
        assert!((120e3..320e3).contains(&target), "{target}");
        assert!(world.queue(0.95, 10.0, 60.0) <= 290.0, "{}", world.queue(0.95, 10.0, 60.0));
    }
}

#[test]
fn a_link_with_next_to_no_queue_is_not_taken_for_one_that_loses_at_random() {
    for seed in SEEDS {
        for bps in [300e3, 1e6] {
            let mut world = World::seeded(seed, bps, 60.0, LIMITS);
            // Too short to grow: only loss shows that it is full.
            world.link.queue_limit = 40.0;
            world.run(60.0);
            world.print("policer");
            let (target, received) = (world.target(0, 20.0, 60.0), world.received(0, 20.0, 60.0));
            assert!(received > 0.6 * bps && target < bps, "{received} of {target}");
        }
    }
}
