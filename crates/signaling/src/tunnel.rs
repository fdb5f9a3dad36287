//! A way for the socket through a proxy. The Socket.IO library knows no proxies, so it connects to a
//! loopback port of ours, and what it says goes on through the proxy, inside TLS where the server wants
//! it. Belongs to one connection and ends with its runtime.

use std::net::Ipv4Addr;

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
use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::TcpListener,
    task::JoinHandle,
};
use tower_service::Service;
use tracing::debug;
use url::Url;

use crate::transport::Transport;

/// Why there is no way.
#[derive(Debug, Error)]
pub(crate) enum TunnelError {
    #[error("the address cannot be asked for")]
    Address,
    #[error("the proxy gives no connection: {0}")]
    Proxy(String),
    #[error("the server's certificate is not accepted")]
    Tls(#[source] native_tls::Error),
    #[error("no port on this machine")]
    Local(#[from] std::io::Error),
}

/// One connection to the server; whoever connects to [`Tunnel::address`] first has it.
#[derive(Debug)]
pub(crate) struct Tunnel {
    address: Url,
    host: String,
    task: JoinHandle<()>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Tunnel {
    pub(crate) async fn open(
        transport: &Transport,
        proxy: &Intercept,
        target: &Url,
    ) -> Result<Self, TunnelError> {
        let name = target.host_str().ok_or(TunnelError::Address)?;
        let port = target.port_or_known_default().ok_or(TunnelError::Address)?;
        let authority = format!("{name}:{port}");
        let ask: Uri =
            format!("{}://{authority}/", target.scheme()).parse().map_err(|_| TunnelError::Address)?;
        let mut stream = through(transport, proxy, ask).await?;
        if target.scheme() == "https" {
            let tls = tokio_native_tls::TlsConnector::from(transport.tls().clone());
            let name = name.trim_matches(|c| c == '[' || c == ']');
            stream = Box::new(tls.connect(name, stream).await.map_err(TunnelError::Tls)?);
        }

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let mut address = target.clone();
        let local = listener.local_addr()?;
        let changed = address.set_scheme("http").is_ok()
            && address.set_ip_host(local.ip()).is_ok()
            && address.set_port(Some(local.port())).is_ok();
        if !changed {
            return Err(TunnelError::Address);
        }
        let host = match target.port() {
            Some(_) => authority,
            None => name.to_owned(),
        };
        let task = tokio::spawn(async move {
            let Ok((mut ours, _)) = listener.accept().await else { return };
            // One connection is all there is.
            drop(listener);
            if let Err(error) = copy_bidirectional(&mut ours, &mut stream).await {
                debug!(%error, "Tunnel broke");
            }
        });
        Ok(Self { address, host, task })
    }

    /// Where to connect instead of to the server.
    pub(crate) fn address(&self) -> &Url {
        &self.address
    }

    /// Whom to ask for there.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Waits until everything was passed on and one side closed.
    pub(crate) async fn closed(&mut self) {
        // Fails only if it is gone already, which is what is waited for.
        let _ = (&mut self.task).await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn through(transport: &Transport, proxy: &Intercept, ask: Uri) -> Result<Box<dyn Stream>, TunnelError> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let at = proxy.uri().clone();
    match at.scheme_str() {
        Some("http" | "https") => {
            let tls = tokio_native_tls::TlsConnector::from(transport.tls().clone());
            let mut connect = Connect::new(at, HttpsConnector::from((http, tls)));
            if let Some(auth) = proxy.basic_auth() {
                connect = connect.with_auth(auth.clone());
            }
            let stream = connect.call(ask).await.map_err(|error| TunnelError::Proxy(error.to_string()))?;
            Ok(Box::new(TokioIo::new(stream)))
        }
        Some("socks5" | "socks5h") => {
            let mut socks = SocksV5::new(at, http);
            if let Some((user, password)) = proxy.raw_auth() {
                socks = socks.with_auth(user.to_owned(), password.to_owned());
            }
            let stream = socks.call(ask).await.map_err(|error| TunnelError::Proxy(error.to_string()))?;
            Ok(Box::new(TokioIo::new(stream)))
        }
        Some(_) | None => Err(TunnelError::Proxy("it is of no known kind".to_owned())),
    }
}
