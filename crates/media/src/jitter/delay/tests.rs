use super::*;

const MS: i64 = OPUS_CLOCK_HZ as i64 / 1000;

/// Takes in packets of 20 ms whose lateness in ms `late` says; returns the wanted delay in ms.
fn learnt(estimator: &mut DelayEstimator, from: i64, packets: i64, late: impl Fn(i64) -> i64) -> u128 {
    for packet in from..from + packets {
        let lateness = late(packet) * MS;
        estimator.observe(packet * 20 * MS + lateness, lateness);
    }
    estimator.target().as_millis()
}

#[test]
fn a_clean_path_has_the_least_delay() {
    let mut estimator = DelayEstimator::default();
    assert_eq!(estimator.target(), INITIAL_DELAY);
    assert_eq!(learnt(&mut estimator, 0, 500, |packet| packet % 3), 20);
}

#[test]
fn a_rise_is_followed_at_once_and_held() {
    let mut estimator = DelayEstimator::default();
    learnt(&mut estimator, 0, 1500, |_| 0);
    assert_eq!(learnt(&mut estimator, 1500, 1, |_| 90), 100);
    assert!((100..=110).contains(&learnt(&mut estimator, 1501, 50, |_| 0)), "a second later");
    assert_eq!(learnt(&mut estimator, 1551, 300, |_| 0), 20, "one peak alone is forgotten");
}

/// A link becomes narrow: what was under way fills its queue, which takes three seconds to drain. As measured at
/// 300 kbit/s, where a histogram that forgets kept 410 ms for the rest of the call.
#[test]
fn a_queue_that_has_drained_is_forgotten() {
    let mut estimator = DelayEstimator::default();
    let queue = |packet: i64| match packet - 150 {
        0..50 => 380,
        50..100 => 354,
        100..150 => 70,
        150..180 => 223,
        180.. => packet % 7 * 5,
        _ => packet % 3,
    };
    assert_eq!(learnt(&mut estimator, 0, 200, queue), 390);
    assert_eq!(learnt(&mut estimator, 200, 150, queue), 390);
    let wanted = learnt(&mut estimator, 350, 340, queue);
    assert!((40..=50).contains(&wanted), "{wanted} ms seven seconds later");
}

#[test]
fn jitter_is_waited_for_however_it_is_spread() {
    let mut estimator = DelayEstimator::default();
    // One packet in a hundred is very late, a few in ten a little.
    let late = |packet: i64| match packet * 7919 % 100 {
        0 => 150,
        1..30 => packet * 31 % 80,
        _ => 0,
    };
    let mut least = u128::MAX;
    for second in 0..120 {
        let wanted = learnt(&mut estimator, second * 50, 50, late);
        if second >= 10 {
            least = least.min(wanted);
        }
    }
    assert!((160..=170).contains(&least), "{least}");
}

#[test]
fn episodes_that_come_back_are_waited_for_and_forgotten_after_the_last() {
    let mut estimator = DelayEstimator::default();
    let late = |packet: i64| if packet % 400 >= 300 && packet < 2_000 { 200 } else { 0 };
    learnt(&mut estimator, 0, 750, late);
    for packet in (750..2_000).step_by(10) {
        let wanted = learnt(&mut estimator, packet, 10, late);
        assert!((210..=220).contains(&wanted), "{packet}: {wanted}");
    }
    assert_eq!(learnt(&mut estimator, 2_000, 1_100, late), 20);
}

/// As measured at 2.5 Mbit/s: the first probes, and a picture that is another one altogether.
#[test]
fn two_long_waits_in_twenty_seconds_are_no_reason_to_wait_all_the_time() {
    for (long, waited_for) in [(120, false), (60, true)] {
        let mut estimator = DelayEstimator::default();
        let late = |packet: i64| if matches!(packet, 150..250 | 440..480) { long } else { packet % 3 * 4 };
        learnt(&mut estimator, 0, 480, late);
        let wanted = learnt(&mut estimator, 480, 340, late);
        assert_eq!(wanted >= long.unsigned_abs().into(), waited_for, "{wanted} of {long} ms");
    }
}

#[test]
fn what_one_packet_of_five_hundred_needs_is_wanted() {
    let mut estimator = DelayEstimator::default();
    let wanted = learnt(&mut estimator, 0, 20_000, |packet| if packet % 400 == 0 { 70 } else { 2 });
    assert!((80..=100).contains(&wanted), "{wanted}");
}

#[test]
fn what_redundancy_needs_counts_like_jitter() {
    let mut estimator = DelayEstimator::default();
    for packet in 0..2000 {
        let at = packet * 20 * MS;
        estimator.observe(at, 0);
        if packet % 10 == 0 {
            estimator.need(at, 20 * MS);
        }
    }
    assert_eq!(estimator.target().as_millis(), 40);
}

#[test]
fn nothing_is_waited_for_longer_than_half_a_second() {
    let mut estimator = DelayEstimator::default();
    assert_eq!(learnt(&mut estimator, 0, 500, |packet| packet % 2 * 5000), 500);
}
