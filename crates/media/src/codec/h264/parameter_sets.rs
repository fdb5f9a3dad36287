//! H.264 parameter sets of a stream, remembered so that decoding can restart where the sender does not repeat
//! them.

use std::collections::BTreeMap;

use super::sps::{MAX_SPS_BYTES, Sps};
use super::{headers, sps};

/// Sets remembered: a stream has one or two of each kind.
const MAX_SETS: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct ParameterSets {
    /// By kind and id, so that sequence parameter sets come first.
    units: BTreeMap<(u8, u32), Vec<u8>>,
    version: u64,
}

impl ParameterSets {
    /// Takes in a set of the stream, which replaces the one of the same id.
    pub(crate) fn note(&mut self, unit: &[u8]) {
        self.keep(unit, true);
    }

    /// Takes in a set of the description; the stream's own goes before.
    pub(crate) fn describe(&mut self, unit: &[u8]) {
        self.keep(unit, false);
    }

    fn keep(&mut self, unit: &[u8], newer: bool) {
        if unit.len() > MAX_SPS_BYTES {
            return;
        }
        let Some(id) = headers::set_id(unit) else { return };
        let key = (unit[0] & 0x1f, id);
        // What makes no sense would break a stream that is fine without it.
        if key.0 == sps::SPS && Sps::parse(unit).is_none() {
            return;
        }
        match self.units.get(&key) {
            Some(known) if !newer || known == unit => return,
            None if self.units.len() >= MAX_SETS => return,
            _ => {}
        }
        self.units.insert(key, unit.to_vec());
        self.version += 1;
    }

    /// Counts the changes.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn annex_b(&self) -> Vec<u8> {
        self.units.values().flat_map(|unit| [&[0, 0, 0, 1], &unit[..]].concat()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::h264::sps::tests::written;

    #[test]
    fn the_streams_own_sets_replace_those_of_the_description() {
        let (small, large) = (written((1, 8), (10, 6), false), written((1, 8), (20, 15), false));
        let pps = [0x68, 0b1100_0000, 0x80];
        let mut sets = ParameterSets::default();
        sets.describe(&pps);
        sets.describe(&small);
        assert_eq!(sets.annex_b(), [&[0, 0, 0, 1][..], &small, &[0, 0, 0, 1], &pps].concat());
        sets.note(&large);
        sets.describe(&small);
        assert_eq!(sets.annex_b(), [&[0, 0, 0, 1][..], &large, &[0, 0, 0, 1], &pps].concat());
        let version = sets.version();
        sets.note(&large);
        sets.note(&[0x67, 1, 2]);
        sets.note(&[0x68]);
        sets.note(&[]);
        assert_eq!(sets.version(), version, "nothing new, or nonsense");
    }

    #[test]
    fn sets_without_end_are_not_kept() {
        let mut sets = ParameterSets::default();
        for id in 0..200_u32 {
            let bits = (id + 1).leading_zeros();
            let code = u64::from(id + 1) << (bits + 24);
            let mut unit = vec![0x68];
            // The code is 63 - 2 * bits long and begins with as many zeros less one as it has bits.
            unit.extend((code >> (31 - bits)).to_be_bytes());
            unit.resize(500, 0xff);
            sets.note(&unit);
        }
        assert!(sets.units.len() <= MAX_SETS);
        sets.note(&[&[0x68, 0x80][..], &[1; 5000]].concat());
        assert!(sets.annex_b().len() <= MAX_SETS * 504);
    }
}
