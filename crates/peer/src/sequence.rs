//! Sequence-number arithmetic: 16-bit numbers that wrap, as RTP and transport-wide feedback have them.

/// The number nearest to `reference` whose lower 16 bits are `number`.
pub(crate) fn unwrap_near(reference: i64, number: u16) -> i64 {
    reference + i64::from(number.wrapping_sub(wrapped(reference)).cast_signed())
}

/// The lower 16 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cut is the definition")]
pub(crate) fn wrapped(number: i64) -> u16 {
    number as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_over_the_wrap_in_both_directions() {
        assert_eq!(unwrap_near(65_535, 2), 65_538);
        assert_eq!(unwrap_near(65_538, 65_533), 65_533);
        assert_eq!(unwrap_near(0, 65_535), -1);
        assert_eq!(wrapped(-1), 65_535);
        assert_eq!(unwrap_near(10 * 65_536 + 5, 5), 10 * 65_536 + 5);
    }
}
