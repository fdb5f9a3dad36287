//! Pacing of ICE connectivity checks (RFC 8445 14). The connection sends one to every pair at every tick; a
//! peer with many candidates could direct thousands of packets a second to addresses of its choice. And where nothing
//! answers, each pair is checked ever more rarely (RFC 8445 14.3): a hundred checks a second are 115 kbit/s, and on a
//! link of 25 kbit/s they keep every answer from coming.
//!
//! It stands at the sockets, because the connection knows no pace of its own (rtc-ice 0.21.1,
//! `ping_all_candidates`). A check held back counts as lost; the next tick brings another.

mod check_message;
mod pair_pace;

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime, Transmit,
};

use self::check_message::{check, is_media, is_of_checks};
use self::pair_pace::CheckPacer;
use crate::network_watch::{RouteInUse, source_anywhere};
use crate::relay_streams::{SocketStreams, StreamRelays};
use crate::shared::lock;

/// How much sooner checks go out from the address that the system would send from: the connection takes the
/// pair that answers first, and knows no better network (rtc 0.21.1 gives all host candidates one priority).
/// Sockets of a call that begins are bound long before its checks, those of a restart just before.
const HEAD_START: Duration = Duration::from_millis(100);

/// A runtime whose sockets keep the pace.
#[derive(Debug)]
pub(crate) struct PacedRuntime {
    inner: Arc<dyn Runtime>,
    checks: Arc<Mutex<CheckPacer>>,
    relays: Arc<StreamRelays>,
    route: Arc<RouteInUse>,
}

impl PacedRuntime {
    pub(crate) fn new(inner: Arc<dyn Runtime>, relays: Arc<StreamRelays>, route: Arc<RouteInUse>) -> Self {
        Self { inner, checks: Arc::default(), relays, route }
    }
}

/// Whether nothing speaks for another address of that family.
fn is_preferred(local: IpAddr) -> bool {
    let sources = source_anywhere();
    local.is_loopback()
        || !sources.iter().any(|source| source.is_ipv4() == local.is_ipv4() && *source != local)
}

/// `host:port` with an IPv6 address that lacks its brackets, as the connection writes it (rtc 0.21.1,
/// `RTCTurnRelayer::gather`).
fn bare_ipv6(host: &str) -> Option<SocketAddr> {
    let (ip, port) = host.rsplit_once(':')?;
    Some(SocketAddr::new(ip.parse::<Ipv6Addr>().ok()?.into(), port.parse().ok()?))
}

impl Runtime for PacedRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        self.inner.spawn(future)
    }

    fn spawn_reactor(
        &self,
        pool_size: usize,
        future: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Box<dyn JoinHandle> {
        self.inner.spawn_reactor(pool_size, future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let local = socket.local_addr()?;
        let inner = self.inner.wrap_udp_socket(socket)?;
        let streams = SocketStreams::new(local.ip(), Arc::clone(&self.relays));
        let (checks, route) = (Arc::clone(&self.checks), Arc::clone(&self.route));
        let checks_from = Instant::now() + if is_preferred(local.ip()) { Duration::ZERO } else { HEAD_START };
        Ok(Arc::new(PacedSocket { inner, local, checks, checks_from, streams, route }))
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.inner.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        self.inner.connect_tcp(remote)
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        match self.relays.look_up(host).or_else(|| bare_ipv6(host).map(|address| vec![address])) {
            Some(known) => Box::pin(std::future::ready(Ok(known))),
            None => self.inner.resolve_host(host),
        }
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.inner.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.inner.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.inner.block_on(future);
    }

    fn yield_now(&self) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        self.inner.yield_now()
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }
}

#[derive(Debug)]
struct PacedSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    local: SocketAddr,
    checks: Arc<Mutex<CheckPacer>>,
    checks_from: Instant,
    streams: SocketStreams,
    route: Arc<RouteInUse>,
}

impl PacedSocket {
    /// As datagrams, which is how the connection means them.
    fn send_by_stream(&self, transmit: &Transmit<'_>) {
        let size = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
        let now = Instant::now();
        for packet in transmit.contents.chunks(size) {
            self.streams.send(transmit.destination, packet, now);
        }
    }

    fn hear(&self, from: SocketAddr, packet: &[u8]) {
        if is_of_checks(packet) {
            lock(&self.checks).heard(self.local, from);
        }
    }
}

impl AsyncUdpSocket for PacedSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        // Packets sent as one are of the same size and to the same address: checks in such a row repeat
        // each other, so that the first decides.
        let by_stream = self.streams.carry(transmit.destination);
        if let Some(behind) = check(transmit.contents) {
            // A candidate of the other side may have any address, and is no relay of ours.
            if by_stream && behind.is_empty() {
                return Poll::Ready(Ok(transmit.contents.len()));
            }
            let now = Instant::now();
            if now < self.checks_from {
                return Poll::Ready(Ok(transmit.contents.len()));
            }
            let mut checks = lock(&self.checks);
            checks.forget_old(now);
            if !checks.allows((self.local, transmit.destination, behind), now) {
                return Poll::Ready(Ok(transmit.contents.len()));
            }
        } else if is_media(transmit.contents) {
            self.route.note(self.local.ip(), (!by_stream).then_some(transmit.destination.ip()));
        }
        if by_stream {
            self.send_by_stream(transmit);
            return Poll::Ready(Ok(transmit.contents.len()));
        }
        self.inner.poll_send(cx, transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        // What does not fit is lost, as a datagram would be cut off.
        while let Poll::Ready((from, packet)) = self.streams.poll_recv(cx) {
            if let (Some(buf), Some(meta)) = (bufs.first_mut(), meta.first_mut())
                && let Some(room) = buf.get_mut(..packet.len())
            {
                self.hear(from, &packet);
                room.copy_from_slice(&packet);
                *meta = RecvMeta::default();
                (meta.addr, meta.len, meta.stride) = (from, packet.len(), packet.len());
                return Poll::Ready(Ok(1));
            }
        }
        let received = self.inner.poll_recv(cx, bufs, meta);
        if let Poll::Ready(Ok(count)) = received {
            for (meta, buf) in meta.iter().zip(bufs.iter()).take(count) {
                let stride = if meta.stride == 0 { meta.len } else { meta.stride };
                for packet in buf.get(..meta.len).unwrap_or_default().chunks(stride.max(1)) {
                    self.hear(meta.addr, packet);
                }
            }
        }
        received
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_without_brackets_is_understood() {
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 3478));
        assert_eq!(bare_ipv6("::1:3478"), Some(address));
        for other in ["turn.example:3478", "192.0.2.1:3478", "[::1]:3478", "::1", ""] {
            assert_eq!(bare_ipv6(other), None, "{other}");
        }
    }
}
