//! The files of a certificate and its key.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, InconsistentKeys};

use crate::config::TlsConfig;

/// Largest file, in bytes; a chain has some thousand.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why a certificate cannot be used. Nothing of a key is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    #[error("cannot read {} (--tls-certificate)", file.display())]
    Certificate { file: PathBuf, source: io::Error },
    #[error("cannot read {} (--tls-key)", file.display())]
    Key { file: PathBuf, source: io::Error },
    #[error("there is no certificate in {} (--tls-certificate): it has to be PEM", file.display())]
    NoCertificate { file: PathBuf },
    #[error("there is no key in {} (--tls-key): it has to be PEM, without a password", file.display())]
    NoKey { file: PathBuf },
    #[error("the key of --tls-key is not that of the first certificate of --tls-certificate")]
    NotItsKey,
    #[error("the certificate or key of --tls-certificate and --tls-key cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// What is in the two files.
#[derive(Hash)]
pub(super) struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

pub(super) async fn read(config: &TlsConfig) -> Result<Pair, TlsError> {
    let file = || config.certificate.clone();
    let unreadable = |source| TlsError::Certificate { file: file(), source };
    let certificate = content(&config.certificate).await.map_err(unreadable)?;
    let file = || config.key.clone();
    let key = content(&config.key).await.map_err(|source| TlsError::Key { file: file(), source })?;
    Ok(Pair { certificate, key })
}

async fn content(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file).await?.take(MAX_BYTES + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large"));
    }
    Ok(bytes)
}

impl Pair {
    pub(super) fn certified(&self, config: &TlsConfig) -> Result<CertifiedKey, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| TlsError::NoCertificate { file: config.certificate.clone() })?;
        // What is wrong with it could have pieces of it.
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.map_err(|_| TlsError::NoKey { file: config.key.clone() })?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| {
            if error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) {
                TlsError::NotItsKey
            } else {
                TlsError::Unusable(error)
            }
        })
    }
}
