//! The context shared by all backends: configuration, database, passwords, relay, addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::{Revoked, Tokens};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::metrics::Metrics;
use crate::occupancy::Accounts;
use crate::passwords::{HashError, Passwords};
use crate::readiness::Readiness;
use crate::relay::{self, IceServer, Relay};
use crate::sign_ins::SignIns;
use crate::store::Pools;
use crate::{Config, DEMO_PASSWORD, TurnConfig};

/// Where a backend listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) backend: Backend,
    pub(crate) rest: SocketAddr,
    /// The same as `rest` unless the backend has a listener for its sockets alone.
    pub(crate) socket: SocketAddr,
}

#[derive(Debug)]
pub(crate) struct ServerContext {
    pub(crate) config: Config,
    /// Every backend that is switched on, in the order of the table.
    pub(crate) places: Vec<Place>,
    pub(crate) pools: Pools,
    pub(crate) passwords: Passwords,
    pub(crate) sign_ins: Arc<SignIns>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) relay: Option<Relay>,
    pub(crate) revoked: Revoked,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    secret: String,
}

impl ServerContext {
    pub(crate) fn new(
        config: Config,
        places: Vec<Place>,
        pools: Pools,
        passwords: Passwords,
        relay: Option<Relay>,
        secret: String,
    ) -> Arc<Self> {
        let (revoked, metrics) = (Revoked::new(pools.clone()), Metrics::new());
        let sign_ins = SignIns::new(&config.limits);
        let accounts = Accounts::new(config.limits.sockets_per_account);
        Arc::new(Self {
            config,
            places,
            pools,
            passwords,
            sign_ins,
            accounts,
            relay,
            revoked,
            metrics,
            readiness: Readiness::default(),
            secret,
        })
    }

    /// Tokens of one purpose (a backend's id, or that and a word): those of another are not good for it.
    /// `ttl` is the documented life, which the configuration may shorten or lengthen.
    pub(crate) fn tokens(&self, purpose: &str, ttl: Duration) -> Tokens {
        Tokens::new(&self.secret, purpose, self.config.session_ttl.unwrap_or(ttl))
    }

    /// The same for tokens that renew others: the configured life of a session is not theirs.
    pub(crate) fn lasting_tokens(&self, purpose: &str, ttl: Duration) -> Tokens {
        Tokens::new(&self.secret, purpose, ttl)
    }

    /// How long what [`Self::ice_servers`] says is good for, in seconds.
    pub(crate) fn ice_ttl_s(&self) -> u64 {
        let own = self.relay.as_ref().map(Relay::credential_ttl);
        let external = self.config.external_relays.as_ref().map(|relays| relays.credential_ttl);
        let ttl = own.into_iter().chain(external).min();
        ttl.unwrap_or(TurnConfig::default().credential_ttl).as_secs()
    }

    /// What a client needs to be reached: the relay, and other STUN servers. Credentials are good for
    /// [`Self::ice_ttl_s`].
    pub(crate) fn ice_servers(&self, backend: Backend, user: &str, now: Millis) -> Vec<IceServer> {
        let mut servers: Vec<IceServer> = Vec::new();
        if let Some(relay) = &self.relay {
            servers.extend(relay.rows(&format!("{}.{user}", backend.id()), now));
        }
        if let Some(relays) = &self.config.external_relays {
            servers.push(relay::external(relays, &format!("{}.{user}", backend.id()), now));
        }
        if !self.config.stun_urls.is_empty() {
            let urls = self.config.stun_urls.clone();
            servers.push(IceServer { urls, username: None, credential: None });
        }
        servers
    }

    /// The hash of [`DEMO_PASSWORD`], for a demo account.
    pub(crate) async fn demo_hash(&self) -> Result<String, HashError> {
        self.passwords.known(DEMO_PASSWORD).await
    }

    pub(crate) fn place(&self, backend: Backend) -> Option<&Place> {
        self.places.iter().find(|place| place.backend == backend)
    }
}
