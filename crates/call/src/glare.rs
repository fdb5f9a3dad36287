//! Two people calling each other at once: a pure decision that both sides reach alone.
//!
//! Each side sees its own call's backend id and the other's, so the smaller id is common ground.

use crate::RemoteCallId;

/// What to do with a ring from the person we are dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crossing {
    /// Our own call has no backend id yet: decide when it has.
    Hold,
    /// Theirs will be cancelled and ours accepted by their phone.
    KeepOurs,
    /// Cancel ours and accept theirs.
    KeepTheirs,
}

/// The call with the lexicographically smaller id survives.
pub(crate) fn decide(ours: Option<&RemoteCallId>, theirs: &RemoteCallId) -> Crossing {
    match ours {
        None => Crossing::Hold,
        Some(ours) if ours <= theirs => Crossing::KeepOurs,
        Some(_) => Crossing::KeepTheirs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_the_same_call() {
        let (a, b) = (RemoteCallId("a".into()), RemoteCallId("b".into()));
        assert_eq!(decide(Some(&a), &b), Crossing::KeepOurs);
        assert_eq!(decide(Some(&b), &a), Crossing::KeepTheirs);
        assert_eq!(decide(None, &a), Crossing::Hold);
    }
}
