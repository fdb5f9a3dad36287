//! The configuration of TLS at the listeners.

use std::path::PathBuf;
use std::time::Duration;

/// A certificate and its key, with which every backend's listeners speak HTTPS. The files may be replaced
/// while the server runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// The server's certificate and what is between it and an authority, PEM, in this order.
    pub certificate: PathBuf,
    /// Its private key: PEM, not encrypted.
    pub key: PathBuf,
    /// How long it is between two looks at the files.
    pub look_every: Duration,
}

impl TlsConfig {
    /// Files that are looked at every ten seconds.
    #[must_use]
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into(), key: key.into(), look_every: Duration::from_secs(10) }
    }
}
