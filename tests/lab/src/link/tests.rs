//! Tests of the link model in virtual time.

use super::*;

/// Sends `count` packets of `bytes` every `gap_us` and returns all that left.
fn stream(config: LinkConfig, count: u64, bytes: usize, gap_us: Micros) -> Vec<Outcome<u64>> {
    let mut link = Link::new(config, 7);
    for number in 0..count {
        link.send(number * gap_us, number, bytes);
    }
    let mut all = link.take(count * gap_us);
    while let Some(next) = link.next_event() {
        all.extend(link.take(next));
    }
    all
}

fn share(all: &[Outcome<u64>], fate: Fate) -> f64 {
    all.iter().filter(|outcome| outcome.fate == fate).count() as f64 / all.len() as f64
}

#[test]
fn a_packet_takes_its_transmission_and_the_delay() {
    let config = LinkConfig { rate_kbps: 1000.0, delay_ms: 50.0, ..LinkConfig::CLEAN };
    let all = stream(config, 1, 1250, 1);
    assert_eq!(all.len(), 1);
    // 1250 bytes at 1 Mbit/s are 10 ms.
    assert_eq!((all[0].left, all[0].queued, all[0].fate), (60_000, 0, Fate::Delivered));
}

#[test]
fn a_bottleneck_passes_its_rate_and_drops_the_rest() {
    // 2 Mbit/s offered to 1 Mbit/s.
    let config = LinkConfig { rate_kbps: 1000.0, queue_ms: 300.0, ..LinkConfig::CLEAN };
    let all = stream(config, 4000, 1250, 5_000);
    let passed: Vec<_> = all.iter().filter(|outcome| outcome.fate == Fate::Delivered).collect();
    let kbps = passed.len() as f64 * 1250.0 * 8e3 / (4000.0 * 5_000.0);
    assert!((kbps - 1000.0).abs() < 30.0, "{kbps}");
    let longest = passed.iter().map(|outcome| outcome.queued).max().unwrap_or(0);
    assert!((295_000..=315_000).contains(&longest), "{longest}");
    assert!((share(&all, Fate::Dropped) - 0.49).abs() < 0.02);
}

#[test]
fn a_late_poll_changes_no_time() {
    let config = LinkConfig { rate_kbps: 800.0, delay_ms: 20.0, ..LinkConfig::CLEAN };
    let mut link = Link::new(config, 1);
    // 1000 bytes are 10 ms; nobody looks until long after.
    (0..3).for_each(|number| link.send(0, number, 1000));
    let left: Vec<Micros> = link.take(10_000_000).iter().map(|outcome| outcome.left).collect();
    assert_eq!(left, [30_000, 40_000, 50_000]);
}

#[test]
fn a_rate_counts_from_its_change_on() {
    let config = LinkConfig { rate_kbps: 800.0, ..LinkConfig::CLEAN };
    let mut link = Link::new(config, 1);
    (0..3).for_each(|number| link.send(0, number, 1000));
    link.configure(15_000, LinkConfig { rate_kbps: 400.0, ..config });
    let left: Vec<Micros> = link.take(10_000_000).iter().map(|outcome| outcome.left).collect();
    // The one being sent keeps its 10 ms, the next takes 20.
    assert_eq!(left, [10_000, 20_000, 40_000]);
}

#[test]
fn random_loss_has_its_share() {
    let all = stream(LinkConfig { loss: Loss::Random(10.0), ..LinkConfig::CLEAN }, 20_000, 100, 1_000);
    assert!((share(&all, Fate::Lost) - 0.10).abs() < 0.01);
}

#[test]
fn gilbert_loss_comes_in_bursts() {
    let loss = Loss::Gilbert { enter: 3.0, leave: 25.0 };
    let mut all = stream(LinkConfig { loss, ..LinkConfig::CLEAN }, 50_000, 100, 1_000);
    all.sort_by_key(|outcome| outcome.packet);
    let lost = share(&all, Fate::Lost);
    // enter / (enter + leave)
    assert!((lost - 0.107).abs() < 0.01, "{lost}");
    let bursts = all.windows(2).filter(|w| w[0].fate == Fate::Delivered && w[1].fate == Fate::Lost).count();
    let length = lost * all.len() as f64 / bursts as f64;
    assert!((length - 4.0).abs() < 0.4, "{length}");
}

#[test]
fn jitter_reorders_only_where_it_may() {
    let config = LinkConfig { delay_ms: 100.0, jitter_ms: 25.0, ..LinkConfig::CLEAN };
    let order = |overtaking, distribution| {
        let all = stream(LinkConfig { overtaking, distribution, ..config }, 5_000, 100, 2_000);
        all.windows(2).filter(|w| w[0].packet > w[1].packet).count()
    };
    assert_eq!(order(Overtaking::Forbidden, Distribution::Pareto), 0);
    assert!(order(Overtaking::Allowed, Distribution::Pareto) > 500);
    assert!(order(Overtaking::Allowed, Distribution::Uniform) > 500);
}

#[test]
fn pareto_jitter_keeps_the_mean_and_has_a_tail() {
    let config = LinkConfig {
        delay_ms: 250.0,
        jitter_ms: 50.0,
        distribution: Distribution::Pareto,
        overtaking: Overtaking::Allowed,
        ..LinkConfig::CLEAN
    };
    let all = stream(config, 20_000, 100, 1_000);
    let delays: Vec<f64> = all.iter().map(|outcome| (outcome.left - outcome.sent) as f64 / 1e3).collect();
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    assert!((mean - 248.0).abs() < 6.0, "{mean}");
    let longest = delays.iter().copied().fold(0.0, f64::max);
    assert!((400.0..=450.0).contains(&longest), "{longest}");
}

#[test]
fn duplicates_and_early_packets_have_their_share() {
    let config = LinkConfig {
        delay_ms: 50.0,
        duplicate_percent: 2.0,
        reorder_percent: 5.0,
        overtaking: Overtaking::Allowed,
        order: Order::DelayFirst,
        ..LinkConfig::CLEAN
    };
    let all = stream(config, 20_000, 100, 1_000);
    let copies = all.iter().filter(|outcome| outcome.copy).count();
    assert!((300..500).contains(&copies), "{copies}");
    let early = all.iter().filter(|outcome| outcome.left == outcome.sent).count();
    assert!((900..1_200).contains(&early), "{early}");
}

#[test]
fn behind_the_delay_the_bottleneck_limits_too() {
    let config = LinkConfig {
        rate_kbps: 300.0,
        limit: 250,
        delay_ms: 250.0,
        order: Order::DelayFirst,
        ..LinkConfig::CLEAN
    };
    // 600 kbit/s offered.
    let all = stream(config, 2_000, 1250, 16_667);
    let passed = all.iter().filter(|outcome| outcome.fate == Fate::Delivered).count();
    let last = all.iter().map(|outcome| outcome.left).max().unwrap_or(0);
    let kbps = passed as f64 * 1250.0 * 8e3 / last as f64;
    assert!((kbps - 300.0).abs() < 10.0, "{kbps}");
    assert!(all.iter().any(|outcome| outcome.fate == Fate::Dropped));
}

#[test]
fn nothing_passes_a_link_that_is_down() {
    let config = LinkConfig { delay_ms: 10.0, ..LinkConfig::CLEAN };
    let mut link = Link::new(config, 1);
    link.send(0, 0, 100);
    link.configure(1_000, LinkConfig { down: true, ..config });
    link.send(2_000, 1, 100);
    let all = link.take(100_000);
    let fates: Vec<_> = all.iter().map(|outcome| (outcome.packet, outcome.fate)).collect();
    // What was under way arrives.
    assert_eq!(fates, [(1, Fate::Down), (0, Fate::Delivered)]);
}

#[test]
fn the_same_seed_gives_the_same_link() {
    let config = LinkConfig {
        delay_ms: 50.0,
        jitter_ms: 20.0,
        loss: Loss::Random(20.0),
        overtaking: Overtaking::Allowed,
        ..LinkConfig::CLEAN
    };
    assert_eq!(stream(config, 500, 100, 1_000), stream(config, 500, 100, 1_000));
}
