//! Profiles of sharing: two flows over one bottleneck. Growth and back-off have libwebrtc's constants, so a flow
//! of ours that never probes after its start stands for one of libwebrtc.

use std::ops::Range;

use super::{LIMITS, Link, World};

const SEEDS: Range<u64> = 0..4;

fn share(world: &World, from: f64, to: f64) -> f64 {
    let (first, second) = (world.received(0, from, to), world.received(1, from, to));
    first / (first + second)
}

#[test]
fn two_that_start_together_share_fairly() {
    for seed in SEEDS {
        let mut world = World::new(seed, Link::new(2e6));
        world.add(100.0, LIMITS);
        world.add(100.0, LIMITS);
        world.run(120.0);
        world.print("two");
        let part = share(&world, 20.0, 120.0);
        assert!((0.35..0.65).contains(&part), "{part}");
        let used = world.received(0, 20.0, 120.0) + world.received(1, 20.0, 120.0);
        assert!(used > 1.5e6, "{used}");
    }
}

#[test]
fn a_late_one_gets_its_share() {
    for seed in SEEDS {
        let mut world = World::new(seed, Link::new(2e6));
        world.add(100.0, LIMITS);
        world.add(100.0, LIMITS).starts = 20.0;
        world.run(120.0);
        world.print("late");
        let part = share(&world, 60.0, 120.0);
        assert!((0.35..0.65).contains(&part), "{part}");
    }
}

/// Whether ours comes first or second, what it gets beside one of libwebrtc.
fn beside_libwebrtc(seed: u64, ours_starts: f64, its_starts: f64) -> f64 {
    let mut world = World::new(seed, Link::new(2e6));
    world.add(100.0, LIMITS).starts = ours_starts;
    let other = world.add(100.0, LIMITS);
    other.starts = its_starts;
    other.probes_until = its_starts + 2.0;
    world.run(140.0);
    world.print("beside libwebrtc");
    share(&world, 40.0, 140.0)
}

#[test]
fn beside_one_of_libwebrtc_that_starts_with_it_ours_gets_its_share() {
    for seed in SEEDS {
        let part = beside_libwebrtc(seed, 0.0, 0.0);
        assert!((0.35..0.65).contains(&part), "{part}");
    }
}

#[test]
fn beside_one_of_libwebrtc_that_starts_later_ours_leaves_it_its_share() {
    for seed in SEEDS {
        let part = beside_libwebrtc(seed, 0.0, 20.0);
        assert!((0.35..0.65).contains(&part), "{part}");
    }
}

#[test]
fn beside_one_of_libwebrtc_that_was_there_before_ours_gets_its_share() {
    for seed in SEEDS {
        let part = beside_libwebrtc(seed, 20.0, 0.0);
        assert!((0.35..0.65).contains(&part), "{part}");
    }
}
