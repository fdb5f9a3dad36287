//! Long-term references of a running encoder, by the RTP timestamps at which the other end knows them.

use std::collections::VecDeque;
use std::time::Instant;

use crate::codec::LongTermReference;

/// The encoder remembers no more.
const MAX_KEPT: usize = 4;

/// A request for a picture that is predicted from a long-term reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecoveryRequest {
    pub(super) asked: Instant,
    /// RTP timestamp of the picture that the other end has and keeps.
    pub(super) from: u32,
}

#[derive(Debug, Default)]
pub(super) struct References {
    kept: VecDeque<(u32, LongTermReference)>,
}

impl References {
    /// A picture goes out; nothing before a key frame is of use after it.
    pub(super) fn sent(&mut self, timestamp: u32, key: bool, keeps: Option<LongTermReference>) {
        if key {
            self.kept.clear();
        }
        let Some(reference) = keeps else { return };
        if self.kept.len() == MAX_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((timestamp, reference));
    }

    pub(super) fn find(&self, timestamp: u32) -> Option<LongTermReference> {
        self.kept.iter().find(|(at, _)| *at == timestamp).map(|(_, reference)| *reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_since_the_last_key_frame_are_known() {
        let mut references = References::default();
        references.sent(3000, true, Some(LongTermReference(1)));
        references.sent(6000, false, None);
        references.sent(9000, false, Some(LongTermReference(2)));
        assert_eq!(references.find(3000), Some(LongTermReference(1)));
        assert_eq!((references.find(6000), references.find(9000)), (None, Some(LongTermReference(2))));
        references.sent(12_000, true, Some(LongTermReference(3)));
        assert_eq!((references.find(9000), references.find(12_000)), (None, Some(LongTermReference(3))));
        for number in 4..20 {
            references.sent(number * 3000, false, Some(LongTermReference(number.into())));
        }
        assert_eq!((references.find(12_000), references.kept.len()), (None, MAX_KEPT));
    }
}
