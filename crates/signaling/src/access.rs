//! The authenticated REST client of an account, shared by its session's task and its list queries.

use std::sync::{PoisonError, RwLock};

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
}

impl Access {
    pub(crate) fn new(rest: Rest) -> Self {
        Self { now: RwLock::new(Now { generation: 0, rest }) }
    }

    pub(crate) fn rest(&self) -> (Generation, Rest) {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        (now.generation, now.rest.clone())
    }

    pub(crate) fn generation(&self) -> Generation {
        self.now.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// From now on everything is asked with a newer token.
    pub(crate) fn renew(&self, rest: Rest) -> Generation {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.generation += 1;
        now.rest = rest.share_budget(&now.rest);
        now.generation
    }
}
