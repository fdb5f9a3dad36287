//! Pacing of ICE connectivity checks (RFC 8445 14). The connection sends one to every pair at every tick; a
//! peer with many candidates could direct thousands of packets a second to addresses of its choice.
//!
//! It stands at the sockets, because the connection knows no pace of its own (rtc-ice 0.21.1,
//! `ping_all_candidates`). A check held back counts as lost; the next tick brings another.

use std::collections::HashMap;
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

use crate::network_watch::{RouteInUse, source_anywhere};
use crate::relay_streams::{SocketStreams, StreamRelays};
use crate::shared::lock;

/// Time between two checks of one connection, over all pairs: 200 a second.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);
/// Timers may be late by this much.
const TIMER_SLACK: Duration = Duration::from_millis(2);
/// How much sooner checks go out from the address that the system would send from: the connection takes the
/// pair that answers first, and knows no better network (rtc 0.21.1 gives all host candidates one priority).
/// Sockets of a call that begins are bound long before its checks, those of a restart just before.
const HEAD_START: Duration = Duration::from_millis(100);
/// A pair not checked for so long loses its share.
const PAIR_EXPIRY: Duration = Duration::from_secs(5);
/// Pairs at a time; others have to wait until one is forgotten.
const MAX_PAIRS: usize = 128;

const STUN_MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
const SEND_INDICATION: [u8; 2] = [0, 0x16];
const USERNAME_ATTRIBUTE: u16 = 0x0006;
const XOR_PEER_ADDRESS_ATTRIBUTE: u16 = 0x0012;
const DATA_ATTRIBUTE: u16 = 0x0013;

/// From where to where: our socket, the address on the wire, and behind a relay the peer's.
type Pair = (SocketAddr, SocketAddr, Vec<u8>);

/// Attributes of a STUN message (RFC 8489 14).
fn attributes(message: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = message.get(20..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [k1, k2, l1, l2, ..] = rest else { return None };
        let (kind, length) = (u16::from_be_bytes([*k1, *k2]), usize::from(u16::from_be_bytes([*l1, *l2])));
        let value = rest.get(4..4 + length)?;
        rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn is_stun(message: &[u8], kind: [u8; 2]) -> bool {
    message.get(..2) == Some(&kind) && message.get(4..8) == Some(&STUN_MAGIC_COOKIE)
}

/// Whether it is a connectivity check rather than a STUN server request, which has no username.
fn is_check(message: &[u8]) -> bool {
    is_stun(message, BINDING_REQUEST) && attributes(message).any(|(kind, _)| kind == USERNAME_ATTRIBUTE)
}

/// What a check through a relay is addressed to (RFC 8656 10 and 12); empty for a direct one.
fn check(message: &[u8]) -> Option<Vec<u8>> {
    if is_check(message) {
        return Some(Vec::new());
    }
    if is_stun(message, SEND_INDICATION) {
        let find = |wanted| attributes(message).find(|(kind, _)| *kind == wanted).map(|(_, value)| value);
        return find(DATA_ATTRIBUTE)
            .filter(|data| is_check(data))
            .and(find(XOR_PEER_ADDRESS_ATTRIBUTE))
            .map(<[u8]>::to_vec);
    }
    let channel = message.get(..2).filter(|number| (0x40..=0x4f).contains(&number[0]))?;
    is_check(message.get(4..)?).then(|| channel.to_vec())
}

/// Whether it is sound or pictures, or the handshake before them, straight or through a relay.
fn is_media(message: &[u8]) -> bool {
    !message.first().is_some_and(|first| first >> 6 == 0 && message.get(4..8) == Some(&STUN_MAGIC_COOKIE))
}

/// When each pair was checked last. All have the same share of the pace.
#[derive(Debug, Default)]
struct CheckPacer {
    last: HashMap<Pair, Instant>,
}

impl CheckPacer {
    fn allows(&mut self, pair: Pair, now: Instant) -> bool {
        let waited = |at: &Instant| now.saturating_duration_since(*at);
        if let Some(at) = self.last.get(&pair) {
            let pairs = u32::try_from(self.last.len()).unwrap_or(u32::MAX);
            if waited(at) + TIMER_SLACK < CHECK_INTERVAL.saturating_mul(pairs) {
                return false;
            }
        } else if self.last.len() >= MAX_PAIRS {
            self.last.retain(|_, at| waited(at) < PAIR_EXPIRY);
            if self.last.len() >= MAX_PAIRS {
                return false;
            }
        }
        self.last.insert(pair, now);
        true
    }

    /// Ended paths are not to slow down those of a restart.
    fn forget_old(&mut self, now: Instant) {
        self.last.retain(|_, at| now.saturating_duration_since(*at) < PAIR_EXPIRY);
    }
}

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
                room.copy_from_slice(&packet);
                *meta = RecvMeta::default();
                (meta.addr, meta.len, meta.stride) = (from, packet.len(), packet.len());
                return Poll::Ready(Ok(1));
            }
        }
        self.inner.poll_recv(cx, bufs, meta)
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

    fn stun(kind: [u8; 2], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = [&kind[..], &[0, 0], &STUN_MAGIC_COOKIE, &[7; 12]].concat();
        for (name, value) in attributes {
            let length = u16::try_from(value.len()).expect("short");
            message.extend([name.to_be_bytes(), length.to_be_bytes()].concat());
            message.extend(*value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        message
    }

    #[test]
    fn an_ipv6_address_without_brackets_is_understood() {
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 3478));
        assert_eq!(bare_ipv6("::1:3478"), Some(address));
        for other in ["turn.example:3478", "192.0.2.1:3478", "[::1]:3478", "::1", ""] {
            assert_eq!(bare_ipv6(other), None, "{other}");
        }
    }

    #[test]
    fn media_is_known_from_what_keeps_the_path() {
        for media in [&[0x80, 111, 0, 1, 0, 0, 0, 2][..], &[0x40, 1, 0, 4, 1, 2, 3, 4], &[22, 254, 253, 0]] {
            assert!(is_media(media), "{media:?}");
        }
        assert!(!is_media(&stun([1, 1], &[])) && !is_media(&stun(BINDING_REQUEST, &[])));
    }

    #[test]
    fn checks_are_known_from_everything_else_and_within_relays() {
        let direct = stun(BINDING_REQUEST, &[(0x8022, b"abc"), (USERNAME_ATTRIBUTE, b"a:b")]);
        assert_eq!(check(&direct), Some(Vec::new()));
        let relayed =
            stun(SEND_INDICATION, &[(XOR_PEER_ADDRESS_ATTRIBUTE, b"12345678"), (DATA_ATTRIBUTE, &direct)]);
        assert_eq!(check(&relayed), Some(b"12345678".to_vec()));
        let channel = [&[0x40, 5, 0, 0], &direct[..]].concat();
        assert_eq!(check(&channel), Some(vec![0x40, 5]));
        let question = stun(BINDING_REQUEST, &[]);
        let answer = stun([1, 1], &[(USERNAME_ATTRIBUTE, b"a:b")]);
        let media = [&[0x80, 111], &[0; 40][..]].concat();
        for other in [&question[..], &answer, &media, &direct[..10], &[], &[0x40], &[0x40, 5, 0, 0]] {
            assert_eq!(check(other), None);
        }
    }

    /// Checks let through in `ticks` ticks of 10 ms to `pairs` pairs, in all and of the last pair.
    fn passed(pairs: u16, ticks: u32) -> (usize, usize) {
        let mut checks = CheckPacer::default();
        let start = Instant::now();
        let local = SocketAddr::from(([127, 0, 0, 1], 1));
        let (mut all, mut last) = (0, 0);
        for tick in 0..ticks {
            for pair in 0..pairs {
                let remote = SocketAddr::from(([127, 0, 0, 1], 1000 + pair));
                if checks.allows((local, remote, Vec::new()), start + Duration::from_millis(10) * tick) {
                    all += 1;
                    last += usize::from(pair == pairs - 1);
                }
            }
        }
        (all, last)
    }

    #[test]
    fn few_pairs_are_checked_at_every_tick_and_many_in_turn() {
        assert_eq!(passed(1, 100), (100, 100));
        assert_eq!(passed(2, 100), (200, 100));
        let (all, last) = passed(50, 1_000);
        assert!((1_900..=2_100).contains(&all), "{all} in ten seconds");
        assert!((38..=42).contains(&last), "{last}: the last has its share");
        let (all, _) = passed(1_000, 100);
        assert!(all <= MAX_PAIRS + 250, "{all}");
    }
}
