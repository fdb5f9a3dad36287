//! A way of grabbing global keys, as a trait: native grabs, the portal, or none.

use crate::shell_state::{KeyAction, KeyProblem, KeyTrouble};

/// A key of ours went down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Press {
    pub(super) action: KeyAction,
    pub(super) down: bool,
}

/// A way of getting keys whichever window has them.
pub(super) trait Grab: Send + 'static {
    /// Grabs exactly these from now on; says which cannot be had.
    fn apply(&mut self, keys: Vec<(KeyAction, String)>) -> impl Future<Output = Vec<KeyProblem>> + Send;

    /// Whether asking again may give a key that somebody else had, without anybody being bothered.
    fn may_ask_again(&self) -> bool {
        false
    }
}

/// For sessions that give keys to nobody.
pub(super) struct Nowhere;

impl Grab for Nowhere {
    async fn apply(&mut self, keys: Vec<(KeyAction, String)>) -> Vec<KeyProblem> {
        all(&keys, KeyTrouble::Unsupported)
    }
}

pub(super) fn all(keys: &[(KeyAction, String)], problem: KeyTrouble) -> Vec<KeyProblem> {
    keys.iter().map(|(action, _)| KeyProblem { action: *action, problem }).collect()
}
