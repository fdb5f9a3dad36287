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
