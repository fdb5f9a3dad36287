//! Long-term references in slice headers (ITU-T H.264 7.3.3): which picture a decoder is to keep, and which one is
//! predicted from one that it kept. Read as openh264 writes them: whole pictures, no weighted prediction, no redundant
//! slices. The input is untrusted.

use super::sps::{Bits, SliceLayout};

/// Bytes in which a slice's header ends.
const MAX_HEADER_BYTES: usize = 64;
/// More changes of a list than there are references are nonsense.
const MAX_CHANGES: usize = 32;

/// What the first slice of a picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct References {
    /// `frame_num`.
    pub(crate) number: u16,
    /// `idr_pic_id` of a key frame.
    pub(crate) idr: Option<u16>,
    /// Other pictures are decoded from this one (`nal_ref_idc`).
    pub(crate) reference: bool,
    /// It is predicted from the long-term reference of this index.
    pub(crate) from: Option<u32>,
    pub(crate) keeps: Option<Kept>,
}

/// A picture that the decoder keeps from now on, this one or an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// In place of the one that had this index.
    pub(crate) index: u32,
    pub(crate) number: u16,
}

impl References {
    /// Reads what follows a unit's header; `None` if it is not the beginning of a picture.
    pub(crate) fn read(header: u8, body: &[u8], layout: SliceLayout) -> Option<Self> {
        let (key, reference) = (header & 0x1f == 5, header & 0x60 != 0);
        if !key && header & 0x1f != 1 {
            return None;
        }
        let mut bits = Bits::new(&body[..body.len().min(MAX_HEADER_BYTES)]);
        if bits.golomb()? != 0 {
            return None;
        }
        let predicted = match bits.golomb()? {
            0 | 5 => true,
            2 | 7 => false,
            _ => return None,
        };
        bits.golomb()?; // parameter set
        let number = u16::try_from(bits.take(layout.number_bits)?).ok()?;
        let idr = if key { Some(u16::try_from(bits.golomb()?).ok()?) } else { None };
        bits.take(layout.order_bits?)?;
        let mut from = None;
        if predicted {
            if bits.take(1)? == 1 {
                bits.golomb()?; // how many references
            }
            if bits.take(1)? == 1 {
                from = first_of_list(&mut bits)?;
            }
        }
        let keeps = match (reference, key) {
            (false, _) => None,
            (true, true) => {
                bits.take(1)?; // output of earlier pictures
                (bits.take(1)? == 1).then_some(Kept { index: 0, number })
            }
            (true, false) if bits.take(1)? == 1 => kept(&mut bits, number, layout.number_bits)?,
            (true, false) => None,
        };
        Some(Self { number, idr, reference, from, keeps })
    }
}

/// The long-term reference that comes first, if one does (7.3.3.1).
fn first_of_list(bits: &mut Bits) -> Option<Option<u32>> {
    let mut first = None;
    for change in 0..MAX_CHANGES {
        match bits.golomb()? {
            0 | 1 => {
                bits.golomb()?;
            }
            2 => {
                let index = bits.golomb()?;
                first = first.or((change == 0).then_some(index));
            }
            3 => return Some(first),
            _ => return None,
        }
    }
    None
}

/// The picture kept by the marking of references (7.3.3.3).
fn kept(bits: &mut Bits, number: u16, number_bits: u32) -> Option<Option<Kept>> {
    let mask = ((1_u32 << number_bits.min(16)) - 1) as u16;
    let mut kept = None;
    for _ in 0..MAX_CHANGES {
        match bits.golomb()? {
            0 => return Some(kept),
            1 | 2 | 4 => {
                bits.golomb()?;
            }
            3 => {
                let back = bits.golomb()?.checked_add(1)?;
                let number = number.wrapping_sub(back as u16) & mask;
                kept = Some(Kept { index: bits.golomb()?, number });
            }
            6 => kept = Some(Kept { index: bits.golomb()?, number }),
            // All are forgotten, or nonsense.
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAYOUT: SliceLayout = SliceLayout { number_bits: 4, order_bits: Some(0) };

    /// A unit of bits, blanks left out.
    fn read(header: u8, bits: &str) -> Option<References> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |all, (at, bit)| all | bit << (7 - at));
        References::read(header, &bits.chunks(8).map(byte).collect::<Vec<_>>(), LAYOUT)
    }

    #[test]
    fn a_key_frame_that_is_kept_has_the_first_index() {
        // First macroblock 0, intra, set 0, number 0, id 1, no output question, kept.
        let key = read(0x65, "1 011 1 0000 010 0 1 1").expect("a slice");
        let kept = Kept { index: 0, number: 0 };
        assert_eq!((key.idr, key.keeps, key.from), (Some(1), Some(kept), None));
        assert_eq!(read(0x65, "1 011 1 0000 010 0 0 1").expect("a slice").keeps, None);
    }

    #[test]
    fn pictures_keep_themselves_or_the_one_before() {
        let plain = read(0x61, "1 1 1 0101 0 0 0 1").expect("a slice");
        assert_eq!((plain.number, plain.from, plain.keeps, plain.reference), (5, None, None, true));
        // Itself, as the second, after the limits were set and a short-term one was let go.
        let own = read(0x61, "1 1 1 0101 0 0 1 00101 011 010 1 00111 010 1 1").expect("a slice");
        assert_eq!(own.keeps, Some(Kept { index: 1, number: 5 }));
        // The one before, round the end of the numbers.
        let last = read(0x61, "1 1 1 0000 0 0 1 00100 1 010 1 1").expect("a slice");
        assert_eq!(last.keeps, Some(Kept { index: 1, number: 15 }));
    }

    #[test]
    fn prediction_from_a_long_term_reference_is_seen() {
        let from = read(0x61, "1 1 1 0101 0 1 011 010 00100 0 1").expect("a slice");
        assert_eq!(from.from, Some(1));
        let short = read(0x61, "1 1 1 0101 0 1 1 1 00100 0 1").expect("a slice");
        assert_eq!(short.from, None);
        let upper = read(0x01, "1 1 1 0101 0 1 011 1 00100 1").expect("a slice");
        assert_eq!((upper.from, upper.reference), (Some(0), false));
    }

    #[test]
    fn what_is_no_beginning_of_a_picture_says_nothing() {
        assert_eq!(read(0x61, "010 1 1 0101 0 0 0 1"), None, "a second slice");
        assert_eq!(read(0x67, "1 1 1 0101 0 0 0 1"), None, "no slice");
        assert_eq!(read(0x61, "1 010 1 0101 0 0 0 1"), None, "bidirectional");
        assert_eq!(read(0x61, "1 1 1"), None, "cut");
        assert_eq!(read(0x61, "1 1 1 0101 0 0 1 00110 1 1"), None, "all are forgotten");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_safely(
            header in any::<u8>(), bytes in proptest::collection::vec(any::<u8>(), 0..100),
            number_bits in 4..=16_u32, order_bits in proptest::option::of(0..=16_u32))
        {
            let _ = References::read(header, &bytes, SliceLayout { number_bits, order_bits });
        }
    }
}
