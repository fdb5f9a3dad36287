use super::*;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const RTT: Option<Duration> = Some(ms(100));

struct Receiver {
    requests: Requests,
    start: Instant,
}

impl Receiver {
    fn new() -> Self {
        Self { requests: Requests::default(), start: Instant::now() }
    }

    fn media(&mut self, at: u64, number: u16) -> Gap {
        self.requests.received(self.start + ms(at), number, Origin::Media, RTT)
    }

    fn repair(&mut self, at: u64, number: u16) {
        self.requests.received(self.start + ms(at), number, Origin::Retransmission, RTT);
    }

    fn due(&mut self, at: u64) -> Vec<u16> {
        self.requests.take_due(self.start + ms(at), RTT)
    }
}

#[test]
fn a_missing_packet_is_asked_for_at_once_and_again_after_a_round_trip_and_a_quarter() {
    let mut receiver = Receiver::new();
    receiver.media(0, 1);
    receiver.media(10, 4);
    assert_eq!(receiver.due(10), [2, 3]);
    assert_eq!(receiver.due(134), [0; 0]);
    assert_eq!(receiver.requests.next_due(RTT), Some(receiver.start + ms(135)));
    receiver.repair(110, 2);
    assert_eq!(receiver.due(135), [3]);
    receiver.repair(250, 3);
    assert_eq!(receiver.requests.len(), 0);
    assert_eq!(receiver.requests.next_due(RTT), None);
}

#[test]
fn no_packet_is_asked_for_more_than_ten_times_nor_once_it_is_too_old() {
    let mut receiver = Receiver::new();
    let (mut asked, mut last) = (0, 0);
    receiver.media(0, 1);
    receiver.media(0, 3);
    for at in 0..10_000 {
        if !receiver.due(at).is_empty() {
            (asked, last) = (asked + 1, at);
        }
    }
    assert_eq!((asked, last), (10, 1_125));
    let mut slow = Requests::default();
    let start = Instant::now();
    let (rtt, mut asked) = (Some(ms(600)), Vec::new());
    slow.received(start, 1, Origin::Media, rtt);
    slow.received(start, 3, Origin::Media, rtt);
    for at in 0..10_000 {
        if !slow.take_due(start + ms(at), rtt).is_empty() {
            asked.push(at);
        }
    }
    assert_eq!(asked, [0, 750, 1_500]);
    assert_eq!(slow.len(), 0);
}

#[test]
fn where_requests_are_lost_each_is_said_twice() {
    let mut receiver = Receiver::new();
    // Every second request has no answer.
    for round in 0..20_u16 {
        let at = u64::from(round) * 400;
        receiver.media(at, round * 4 + 1);
        receiver.media(at, round * 4 + 4);
        receiver.due(at);
        receiver.repair(at + 100, round * 4 + 2);
        receiver.due(at + 15);
        receiver.due(at + 125);
        receiver.due(at + 140);
        receiver.repair(at + 225, round * 4 + 3);
    }
    receiver.media(10_000, 82);
    assert_eq!(receiver.due(10_000), [81]);
    assert_eq!(receiver.requests.next_due(RTT), Some(receiver.start + ms(10_015)));
    assert_eq!(receiver.due(10_015), [81]);
    assert_eq!(receiver.requests.next_due(RTT), Some(receiver.start + ms(10_125)), "it is no further try");
    receiver.repair(10_100, 81);
    // And where they are answered, once.
    for round in 0..100_u16 {
        let at = 11_000 + u64::from(round) * 200;
        receiver.media(at, 84 + round * 2);
        receiver.due(at);
        receiver.due(at + 15);
        receiver.repair(at + 100, 83 + round * 2);
    }
    receiver.media(40_000, 284);
    assert_eq!(receiver.due(40_000), [283]);
    assert_eq!(receiver.due(40_015), [0; 0]);
}

#[test]
fn an_unknown_round_trip_makes_each_try_wait_longer() {
    let mut requests = Requests::default();
    let start = Instant::now();
    requests.received(start, 1, Origin::Media, None);
    requests.received(start, 3, Origin::Media, None);
    let asked: Vec<u64> =
        (0..2_000).filter(|at| !requests.take_due(start + ms(*at), None).is_empty()).collect();
    assert_eq!(asked, [0, 125, 375, 875]);
}

#[test]
fn reordering_is_learned_and_then_waited_for() {
    let mut receiver = Receiver::new();
    receiver.media(0, 0);
    for n in 0..20_u16 {
        let at = 10 + u64::from(n) * 50;
        receiver.media(at, 2 * n + 2);
        let _asked = receiver.due(at + 1);
        receiver.media(at + 8, 2 * n + 1);
    }
    receiver.media(2_000, 44);
    assert_eq!(receiver.due(2_008), [0; 0]);
    assert_eq!(receiver.due(2_009), [41, 42, 43]);
}

#[test]
fn an_original_after_its_repair_shows_that_the_repair_was_not_needed() {
    let mut receiver = Receiver::new();
    receiver.media(0, 0);
    receiver.media(10, 2);
    assert_eq!(receiver.due(10), [1]);
    receiver.repair(70, 1);
    receiver.media(80, 1);
    receiver.media(1_000, 4);
    assert_eq!(receiver.due(1_070), [0; 0]);
    assert_eq!(receiver.due(1_071), [3]);
}

#[test]
fn numbers_wrap_and_duplicates_change_nothing() {
    let mut receiver = Receiver::new();
    for number in [65_533, 65_533, 65_534, 1, 1, 65_534] {
        receiver.media(0, number);
    }
    assert_eq!(receiver.due(0), [65_535, 0]);
    receiver.repair(100, 65_535);
    receiver.repair(100, 65_535);
    receiver.repair(100, 0);
    assert_eq!(receiver.requests.len(), 0);
}

#[test]
fn a_gap_too_large_to_ask_for_wants_a_key_frame() {
    let mut receiver = Receiver::new();
    receiver.media(0, 1);
    assert_eq!(receiver.media(0, 1_002), Gap::Bridgeable);
    assert_eq!(receiver.media(0, 1_004), Gap::TooLarge);
    assert_eq!(receiver.due(0), [0; 0]);
    assert_eq!(receiver.media(0, 20_000), Gap::TooLarge);
    assert_eq!(receiver.media(0, 20_002), Gap::Bridgeable);
    assert_eq!(receiver.due(0), [20_001]);
}

#[test]
fn a_stream_that_begins_anew_far_behind_is_followed() {
    let mut receiver = Receiver::new();
    receiver.media(0, 40_000);
    for number in 0..u16::try_from(PACKETS_TO_RESTART).expect("small") {
        receiver.media(0, 20_000 + number);
    }
    receiver.media(0, 20_000 + 21);
    assert_eq!(receiver.due(0), [20_020]);
}

#[test]
fn any_sequence_of_numbers_keeps_the_list_bounded() {
    let mut receiver = Receiver::new();
    let mut state = 1_u32;
    for at in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let number = (state >> 16) as u16;
        if state & 8 == 0 {
            receiver.repair(at, number)
        } else {
            let _gap = receiver.media(at, number);
        }
        assert!(receiver.due(at).len() <= MAX_MISSING && receiver.requests.len() <= MAX_MISSING);
    }
}
