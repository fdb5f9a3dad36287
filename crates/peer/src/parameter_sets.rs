//! H.264 parameter sets named in a description (`sprop-parameter-sets`, RFC 6184 8.1).

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

/// A stream has one or two of each kind.
const MAX_SETS: usize = 8;
/// Longer ones only contain scaling lists.
const MAX_SET_BYTES: usize = 1024;

/// The sets as a decoder takes them (Annex B); `None` if there are none or one makes no sense.
pub(crate) fn annex_b(value: &str) -> Option<Bytes> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let base64 = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let mut sets = Vec::new();
    for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()).take(MAX_SETS) {
        let unit = base64.decode(text.get(..MAX_SET_BYTES).unwrap_or(text)).ok()?;
        if !matches!(unit.first()? & 0x1f, 7 | 8) {
            return None;
        }
        sets.extend_from_slice(&[0, 0, 0, 1]);
        sets.extend_from_slice(&unit);
    }
    (!sets.is_empty()).then(|| sets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_with_and_without_padding() {
        let expected: &[u8] =
            &[0, 0, 0, 1, 0x67, 0x42, 0, 0x0a, 0xf8, 0x41, 0xa2, 0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80];
        for text in ["Z0IACvhBog==,aM44gA==", "Z0IACvhBog,aM44gA", " Z0IACvhBog== , aM44gA==,"] {
            assert_eq!(annex_b(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", ",", "Z0I*", "ABCD", "Z", "aM44gA==,====="] {
            assert_eq!(annex_b(text), None, "{text}");
        }
        assert!(annex_b(&"aM44gA==,".repeat(1000)).is_some_and(|sets| sets.len() == MAX_SETS * 8));
        assert!(
            annex_b(&format!("Z0II{}", "AAAA".repeat(100_000)))
                .is_none_or(|sets| sets.len() <= MAX_SET_BYTES)
        );
    }
}
