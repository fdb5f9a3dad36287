//! H.264 depacketizer (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A and FU-A; out comes
//! Annex B.

use super::Part;
use crate::codec::h264::headers;
use crate::codec::h264::references::References;
use crate::codec::h264::sps::{SliceLayout, Sps};

const SLICE: u8 = 1;
const PARTITION_A: u8 = 2;
const IDR: u8 = 5;
const SEI: u8 = 6;
const SPS: u8 = 7;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// `nal_ref_idc`, the header's bits that are zero where no other picture needs this one.
const REFERENCE: u8 = 0x60;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

pub(super) fn inspect(payload: &[u8]) -> Part {
    let Some((&header, rest)) = payload.split_first() else { return Part::EMPTY };
    match header & 0x1f {
        1..=23 => unit(header, rest, payload),
        STAP_A => units(rest).map(|nal| unit(nal[0], &nal[1..], nal)).fold(Part::EMPTY, Part::and),
        FU_A => match rest {
            [fragment, body @ ..] if !body.is_empty() => {
                let kind = fragment & 0x1f;
                if fragment & 0x80 != 0 {
                    return unit(header & 0xe0 | kind, body, &[]);
                }
                let slice = matches!(kind, 1..=IDR);
                let reference = slice && header & REFERENCE != 0;
                Part { key: kind == IDR, slice, reference, continues: true, ..Part::default() }
            }
            _ => Part::EMPTY,
        },
        _ => Part::EMPTY,
    }
}

/// `whole` is the unit with its header, empty if this is only its beginning.
fn unit(header: u8, body: &[u8], whole: &[u8]) -> Part {
    let (kind, reference) = (header & 0x1f, header & REFERENCE != 0);
    match kind {
        SLICE | PARTITION_A | IDR => {
            let slice = headers::slice(body);
            let continues = slice.is_none_or(|slice| slice.first != 0);
            Part {
                key: kind == IDR,
                slice: true,
                inter: kind != IDR && !slice.is_some_and(|slice| slice.intra),
                continues,
                reference,
                number: slice.filter(|_| !continues).and_then(|slice| slice.number),
                ..Part::default()
            }
        }
        // Further partitions of a slice.
        3 | 4 => Part { slice: true, inter: true, continues: true, reference, ..Part::default() },
        SEI => Part { recovery: headers::recovery_point(body), ..Part::default() },
        // These stand before the first slice, so a picture with them begins there.
        SPS => {
            let layout = Sps::parse(whole).map(|sps| sps.layout);
            Part { starts: true, sets: true, layout, ..Part::default() }
        }
        DELIMITER => Part { starts: true, ..Part::default() },
        _ => Part::default(),
    }
}

/// What the first slice of a picture says about long-term references, if it begins in this payload.
pub(super) fn references(payload: &[u8], layout: SliceLayout) -> Option<References> {
    match *payload {
        [header, fragment, ref body @ ..] if header & 0x1f == FU_A && fragment & 0x80 != 0 => {
            References::read(header & 0xe0 | fragment & 0x1f, body, layout)
        }
        _ => whole_units(payload).find_map(|unit| References::read(unit[0], &unit[1..], layout)),
    }
}

/// Units that are not spread over several packets.
pub(super) fn whole_units(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let kind = payload.first().map_or(0, |header| header & 0x1f);
    let single = matches!(kind, 1..=23).then_some(payload);
    let many = if kind == STAP_A { &payload[1..] } else { &[] };
    single.into_iter().chain(units(many))
}

/// The units of a STAP-A after its header; ends at the first length that is a lie.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (&[high, low], after) = rest.split_first_chunk()?;
        let (nal, after) = after.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        rest = after;
        (!nal.is_empty()).then_some(nal)
    })
}

/// Only what is of use to the decoder.
pub(super) fn join<'a>(payloads: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    // Fragments are only wanted between a beginning and its end.
    let mut open = false;
    for payload in payloads {
        let Some((&header, rest)) = payload.split_first() else { continue };
        match header & 0x1f {
            kind @ 1..=23 => {
                open = false;
                if headers::is_for_decoder(kind) {
                    out.extend_from_slice(&START_CODE);
                    out.extend_from_slice(payload);
                }
            }
            STAP_A => {
                open = false;
                for nal in units(rest).filter(|nal| headers::is_for_decoder(nal[0] & 0x1f)) {
                    out.extend_from_slice(&START_CODE);
                    out.extend_from_slice(nal);
                }
            }
            FU_A => {
                let Some((&fragment, body)) = rest.split_first() else { continue };
                if body.is_empty() {
                    continue;
                }
                if fragment & 0x80 != 0 {
                    open = headers::is_for_decoder(fragment & 0x1f);
                    if open {
                        out.extend_from_slice(&START_CODE);
                        out.push(header & 0xe0 | fragment & 0x1f);
                    }
                }
                if open {
                    out.extend_from_slice(body);
                }
                if fragment & 0x40 != 0 {
                    open = false;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(payloads: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        join(payloads.iter().copied(), &mut out);
        out
    }

    #[test]
    fn the_three_packet_kinds_become_annex_b() {
        let stap: &[u8] = &[0x78, 0, 2, 0x67, 1, 0, 3, 0x68, 2, 3];
        let first: &[u8] = &[0x7c, 0x85, 9, 8];
        let last: &[u8] = &[0x7c, 0x45, 7];
        let single: &[u8] = &[0x41, 5];
        assert_eq!(
            joined(&[stap, first, last, single]),
            [
                &[0, 0, 0, 1, 0x67, 1][..],
                &[0, 0, 0, 1, 0x68, 2, 3],
                &[0, 0, 0, 1, 0x65, 9, 8, 7],
                &[0, 0, 0, 1, 0x41, 5]
            ]
            .concat()
        );
        let sets = Part { starts: true, sets: true, ..Part::default() };
        assert_eq!(inspect(stap), sets);
        let cut = Part { key: true, slice: true, continues: true, reference: true, ..Part::default() };
        assert_eq!(inspect(last), cut);
        assert!(!inspect(&[0x1c, 0x41, 7]).reference);
        // First macroblock 0, slice type 7 (all intra) and 5 (all predicted).
        let begin = Part { slice: true, reference: true, ..Part::default() };
        assert_eq!(inspect(&[0x7c, 0x85, 0b1000_1000]), Part { key: true, ..begin });
        assert_eq!(inspect(&[0x41, 0b1000_1000, 0]), begin);
        assert_eq!(inspect(&[0x41, 0b1001_1000]), Part { inter: true, ..begin });
        assert!(inspect(&[0x41, 0b0100_0110]).continues, "second slice");
        let whole: &[u8] = &[0x78, 0, 1, 0x67, 0, 1, 0x68, 0, 2, 0x65, 0b1000_1000];
        assert_eq!(inspect(whole), Part { key: true, slice: true, reference: true, ..sets });
        // First macroblock 0, all predicted, set 0, then frame_num.
        let numbered = inspect(&[0x01, 0b1001_1010, 0b1110_0000, 0b0000_0111]);
        assert_eq!((numbered.number, numbered.reference), (Some(0b0111_0000_0000_0011), false));
    }

    #[test]
    fn nonsense_holds_nothing() {
        for payload in
            [&[][..], &[0x1e], &[0x7c], &[0x7c, 0x85], &[0x78], &[0x78, 0xff, 0xff, 1], &[0x78, 0, 0]]
        {
            assert!(inspect(payload).empty, "{payload:?}");
            assert!(joined(&[payload]).is_empty(), "{payload:?}");
        }
        // A fragment without its beginning.
        assert!(joined(&[&[0x7c, 0x05, 1, 2]]).is_empty());
    }

    proptest! {
        #[test]
        fn hostile_payloads_never_grow_beyond_reason(payloads in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..80), 0..12))
        {
            let mut bytes = 0;
            for payload in &payloads {
                inspect(payload);
                bytes += payload.len();
            }
            let mut out = Vec::new();
            join(payloads.iter().map(Vec::as_slice), &mut out);
            prop_assert!(out.len() <= bytes * 5);
        }

        #[test]
        fn cut_into_fragments_a_unit_comes_out_whole(
            body in proptest::collection::vec(any::<u8>(), 2..4000), size in 1usize..1200)
        {
            let chunks: Vec<_> = body.chunks(size).collect();
            let last = chunks.len() - 1;
            let payloads: Vec<Vec<u8>> = chunks.iter().enumerate().map(|(index, chunk)| {
                let flags = if index == 0 { 0x80 } else { 0 } | if index == last { 0x40 } else { 0 };
                [&[0x7c, flags | 5][..], chunk].concat()
            }).collect();
            let mut out = Vec::new();
            join(payloads.iter().map(Vec::as_slice), &mut out);
            prop_assert_eq!(out, [&[0, 0, 0, 1, 0x65][..], &body].concat());
        }
    }
}
