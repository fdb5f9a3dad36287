//! Expiring credentials as coturn's REST scheme has them: the user name is `<expiry>:<user>`, the password
//! the base64 HMAC-SHA1 of it. So an external coturn with the same secret can take over.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use tokio::sync::watch;
use turn::allocation::AllocationInfo;
use turn::auth::{AuthHandler, generate_auth_key};

use crate::clock::Millis;

#[derive(Clone)]
pub(super) struct Secret(Hmac<Sha1>);

impl Secret {
    pub(super) fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("an HMAC key can have any length"))
    }

    pub(super) fn credential(&self, user: &str, expires: Millis) -> (String, String) {
        let username = format!("{}:{user}", expires.seconds());
        let password = self.password(&username);
        (username, password)
    }

    fn password(&self, username: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(username.as_bytes());
        BASE64_STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// Who holds allocations from which addresses, as the relay last reported it.
pub(super) type Holders = HashMap<String, HashSet<SocketAddr>>;

/// Groups allocations by the user they belong to.
pub(super) fn holders<'a>(allocations: impl Iterator<Item = &'a AllocationInfo>) -> Holders {
    let mut holders = Holders::new();
    for allocation in allocations {
        if let Some((_, user)) = allocation.username.split_once(':') {
            holders.entry(user.to_owned()).or_default().insert(allocation.five_tuple.src_addr);
        }
    }
    holders
}

/// Lets holders of a good credential in, from so many addresses at a time. It counts allocations that
/// are there, never attempts: those can be made in any user's name.
pub(super) struct Gate {
    secret: Secret,
    per_user: usize,
    holders: watch::Receiver<Holders>,
}

impl Gate {
    pub(super) fn new(secret: Secret, per_user: usize, holders: watch::Receiver<Holders>) -> Self {
        Self { secret, per_user, holders }
    }

    fn admits(&self, username: &str, from: SocketAddr, now: Millis) -> bool {
        let Some((expiry, user)) = username.split_once(':') else { return false };
        let Ok(expiry) = expiry.parse::<i64>() else { return false };
        let holders = self.holders.borrow();
        match holders.get(user) {
            // An allocation that is there may be refreshed and closed with the credential it was made with.
            Some(addresses) if addresses.contains(&from) => true,
            Some(addresses) => expiry > now.seconds() && addresses.len() < self.per_user,
            None => expiry > now.seconds(),
        }
    }
}

impl AuthHandler for Gate {
    fn auth_handle(&self, username: &str, realm: &str, from: SocketAddr) -> Result<Vec<u8>, turn::Error> {
        if !self.admits(username, from, Millis::now()) {
            return Err(turn::Error::ErrNoSuchUser);
        }
        Ok(generate_auth_key(username, realm, &self.secret.password(username)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_the_one_coturn_would_expect() {
        // echo -n '1700000000:amira' | openssl dgst -sha1 -hmac secret -binary | base64
        let (username, password) = Secret::new("secret").credential("amira", Millis(1_700_000_000_000));

        assert_eq!(username, "1700000000:amira");
        assert_eq!(password, "cNPknCe5E3n8Gdo0f204vhHFpXE=");
    }

    #[test]
    fn expired_and_malformed_names_are_refused_and_allocations_are_counted() {
        let from = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let held = Holders::from([("a".to_owned(), HashSet::from([from(1), from(2)]))]);
        let (_reports, holders) = watch::channel(held);
        let gate = Gate::new(Secret::new("secret"), 2, holders);
        let now = Millis::from_seconds(1000);

        assert!(gate.admits("1001:b", from(1), now));
        assert!(!gate.admits("1000:b", from(1), now), "expired");
        assert!(!gate.admits("tomorrow:b", from(1), now));
        assert!(!gate.admits("1001", from(1), now));
        assert!(!gate.admits("1001:a", from(3), now), "one too many");
        assert!(gate.admits("1001:a", from(1), now));
        assert!(gate.admits("999:a", from(1), now), "a refresh");
    }
}
