//! Glare, two people calling each other at once: a pure decision that both sides make alike.
//!
//! Each side sees its own call's backend id and the other's, so the smaller id is common ground.

use crate::RemoteCallId;

/// What to do with a ring from the person we are dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlareDecision {
    /// Our own call has no backend id yet: decide when it has.
    Hold,
    /// Theirs will be cancelled and ours accepted by their phone.
    KeepOurs,
    /// Cancel ours and accept theirs.
    KeepTheirs,
}

/// The call with the lexicographically smaller id survives.
pub(crate) fn decide(ours: Option<&RemoteCallId>, theirs: &RemoteCallId) -> GlareDecision {
    match ours {
        None => GlareDecision::Hold,
        Some(ours) if ours <= theirs => GlareDecision::KeepOurs,
        Some(_) => GlareDecision::KeepTheirs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_the_same_call() {
        let (a, b) = (RemoteCallId("a".into()), RemoteCallId("b".into()));
        assert_eq!(decide(Some(&a), &b), GlareDecision::KeepOurs);
        assert_eq!(decide(Some(&b), &a), GlareDecision::KeepTheirs);
        assert_eq!(decide(None, &a), GlareDecision::Hold);
    }
}
