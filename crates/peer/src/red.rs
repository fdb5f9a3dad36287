//! Redundant audio data (RED, RFC 2198): a packet that repeats earlier ones in front of its own sound.
//!
//! ```text
//!  1 | type (7) | offset (14) | length (10)   one for each copy, oldest first
//!  0 | type (7)                               of the packet's own sound
//!  copies, then the packet's own sound
//! ```

use std::collections::VecDeque;

use bellwire_media::{Copies, without_padding};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The most copies read or written.
const MAX_COPIES: usize = 8;
/// As many as the offset of a copy reaches over, with packets of 20 ms.
const MAX_EARLIER_PACKETS: usize = 17;
/// An offset has 14 bits of RTP clock, a length 10 bits.
const MAX_OFFSET: u32 = (1 << 14) - 1;
const MAX_COPY_BYTES: usize = (1 << 10) - 1;
/// Beyond this a packet would not fit on every path.
const MAX_PAYLOAD_BYTES: usize = 1_140;
const MORE: u8 = 0x80;

/// A packet taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Copies of earlier packets, oldest first: how much earlier by the RTP clock, and what they are.
    pub(crate) copies: Vec<(u32, Bytes)>,
    pub(crate) own: Bytes,
}

/// Takes a payload apart; blocks of other payload types than `payload_type` are left out. `None`: malformed, or
/// not of sound we know.
pub(crate) fn parse(payload: &Bytes, payload_type: u8) -> Option<Parts> {
    let mut rest = payload.clone();
    let mut blocks = Vec::new();
    let own = loop {
        let first = rest.try_get_u8().ok()?;
        if first & MORE == 0 {
            break first;
        }
        let offset = u32::from(rest.try_get_u8().ok()?) << 6;
        let word = rest.try_get_u16().ok()?;
        blocks.push((first & !MORE, offset | u32::from(word >> 10), usize::from(word & 0x3ff)));
        if blocks.len() > MAX_COPIES {
            return None;
        }
    };
    let mut copies = Vec::with_capacity(blocks.len());
    for (number, offset, length) in blocks {
        if rest.len() < length {
            return None;
        }
        let copy = rest.split_to(length);
        if number == payload_type && !copy.is_empty() {
            copies.push((offset, copy));
        }
    }
    (own == payload_type).then_some(Parts { copies, own: rest })
}

/// Earlier packets of our sound, to repeat.
#[derive(Debug, Default)]
pub(crate) struct EarlierPackets {
    /// RTP timestamp and payload, newest last.
    earlier: VecDeque<(u32, Bytes)>,
}

impl EarlierPackets {
    /// The payload with those earlier ones in front that `copies` asks for, for packets of `payload_type`; `None` if there is none
    /// to repeat. The copies are without Opus padding: the DRED in it is of use once.
    pub(crate) fn with(
        &mut self,
        copies: Copies,
        payload_type: u8,
        timestamp: u32,
        own: &Bytes,
    ) -> Option<Bytes> {
        let mut room = MAX_PAYLOAD_BYTES.saturating_sub(own.len() + 1);
        let mut fitting = Vec::new();
        for distance in copies.distances().take(MAX_COPIES) {
            let Some((earlier, copy)) =
                self.earlier.len().checked_sub(distance).and_then(|at| self.earlier.get(at))
            else {
                break;
            };
            let offset = timestamp.wrapping_sub(*earlier);
            if offset == 0 || offset > MAX_OFFSET || copy.len() > MAX_COPY_BYTES || room < copy.len() + 4 {
                // Those before it are older still.
                break;
            }
            room -= copy.len() + 4;
            fitting.push((offset, copy.clone()));
        }
        self.earlier.push_back((timestamp, without_padding(own)));
        if self.earlier.len() > MAX_EARLIER_PACKETS {
            self.earlier.pop_front();
        }
        if fitting.is_empty() {
            return None;
        }
        let mut payload = BytesMut::with_capacity(MAX_PAYLOAD_BYTES);
        for (offset, copy) in fitting.iter().rev() {
            payload.put_u8(MORE | payload_type);
            let word = (offset << 10) | copy.len() as u32;
            payload.put_uint(u64::from(word), 3);
        }
        payload.put_u8(payload_type);
        fitting.iter().rev().for_each(|(_, copy)| payload.put_slice(copy));
        payload.put_slice(own);
        Some(payload.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(count: u8) -> Copies {
        Copies { count, spacing: 1 }
    }

    fn sound(number: u8) -> Bytes {
        Bytes::from(vec![0x78, number, number])
    }

    #[test]
    fn what_is_packed_is_taken_apart_again() {
        let mut copies = EarlierPackets::default();
        for number in 0..6_u8 {
            let timestamp = (u32::MAX - 2000).wrapping_add(u32::from(number) * 960);
            let packed = copies.with(nearest(3), 111, timestamp, &sound(number));
            let Some(packed) = packed else {
                assert_eq!(number, 0, "the first has none before it");
                continue;
            };
            let parts = parse(&packed, 111).unwrap();
            assert_eq!(parts.own, sound(number));
            let expected: Vec<(u32, Bytes)> =
                (number.saturating_sub(3)..number).map(|n| (u32::from(number - n) * 960, sound(n))).collect();
            assert_eq!(parts.copies, expected);
        }
    }

    #[test]
    fn copies_may_be_further_apart() {
        let mut earlier = EarlierPackets::default();
        let spread = Copies { count: 3, spacing: 3 };
        let packed = (0..12_u8).map(|n| earlier.with(spread, 111, u32::from(n) * 960, &sound(n)));
        let offsets = packed.map(|packed| parse(&packed?, 111)).map(|parts| {
            parts.map(|parts| parts.copies.iter().map(|(offset, _)| offset / 960).collect::<Vec<_>>())
        });
        let offsets: Vec<_> = offsets.collect();
        assert_eq!(offsets[2], None);
        assert_eq!(offsets[5], Some(vec![3]));
        assert_eq!(offsets[11], Some(vec![9, 6, 3]));
    }

    #[test]
    fn a_chromium_packet_is_read() {
        let payload = Bytes::from_static(&[0xef, 0x0f, 0x00, 0x03, 0x6f, 0x78, 1, 1, 0x78, 2, 2]);
        let parts = parse(&payload, 111).unwrap();
        assert_eq!(parts, Parts { copies: vec![(960, sound(1))], own: sound(2) });
        assert_eq!(parse(&payload, 96), None, "of another codec");
    }

    #[test]
    fn what_is_too_old_or_too_large_is_not_repeated() {
        let mut copies = EarlierPackets::default();
        assert_eq!(copies.with(nearest(2), 111, 0, &sound(1)), None);
        assert_eq!(copies.with(nearest(2), 111, 48_000, &sound(2)), None, "a second ago");
        assert_eq!(copies.with(nearest(2), 111, 48_960, &Bytes::from(vec![0; 1200])), None, "no room");
        assert_eq!(copies.with(nearest(2), 111, 49_920, &sound(3)), None, "the large one has no room either");
        let packed = copies.with(nearest(2), 111, 50_880, &sound(4)).unwrap();
        assert_eq!(parse(&packed, 111).unwrap().copies, [(960, sound(3))]);
    }

    #[test]
    fn garbage_is_refused_or_has_parts_within_its_length() {
        let mut state = 1_u32;
        for round in 0..20_000_usize {
            let payload: Bytes = (0..round % 60)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Types that fit are common enough for some to get through.
                    if state >> 30 == 0 { [0xef, 0x6f][state as usize >> 8 & 1] } else { (state >> 16) as u8 }
                })
                .collect();
            if let Some(parts) = parse(&payload, 111) {
                let total: usize = parts.copies.iter().map(|(_, copy)| copy.len()).sum();
                assert!(total + parts.own.len() < payload.len());
            }
        }
    }
}
