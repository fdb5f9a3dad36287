//! A way of grabbing global keys, as a trait: native grabs, the portal, or none.

use crate::shell_state::{KeyAction, KeyProblem, KeyTrouble};

/// A global key was pressed or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyPress {
    pub(super) action: KeyAction,
    pub(super) down: bool,
}

/// A way of receiving keys independent of the focus.
pub(super) trait KeyGrabber: Send + 'static {
    /// Grabs exactly these from now on; returns those that cannot be grabbed.
    fn apply(&mut self, keys: Vec<(KeyAction, String)>) -> impl Future<Output = Vec<KeyProblem>> + Send;

    /// Whether a taken key can be tried again without a prompt to the user.
    fn may_retry(&self) -> bool {
        false
    }
}

/// For sessions that support no global keys.
pub(super) struct NoGrabber;

impl KeyGrabber for NoGrabber {
    async fn apply(&mut self, keys: Vec<(KeyAction, String)>) -> Vec<KeyProblem> {
        all(&keys, KeyTrouble::Unsupported)
    }
}

pub(super) fn all(keys: &[(KeyAction, String)], problem: KeyTrouble) -> Vec<KeyProblem> {
    keys.iter().map(|(action, _)| KeyProblem { action: *action, problem }).collect()
}
