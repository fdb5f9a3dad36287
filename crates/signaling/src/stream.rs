//! A connection to a server as bytes: straight or through a proxy, inside TLS where the server wants
//! it. Knows nothing of what is said on it.

use http::Uri;
use hyper_tls::HttpsConnector;
use hyper_util::{
    client::{
        legacy::connect::{
            HttpConnector,
            proxy::{SocksV5, Tunnel as Connect},
        },
        proxy::matcher::Intercept,
    },
    rt::TokioIo,
};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;
use url::Url;

use crate::transport::Transport;

/// Why there is no connection.
#[derive(Debug, Error)]
pub(crate) enum StreamError {
    #[error("the address cannot be asked for")]
    Address,
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the proxy gives no connection: {0}")]
    Proxy(String),
    #[error("the server's certificate is not accepted")]
    Tls(#[source] native_tls::Error),
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to the host and port of `target`; the rest of it is not looked at.
pub(crate) async fn open(transport: &Transport, target: &Url) -> Result<Box<dyn Stream>, StreamError> {
    let name = target.host_str().ok_or(StreamError::Address)?;
    let port = target.port_or_known_default().ok_or(StreamError::Address)?;
    let ask: Uri =
        format!("{}://{name}:{port}/", target.scheme()).parse().map_err(|_| StreamError::Address)?;
    let stream = match transport.proxy_for(target) {
        Some(proxy) => through(transport, &proxy, ask).await?,
        None => {
            let stream = connector().call(ask).await;
            Box::new(stream.map_err(|error| StreamError::Unreachable(error.to_string()))?.into_inner())
        }
    };
    if target.scheme() != "https" {
        return Ok(stream);
    }
    let tls = tokio_native_tls::TlsConnector::from(transport.tls().clone());
    let name = name.trim_matches(|c| c == '[' || c == ']');
    Ok(Box::new(tls.connect(name, stream).await.map_err(StreamError::Tls)?))
}

fn connector() -> HttpConnector {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http
}

async fn through(transport: &Transport, proxy: &Intercept, ask: Uri) -> Result<Box<dyn Stream>, StreamError> {
    let http = connector();
    let at = proxy.uri().clone();
    match at.scheme_str() {
        Some("http" | "https") => {
            let tls = tokio_native_tls::TlsConnector::from(transport.tls().clone());
            let mut connect = Connect::new(at, HttpsConnector::from((http, tls)));
            if let Some(auth) = proxy.basic_auth() {
                connect = connect.with_auth(auth.clone());
            }
            let stream = connect.call(ask).await.map_err(|error| StreamError::Proxy(error.to_string()))?;
            Ok(Box::new(TokioIo::new(stream)))
        }
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(at, http);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            let stream = socks.call(ask).await.map_err(|error| StreamError::Proxy(error.to_string()))?;
            Ok(Box::new(TokioIo::new(stream)))
        }
        Some(_) | None => Err(StreamError::Proxy("it is of no known kind".to_owned())),
    }
}
