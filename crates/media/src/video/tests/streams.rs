//! Tests with streams of other encoders (`testdata/streams`), replayed as RTP through assembler and decoder
//! in stepped time: which frames come out, in which order, at which times, and how many key frames are
//! requested.

mod faults;
pub(crate) mod stored;
mod units;

use std::time::Duration;

use crate::Codec;
use crate::codec::Unplayable;
use crate::video::receiver::pipeline::{Bench, Seen};
use stored::{How, Sent, Unit, codec, names, packed, stored};

pub(super) const INTERVAL: Duration = Duration::from_millis(40);
/// After the last packet.
pub(super) const REST: Duration = Duration::from_secs(1);

/// Plays packets and lets some time pass.
pub(super) fn play(bench: &mut Bench, codec: Codec, sent: &[Sent]) {
    for picture in sent {
        bench.receive(picture.at, codec, picture.packets.iter().cloned());
    }
    let end = sent.iter().map(|picture| picture.at).max().unwrap_or_default();
    bench.wait_until(end + REST);
}

/// The numbers of the pictures shown; those whose number and time do not belong together fail the test.
pub(super) fn numbers(name: &str, stream: &[Unit], seen: &[Seen]) -> Vec<u32> {
    let mut times: Vec<u32> = stream.iter().map(|unit| unit.time).collect();
    times.sort_unstable();
    let number = |shown: &Seen| {
        let by_time = times.iter().position(|time| *time == shown.timestamp);
        let by_time =
            by_time.unwrap_or_else(|| panic!("{name}: no picture has the time of {shown:?}")) as u32;
        assert_eq!(shown.number, Some(by_time), "{name}: another picture's time, {shown:?}");
        by_time
    };
    seen.iter().map(number).collect()
}

/// What every stream that can be shown must come to: all pictures, in order, without a request.
#[test]
fn streams_of_other_encoders_are_shown_whole() {
    let mut wrong = Vec::new();
    let mut played = 0;
    for name in names().iter().filter(|name| !name.starts_with("opus") && hopeless(name).is_none()) {
        let (stream, codec) = (stored(name), codec(name));
        let mut bench = Bench::new();
        play(&mut bench, codec, &packed(&stream, codec, INTERVAL, How::default()));
        let seen = bench.seen();
        let numbers = numbers(name, &stream, &seen);
        // The decoder holds the last pictures of a stream with bidirectional ones until others follow.
        let held = if name.contains("-b") || name.contains("open-gop") { 3 } else { 0 };
        let least = stream.len() - held;
        let expected: Vec<u32> = (0..numbers.len() as u32).collect();
        let latest = seen.iter().map(|shown| shown.delay).max().unwrap_or_default();
        let stats = bench.stats();
        if numbers.len() < least
            || numbers != expected
            || bench.requests() > 0
            || !bench.unplayable().is_empty()
        {
            wrong.push(format!(
                "{name}: {} of {} shown, {} requests, {} damaged, {:?}: {numbers:?}",
                numbers.len(),
                stream.len(),
                bench.requests(),
                stats.damaged,
                bench.unplayable()
            ));
        } else if latest > INTERVAL * if held > 0 { 5 } else { 1 } {
            wrong.push(format!("{name}: a picture was held for {latest:?}"));
        } else if stats.freezes > 0 || stats.damaged > 0 {
            wrong.push(format!("{name}: {} freezes, {} damaged", stats.freezes, stats.damaged));
        }
        played += 1;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(played > 40, "{played} streams");
}

/// Why a stream cannot be shown.
fn hopeless(name: &str) -> Option<Unplayable> {
    match name {
        "h264-10-bit" => Some(Unplayable::BitDepth),
        "h264-422" | "h264-444" => Some(Unplayable::Chroma),
        "h264-interlaced" | "h264-fake-interlaced" => Some(Unplayable::Interlaced),
        "h264-lossless" => Some(Unplayable::Unknown),
        "h264-huge" | "vp8-huge" => Some(Unplayable::TooLarge),
        _ => None,
    }
}

/// Played over and over for half a minute: the reason is said once, and requests become rare.
#[test]
fn streams_that_cannot_be_shown_say_why_and_are_not_asked_for_ever() {
    let mut wrong = Vec::new();
    let mut played = 0;
    for name in names() {
        let Some(why) = hopeless(&name) else { continue };
        let (stream, codec) = (stored(&name), codec(&name));
        let mut bench = Bench::new();
        let mut sent = packed(&stream, codec, INTERVAL, How::default());
        let length = sent.len();
        let packets: usize = sent.iter().map(|picture| picture.packets.len()).sum();
        for round in 0..750_usize.div_ceil(length) {
            play_round(&mut bench, codec, &mut sent, round, packets);
        }
        let (said, requests) = (bench.unplayable(), bench.requests());
        if said != [Some(why)] || requests > 10 || !bench.seen().is_empty() {
            wrong.push(format!("{name}: {said:?}, {requests} requests, {} shown", bench.seen().len()));
        }
        played += 1;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(played, 8);
}

fn play_round(bench: &mut Bench, codec: Codec, sent: &mut [Sent], round: usize, packets: usize) {
    let length = sent.len() as u32;
    for picture in sent.iter_mut() {
        if round > 0 {
            picture.at += INTERVAL * length;
            for packet in &mut picture.packets {
                packet.sequence = packet.sequence.wrapping_add(packets as u16);
                packet.timestamp = packet.timestamp.wrapping_add(length * 3600);
            }
        }
        bench.receive(picture.at, codec, picture.packets.iter().cloned());
    }
}
