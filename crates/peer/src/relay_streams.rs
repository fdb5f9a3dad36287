//! TURN over TCP and TLS (RFC 8656 2.1) for a connection whose TURN client speaks UDP only. The client gets
//! an address of no network for such a relay; what its sockets send there goes over a stream, one for each
//! socket and relay, and what the stream brings is received from there.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::relay_framing;
use crate::shared::lock;

/// TCP and TLS set-up; ICE has other candidates meanwhile.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries to reach a relay: its client repeats requests more often.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Packets that wait for a stream. More would only arrive late: what comes beyond is lost, as in a full
/// queue of a router.
const SEND_QUEUE: usize = 64;
const RECEIVE_QUEUE: usize = 256;
/// Relays of one connection.
const MAX_RELAYS: usize = 16;
const PORT: u16 = 3478;
/// Top-level name that exists nowhere (RFC 6761).
const ALIAS_SUFFIX: &str = ".relay.invalid";

/// How a relay is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamRelay {
    /// As named in its URL: the certificate is for this name.
    pub(crate) host: String,
    pub(crate) tls: bool,
    /// At most one of each family.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl StreamRelay {
    fn address(&self, local: IpAddr) -> Option<SocketAddr> {
        self.addresses.iter().copied().find(|address| address.is_ipv4() == local.is_ipv4())
    }
}

/// The relays of one connection that are reached over streams, and the tasks of the streams.
#[derive(Debug, Default)]
pub(crate) struct StreamRelays {
    relays: Mutex<Vec<StreamRelay>>,
    /// Certificate authorities trusted besides those of the system, as PEM.
    roots: Arc<[String]>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

/// The address that stands for a relay: class E (RFC 1112 4) and the discard prefix (RFC 6666), so that a
/// packet that went to a real socket would lead nowhere.
fn stand_in(at: usize, ipv4: bool) -> SocketAddr {
    let last = u8::try_from(at).unwrap_or(u8::MAX);
    let ip = if ipv4 {
        IpAddr::V4(Ipv4Addr::new(240, 0, 0, last))
    } else {
        IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, u16::from(last)))
    };
    SocketAddr::new(ip, PORT)
}

fn place(address: SocketAddr) -> Option<usize> {
    let at = match address.ip() {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(ip) => ip.octets()[15],
    };
    (stand_in(usize::from(at), address.is_ipv4()) == address).then_some(usize::from(at))
}

impl StreamRelays {
    pub(crate) fn new(roots: &[String], tasks: TaskTracker, cancel: CancellationToken) -> Self {
        Self { relays: Mutex::default(), roots: roots.into(), tasks, cancel }
    }

    /// The host name by which the connection is to know a relay; `None`: there are too many.
    pub(crate) fn alias(&self, relay: StreamRelay) -> Option<String> {
        let mut relays = lock(&self.relays);
        let port = |relay: &StreamRelay| relay.addresses.first().map(SocketAddr::port);
        let same = |known: &StreamRelay| {
            (&known.host, known.tls, port(known)) == (&relay.host, relay.tls, port(&relay))
        };
        let at = match relays.iter().position(same) {
            Some(at) => {
                relays[at] = relay;
                at
            }
            None if relays.len() < MAX_RELAYS => {
                relays.push(relay);
                relays.len() - 1
            }
            None => return None,
        };
        Some(format!("{at}{ALIAS_SUFFIX}"))
    }

    /// What the connection is told when it looks up `host:port`; `None`: no alias.
    pub(crate) fn look_up(&self, host: &str) -> Option<Vec<SocketAddr>> {
        let at: usize = host.rsplit_once(':')?.0.strip_suffix(ALIAS_SUFFIX)?.parse().ok()?;
        let relay = lock(&self.relays).get(at)?.clone();
        Some(relay.addresses.iter().map(|address| stand_in(at, address.is_ipv4())).collect())
    }

    fn relay(&self, stand_in: SocketAddr) -> Option<StreamRelay> {
        lock(&self.relays).get(place(stand_in)?).cloned()
    }
}

struct Stream {
    out: mpsc::Sender<Bytes>,
    started: Instant,
}

/// The streams of one socket. They end with it.
pub(crate) struct SocketStreams {
    local: IpAddr,
    relays: Arc<StreamRelays>,
    streams: Mutex<HashMap<SocketAddr, Stream>>,
    arrived: mpsc::Sender<(SocketAddr, Bytes)>,
    arrivals: Mutex<mpsc::Receiver<(SocketAddr, Bytes)>>,
}

impl std::fmt::Debug for SocketStreams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketStreams").field("local", &self.local).finish_non_exhaustive()
    }
}

impl SocketStreams {
    pub(crate) fn new(local: IpAddr, relays: Arc<StreamRelays>) -> Self {
        let (arrived, arrivals) = mpsc::channel(RECEIVE_QUEUE);
        Self { local, relays, streams: Mutex::default(), arrived, arrivals: Mutex::new(arrivals) }
    }

    /// Whether packets to this address go over a stream.
    pub(crate) fn carry(&self, destination: SocketAddr) -> bool {
        place(destination).is_some()
    }

    /// Must run inside a tokio runtime, which the streams' tasks are spawned on.
    pub(crate) fn send(&self, destination: SocketAddr, packet: &[u8], now: Instant) {
        let mut streams = lock(&self.streams);
        let ended = |stream: &Stream| stream.out.is_closed();
        let rested = |stream: &Stream| now.saturating_duration_since(stream.started) >= RETRY_INTERVAL;
        if streams.get(&destination).is_none_or(|stream| ended(stream) && rested(stream)) {
            let Some(stream) = self.start(destination, now) else { return };
            streams.insert(destination, stream);
        }
        if let Some(stream) = streams.get(&destination) {
            let _full = stream.out.try_send(Bytes::copy_from_slice(packet));
        }
    }

    pub(crate) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<(SocketAddr, Bytes)> {
        match lock(&self.arrivals).poll_recv(cx) {
            Poll::Ready(Some(arrival)) => Poll::Ready(arrival),
            // We hold a sender ourselves.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn start(&self, stand_in: SocketAddr, now: Instant) -> Option<Stream> {
        let relay = self.relays.relay(stand_in)?;
        let (out, packets) = mpsc::channel(SEND_QUEUE);
        let (local, arrived, roots) = (self.local, self.arrived.clone(), Arc::clone(&self.relays.roots));
        let cancel = self.relays.cancel.clone();
        self.relays.tasks.spawn(async move {
            let carried = async {
                let stream = tokio::time::timeout(CONNECT_TIMEOUT, connect(local, &relay, &roots)).await;
                let (reader, writer) = tokio::io::split(stream.map_err(|_late| StreamError::Late)??);
                tracing::debug!(relay = relay.host, tls = relay.tls, %local, "stream to a relay");
                tokio::select! {
                    ended = send(packets, writer) => ended,
                    ended = receive(reader, stand_in, arrived) => ended,
                }
            };
            let ended = tokio::select! {
                () = cancel.cancelled() => return,
                ended = carried => ended,
            };
            match ended {
                Ok(()) => tracing::debug!(relay = relay.host, "stream to a relay closed"),
                Err(error) => {
                    tracing::warn!(relay = relay.host, tls = relay.tls, %local, %error, "no stream to a relay");
                }
            }
        });
        Some(Stream { out, started: now })
    }
}

#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error("the relay has no address of the kind {0} is")]
    Family(IpAddr),
    #[error("not connected within {} s", CONNECT_TIMEOUT.as_secs())]
    Late,
    #[error("TCP: {0}")]
    Tcp(#[from] std::io::Error),
    #[error("TLS: {0}")]
    Tls(#[from] native_tls::Error),
    #[error(transparent)]
    NotTurn(#[from] relay_framing::NotTurn),
    #[error("the relay hung up")]
    Ended,
}

trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

async fn connect(
    local: IpAddr,
    relay: &StreamRelay,
    roots: &[String],
) -> Result<Box<dyn ByteStream>, StreamError> {
    let address = relay.address(local).ok_or(StreamError::Family(local))?;
    // From the address of the socket it stands for: each network is tried for itself.
    let socket = if local.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(local, 0))?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    if !relay.tls {
        return Ok(Box::new(stream));
    }
    let mut tls = native_tls::TlsConnector::builder();
    for root in roots {
        tls.add_root_certificate(native_tls::Certificate::from_pem(root.as_bytes())?);
    }
    let tls = tokio_native_tls::TlsConnector::from(tls.build()?);
    Ok(Box::new(tls.connect(&relay.host, stream).await?))
}

/// Until the socket is gone, or the stream.
async fn send(
    mut packets: mpsc::Receiver<Bytes>,
    mut writer: impl AsyncWrite + Unpin,
) -> Result<(), StreamError> {
    let mut framed = BytesMut::new();
    while let Some(packet) = packets.recv().await {
        let mut next = Some(packet);
        // What waits goes out as one.
        while let Some(packet) = next {
            if relay_framing::write(&packet, &mut framed).is_err() {
                tracing::debug!("a packet to a relay that is not TURN");
            }
            next = packets.try_recv().ok();
        }
        writer.write_all(&framed).await?;
        writer.flush().await?;
        framed.clear();
    }
    // With the stream the relay's allocation ends.
    let _gone = writer.shutdown().await;
    Ok(())
}

async fn receive(
    mut reader: impl AsyncRead + Unpin,
    from: SocketAddr,
    arrived: mpsc::Sender<(SocketAddr, Bytes)>,
) -> Result<(), StreamError> {
    let mut came = BytesMut::with_capacity(16 * 1024);
    loop {
        if reader.read_buf(&mut came).await? == 0 {
            return Err(StreamError::Ended);
        }
        while let Some(message) = relay_framing::read(&mut came)? {
            // Full: the connection does not keep up, and a datagram would be lost as well.
            let _full = arrived.try_send((from, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(host: &str, tls: bool, addresses: &[&str]) -> StreamRelay {
        let addresses = addresses.iter().filter_map(|address| address.parse().ok()).collect();
        StreamRelay { host: host.to_owned(), tls, addresses }
    }

    #[test]
    fn a_relay_keeps_its_alias_and_has_an_address_of_each_family_it_is_reached_by() {
        let relays = StreamRelays::default();
        let both = relay("turn.example", true, &["192.0.2.1:443", "[2001:db8::1]:443"]);
        let alias = relays.alias(both.clone()).expect("room");
        assert_eq!(relays.alias(both.clone()), Some(alias.clone()));
        let plain = relays.alias(relay("turn.example", false, &["192.0.2.1:443"])).expect("room");
        assert_ne!(plain, alias, "another way to reach it");
        let found = relays.look_up(&format!("{alias}:3478")).expect("an alias");
        assert_eq!(found.iter().map(SocketAddr::is_ipv4).collect::<Vec<_>>(), [true, false]);
        assert_eq!(relays.relay(found[1]), Some(both));
        assert_eq!(relays.look_up(&format!("{plain}:3478")).expect("an alias").len(), 1);
        assert_eq!(relays.look_up("turn.example:3478"), None);
        assert_eq!(relays.look_up("9.relay.invalid:3478"), None);
        for n in 0..MAX_RELAYS {
            relays.alias(relay(&n.to_string(), false, &["192.0.2.1:3478"]));
        }
        assert_eq!(relays.alias(relay("one more", false, &["192.0.2.1:3478"])), None);
    }

    #[test]
    fn only_stand_ins_are_carried() {
        let streams = SocketStreams::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Arc::default());
        for at in [0, 3, 15] {
            assert!(streams.carry(stand_in(at, true)) && streams.carry(stand_in(at, false)));
        }
        for other in ["192.0.2.1:3478", "240.0.0.1:9", "240.0.1.0:3478", "[2001:db8::1]:3478", "[::1]:3478"] {
            assert!(!streams.carry(other.parse().expect("an address")), "{other}");
        }
        // Nobody knows this one; nothing is started.
        streams.send(stand_in(7, true), &[0; 20], Instant::now());
        assert!(lock(&streams.streams).is_empty());
    }
}
