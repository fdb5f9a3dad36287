//! What an account's REST calls are made with, shared by its session's task and whoever asks for a
//! list. Knows no endpoint and renews nothing itself.

use std::sync::{PoisonError, RwLock};

use bellwire_dialects::{Dialect, Identity};

use crate::rest::Rest;

/// Counts an account's tokens; a call that failed with an old one is worth repeating.
pub(crate) type Generation = u64;

/// The account as it is signed in now.
#[derive(Debug)]
pub(crate) struct Access {
    now: RwLock<Now>,
}

#[derive(Debug)]
struct Now {
    generation: Generation,
    rest: Rest,
    /// A second codec of the same account: builds and reads lists, has no calls.
    lists: Box<dyn Dialect>,
}

impl Access {
    pub(crate) fn new(rest: Rest, lists: Box<dyn Dialect>) -> Self {
        Self { now: RwLock::new(Now { generation: 0, rest, lists }) }
    }

    pub(crate) fn rest(&self) -> (Generation, Rest) {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        (now.generation, now.rest.clone())
    }

    pub(crate) fn generation(&self) -> Generation {
        self.now.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// Asks the codec of lists; short, the lock is held meanwhile.
    pub(crate) fn lists<T>(&self, ask: impl FnOnce(&dyn Dialect) -> T) -> T {
        ask(self.now.read().unwrap_or_else(PoisonError::into_inner).lists.as_ref())
    }

    /// From now on everything is asked as this identity.
    pub(crate) fn renew(&self, identity: &Identity, rest: Rest) -> Generation {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.generation += 1;
        now.rest = rest.share_budget(&now.rest);
        now.lists.renew(identity);
        now.generation
    }
}
