//! TLS of the listeners: one certificate with its key, read again when its files change. Connections that
//! stand keep what they began with.

mod files;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tracing::{info, warn};

use self::files::Pair;
pub use self::files::TlsError;
use crate::config::TlsConfig;

/// What the listeners can speak; without it a client could choose HTTP/2.
const ALPN: &[u8] = b"http/1.1";

/// What every listener has of TLS.
pub(crate) struct Tls {
    config: TlsConfig,
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    files: Mutex<Files>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The certificate for new connections.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// What is known of the files.
#[derive(Debug)]
struct Files {
    /// The state in which they are used.
    used: State,
    /// A state in which they cannot be, and how often it was seen.
    bad: Option<(State, u32)>,
}

/// What was in both files, or why that could not be read, as a hash: no key is kept for comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State(u64);

impl State {
    fn of(read: &Result<Pair, TlsError>) -> Self {
        let mut hasher = DefaultHasher::new();
        match read {
            Ok(pair) => pair.hash(&mut hasher),
            Err(error) => error.to_string().hash(&mut hasher),
        }
        Self(hasher.finish())
    }
}

/// What a look at the files has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    AsBefore,
    Renewed,
    /// They are bad, perhaps because one is replaced already and the other is not.
    Unfinished,
    /// They still are bad; the certificate from before stays.
    Refused,
}

impl Tls {
    /// Reads the files.
    pub(crate) async fn load(config: TlsConfig) -> Result<Arc<Self>, TlsError> {
        let provider = Arc::new(default_provider());
        let read = files::read(&config).await;
        let used = State::of(&read);
        let certified = read?.certified(&config)?;
        let shown = Arc::new(Shown(RwLock::new(Arc::new(certified))));
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![ALPN.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(server));
        Ok(Arc::new(Self { config, acceptor, shown, files: Mutex::new(Files { used, bad: None }) }))
    }

    /// How long it is between two looks at the files.
    pub(crate) fn look_every(&self) -> Duration {
        self.config.look_every
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Takes what is in the files from now on, if it is new and good. What is bad is said once.
    pub(crate) async fn look_again(&self) {
        self.look().await;
    }

    async fn look(&self) -> Look {
        let read = files::read(&self.config).await;
        let state = State::of(&read);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if state == files.used {
            files.bad = None;
            return Look::AsBefore;
        }
        match read.and_then(|pair| pair.certified(&self.config)) {
            Ok(certified) => {
                *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                *files = Files { used: state, bad: None };
                info!("New connections get the new certificate");
                Look::Renewed
            }
            Err(error) => {
                let before = files.bad.filter(|(bad, _)| *bad == state).map_or(0, |(_, looks)| looks);
                let looks = before.saturating_add(1);
                files.bad = Some((state, looks));
                if looks == 2 {
                    warn!(error = %said(&error), "The new certificate is not taken; the one from before stays");
                }
                if looks < 2 { Look::Unfinished } else { Look::Refused }
            }
        }
    }
}

/// An error with its reasons.
fn said(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests;
