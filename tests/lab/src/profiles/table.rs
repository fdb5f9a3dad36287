//! Table of the profiles, and what their links are made of.

use super::{Bar, Calls, Change, Profile, Step};
use crate::link::{Distribution, LinkConfig, Loss, Order, Overtaking};

const fn line(rate_kbps: f64, delay_ms: f64) -> LinkConfig {
    LinkConfig { rate_kbps, delay_ms, queue_ms: 300.0, ..LinkConfig::CLEAN }
}

const fn lossy(percent: f64) -> LinkConfig {
    LinkConfig { loss: Loss::Random(percent), ..line(10_000.0, 50.0) }
}

/// Losses in bursts of so many packets in the mean.
const fn bursty(percent: f64, packets: f64) -> LinkConfig {
    let leave = 100.0 / packets;
    let enter = leave * percent / (100.0 - percent);
    LinkConfig { loss: Loss::Gilbert { enter, leave }, ..line(10_000.0, 50.0) }
}

/// As RingRTC limits bandwidth: 16 packets of queue, no delay.
const fn limited(rate_kbps: f64) -> LinkConfig {
    LinkConfig { rate_kbps, limit: 16, order: Order::DelayFirst, ..LinkConfig::CLEAN }
}

const fn spiky(delay_ms: f64, jitter_ms: f64, loss: Loss) -> LinkConfig {
    LinkConfig {
        delay_ms,
        jitter_ms,
        jitter_correlation: 0.5,
        overtaking: Overtaking::Allowed,
        order: Order::DelayFirst,
        loss,
        ..LinkConfig::CLEAN
    }
}

const MODERATE: LinkConfig = LinkConfig {
    delay_ms: 100.0,
    jitter_ms: 25.0,
    distribution: Distribution::Pareto,
    overtaking: Overtaking::Allowed,
    loss: Loss::Random(5.0),
    order: Order::DelayFirst,
    ..LinkConfig::CLEAN
};

const INTERNATIONAL: LinkConfig = LinkConfig {
    rate_kbps: 300.0,
    limit: 250,
    delay_ms: 250.0,
    jitter_ms: 100.0,
    distribution: Distribution::Pareto,
    overtaking: Overtaking::Allowed,
    loss: Loss::Gilbert { enter: 3.0, leave: 25.0 },
    duplicate_percent: 2.0,
    reorder_percent: 5.0,
    reorder_correlation: 0.5,
    order: Order::DelayFirst,
    ..LinkConfig::CLEAN
};

const WIDE: LinkConfig = line(20_000.0, 25.0);
const DOWN: LinkConfig = LinkConfig { down: true, ..WIDE };

const fn at(at_s: f64, change: Change) -> Step {
    Step { at_s, change }
}

const fn call(name: &'static str, about: &'static str, link: LinkConfig) -> Profile {
    Profile {
        name,
        about,
        link,
        steps: &[],
        calls: Calls::One,
        seconds: 30,
        settled_s: 6.0,
        until_s: None,
        back_from: None,
        bars: &[],
    }
}

/// A call that begins on a good link, as RingRTC's do: the profile sets in after two seconds.
const fn after_start(
    name: &'static str,
    about: &'static str,
    steps: &'static [Step],
    bars: &'static [Bar],
) -> Profile {
    Profile { steps, bars, ..call(name, about, LinkConfig::CLEAN) }
}

const fn loss(
    name: &'static str,
    about: &'static str,
    link: &'static [Step],
    bars: &'static [Bar],
) -> Profile {
    Profile { steps: link, bars, ..call(name, about, line(10_000.0, 50.0)) }
}

/// Every profile, in the order of the report.
pub const PROFILES: &[Profile] = &[
    Profile {
        settled_s: 3.0,
        bars: &[Bar::AtMost("capture_to_display_ms", 100.0), Bar::AtMost("lip_sync_abs_ms", 40.0)],
        ..call("clean", "no limit, no delay", LinkConfig::CLEAN)
    },
    Profile {
        settled_s: 10.0,
        bars: &[
            Bar::AtMost("ramp_s", 3.0),
            Bar::RatioAtMost("ramp_s", 1.0),
            Bar::AtMost("queue_p95_ms", 50.0),
        ],
        ..call("ramp", "2.5 Mbit/s, 25 ms each way, 300 ms of queue", line(2_500.0, 25.0))
    },
    Profile {
        steps: &[at(15.0, Change::Link(line(500.0, 25.0))), at(30.0, Change::Link(line(2_500.0, 25.0)))],
        seconds: 50,
        back_from: Some(1),
        bars: &[
            Bar::AtMost("rate_back_s", 8.0),
            Bar::AtMost("longest_freeze_ms", 500.0),
            Bar::AtMost("sound_gap_ms", 200.0),
        ],
        ..call("drop", "2.5 Mbit/s, 500 kbit/s from 15 to 30 s, 2.5 Mbit/s again", line(2_500.0, 25.0))
    },
    Profile {
        settled_s: 0.0,
        bars: &[
            Bar::AtLeast("received_kbps", 390.0),
            Bar::AtMost("queue_p95_ms", 100.0),
            Bar::AtMost("longest_freeze_ms", 300.0),
            Bar::AtMost("concealed_percent", 1.0),
            Bar::AtMost("sound_gap_ms", 200.0),
        ],
        ..call(
            "narrow",
            "500 kbit/s, 50 ms each way, 300 ms of queue, from the first second",
            line(500.0, 50.0),
        )
    },
    loss(
        "loss2",
        "2 % random loss from 3 s on, 10 Mbit/s, 50 ms each way",
        &[at(3.0, Change::Link(lossy(2.0)))],
        &[Bar::AtLeast("shown_percent", 95.0), Bar::RatioAtLeast("received_kbps", 1.0)],
    ),
    loss(
        "loss5",
        "5 % random loss",
        &[at(3.0, Change::Link(lossy(5.0)))],
        &[Bar::AtLeast("received_kbps", 2_000.0), Bar::AtLeast("shown_percent", 95.0)],
    ),
    loss(
        "loss10",
        "10 % random loss",
        &[at(3.0, Change::Link(lossy(10.0)))],
        &[
            Bar::AtLeast("received_kbps", 1_200.0),
            Bar::AtLeast("shown_percent", 95.0),
            Bar::AtLeast("pesq", 3.8),
        ],
    ),
    loss(
        "loss20",
        "20 % random loss",
        &[at(3.0, Change::Link(lossy(20.0)))],
        &[
            Bar::AtLeast("received_kbps", 350.0),
            Bar::AtLeast("shown_percent", 85.0),
            Bar::RatioAtLeast("shown_percent", 1.0),
            Bar::AtMost("concealed_percent", 5.0),
            Bar::AtLeast("pesq", 3.3),
        ],
    ),
    loss(
        "loss30",
        "30 % random loss",
        &[at(3.0, Change::Link(lossy(30.0)))],
        &[Bar::RatioAtLeast("shown_percent", 1.0), Bar::RatioAtLeast("pesq", 1.0)],
    ),
    loss(
        "loss50",
        "50 % random loss",
        &[at(3.0, Change::Link(lossy(50.0)))],
        &[Bar::RatioAtLeast("pesq", 1.0)],
    ),
    loss(
        "burst10",
        "10 % loss in bursts of 3",
        &[at(3.0, Change::Link(bursty(10.0, 3.0)))],
        &[Bar::RatioAtLeast("shown_percent", 1.0), Bar::RatioAtLeast("pesq", 1.0)],
    ),
    loss(
        "burst20",
        "20 % loss in bursts of 3",
        &[at(3.0, Change::Link(bursty(20.0, 3.0)))],
        &[Bar::RatioAtLeast("shown_percent", 1.0), Bar::RatioAtLeast("pesq", 1.0)],
    ),
    loss(
        "burst30",
        "30 % loss in bursts of 3",
        &[at(3.0, Change::Link(bursty(30.0, 3.0)))],
        &[Bar::RatioAtLeast("pesq", 1.0)],
    ),
    loss(
        "burst50",
        "50 % loss in bursts of 3",
        &[at(3.0, Change::Link(bursty(50.0, 3.0)))],
        &[Bar::RatioAtLeast("pesq", 1.0)],
    ),
    Profile {
        seconds: 24,
        settled_s: 8.0,
        until_s: Some(18.0),
        back_from: Some(1),
        ..loss(
            "burst5",
            "30 % loss in bursts of 5 from 8 to 18 s; figures of those ten seconds",
            &[at(8.0, Change::Link(bursty(30.0, 5.0))), at(18.0, Change::Link(line(10_000.0, 50.0)))],
            &[Bar::AtLeast("pesq", 2.3), Bar::AtMost("picture_back_s", 1.0)],
        )
    },
    after_start(
        "moderate",
        "RingRTC: 100 ms, 25 ms of Pareto jitter with overtaking, 5 % loss",
        &[at(2.0, Change::Link(MODERATE))],
        &[Bar::AtLeast("received_kbps", 600.0), Bar::AtLeast("fps", 25.0), Bar::RatioAtLeast("pesq", 1.0)],
    ),
    after_start(
        "international",
        "RingRTC: 300 kbit/s, 250 ms, 100 ms of Pareto jitter, 11 % Gilbert loss, 5 % overtaking, 2 % twice",
        &[at(2.0, Change::Link(INTERNATIONAL))],
        &[
            Bar::AtLeast("fps", 12.0),
            Bar::RatioAtLeast("shown_percent", 1.0),
            Bar::AtLeast("pesq", 2.8),
            Bar::RatioAtLeast("pesq", 1.0),
        ],
    ),
    Profile {
        settled_s: 3.0,
        back_from: Some(2),
        ..after_start(
            "spiky",
            "RingRTC: 50 ms, from 10 to 20 s 100 ms with 30 % Gilbert loss",
            &[
                at(2.0, Change::Link(spiky(50.0, 10.0, Loss::None))),
                at(10.0, Change::Link(spiky(100.0, 20.0, Loss::Gilbert { enter: 11.0, leave: 25.0 }))),
                at(20.0, Change::Link(spiky(50.0, 10.0, Loss::None))),
            ],
            &[Bar::AtMost("picture_back_s", 1.0), Bar::RatioAtLeast("shown_percent", 1.0)],
        )
    },
    after_start(
        "limit25",
        "RingRTC: 25 kbit/s, 16 packets of queue",
        &[at(2.0, Change::Link(limited(25.0)))],
        &[Bar::RatioAtLeast("pesq", 1.0)],
    ),
    after_start(
        "limit50",
        "RingRTC: 50 kbit/s, 16 packets of queue",
        &[at(2.0, Change::Link(limited(50.0)))],
        &[Bar::AtLeast("pesq", 2.5)],
    ),
    after_start(
        "limit100",
        "RingRTC: 100 kbit/s",
        &[at(2.0, Change::Link(limited(100.0)))],
        &[Bar::RatioAtLeast("pesq", 1.0), Bar::RatioAtLeast("shown_percent", 1.0)],
    ),
    after_start(
        "limit300",
        "RingRTC: 300 kbit/s",
        &[at(2.0, Change::Link(limited(300.0)))],
        &[Bar::RatioAtLeast("pesq", 1.0), Bar::RatioAtLeast("shown_percent", 1.0)],
    ),
    after_start(
        "limit1000",
        "RingRTC: 1 Mbit/s",
        &[at(2.0, Change::Link(limited(1_000.0)))],
        &[Bar::RatioAtLeast("received_kbps", 1.0)],
    ),
    after_start(
        "limit2000",
        "RingRTC: 2 Mbit/s",
        &[at(2.0, Change::Link(limited(2_000.0)))],
        &[Bar::RatioAtLeast("received_kbps", 1.0)],
    ),
    Profile {
        calls: Calls::Two,
        seconds: 60,
        settled_s: 25.0,
        bars: &[Bar::AtLeast("first_share_percent", 35.0), Bar::AtMost("first_share_percent", 65.0)],
        ..call("fair", "two calls on 2 Mbit/s, 25 ms each way", line(2_000.0, 25.0))
    },
    Profile {
        steps: &[at(8.0, Change::Link(DOWN)), at(11.0, Change::Link(WIDE))],
        seconds: 22,
        back_from: Some(1),
        bars: &[Bar::AtMost("picture_back_s", 1.2)],
        ..call("dead3", "no packet from 8 to 11 s", WIDE)
    },
    Profile {
        steps: &[at(8.0, Change::Outage), at(18.0, Change::Restore(WIDE))],
        seconds: 32,
        back_from: Some(1),
        bars: &[Bar::AtMost("picture_back_s", 1.2)],
        ..call("dead10", "no packet and no server from 8 to 18 s", WIDE)
    },
    Profile {
        steps: &[at(8.0, Change::Link(DOWN)), at(48.0, Change::Link(WIDE))],
        seconds: 62,
        back_from: Some(1),
        bars: &[Bar::AtMost("picture_back_s", 1.2)],
        ..call("dead40", "no packet from 8 to 48 s", WIDE)
    },
    Profile {
        steps: &[at(8.0, Change::Address)],
        seconds: 22,
        back_from: Some(0),
        bars: &[Bar::AtMost("picture_back_s", 1.2)],
        ..call("address", "the caller's address changes at 8 s", WIDE)
    },
];
