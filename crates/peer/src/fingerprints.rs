//! DTLS certificate fingerprints of both sides, and the digits users compare. Sans-IO.

use sha2::{Digest, Sha256};

use crate::description::DescriptionError;

/// SHA-256 fingerprints of both certificates, as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    pub(crate) ours: Option<Vec<u8>>,
    pub(crate) theirs: Option<Vec<u8>>,
}

impl Fingerprints {
    /// The connection checks their certificate once, so a later description must not bring another:
    /// the digits would be those of a certificate that was not presented.
    pub(crate) fn check(&self, theirs: &[u8]) -> Result<(), DescriptionError> {
        if self.theirs.as_ref().is_some_and(|known| known != theirs) {
            return Err(DescriptionError::FingerprintChanged);
        }
        Ok(())
    }

    pub(crate) fn security_code(&self) -> Option<String> {
        Some(security_code(self.ours.as_ref()?, self.theirs.as_ref()?))
    }
}

/// Digits that are equal on both sides unless a third party sits between them: made of both fingerprints.
pub(crate) fn security_code(ours: &[u8], theirs: &[u8]) -> String {
    let (first, second) = if ours <= theirs { (ours, theirs) } else { (theirs, ours) };
    let mut hash = Sha256::new();
    hash.update(first);
    hash.update([0]);
    hash.update(second);
    let digest = hash.finalize();
    let groups = digest.chunks_exact(4).take(4).map(|four| {
        let number = four.iter().fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
        format!("{:05}", number % 100_000)
    });
    groups.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_same_on_both_sides_and_depends_on_both() {
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        let code = security_code(&a, &b);
        assert_eq!(code, security_code(&b, &a));
        assert_ne!(code, security_code(&a, &c));
        assert_eq!(code.len(), 4 * 5 + 3);
    }

    #[test]
    fn their_certificate_stays_what_it_was() {
        let mut prints = Fingerprints::default();
        assert_eq!(prints.check(&[1]), Ok(()));
        prints.theirs = Some(vec![1]);
        assert_eq!(prints.check(&[1]), Ok(()));
        assert_eq!(prints.check(&[2]), Err(DescriptionError::FingerprintChanged));
    }
}
