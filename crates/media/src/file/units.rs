//! NAL units of a stored picture (ISO/IEC 14496-15, 5.3.3), also where the writer did not keep to that.

use tracing::debug;

pub(super) const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// The units of a stored picture, each behind `length_size` bytes of length. Some writers put the decoder's
/// configuration before them, some use start codes instead of lengths.
pub(super) fn units(stored: &[u8], length_size: usize) -> Vec<&[u8]> {
    if let Some(units) = lengths(stored, length_size) {
        return units;
    }
    if let Some((mut sets, rest)) = configuration(stored)
        && let Some(units) = lengths(rest, length_size)
    {
        sets.extend(units);
        return sets;
    }
    let first = stored.first_chunk().is_some_and(|first| *first == START_CODE);
    if first || stored.starts_with(&START_CODE[1..]) {
        return start_codes(stored);
    }
    // A picture cut short is shown as far as it goes.
    debug!("Stored picture is cut short");
    let (mut units, mut rest) = (Vec::new(), stored);
    while let Some((unit, after)) = unit(rest, length_size) {
        units.push(unit);
        rest = after;
    }
    units
}

fn unit(bytes: &[u8], length_size: usize) -> Option<(&[u8], &[u8])> {
    let (length, after) = bytes.split_at_checked(length_size)?;
    let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    after.split_at_checked(length)
}

/// `None` unless the lengths fit.
fn lengths(mut rest: &[u8], length_size: usize) -> Option<Vec<&[u8]>> {
    let mut units = Vec::new();
    while !rest.is_empty() {
        let (unit, after) = unit(rest, length_size)?;
        units.push(unit);
        rest = after;
    }
    Some(units)
}

/// An `AVCDecoderConfigurationRecord` (5.3.3.1.2): its parameter sets, and what comes behind it.
fn configuration(bytes: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let [1, _, _, _, sizes, sequences, rest @ ..] = bytes else { return None };
    if sizes & 0xfc != 0xfc || sequences & 0xe0 != 0xe0 {
        return None;
    }
    let (mut sets, mut rest) = (Vec::new(), rest);
    for _ in 0..sequences & 31 {
        let (set, after) = unit(rest, 2)?;
        sets.push(set);
        rest = after;
    }
    let (pictures, after) = rest.split_first()?;
    rest = after;
    for _ in 0..*pictures {
        let (set, after) = unit(rest, 2)?;
        sets.push(set);
        rest = after;
    }
    Some((sets, rest))
}

fn start_codes(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts: Vec<usize> = Vec::new();
    starts.extend(bytes.windows(3).enumerate().filter(|(_, code)| *code == [0, 0, 1]).map(|(at, _)| at));
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let units = starts.iter().zip(ends).map(|(start, end)| &bytes[start + 3..end]);
    // A unit ends in a bit that is set; zeros behind that belong to the next start code (7.4.1).
    let trimmed = units.map(|unit| match unit.iter().rposition(|byte| *byte != 0) {
        Some(last) => &unit[..=last],
        None => &[],
    });
    trimmed.filter(|unit| !unit.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_taken_apart_as_writers_put_them_together() {
        let plain = [0, 0, 0, 2, 0x65, 9, 0, 0, 0, 1, 0x41];
        assert_eq!(units(&plain, 4), [&[0x65, 9][..], &[0x41]]);
        let record = [1, 66, 0, 12, 0xff, 0xe1, 0, 2, 0x67, 66, 1, 0, 1, 0x68];
        let with_record = [&record[..], &plain].concat();
        assert_eq!(units(&with_record, 4), [&[0x67, 66][..], &[0x68], &[0x65, 9], &[0x41]]);
        let codes = [0, 0, 0, 1, 0x67, 66, 0, 0, 0, 1, 0x68, 0, 0, 1, 0x65, 9, 0];
        assert_eq!(units(&codes, 4), [&[0x67, 66][..], &[0x68], &[0x65, 9]]);
        assert_eq!(units(&[3, 1, 2, 3, 9, 1], 1), [&[1, 2, 3][..]], "the last one is cut short");
        assert!(units(&[], 4).is_empty());
        for length in 0..with_record.len() {
            let _ = units(&with_record[..length], 2);
        }
    }
}
