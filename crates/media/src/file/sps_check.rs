//! Check of the first fields of an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1.1): why a file cannot
//! be played.

/// What of a stream the decoder cannot do, in words; `None` where nothing is known of that kind.
pub(super) fn trouble(set: &[u8]) -> Option<&'static str> {
    let profile = *set.get(1)?;
    // Only these have more than 8 bits and 4:2:0 to choose from.
    if !matches!(profile, 44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244) {
        return None;
    }
    let mut bits = Bits { bytes: set.get(4..)?, at: 0 };
    bits.number()?;
    let chroma = bits.number()?;
    if chroma == 3 {
        bits.bit()?;
    }
    let (luma_depth, chroma_depth) = (bits.number()?, bits.number()?);
    if chroma > 1 {
        Some("H.264 with more colour than 4:2:0 cannot be played")
    } else if luma_depth + chroma_depth > 0 {
        Some("H.264 with more than 8 bits cannot be played")
    } else {
        None
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    /// An Exp-Golomb code (9.1).
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 15 {
                return None;
            }
        }
        let mut value = 1;
        for _ in 0..zeros {
            value = value << 1 | self.bit()?;
        }
        Some(value - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_colour_are_told_apart() {
        // Behind the level: set 0 (1), chroma (010 = 1, 011 = 2), depths (1 = 8 bits, 011 = 10 bits).
        let set = |profile: u8, bits: u8| [0x67, profile, 0, 31, bits, 0];
        assert_eq!(trouble(&set(100, 0b1010_1100)), None);
        assert!(trouble(&set(110, 0b1010_0111)).is_some_and(|words| words.contains("8 bits")));
        assert!(trouble(&set(122, 0b1011_1100)).is_some_and(|words| words.contains("4:2:0")));
        assert_eq!(trouble(&set(66, 0xff)), None);
        for cut in 0..6 {
            let _ = trouble(&set(244, 0)[..cut]);
        }
        assert_eq!(trouble(&set(244, 0)), None);
    }
}
