//! Tests of what senders and networks do to a stream.

use std::time::Duration;

use bytes::Bytes;

use super::stored::{How, Marker, Packing, Sent, Unit, codec, packed, sets, stored};
use super::{INTERVAL, numbers, play};
use crate::video::receiver::pipeline::Bench;

/// What has to come out of 18 pictures with key frames at 0 and 9.
struct Case {
    name: &'static str,
    how: How,
    /// What is done to the packets.
    change: fn(&mut Vec<Sent>),
    /// Pictures that are not shown, from (included) and to (excluded).
    missing: std::ops::Range<u32>,
    /// Key frames asked for at most.
    requests: u32,
    /// Pictures whose times were changed by so much (added).
    shifted: Option<(usize, u32)>,
}

impl Case {
    const fn new(name: &'static str, change: fn(&mut Vec<Sent>)) -> Self {
        let how = How { packing: Packing::Aggregated, marker: Marker::Last, sets: true, first: 65_500 };
        Self { name, how, change, missing: 0..0, requests: 0, shifted: None }
    }
}

fn all(sent: &mut [Sent], from: usize, change: impl Fn(&mut crate::Packet)) {
    sent.iter_mut().skip(from).flat_map(|picture| &mut picture.packets).for_each(change);
}

fn renumber(sent: &mut [Sent], from: usize, by: u16) {
    all(sent, from, |packet| packet.sequence = packet.sequence.wrapping_add(by));
}

/// Puts packets without payload behind every `each`th picture, as padding that probes the path.
fn pad(sent: &mut [Sent], each: usize) {
    let mut added = 0_u16;
    for (index, picture) in sent.iter_mut().enumerate() {
        for packet in &mut picture.packets {
            packet.sequence = packet.sequence.wrapping_add(added);
        }
        if index % each == 0 {
            let mut last = picture.packets.last().expect("a packet").clone();
            for _ in 0..3 {
                last.sequence = last.sequence.wrapping_add(1);
                last.marker = false;
                last.payload = Bytes::new();
                picture.packets.push(last.clone());
                added += 1;
            }
        }
    }
}

fn cases() -> Vec<Case> {
    let nothing = |_: &mut Vec<Sent>| {};
    let how = How::default();
    let mut list = vec![
        Case { how: How { packing: Packing::Single, ..how }, ..Case::new("single units", nothing) },
        Case { how: How { packing: Packing::Fragments, ..how }, ..Case::new("fragments", nothing) },
        Case { how: How { marker: Marker::Never, ..how }, requests: 0, ..Case::new("no marker", nothing) },
        Case { how: How { marker: Marker::EachSlice, ..how }, ..Case::new("marker on each slice", nothing) },
        Case {
            how: How { marker: Marker::EachSlice, packing: Packing::Single, ..how },
            ..Case::new("marker on each slice, one by one", |sent| {
                // Each packet comes for itself.
                *sent = sent
                    .iter()
                    .flat_map(|picture| {
                        (0..).zip(&picture.packets).map(|(index, packet)| Sent {
                            at: picture.at + Duration::from_micros(500) * index,
                            packets: vec![packet.clone()],
                        })
                    })
                    .collect();
            })
        },
        Case::new("padding behind every third picture", |sent| pad(sent, 3)),
        Case::new("padding behind every picture", |sent| pad(sent, 1)),
        Case::new("padding before the first picture", |sent| {
            let first = sent[0].packets[0].clone();
            for step in 1..4 {
                let sequence = first.sequence.wrapping_sub(step);
                let padding = crate::Packet { sequence, payload: Bytes::new(), ..first.clone() };
                sent[0].packets.insert(0, padding);
            }
        }),
        Case::new("numbers jump forward", |sent| renumber(sent, 6, 1000)),
        Case::new("numbers jump far forward", |sent| renumber(sent, 6, 20_000)),
        Case::new("numbers jump back", |sent| renumber(sent, 6, 0_u16.wrapping_sub(1000))),
        Case::new("numbers jump a little back", |sent| renumber(sent, 6, 0_u16.wrapping_sub(10))),
        Case::new("numbers jump in the middle of a picture", |sent| {
            renumber(sent, 10, 5000);
            for packet in sent[9].packets.iter_mut().skip(1) {
                packet.sequence = packet.sequence.wrapping_add(5000);
            }
        }),
        Case::new("every packet twice", |sent| {
            for picture in sent.iter_mut() {
                picture.packets = picture.packets.iter().flat_map(|p| [p.clone(), p.clone()]).collect();
            }
        }),
        Case::new("every picture again", |sent| {
            for index in (1..sent.len()).rev() {
                let again = sent[index - 1].packets.clone();
                sent[index].packets.extend(again);
            }
        }),
        Case::new("packets of a picture in reverse", |sent| {
            sent.iter_mut().skip(1).for_each(|picture| picture.packets.reverse());
        }),
        Case::new("pictures in pairs, swapped", |sent| {
            for index in (2..sent.len() - 1).step_by(2) {
                let (left, right) = sent.split_at_mut(index + 1);
                std::mem::swap(&mut left[index].packets, &mut right[0].packets);
            }
        }),
        Case {
            missing: 4..9,
            requests: 1,
            ..Case::new("a picture lost", |sent| {
                sent[4].packets.clear();
            })
        },
        Case {
            missing: 0..9,
            requests: 1,
            ..Case::new("joined late", |sent| {
                sent.drain(..4);
            })
        },
        Case {
            shifted: Some((5, 20 * 90_000)),
            ..Case::new("a pause of the sender", |sent| {
                sent.iter_mut().skip(5).for_each(|picture| picture.at += Duration::from_secs(20));
                all(sent, 5, |packet| packet.timestamp += 20 * 90_000);
            })
        },
    ];
    for (name, by) in
        [("times jump forward", 30 * 90_000_u32), ("times jump back", 0_u32.wrapping_sub(30 * 90_000))]
    {
        let change: fn(&mut Vec<Sent>) = if by < 1 << 31 {
            |sent| all(sent, 5, |packet| packet.timestamp = packet.timestamp.wrapping_add(30 * 90_000))
        } else {
            |sent| all(sent, 5, |packet| packet.timestamp = packet.timestamp.wrapping_sub(30 * 90_000))
        };
        list.push(Case { shifted: Some((5, by)), ..Case::new(name, change) });
    }
    list
}

#[test]
fn what_senders_and_networks_do_costs_no_more_than_it_must() {
    let mut wrong = Vec::new();
    for name in ["h264-baseline", "h264-main", "h264-slices", "h264-small-slices", "h264-size-main", "vp8"] {
        let codec = codec(name);
        for case in cases() {
            let mut stream = stored(name);
            let mut sent = packed(&stream, codec, INTERVAL, case.how);
            (case.change)(&mut sent);
            let mut bench = Bench::new();
            play(&mut bench, codec, &sent);
            if let Some((from, by)) = case.shifted {
                stream.iter_mut().skip(from).for_each(|unit| unit.time = unit.time.wrapping_add(by));
            }
            let expected: Vec<u32> = (0..18).filter(|number| !case.missing.contains(number)).collect();
            let numbers = shown(&stream, &bench);
            let requests = bench.requests();
            if numbers != expected || requests > case.requests {
                wrong.push(format!("{name}, {}: {requests} requests, {numbers:?}", case.name));
            }
            let freezes = bench.stats().freezes;
            if freezes > 0 && case.missing.is_empty() {
                wrong.push(format!("{name}, {}: {freezes} freezes", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Numbers of what was shown, by time where it was changed.
fn shown(stream: &[Unit], bench: &Bench) -> Vec<u32> {
    let by_time = |time| stream.iter().position(|unit| unit.time == time).map_or(999, |at| at as u32);
    bench
        .seen()
        .iter()
        .map(
            |shown| {
                if shown.number == Some(by_time(shown.timestamp)) { by_time(shown.timestamp) } else { 1000 }
            },
        )
        .collect()
}

#[test]
fn parameter_sets_of_the_description_are_enough() {
    for name in ["h264-baseline", "h264-main", "h264-high-b", "h264-sets-id"] {
        let stream = stored(name);
        for (packing, skipped) in [(Packing::Single, 0), (Packing::Fragments, 0), (Packing::Aggregated, 4)] {
            let how = How { sets: false, packing, ..How::default() };
            let sent = packed(&stream, codec(name), INTERVAL, how);
            let mut bench = Bench::new();
            bench.describe(sets(&stream));
            play(&mut bench, codec(name), &sent[skipped..]);
            let numbers = numbers(name, &stream, &bench.seen());
            if skipped == 0 {
                assert!(numbers.len() >= 15, "{name}, {packing:?}: {numbers:?}");
                assert_eq!(numbers[0], 0, "{name}");
                assert_eq!(bench.requests(), 0, "{name}");
            } else if name != "h264-high-b" {
                assert_eq!(numbers, (9..18).collect::<Vec<u32>>(), "{name}");
                assert!(bench.requests() <= 1, "{name}");
            }
        }
        // Sets of another stream in the description do no harm to one that has its own.
        let mut bench = Bench::new();
        bench.describe(sets(&stored("h264-portrait")));
        play(&mut bench, codec(name), &packed(&stream, codec(name), INTERVAL, How::default()));
        assert!(bench.seen().len() >= 15, "{name}");
        assert_eq!(bench.requests(), 0, "{name}");
    }
}

#[test]
fn sets_sent_once_outlast_a_loss_and_another_codec() {
    let stream = stored("h264-sets-once");
    let codec = codec("h264-sets-once");
    let mut sent = packed(&stream, codec, INTERVAL, How::default());
    let other = stored("vp8");
    let vp8 = packed(&other, crate::Codec::Vp8, INTERVAL, How { first: 9000, ..How::default() });
    sent[3].packets.clear();
    let mut bench = Bench::new();
    for picture in &sent[..7] {
        bench.receive(picture.at, codec, picture.packets.iter().cloned());
    }
    let at = sent[7].at;
    bench.receive(at, crate::Codec::Vp8, vp8[0].packets.iter().cloned());
    for picture in &sent[7..] {
        bench.receive(picture.at, codec, picture.packets.iter().cloned());
    }
    let seen: Vec<_> = bench.seen().iter().filter_map(|shown| shown.number).collect();
    assert_eq!(seen[..3], [0, 1, 2]);
    assert_eq!(seen[seen.len() - 9..], (9..18).collect::<Vec<u32>>());
}

#[test]
fn a_stream_without_key_frames_is_shown_once_its_pictures_are_right() {
    for (name, skipped, first, requests) in [
        ("h264-intra-refresh", 1, 8, 1),
        ("h264-intra-refresh-high", 1, 8, 1),
        ("h264-open-gop", 2, 6, 1),
        ("h264-plain-i", 1, 6, 4),
    ] {
        let stream = stored(name);
        let sent = packed(&stream, codec(name), INTERVAL, How::default());
        let mut bench = Bench::new();
        play(&mut bench, codec(name), &sent[skipped..]);
        let numbers = numbers(name, &stream, &bench.seen());
        assert!(
            numbers.first().is_some_and(|number| (first..first + 9).contains(number)),
            "{name}: {numbers:?}"
        );
        // openh264 shows no bidirectional picture before it has had a key frame.
        let step = if name == "h264-open-gop" { 6 } else { 1 };
        assert!(
            numbers.windows(2).all(|pair| (1..=step).contains(&(pair[1] - pair[0]))),
            "{name}: {numbers:?}"
        );
        assert!(numbers.len() >= (stream.len() - first as usize - 9) / step as usize, "{name}: {numbers:?}");
        assert!(numbers.last().is_some_and(|last| *last as usize + 4 >= stream.len()), "{name}: {numbers:?}");
        assert!(bench.requests() <= requests, "{name}: {} requests", bench.requests());
    }
}

#[test]
fn repairs_without_end_neither_stop_the_picture_nor_ask_for_another() {
    for name in ["h264-slices", "vp8"] {
        let (stream, codec) = (stored(name), codec(name));
        let sent = packed(&stream, codec, INTERVAL, How::default());
        let mut bench = Bench::new();
        let mut repeated = 0;
        for (index, picture) in sent.iter().enumerate() {
            bench.receive(picture.at, codec, picture.packets.iter().cloned());
            // All that was sent so far, a hundred times.
            let again: Vec<_> = sent[..=index].iter().flat_map(|picture| picture.packets.clone()).collect();
            for round in 1..=100 {
                repeated += again.len() as u64;
                bench.receive(picture.at + Duration::from_micros(300 * round), codec, again.iter().cloned());
            }
        }
        bench.wait_until(Duration::from_secs(2));
        assert_eq!(numbers(name, &stream, &bench.seen()), (0..18).collect::<Vec<u32>>());
        assert_eq!(bench.stats().packets_useless, repeated, "{name}");
        assert_eq!((bench.requests(), bench.stats().freezes), (0, 0), "{name}");
    }
}

#[test]
fn another_senders_stream_begins_at_once_wherever_its_numbers_are() {
    for (first, shift) in [(65_500_u16, 0_u32), (65_400, 1), (40, u32::MAX / 2), (65_510, u32::MAX - 90_000)]
    {
        let stream = stored("h264-main");
        let codec = codec("h264-main");
        let mut bench = Bench::new();
        play(&mut bench, codec, &packed(&stream, codec, INTERVAL, How::default()));
        bench.begin_anew();
        let mut again = packed(&stream, codec, INTERVAL, How { first, ..How::default() });
        for picture in &mut again {
            picture.at += Duration::from_secs(5);
            picture
                .packets
                .iter_mut()
                .for_each(|packet| packet.timestamp = packet.timestamp.wrapping_add(shift));
        }
        play(&mut bench, codec, &again);
        let seen: Vec<_> = bench.seen().iter().filter_map(|shown| shown.number).collect();
        assert_eq!(seen, (0..18).chain(0..18).collect::<Vec<u32>>());
        assert_eq!(bench.requests(), 0);
    }
}
