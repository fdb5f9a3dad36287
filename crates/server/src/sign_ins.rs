//! Rate limits of sign-ins. A try counts before its password is looked at, so that many at
//! once are as many as one after the other; one that succeeds is taken back.
//!
//! Three limits: by address and account, by account over all addresses (guessing from many machines), by
//! address over all accounts (one password tried on many). The second lets those through who come from
//! where that account has signed in before, so that a stranger's guesses do not keep its owner out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::backend::Backend;
use crate::config::Limits;
use crate::limits::{FIFTEEN_MINUTES, Failures};
use crate::passwords::{Busy, Passwords};
use crate::request::network;

/// Networks remembered for each account, and accounts that any are remembered for.
const MAX_NETWORKS: usize = 8;
const MAX_ACCOUNTS: usize = 65_536;

type Account = (Backend, String);

#[derive(Debug)]
pub(crate) struct SignIns {
    by_account: Failures<Account>,
    by_network: Failures<(Backend, IpAddr)>,
    /// Where an account has signed in, the latest last.
    known: Mutex<HashMap<Account, (Instant, Vec<IpAddr>)>>,
}

/// A try under way. It has failed unless it is said to have succeeded.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt {
    sign_ins: Arc<SignIns>,
    account: Account,
    network: IpAddr,
}

impl SignIns {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            by_account: Failures::new(limits.failed_logins_per_account, FIFTEEN_MINUTES),
            by_network: Failures::new(limits.failed_logins_per_address, FIFTEEN_MINUTES),
            known: Mutex::default(),
        })
    }

    /// Begins a try. `account` is whatever names it, in one spelling.
    ///
    /// # Errors
    /// Seconds until another is allowed.
    pub(crate) fn begin(
        self: &Arc<Self>,
        backend: Backend,
        from: IpAddr,
        account: &str,
    ) -> Result<Attempt, u64> {
        let (account, network) = ((backend, account.to_owned()), network(from));
        self.by_network.begin((backend, network))?;
        if !self.is_known(&account, network)
            && let Err(wait) = self.by_account.begin(account.clone())
        {
            return Err(wait);
        }
        Ok(Attempt { sign_ins: Arc::clone(self), account, network })
    }

    fn is_known(&self, account: &Account, network: IpAddr) -> bool {
        self.known().get(account).is_some_and(|(_, known)| known.contains(&network))
    }

    fn know(&self, account: Account, network: IpAddr) {
        let mut all = self.known();
        if all.len() >= MAX_ACCOUNTS && !all.contains_key(&account) {
            let oldest = all.iter().min_by_key(|(_, (at, _))| *at).map(|(account, _)| account.clone());
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
        let (at, known) = all.entry(account).or_insert_with(|| (Instant::now(), Vec::new()));
        *at = Instant::now();
        known.retain(|other| *other != network);
        known.push(network);
        if known.len() > MAX_NETWORKS {
            known.remove(0);
        }
    }

    /// Forgets failures that are long past.
    pub(crate) fn sweep(&self) {
        self.by_account.sweep();
        self.by_network.sweep();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Account, (Instant, Vec<IpAddr>)>> {
        // Each entry is whole at every moment, so that a thread that panicked left nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// The password was right.
    pub(crate) fn succeeded(self) {
        let Self { sign_ins, account, network } = self;
        sign_ins.by_network.take_back(&(account.0, network));
        if !sign_ins.is_known(&account, network) {
            sign_ins.by_account.take_back(&account);
        }
        sign_ins.know(account, network);
    }

    /// Looks at the password, and counts what comes of it.
    ///
    /// # Errors
    /// Too many wait for that already; then nothing was looked at, and the try does not count.
    pub(crate) async fn verify(
        self,
        passwords: &Passwords,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, Busy> {
        let verified = passwords.verify(self.account.0, password, hash).await;
        match verified {
            Ok(true) => self.succeeded(),
            Ok(false) => {}
            Err(Busy) => self.dropped(),
        }
        verified
    }

    fn dropped(self) {
        self.sign_ins.by_network.take_back(&(self.account.0, self.network));
        if !self.sign_ins.is_known(&self.account, self.network) {
            self.sign_ins.by_account.take_back(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOREFRONT: Backend = Backend::of(&bellwire_dialects::storefront::ENTRY);
    const CLINIC: Backend = Backend::of(&bellwire_dialects::clinic::ENTRY);
    const HEARTH: Backend = Backend::of(&bellwire_dialects::hearth::ENTRY);

    fn sign_ins() -> Arc<SignIns> {
        SignIns::new(&Limits {
            failed_logins_per_account: 3,
            failed_logins_per_address: 5,
            ..Limits::default()
        })
    }

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_account_is_guessed_at_so_often_from_everywhere_and_its_owner_comes_in_all_the_same() {
        let sign_ins = sign_ins();
        sign_ins.begin(CLINIC, at("203.0.113.1"), "ana").expect("allowed").succeeded();

        let strangers = (1..=40).map(|last| IpAddr::from([198, 51, 100, last]));
        let tried = strangers.filter(|from| sign_ins.begin(CLINIC, *from, "ana").is_ok()).count();

        assert_eq!(tried, 3);
        assert!(sign_ins.begin(CLINIC, at("203.0.113.1"), "ana").is_ok(), "she was here before");
        assert!(sign_ins.begin(CLINIC, at("198.51.100.77"), "ben").is_ok());
        assert!(sign_ins.begin(HEARTH, at("198.51.100.77"), "ana").is_ok());
    }

    #[test]
    fn a_network_tries_so_many_accounts_and_an_ipv6_network_is_a_64() {
        let sign_ins = sign_ins();
        let tried = |from: &dyn Fn(usize) -> String| {
            let begin = |n: &usize| sign_ins.begin(HEARTH, at(&from(*n)), &format!("user {n}"));
            (0..60).filter(|n| begin(n).is_ok()).count()
        };

        assert_eq!(tried(&|_| "192.0.2.1".to_owned()), 5);
        assert_eq!(tried(&|n| format!("2001:db8:1:2:{n:x}::1")), 5);
        assert_eq!(tried(&|n| format!("::ffff:192.0.2.{}", n % 3 + 1)), 10, "one of them is used up");
    }

    #[test]
    fn what_succeeds_is_not_counted() {
        let sign_ins = sign_ins();

        for n in 0..50 {
            let attempt = sign_ins.begin(STOREFRONT, at("192.0.2.1"), &format!("user {n}"));
            attempt.expect("allowed").succeeded();
        }
        for _ in 0..50 {
            sign_ins.begin(STOREFRONT, at("192.0.2.2"), "amira").expect("allowed").dropped();
        }
    }
}
