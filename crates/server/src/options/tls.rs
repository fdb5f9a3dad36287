//! Options of TLS at the listeners.

use std::path::PathBuf;

use anyhow::bail;
use bellwire_server::TlsConfig;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct TlsOptions {
    /// Certificate chain (PEM) with which the backends' listeners speak HTTPS; read again when it changes
    #[arg(long, env = "BELLWIRE_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// Its private key (PEM, without a password); read again when it changes
    #[arg(long, env = "BELLWIRE_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

impl TlsOptions {
    pub(super) fn config(&self) -> anyhow::Result<Option<TlsConfig>> {
        // Not left to clap, for which what the configuration file says is not given.
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(TlsConfig::new(certificate, key))),
            (None, None) => Ok(None),
            (Some(_), None) => bail!("--tls-certificate needs --tls-key"),
            (None, Some(_)) => bail!("--tls-key needs --tls-certificate"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_and_its_key_come_together() {
        let config = |certificate: Option<&str>, key: Option<&str>| {
            let path = |path: Option<&str>| path.map(PathBuf::from);
            TlsOptions { tls_certificate: path(certificate), tls_key: path(key) }.config()
        };
        assert_eq!(config(None, None).expect("neither"), None);
        assert_eq!(config(Some("c"), Some("k")).expect("both"), Some(TlsConfig::new("c", "k")));
        let one = config(Some("c"), None).expect_err("one of them").to_string();
        assert_eq!(one, "--tls-certificate needs --tls-key");
        assert!(config(None, Some("k")).is_err());
    }
}
