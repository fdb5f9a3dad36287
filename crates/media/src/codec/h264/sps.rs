//! H.264 sequence parameter set (ITU-T H.264 7.3.2.1.1) and slice types (7.3.3). The input is untrusted;
//! invalid data is `None`.

use super::super::Unplayable;

pub(super) const SPS: u8 = 7;
/// Longer ones only contain scaling lists.
pub(super) const MAX_SPS_BYTES: usize = 1024;

/// The part of a sequence parameter set that decides whether and how its pictures can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sps {
    /// 0 is grey, 1 is 4:2:0.
    pub(crate) chroma_format: u32,
    /// The larger one of luma and chroma, bits.
    pub(crate) bit_depth: u32,
    /// Before cropping, pixels: what a decoder allocates.
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// May hold fields.
    pub(crate) interlaced: bool,
    /// Pictures that come before others they are shown after; `None` where the stream does not say.
    pub(crate) reordered: Option<u32>,
    pub(crate) layout: SliceLayout,
}

/// What of a slice's header has a length of its own in each stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceLayout {
    /// Bits of `frame_num`: 4..=16.
    pub(crate) number_bits: u32,
    /// Bits of `pic_order_cnt_lsb`, 0 without; `None`: the order is given in another way.
    pub(crate) order_bits: Option<u32>,
}

impl Sps {
    /// Reads a unit with its header.
    pub(crate) fn parse(unit: &[u8]) -> Option<Self> {
        let (&header, rest) = unit.split_first()?;
        if header & 0x1f != SPS {
            return None;
        }
        let mut bits = Bits::new(rest);
        let profile = bits.take(8)?;
        bits.take(16)?; // constraints, level
        bits.golomb()?; // id
        let (mut chroma_format, mut bit_depth) = (1, 8);
        if matches!(profile, 44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244) {
            chroma_format = bits.golomb()?;
            if chroma_format == 3 {
                bits.take(1)?;
            }
            bit_depth = bits.golomb()?.max(bits.golomb()?).checked_add(8)?;
            bits.take(1)?;
            if bits.take(1)? == 1 {
                for list in 0..if chroma_format == 3 { 12 } else { 8 } {
                    if bits.take(1)? == 1 {
                        bits.skip_scaling_list(if list < 6 { 16 } else { 64 })?;
                    }
                }
            }
        }
        let number_bits = bits.golomb().filter(|&more| more <= 12)? + 4;
        let order = bits.golomb()?;
        let order_bits = match order {
            0 => Some(bits.golomb()?).filter(|&more| more <= 12).map(|more| more + 4),
            1 => None,
            _ => Some(0),
        };
        if order == 1 {
            bits.take(1)?;
            bits.golomb()?;
            bits.golomb()?;
            for _ in 0..bits.golomb().filter(|&cycle| cycle < 256)? {
                bits.golomb()?;
            }
        }
        let layout = SliceLayout { number_bits, order_bits };
        bits.golomb()?; // references
        bits.take(1)?;
        let width = (u64::from(bits.golomb()?) + 1) * 16;
        let units = u64::from(bits.golomb()?) + 1;
        let interlaced = bits.take(1)? == 0;
        let height = units * if interlaced { 32 } else { 16 };
        // Baseline has nothing to reorder, whatever it says.
        let reordered = reordered(&mut bits, interlaced).filter(|_| profile != 66);
        Some(Self { chroma_format, bit_depth, width, height, interlaced, reordered, layout })
    }

    /// Why openh264 cannot show such pictures; `None` if it can.
    pub(crate) fn unplayable(&self, most_pixels: u64) -> Option<Unplayable> {
        if self.width.saturating_mul(self.height) > most_pixels {
            Some(Unplayable::TooLarge)
        } else if self.interlaced {
            Some(Unplayable::Interlaced)
        } else if self.bit_depth != 8 {
            Some(Unplayable::BitDepth)
        } else if self.chroma_format > 1 {
            Some(Unplayable::Chroma)
        } else {
            None
        }
    }
}

/// `max_num_reorder_frames` (E.1.1), of the bits behind the height.
fn reordered(bits: &mut Bits, interlaced: bool) -> Option<u32> {
    const OWN_ASPECT: u32 = 255;
    if interlaced {
        bits.take(1)?;
    }
    bits.take(1)?; // direct 8x8 inference
    if bits.take(1)? == 1 {
        for _side in 0..4 {
            bits.golomb()?;
        }
    }
    if bits.take(1)? == 0 {
        return None;
    }
    if bits.take(1)? == 1 && bits.take(8)? == OWN_ASPECT {
        bits.take(32)?;
    }
    if bits.take(1)? == 1 {
        bits.take(1)?; // overscan
    }
    if bits.take(1)? == 1 {
        bits.take(4)?; // format and range
        if bits.take(1)? == 1 {
            bits.take(24)?;
        }
    }
    if bits.take(1)? == 1 {
        bits.golomb()?; // place of the chroma samples
        bits.golomb()?;
    }
    if bits.take(1)? == 1 {
        bits.take(32)?; // clock
        bits.take(32)?;
        bits.take(1)?;
    }
    let hypothetical = [skip_hrd(bits)?, skip_hrd(bits)?];
    if hypothetical.contains(&true) {
        bits.take(1)?;
    }
    bits.take(1)?; // times in messages
    if bits.take(1)? == 0 {
        return None;
    }
    bits.take(1)?;
    for _limit in 0..4 {
        bits.golomb()?;
    }
    bits.golomb()
}

/// Passes over the parameters of a hypothetical decoder (E.1.2); tells whether there are any.
fn skip_hrd(bits: &mut Bits) -> Option<bool> {
    if bits.take(1)? == 0 {
        return Some(false);
    }
    let streams = bits.golomb().filter(|&more| more < 32)?;
    bits.take(8)?;
    for _stream in 0..=streams {
        bits.golomb()?;
        bits.golomb()?;
        bits.take(1)?;
    }
    bits.take(20)?;
    Some(true)
}

/// Whether the unit is a slice predicted from pictures before and behind it.
pub(crate) fn is_bidirectional(unit: &[u8]) -> bool {
    let Some((&header, rest)) = unit.split_first() else { return false };
    if header & 0x1f != 1 {
        return false;
    }
    let mut bits = Bits::new(&rest[..rest.len().min(16)]);
    bits.golomb();
    matches!(bits.golomb(), Some(1 | 6))
}

/// Bits of a unit's payload without its emulation prevention.
pub(super) struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    pub(super) fn new(escaped: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(escaped.len().min(MAX_SPS_BYTES));
        let mut zeros = 0;
        for &byte in escaped.iter().take(MAX_SPS_BYTES) {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }

    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// An unsigned Exp-Golomb number (9.1).
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.take(zeros)?)
    }

    /// How many bits are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    fn skip_scaling_list(&mut self, length: u32) -> Option<()> {
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..length {
            if next != 0 {
                let code = i64::from(self.golomb()?);
                let delta = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
                next = (last + delta).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
        Some(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes a sequence parameter set of high profile, for tests of what is refused.
    pub(crate) fn written(
        (chroma, depth): (u32, u32),
        (columns, rows): (u32, u32),
        interlaced: bool,
    ) -> Vec<u8> {
        let mut bits: Vec<u8> = Vec::new();
        let mut put = |value: u32, count: u32| {
            bits.extend((0..count).rev().map(|bit| (value >> bit & 1) as u8));
        };
        let mut fields = vec![(122, 8), (40, 16)];
        let golomb = |value: u32| (value + 1, 2 * (value + 1).ilog2() + 1);
        fields.extend([golomb(0), golomb(chroma)]);
        if chroma == 3 {
            fields.push((0, 1));
        }
        fields.extend([golomb(depth - 8), golomb(depth - 8), (0, 1), (0, 1), golomb(0), golomb(2)]);
        fields.extend([golomb(1), (0, 1), golomb(columns - 1), golomb(rows - 1)]);
        fields.extend([(u32::from(!interlaced), 1), (0, 1), (1, 1), (0, 1), (0, 1), (1, 1)]);
        for (value, count) in fields {
            put(value, count);
        }
        let mut unit = vec![0x67];
        unit.extend(
            bits.chunks(8)
                .map(|byte| byte.iter().enumerate().fold(0, |all, (index, bit)| all | bit << (7 - index))),
        );
        unit
    }

    #[test]
    fn what_cannot_be_shown_is_known_before_the_first_picture() {
        let reason = |format, size, interlaced| {
            Sps::parse(&written(format, size, interlaced)).expect("a whole set").unplayable(4096 * 2304)
        };
        assert_eq!(reason((1, 8), (20, 15), false), None);
        assert_eq!(reason((1, 8), (256, 144), false), None);
        assert_eq!(reason((1, 8), (320, 180), false), Some(Unplayable::TooLarge));
        assert_eq!(reason((1, 8), (256, 144), true), Some(Unplayable::TooLarge));
        assert_eq!(reason((1, 8), (20, 15), true), Some(Unplayable::Interlaced));
        assert_eq!(reason((1, 10), (20, 15), false), Some(Unplayable::BitDepth));
        assert_eq!(reason((0, 8), (20, 15), false), None, "grey");
        for chroma in [2, 3] {
            assert_eq!(reason((chroma, 8), (20, 15), false), Some(Unplayable::Chroma), "{chroma}");
        }
    }

    #[test]
    fn the_set_of_an_encoder_is_read_and_a_cut_one_is_none() {
        // 1280x720, high profile, as x264 writes it, with emulation prevention inside.
        let unit =
            [0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00];
        let sps = Sps::parse(&unit).expect("a whole set");
        let expected = Sps {
            chroma_format: 1,
            bit_depth: 8,
            width: 1280,
            height: 720,
            interlaced: false,
            reordered: None,
            layout: SliceLayout { number_bits: 4, order_bits: Some(6) },
        };
        assert_eq!(sps, expected);
        for length in 0..9 {
            assert_eq!(Sps::parse(&unit[..length]), None, "{length}");
        }
    }

    #[test]
    fn slices_predicted_from_both_sides_are_told_from_others() {
        assert!(is_bidirectional(&[0x01, 0b1010_1000]), "type 1");
        assert!(is_bidirectional(&[0x01, 0b1001_1100, 0]), "type 6");
        assert!(!is_bidirectional(&[0x41, 0b1100_0000]), "type 0");
        assert!(!is_bidirectional(&[0x65, 0b1010_1000]), "no slice of this kind");
        assert!(!is_bidirectional(&[0x01]));
        assert!(!is_bidirectional(&[]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let unit = [&[0x67, 0x64][..], &bytes].concat();
            if let Some(sps) = Sps::parse(&unit) {
                prop_assert!(sps.width >= 16 && sps.height >= 16);
            }
            is_bidirectional(&bytes);
        }
    }
}
