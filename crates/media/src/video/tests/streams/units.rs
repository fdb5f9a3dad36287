//! Tests of NAL units that are no pictures, where encoders and gateways put them.

use bytes::Bytes;

use super::stored::{How, Marker, Packing, Sent, codec, packed, stored};
use super::{INTERVAL, numbers, play};
use crate::Packet;
use crate::video::receiver::pipeline::Bench;

/// Where a unit is sent, in a packet of its own.
#[derive(Clone, Copy, Debug)]
enum Place {
    InFront,
    BeforeEachSlice,
    /// With the mark of the end.
    Behind,
    /// Behind the mark of the end, and marked too.
    BehindTheEnd,
    /// With a time of its own, between two pictures.
    Between,
}

fn with_units(sent: &mut [Sent], place: Place, unit: &'static [u8], pictures: impl Fn(usize) -> bool) {
    let mut number = sent[0].packets[0].sequence;
    for (index, picture) in sent.iter_mut().enumerate() {
        let mut packets: Vec<Packet> = Vec::new();
        let last = picture.packets.last().expect("a packet").clone();
        let extra = Packet { payload: Bytes::from_static(unit), marker: false, ..last.clone() };
        let here = pictures(index);
        if here && matches!(place, Place::InFront) {
            packets.push(extra.clone());
        }
        for packet in &picture.packets {
            let begins = match packet.payload[0] & 0x1f {
                1 | 5 => true,
                28 => packet.payload[1] & 0x80 != 0 && matches!(packet.payload[1] & 0x1f, 1 | 5),
                _ => false,
            };
            if here && begins && matches!(place, Place::BeforeEachSlice) {
                packets.push(extra.clone());
            }
            packets.push(packet.clone());
        }
        if here {
            match place {
                Place::InFront | Place::BeforeEachSlice => {}
                Place::Behind => {
                    let marker = std::mem::take(&mut packets.last_mut().expect("a packet").marker);
                    packets.push(Packet { marker, ..extra });
                }
                Place::BehindTheEnd => packets.push(Packet { marker: last.marker, ..extra }),
                Place::Between => {
                    packets.push(Packet { marker: last.marker, timestamp: last.timestamp + 1800, ..extra });
                }
            }
        }
        for packet in &mut packets {
            packet.sequence = number;
            number = number.wrapping_add(1);
        }
        picture.packets = packets;
    }
}

const DELIMITER: &[u8] = &[0x09, 0xf0];
const FILLER: &[u8] = &[0x0c, 0xff, 0xff, 0xff, 0x80];
/// Unregistered user data, as encoders sign themselves.
const MESSAGE: &[u8] = &[6, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, b'x', b'y', 0x80];
/// What scalable encoders write before each slice of the base layer.
const PREFIX: &[u8] = &[0x6e, 0x80, 0x80, 0x07, 0x20];
/// A slice of an enhancement layer.
const LAYER: &[u8] = &[0x74, 0x80, 0x90, 0x07, 0xb8, 0x55, 0x21, 0x80];
const END_OF_SEQUENCE: &[u8] = &[0x0a];

#[test]
fn units_that_are_no_pictures_neither_hide_one_nor_ask_for_one() {
    let mut wrong = Vec::new();
    for name in ["h264-baseline", "h264-main", "h264-slices", "h264-small-slices"] {
        let (stream, codec) = (stored(name), codec(name));
        for (what, unit) in [
            ("delimiter", DELIMITER),
            ("filler", FILLER),
            ("message", MESSAGE),
            ("prefix", PREFIX),
            ("layer", LAYER),
            ("end of sequence", END_OF_SEQUENCE),
        ] {
            for place in
                [Place::InFront, Place::BeforeEachSlice, Place::Behind, Place::BehindTheEnd, Place::Between]
            {
                let sense = matches!(
                    (what, place),
                    ("delimiter", Place::InFront | Place::Between)
                        | ("filler" | "message", _)
                        | ("prefix", Place::BeforeEachSlice)
                        | ("layer" | "end of sequence", Place::Behind | Place::BehindTheEnd)
                );
                if !sense {
                    continue;
                }
                for marker in [Marker::Last, Marker::Never] {
                    let how = How { packing: Packing::Single, marker, ..How::default() };
                    let mut sent = packed(&stream, codec, INTERVAL, how);
                    // A sequence ends before a key frame only.
                    with_units(&mut sent, place, unit, |picture| what != "end of sequence" || picture == 8);
                    let mut bench = Bench::new();
                    play(&mut bench, codec, &sent);
                    let shown = numbers(name, &stream, &bench.seen());
                    let (requests, freezes) = (bench.requests(), bench.stats().freezes);
                    if shown != (0..18).collect::<Vec<u32>>() || requests + freezes > 0 {
                        wrong.push(format!(
                            "{name}, {what} {place:?}, {marker:?}: {requests} requests, {freezes} freezes, {shown:?}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
