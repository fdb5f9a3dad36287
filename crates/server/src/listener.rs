//! A listener: serves its connections and bounds what they can hold: how many there are, in all and
//! from one network, and how long each may keep the server waiting.
//!
//! ```text
//!  accept ─► a seat? ─no─► 503, closed        head: one deadline     body: a deadline for each piece
//!              │                              (also for silence)     and one for the whole
//!              └yes─► one task per connection ─► perhaps TLS ─► HTTP/1.1 ─► routes ─► perhaps a WebSocket
//!                     (its seat is free again when its socket is closed)
//! ```
//!
//! A TLS handshake has a deadline of its own, as long as that of a head.
//!
//! A request that waits for its answer (long polling) and a WebSocket have no deadline here; Engine.IO
//! pings both. Only what is written to them and not read for too long ends them.

mod body;
mod handshake;
mod seats;
mod stream;

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tracing::{debug, error, warn};

use self::body::Paced;
use self::seats::Seat;
pub(crate) use self::seats::Seats;
pub use self::seats::raise_descriptor_limit;
use self::stream::Guarded;
use crate::backend::Backend;
use crate::config::ConnectionLimits;
use crate::context::ServerContext;
use crate::throttle::Throttle;

/// Largest request head. Cookies and tokens of a client are a tenth of it.
const LARGEST_HEAD: usize = 64 * 1024;
/// How long nothing is accepted after the system had no descriptor to give.
const BREATHER: Duration = Duration::from_millis(250);
/// What a connection for which there is no seat reads before it is closed.
const NO_SEAT: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nretry-after: 30\r\n\r\n";

/// One listener with its routes.
pub(crate) struct Listener {
    pub(crate) context: Arc<ServerContext>,
    pub(crate) backend: Backend,
    pub(crate) socket: TcpListener,
    pub(crate) router: Router,
    pub(crate) seats: Arc<Seats>,
    /// Without it HTTP is spoken.
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Accepts until `closing`, then ends when its connections have: those that are idle at once, those
    /// with a request under way after its answer. Dropping the future ends them hard.
    pub(crate) async fn run(mut self, closing: CancellationToken) {
        // Layers are put around a fallback here, once: each time makes an Engine.IO of its own, which
        // knows nothing of the sessions of another.
        self.router = self.router.with_state(());
        let mut connections = JoinSet::new();
        let trouble = Throttle::per_minute();
        loop {
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    if ended.is_err_and(|error| error.is_panic()) {
                        error!(backend = self.backend.id(), "A connection's task panicked");
                    }
                }
                (stream, peer) = accept(&self.socket, &trouble) => match self.seats.take(peer.ip()) {
                    Some(seat) => {
                        connections.spawn(self.connection(stream, peer, seat, closing.clone()));
                    }
                    None => {
                        self.context.metrics.connection_refused(self.backend);
                        // A client that waits for TLS would not understand the words.
                        if self.tls.is_none() {
                            turn_away(stream);
                        }
                    }
                },
            }
        }
        drop(self.socket);
        while connections.join_next().await.is_some() {}
    }

    /// The life of one connection up to its end or its upgrade.
    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        seat: Seat,
        closing: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (router, limits) = (self.router.clone(), self.context.config.connections);
        let tls = self.tls.clone();
        async move {
            // Without it every small packet of a signaling socket may wait for the one before.
            if let Err(error) = stream.set_nodelay(true) {
                debug!(%error, "TCP_NODELAY was not set");
            }
            let stream = Guarded::new(stream, limits.pause, seat);
            let Some(tls) = tls else { return serve(stream, router, peer, limits, closing).await };
            let secured = tokio::select! {
                secured = handshake::secured(&tls, stream, limits.head) => secured,
                () = closing.cancelled() => None,
            };
            if let Some(stream) = secured {
                serve(stream, router, peer, limits, closing).await;
            }
        }
    }
}

/// Serves HTTP on a stream.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    peer: SocketAddr,
    limits: ConnectionLimits,
    closing: CancellationToken,
) {
    let service = service_fn(move |request| answer(router.clone(), request, peer, limits));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(LARGEST_HEAD);
    let served = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = closing.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "A connection was broken off");
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    limits: ConnectionLimits,
) -> Result<Response, Infallible> {
    let late = Arc::new(AtomicBool::new(false));
    let mut request = request.map(|body| Body::new(Paced::new(body, limits, Arc::clone(&late))));
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = router.call(request).await?;
    if late.load(Ordering::Relaxed) {
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// The next connection, whatever happens to others.
async fn accept(socket: &TcpListener, trouble: &Throttle) -> (TcpStream, SocketAddr) {
    loop {
        match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if of_one_connection(&error) => debug!(%error, "A connection went before its time"),
            Err(error) => {
                if trouble.pass() {
                    warn!(%error, "Connections cannot be accepted");
                }
                // The connection waits in the system's queue: trying again at once would spin.
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}

fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Says that there is no room, if that goes without waiting, and closes.
fn turn_away(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(NO_SEAT);
    }
}
