//! H.264 slice and SEI headers: the kind of a picture, before it is decoded.

use super::sps::Bits;

/// Supplemental information that says where a stream can be joined (ITU-T H.264 D.1.8).
const SEI_RECOVERY_POINT: u32 = 6;

/// Whether a unit of this kind (table 7-1) is of use to the decoder: slices and parameter sets. Of others
/// (messages,
/// delimiters, filler, ends, layers above the base) some make it drop the picture they stand beside.
pub(crate) fn is_for_decoder(kind: u8) -> bool {
    matches!(kind, 1..=5 | 7 | 8)
}

/// The beginning of a slice's header (7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Its first macroblock.
    pub(crate) first: u32,
    /// It needs no other picture.
    pub(crate) intra: bool,
    /// The sixteen bits of which the first ones are `frame_num`; how many, the sequence parameter set says.
    pub(crate) number: Option<u16>,
}

/// Reads what follows the unit's header.
pub(crate) fn slice(body: &[u8]) -> Option<Slice> {
    let mut bits = Bits::new(&body[..body.len().min(16)]);
    let first = bits.golomb()?;
    let intra = matches!(bits.golomb()?, 2 | 4 | 7 | 9);
    let number = bits.golomb().and_then(|_set| bits.take(16)).and_then(|bits| u16::try_from(bits).ok());
    Some(Slice { first, intra, number })
}

/// After how many more frames the pictures are right, if this says that they will be (D.2.8).
pub(crate) fn recovery_point(body: &[u8]) -> Option<u16> {
    let mut bits = Bits::new(body);
    loop {
        let kind = extended(&mut bits)?;
        let size = extended(&mut bits)?;
        if kind == SEI_RECOVERY_POINT {
            return u16::try_from(bits.golomb()?).ok();
        }
        for _ in 0..size {
            bits.take(8)?;
        }
        // The stop bit and its zeros are no message.
        if bits.left() < 16 {
            return None;
        }
    }
}

/// The id of a sequence (7.3.2.1.1) or picture (7.3.2.2) parameter set, a unit with its header.
pub(crate) fn set_id(unit: &[u8]) -> Option<u32> {
    let (&header, rest) = unit.split_first()?;
    let mut bits = Bits::new(&rest[..rest.len().min(16)]);
    match header & 0x1f {
        7 => bits.take(24).map(drop)?,
        8 => {}
        _ => return None,
    }
    bits.golomb().filter(|&id| id < 256)
}

/// A number of bytes that goes on as long as they are 255 (7.3.2.3.1).
fn extended(bits: &mut Bits) -> Option<u32> {
    let mut value = 0_u32;
    loop {
        let byte = bits.take(8)?;
        value = value.checked_add(byte)?;
        if byte != 255 {
            return Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_recovery_point_is_found_among_other_messages() {
        assert_eq!(recovery_point(&[6, 1, 0b1000_0000, 0x80]), Some(0));
        assert_eq!(recovery_point(&[6, 2, 0b0000_1001, 0b0000_0000, 0x80]), Some(17));
        assert_eq!(recovery_point(&[5, 2, 9, 9, 1, 1, 7, 6, 1, 0b1000_0000, 0x80]), Some(0));
        assert_eq!(recovery_point(&[5, 2, 9, 9, 0x80]), None);
        assert_eq!(recovery_point(&[6]), None);
        assert_eq!(recovery_point(&[255; 40]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (slice(&bytes), recovery_point(&bytes));
        }
    }
}
