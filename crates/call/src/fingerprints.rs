//! DTLS certificate fingerprints of a session description (RFC 8122): whether two descriptions come from the
//! same peer connection. Certificates are checked by DTLS, not here.

use std::collections::BTreeSet;

use crate::Sdp;

/// Lines looked at; a description has a handful.
const MAX_FINGERPRINTS: usize = 32;

/// Every `a=fingerprint` of a description: hash function and value, however they are spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprints(BTreeSet<(String, String)>);

impl Fingerprints {
    /// `None` if the description has none.
    pub(crate) fn of(description: &Sdp) -> Option<Self> {
        let lines = description.sdp.lines().filter_map(|line| line.trim().strip_prefix("a=fingerprint:"));
        let pair = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            Some((words.next()?.to_ascii_lowercase(), words.next()?.to_ascii_uppercase()))
        };
        let all: BTreeSet<_> = lines.filter_map(pair).take(MAX_FINGERPRINTS).collect();
        (!all.is_empty()).then_some(Self(all))
    }

    /// The same certificate may be named by other hash functions, by more or by fewer of them, and in
    /// another order. Two descriptions that share no hash function are taken for strangers.
    pub(crate) fn same_certificate(&self, other: &Self) -> bool {
        self.0.iter().any(|print| other.0.contains(print))
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprints;
    use crate::{Sdp, SdpKind};

    fn of(lines: &[&str]) -> Option<Fingerprints> {
        let text = |line: &&str| format!("a=fingerprint:{line}\r\n");
        Fingerprints::of(&Sdp { kind: SdpKind::Offer, sdp: lines.iter().map(text).collect() })
    }

    #[test]
    fn one_certificate_is_known_by_any_of_its_hashes_however_they_are_spelled() {
        let known = of(&["sha-256 AA:bb"]).unwrap();
        for same in [&["SHA-1 01:02", "SHA-256 aa:BB"][..], &["sha-256  AA:BB ", "sha-512 03"]] {
            assert!(known.same_certificate(&of(same).unwrap()), "{same:?}");
        }
        for other in [&["sha-256 AA:CC"][..], &["sha-1 AA:BB"]] {
            assert!(!known.same_certificate(&of(other).unwrap()), "{other:?}");
        }
        assert_eq!((of(&[]), of(&["sha-256"])), (None, None));
    }
}
