//! The limit of sockets per account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::Backend;

type Account = (Backend, String);

/// The account has as many sockets as it may. Those it has stay: a client that opens too many does not
/// take away a call that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many connections")]
pub(crate) struct Full;

#[derive(Debug)]
pub(crate) struct Accounts {
    most: usize,
    taken: Mutex<HashMap<Account, usize>>,
}

/// One socket of an account; free again when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    accounts: Arc<Accounts>,
    account: Account,
}

impl Accounts {
    pub(crate) fn new(most: u32) -> Arc<Self> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        Arc::new(Self { most, taken: Mutex::default() })
    }

    pub(crate) fn enter(self: &Arc<Self>, backend: Backend, id: String) -> Result<Held, Full> {
        let account = (backend, id);
        let mut taken = self.lock();
        let count = taken.get(&account).copied().unwrap_or(0);
        if count >= self.most {
            return Err(Full);
        }
        taken.insert(account.clone(), count + 1);
        drop(taken);
        Ok(Held { accounts: Arc::clone(self), account })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Account, usize>> {
        // Whole at every moment.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.accounts.lock();
        if let Some(count) = taken.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLINIC: Backend = Backend::of(&bellwire_dialects::clinic::ENTRY);
    const HEARTH: Backend = Backend::of(&bellwire_dialects::hearth::ENTRY);

    #[test]
    fn an_account_has_so_many_and_nothing_is_kept_of_those_who_left() {
        let accounts = Accounts::new(2);
        let enter = |backend, id: &str| accounts.enter(backend, id.to_owned());
        let held = [enter(CLINIC, "a"), enter(CLINIC, "a")].map(|held| held.expect("room"));

        assert_eq!(enter(CLINIC, "a").err(), Some(Full));
        assert!(enter(HEARTH, "a").is_ok() && enter(CLINIC, "b").is_ok());

        drop(held);
        assert!(enter(CLINIC, "a").is_ok());
        assert!(accounts.lock().is_empty());
    }
}
