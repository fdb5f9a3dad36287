//! Tests of the assembler under reordering, loss, repetition and malice, without network and waiting.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const FRAME: u32 = 3000;

/// Frame `number` of a VP8 stream of `parts` packets each, the first sequence number being `first`.
fn frame(first: u16, number: u32, parts: u16, key: bool, now: Instant) -> Vec<Packet> {
    (0..parts)
        .map(|part| Packet {
            sequence: first.wrapping_add(number as u16 * parts).wrapping_add(part),
            timestamp: number.wrapping_mul(FRAME).wrapping_add(u32::MAX - 2 * FRAME),
            marker: part + 1 == parts,
            payload: Bytes::from(vec![
                if part == 0 { 0x10 } else { 0 },
                u8::from(!key),
                number as u8,
                part as u8,
            ]),
            arrived: now,
        })
        .collect()
}

fn numbers(assembler: &mut FrameAssembler, now: Instant) -> Vec<u8> {
    std::iter::from_fn(|| assembler.poll(now)).map(|frame| frame.data[1]).collect()
}

fn fed(packets: impl IntoIterator<Item = Packet>) -> FrameAssembler {
    let mut assembler = FrameAssembler::new(Codec::Vp8);
    for packet in packets {
        assembler.push(packet);
    }
    assembler
}

#[test]
fn reordered_repeated_and_wrapped_packets_come_out_in_order() {
    let now = Instant::now();
    let mut packets: Vec<_> = (0..6).flat_map(|n| frame(65_530, n, 3, n == 0, now)).collect();
    packets.swap(4, 7);
    packets.swap(5, 6);
    packets.swap(12, 13);
    let twice: Vec<_> = packets.iter().cloned().chain(packets.iter().cloned()).collect();
    let mut assembler = fed(twice);
    assert_eq!(numbers(&mut assembler, now), [0, 1, 2, 3, 4, 5]);
    assert!(!assembler.take_key_request(now));
    assembler.push(packets[0].clone());
    assert_eq!(assembler.stats().useless, 19);
    assert!(assembler.held.is_empty() && assembler.bytes == 0);
}

#[test]
fn the_first_packet_may_overtake_none_of_its_picture() {
    let now = Instant::now();
    let mut packets = frame(100, 0, 3, true, now);
    packets.rotate_left(1);
    let mut assembler = fed(packets);
    assert_eq!(numbers(&mut assembler, now), [0]);
}

#[test]
fn a_gap_is_waited_for_and_its_repair_used() {
    let now = Instant::now();
    let mut packets: Vec<_> = (0..4).flat_map(|n| frame(0, n, 2, n == 0, now)).collect();
    let missing = packets.remove(3);
    let mut assembler = fed(packets);
    assembler.set_round_trip(Duration::from_millis(50));
    assert_eq!(numbers(&mut assembler, now), [0]);
    let deadline = assembler.deadline().expect("something is missing");
    assert!(deadline > now + Duration::from_millis(100));
    let just_before = deadline - Duration::from_millis(1);
    assert!(numbers(&mut assembler, just_before).is_empty());
    assert!(!assembler.take_key_request(just_before));
    assembler.push(missing);
    assert_eq!(numbers(&mut assembler, just_before), [1, 2, 3]);
    assert_eq!(assembler.deadline(), None);
}

#[test]
fn pictures_repaired_behind_another_gap_say_so() {
    let now = Instant::now();
    let mut packets: Vec<_> = (0..5).flat_map(|n| frame(0, n, 3, n == 0, now)).collect();
    // The middle of pictures 1 and 2 is lost, picture 3 is only reordered.
    packets.swap(9, 10);
    let (second, first) = (packets.remove(7), packets.remove(4));
    let mut assembler = fed(packets);
    assert_eq!(numbers(&mut assembler, now), [0]);
    let later = now + Duration::from_millis(100);
    for packet in [second, first] {
        assembler.push(Packet { arrived: later, ..packet });
    }
    let repaired: Vec<_> =
        std::iter::from_fn(|| assembler.poll(later)).map(|frame| (frame.data[1], frame.repaired)).collect();
    assert_eq!(repaired, [(1, true), (2, true), (3, false), (4, false)]);
}

#[test]
fn a_hopeless_gap_asks_for_a_key_frame_and_goes_on_there() {
    let now = Instant::now();
    let mut packets: Vec<_> = (0..4).flat_map(|n| frame(0, n, 2, n == 0, now)).collect();
    packets.remove(3);
    let mut assembler = fed(packets);
    assert_eq!(numbers(&mut assembler, now), [0]);
    let given_up = assembler.deadline().expect("something is missing");
    assert!(numbers(&mut assembler, given_up).is_empty());
    assert!(assembler.take_key_request(given_up));
    assert!(!assembler.take_key_request(given_up), "asked twice at once");
    // A silent sender is not asked again; one that goes on without a key frame is.
    let later = given_up + Duration::from_secs(1);
    assert!(!assembler.take_key_request(later));
    for packet in frame(0, 4, 2, false, later) {
        assembler.push(packet);
    }
    assert!(numbers(&mut assembler, later).is_empty());
    assert!(assembler.take_key_request(later));
    for packet in (5..7).flat_map(|n| frame(0, n, 2, n == 5, later)) {
        assembler.push(packet);
    }
    assert_eq!(numbers(&mut assembler, later), [5, 6]);
    assert!(!assembler.take_key_request(later + Duration::from_secs(9)));
    assert_eq!(assembler.stats().gaps, 1);
}

/// A link falls from 2.5 Mbit/s to 500 kbit/s: of some 200 packets a second three of four are lost for 300 ms.
#[test]
fn a_gap_that_repairs_would_take_too_long_to_fill_is_given_up_at_once() {
    let start = Instant::now();
    let mut assembler = FrameAssembler::new(Codec::Vp8);
    // Nobody knows better: the queue has made the round trip long.
    assembler.set_round_trip(Duration::from_millis(200));
    let (mut asked, mut shown) = (None, 0);
    for number in 0..40_u32 {
        let now = start + Duration::from_millis(u64::from(number) * 33);
        for (part, packet) in frame(0, number, 7, number == 0, now).into_iter().enumerate() {
            if number < 20 || (number as usize * 7 + part).is_multiple_of(4) {
                assembler.push(packet);
            }
        }
        shown += numbers(&mut assembler, now).len();
        if assembler.take_key_request(now) {
            asked.get_or_insert(number);
        }
    }
    assert_eq!(shown, 20);
    assert!(asked.is_some_and(|number| number <= 30), "{asked:?}");
    // One packet of each picture is another matter.
    let mut assembler = FrameAssembler::new(Codec::Vp8);
    assembler.set_round_trip(Duration::from_millis(200));
    for number in 0..30_u32 {
        let now = start + Duration::from_millis(u64::from(number) * 33);
        frame(0, number, 7, number == 0, now)
            .into_iter()
            .skip(usize::from(number > 20))
            .for_each(|p| assembler.push(p));
        numbers(&mut assembler, now);
        assert!(!assembler.take_key_request(now));
    }
}

#[test]
fn a_key_frame_behind_a_gap_ends_the_waiting() {
    let now = Instant::now();
    let mut packets: Vec<_> = (0..4).flat_map(|n| frame(0, n, 2, n == 0 || n == 3, now)).collect();
    packets.remove(2);
    let mut assembler = fed(packets);
    assert_eq!(numbers(&mut assembler, now), [0]);
    assert_eq!(numbers(&mut assembler, now + REORDER_WAIT_BEFORE_KEY), [3]);
}

#[test]
fn a_key_frame_on_its_way_is_not_asked_for() {
    let now = Instant::now();
    let mut key = frame(7, 0, 5, true, now);
    let last = key.pop().expect("five parts");
    let mut assembler = fed(key);
    assert!(numbers(&mut assembler, now).is_empty());
    assert!(!assembler.take_key_request(now));
    assert!(assembler.deadline().is_some_and(|deadline| deadline > now));
    assembler.push(last);
    assert_eq!(numbers(&mut assembler, now), [0]);
}

#[test]
fn joining_late_waits_for_a_key_frame() {
    let now = Instant::now();
    let mut assembler = fed((1..3).flat_map(|n| frame(0, n, 2, false, now)));
    assert!(numbers(&mut assembler, now).is_empty());
    assert!(assembler.take_key_request(now));
}

#[test]
fn padding_and_missing_markers_do_no_harm() {
    let now = Instant::now();
    let padding = |sequence, timestamp| Packet {
        sequence,
        timestamp,
        marker: false,
        payload: Bytes::new(),
        arrived: now,
    };
    let stamp = |number: u32| frame(0, number, 1, false, now)[0].timestamp;
    let mut packets = frame(10, 0, 1, true, now);
    packets.extend([padding(11, stamp(0)), padding(12, stamp(0))]);
    packets.extend(frame(12, 1, 1, false, now));
    // Frame 2 ends without a marker, frame 3 shows where.
    packets.extend(frame(12, 2, 1, false, now).into_iter().map(|packet| Packet { marker: false, ..packet }));
    packets.extend(frame(12, 3, 1, false, now));
    let mut assembler = fed(packets);
    assert_eq!(numbers(&mut assembler, now), [0, 1, 2, 3]);
}

#[test]
fn a_sender_that_begins_anew_is_followed() {
    let now = Instant::now();
    let mut assembler = fed((0..3).flat_map(|n| frame(0, n, 2, n == 0, now)));
    assert_eq!(numbers(&mut assembler, now), [0, 1, 2]);
    for packet in (0..3).flat_map(|n| frame(40_000, n, 4, n == 0, now)) {
        assembler.push(packet);
    }
    assert_eq!(numbers(&mut assembler, now), [0, 1, 2]);
    assert!(!assembler.take_key_request(now + MAX_REPAIR_WAIT));
    // A stray packet is none.
    assembler.push(frame(9_000, 3, 4, true, now).remove(1));
    assembler.push(frame(40_000, 3, 4, false, now).remove(0));
    assert_eq!(assembler.stats().useless, 1);
    for packet in frame(40_000, 3, 4, false, now) {
        assembler.push(packet);
    }
    assert_eq!(numbers(&mut assembler, now), [3]);
}

#[test]
fn memory_is_bounded() {
    let now = Instant::now();
    let mut assembler = FrameAssembler::new(Codec::Vp8);
    for number in 0..20_000u32 {
        for packet in frame(0, number, 1, false, now) {
            assembler.push(Packet { payload: Bytes::from(vec![1; 4000]), ..packet });
        }
        assert!(assembler.held.len() <= MAX_PACKETS && assembler.bytes <= MAX_BYTES);
    }
}

proptest! {
    #[test]
    fn whatever_arrives_order_is_kept_and_nothing_leaks(
        packets in proptest::collection::vec(
            (any::<u16>(), any::<u32>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..6), 0u64..80), 0..300),
        h264 in any::<bool>())
    {
        let codec = if h264 { Codec::H264 } else { Codec::Vp8 };
        let mut assembler = FrameAssembler::new(codec);
        let mut now = Instant::now();
        for (sequence, timestamp, marker, payload, wait) in packets {
            now += Duration::from_millis(wait);
            // Mostly near each other, sometimes far.
            let sequence = if sequence % 7 == 0 { sequence } else { sequence % 64 };
            assembler.push(Packet {
                sequence, timestamp: timestamp % 4, marker, payload: payload.into(), arrived: now });
            while let Some(frame) = assembler.poll(now) {
                prop_assert!(!frame.data.is_empty());
            }
            assembler.take_key_request(now);
            let held: usize = assembler.held.values().map(|held| held.packet.payload.len()).sum();
            prop_assert_eq!(held, assembler.bytes);
        }
    }

    #[test]
    fn shuffled_within_reach_every_picture_comes_once(seed in proptest::collection::vec(0usize..6, 60)) {
        let now = Instant::now();
        let mut packets: Vec<_> = (0..20).flat_map(|n| frame(65_500, n, 3, n == 0, now)).collect();
        for (at, step) in seed.into_iter().enumerate().skip(1) {
            let other = (at + step).min(packets.len() - 1);
            packets.swap(at, other);
        }
        let mut assembler = FrameAssembler::new(Codec::Vp8);
        let mut seen = Vec::new();
        for packet in packets {
            assembler.push(packet);
            seen.extend(numbers(&mut assembler, now));
        }
        prop_assert_eq!(seen, (0..20).collect::<Vec<u8>>());
    }
}

#[test]
fn padding_uses_up_numbers_and_nothing_else() {
    let now = Instant::now();
    let mut assembler = FrameAssembler::new(Codec::Vp8);
    let (mut sequence, mut shown) = (65_500_u16, Vec::new());
    let padding = |assembler: &mut FrameAssembler, sequence: &mut u16, timestamp, count| {
        for _ in 0..count {
            let payload = Bytes::new();
            assembler.push(Packet { sequence: *sequence, timestamp, marker: false, payload, arrived: now });
            *sequence = sequence.wrapping_add(1);
        }
    };
    for number in 0..100_u32 {
        for mut packet in frame(0, number, 3, number == 0, now) {
            packet.sequence = sequence;
            sequence = sequence.wrapping_add(1);
            let (timestamp, last) = (packet.timestamp, packet.marker);
            assembler.push(packet);
            // In the middle of a picture, behind it with its time, behind it with another.
            match number % 4 {
                0 => padding(&mut assembler, &mut sequence, timestamp, 1),
                1 if last => padding(&mut assembler, &mut sequence, timestamp, 5),
                2 if last => padding(&mut assembler, &mut sequence, timestamp.wrapping_add(1), 2),
                _ => {}
            }
        }
        shown.extend(numbers(&mut assembler, now));
        assert!(!assembler.take_key_request(now));
        assert_eq!(assembler.deadline(), None, "nothing is missing after picture {number}");
    }
    assert_eq!(shown, (0..100).collect::<Vec<u8>>());
    assert_eq!(assembler.stats().gaps, 0);
}

#[test]
fn padding_alone_asks_for_no_key_frame() {
    let mut now = Instant::now();
    let mut assembler = FrameAssembler::new(Codec::H264);
    for sequence in 0..500 {
        now += Duration::from_secs(1);
        assembler.push(Packet { sequence, timestamp: 5, marker: false, payload: Bytes::new(), arrived: now });
        assert!(assembler.poll(now).is_none());
        assert!(!assembler.take_key_request(now));
    }
}

#[test]
fn key_frames_that_cannot_be_shown_are_asked_for_ever_more_rarely() {
    let mut now = Instant::now();
    let mut assembler = FrameAssembler::new(Codec::Vp8);
    let mut asked = 0;
    let mut minute = |assembler: &mut FrameAssembler, from: u32, refuse: bool| {
        for number in from..from + 1800 {
            now += Duration::from_millis(33);
            // Each request is answered at once, and each answer is refused.
            for packet in frame(0, number, 2, true, now) {
                assembler.push(packet);
            }
            while assembler.poll(now).is_some() {
                if refuse {
                    assembler.refuse();
                } else {
                    assembler.accepted();
                }
            }
            asked += u32::from(assembler.take_key_request(now));
        }
        std::mem::take(&mut asked)
    };
    assert!((1..=3).contains(&minute(&mut assembler, 0, true)));
    assert!(minute(&mut assembler, 1800, true) <= 2);
    assert_eq!(minute(&mut assembler, 3600, false), 0);
    // After a picture was shown, a loss is asked about as soon as ever.
    assembler.need_key();
    let later = now + Duration::from_secs(1);
    assembler.push(frame(0, 5401, 2, false, later)[0].clone());
    assert!(assembler.take_key_request(later));
}
