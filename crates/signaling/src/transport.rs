//! Transport configuration of REST and socket: extra certificates and the proxy. Makes no connection.

use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

/// Bytes of a certificate file.
const MAX_CA_FILE_BYTES: u64 = 1024 * 1024;
/// Certificates in it.
const MAX_CA_COUNT: usize = 256;

/// What the user's network needs that others do not.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TransportConfig {
    /// A PEM file of certificates that count beside the system's.
    pub extra_ca: Option<PathBuf>,
    /// `http`, `https` or `socks5` address, with name and password if it asks for them. Everything goes
    /// through it, names are resolved there. `None`: as the system says (`HTTPS_PROXY`, `HTTP_PROXY`,
    /// `ALL_PROXY`, `NO_PROXY`, or the system's settings).
    pub proxy: Option<Url>,
}

/// The proxy's address may hold a password.
impl std::fmt::Debug for TransportConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransportConfig")
            .field("extra_ca", &self.extra_ca.is_some())
            .field("proxy", &self.proxy.is_some())
            .finish()
    }
}

/// Why no connection can be made that way.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransportError {
    #[error("the certificate file cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error("the certificate file has no certificate in it (PEM is wanted)")]
    NoCertificate,
    #[error("the certificate file is not understood")]
    NotUnderstood(#[source] native_tls::Error),
    #[error("a proxy has an address like http://host:port, https://host:port or socks5://host:port")]
    NotAProxy,
    #[error("no TLS connection can be made on this machine")]
    Tls(#[source] native_tls::Error),
}

impl TransportError {
    /// A stable code of what went wrong; the interface has the texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) | Self::NoCertificate | Self::NotUnderstood(_) => "certificate_file",
            Self::NotAProxy => "not_a_proxy",
            Self::Tls(_) => "no_tls",
        }
    }
}

/// A configuration that was read and found usable.
#[derive(Clone)]
pub(crate) struct Transport {
    /// PEM, one each.
    roots: Arc<Vec<String>>,
    tls: native_tls::TlsConnector,
    proxy: Option<Url>,
    matcher: Arc<Matcher>,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("roots", &self.roots.len()).finish_non_exhaustive()
    }
}

impl Transport {
    /// Reads the certificate file.
    pub(crate) async fn prepare(config: &TransportConfig) -> Result<Self, TransportError> {
        let roots = match &config.extra_ca {
            None => Vec::new(),
            Some(path) => {
                let size = tokio::fs::metadata(path).await.map_err(TransportError::Unreadable)?.len();
                if size > MAX_CA_FILE_BYTES {
                    return Err(TransportError::NoCertificate);
                }
                let file = tokio::fs::read(path).await.map_err(TransportError::Unreadable)?;
                certificates(&String::from_utf8_lossy(&file))
            }
        };
        if config.extra_ca.is_some() && roots.is_empty() {
            return Err(TransportError::NoCertificate);
        }
        let mut tls = native_tls::TlsConnector::builder();
        for root in &roots {
            let root = native_tls::Certificate::from_pem(root.as_bytes());
            tls.add_root_certificate(root.map_err(TransportError::NotUnderstood)?);
        }
        let proxy = config.proxy.as_ref().map(proxy).transpose()?;
        let matcher = match &proxy {
            Some(proxy) => Matcher::builder().all(proxy.as_str()).build(),
            None => Matcher::from_system(),
        };
        Ok(Self {
            roots: Arc::new(roots),
            tls: tls.build().map_err(TransportError::Tls)?,
            proxy,
            matcher: Arc::new(matcher),
        })
    }

    /// Certificate authorities trusted besides those of the system, as PEM.
    pub(crate) fn roots(&self) -> Arc<Vec<String>> {
        Arc::clone(&self.roots)
    }

    /// For connections of our own.
    pub(crate) fn tls(&self) -> &native_tls::TlsConnector {
        &self.tls
    }

    /// The same for the HTTP client, which asks the system for a proxy by itself.
    pub(crate) fn client(&self) -> reqwest::Result<reqwest::ClientBuilder> {
        let mut client = reqwest::Client::builder();
        for root in self.roots.iter() {
            client = client.add_root_certificate(reqwest::Certificate::from_pem(root.as_bytes())?);
        }
        Ok(match &self.proxy {
            Some(proxy) => client.proxy(reqwest::Proxy::all(proxy.as_str())?),
            None => client,
        })
    }

    /// The proxy on the way to `address`.
    pub(crate) fn proxy_for(&self, address: &Url) -> Option<Intercept> {
        self.matcher.intercept(&address.as_str().parse().ok()?)
    }
}

/// The certificates of a file that may say anything between them.
fn certificates(file: &str) -> Vec<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    file.split(BEGIN)
        .skip(1)
        .filter_map(|rest| rest.split_once(END))
        .map(|(body, _)| format!("{BEGIN}{body}{END}\n"))
        .take(MAX_CA_COUNT)
        .collect()
}

/// A proxy that both the HTTP client and the tunnel understand the same way.
fn proxy(given: &Url) -> Result<Url, TransportError> {
    let mut proxy = given.clone();
    if proxy.host_str().is_none_or(str::is_empty) {
        return Err(TransportError::NotAProxy);
    }
    match given.scheme() {
        "http" | "https" => {}
        // Behind such a proxy the names of the outside are often unknown.
        "socks5" | "socks5h" => {
            proxy.set_scheme("socks5h").map_err(|()| TransportError::NotAProxy)?;
            if proxy.port().is_none() {
                proxy.set_port(Some(1080)).map_err(|()| TransportError::NotAProxy)?;
            }
        }
        _ => return Err(TransportError::NotAProxy),
    }
    Ok(proxy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn certificates_are_found_between_other_text() {
        let one = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        assert_eq!(certificates(&format!("# our CA\n{one}\n# and its child\n{one}")), [one, one]);
        assert!(certificates("-----BEGIN CERTIFICATE-----\nAA==").is_empty());
        assert!(certificates("").is_empty());
    }

    #[test]
    fn only_proxies_are_proxies() {
        assert_eq!(proxy(&url("socks5://u:p@h")).unwrap().as_str(), "socks5h://u:p@h:1080");
        assert_eq!(proxy(&url("http://h:3128")).unwrap().as_str(), "http://h:3128/");
        assert!(matches!(proxy(&url("ftp://h")), Err(TransportError::NotAProxy)));
        assert!(matches!(proxy(&url("mailto:a@b")), Err(TransportError::NotAProxy)));
    }

    #[tokio::test]
    async fn a_given_proxy_is_on_every_way() {
        let config = TransportConfig { proxy: Some(url("http://u:p@h:3128")), ..TransportConfig::default() };
        let transport = Transport::prepare(&config).await.unwrap();
        let proxy = transport.proxy_for(&url("http://127.0.0.1:4000/socket.io/")).unwrap();
        assert_eq!(proxy.uri().to_string(), "http://h:3128/");
        assert!(proxy.basic_auth().is_some());
        assert!(!format!("{config:?} {transport:?}").contains("u:p"));
    }

    #[tokio::test]
    async fn a_file_without_certificates_is_told() {
        let config = TransportConfig { extra_ca: Some("/dev/null".into()), ..TransportConfig::default() };
        assert!(matches!(Transport::prepare(&config).await, Err(TransportError::NoCertificate)));
        let config =
            TransportConfig { extra_ca: Some("/nowhere/ca.pem".into()), ..TransportConfig::default() };
        assert!(matches!(Transport::prepare(&config).await, Err(TransportError::Unreadable(_))));
    }
}
