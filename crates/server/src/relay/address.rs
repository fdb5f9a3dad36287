//! Relay sockets: counted, and closed to peers inside the server's own network.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::UdpSocket;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use turn::relay::RelayAddressGenerator;
use webrtc_util::Conn;

use super::udp;
use crate::TurnConfig;

pub(super) struct Relays {
    public: IpAddr,
    bind: IpAddr,
    allow_private: bool,
    places: Arc<Semaphore>,
    ports: Option<RangeInclusive<u16>>,
    buffer: usize,
}

impl Relays {
    pub(super) fn new(config: &TurnConfig) -> Self {
        Self {
            public: config.public_ip,
            bind: config.listen.ip(),
            allow_private: config.allow_private_peers,
            places: Arc::new(Semaphore::new(config.allocations)),
            ports: config.ports.clone(),
            buffer: config.socket_buffer,
        }
    }
}

#[async_trait]
impl RelayAddressGenerator for Relays {
    fn validate(&self) -> Result<(), turn::Error> {
        Ok(())
    }

    async fn allocate_conn(
        &self,
        use_ipv4: bool,
        requested_port: u16,
    ) -> Result<(Arc<dyn Conn + Send + Sync>, SocketAddr), turn::Error> {
        let full = |_| turn::Error::Other("every relay is in use".to_owned());
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        if use_ipv4 != self.public.is_ipv4() {
            return Err(turn::Error::Other("no relay in this address family".to_owned()));
        }
        let socket = match &self.ports {
            Some(ports) if !ports.contains(&requested_port) => {
                udp::bind_in(self.bind, ports, self.buffer).await?
            }
            _ => udp::bind(SocketAddr::new(self.bind, requested_port), self.buffer).await?,
        };
        let port = socket.local_addr()?.port();
        let relayed = Relayed { socket, allow_private: self.allow_private, _place: place };
        Ok((Arc::new(relayed), SocketAddr::new(self.public, port)))
    }
}

/// One relayed socket. Datagrams to and from peers that are not allowed vanish.
struct Relayed {
    socket: UdpSocket,
    allow_private: bool,
    _place: OwnedSemaphorePermit,
}

impl Relayed {
    fn allows(&self, peer: SocketAddr) -> bool {
        self.allow_private || is_public(peer.ip())
    }
}

#[async_trait]
impl Conn for Relayed {
    async fn connect(&self, addr: SocketAddr) -> Result<(), webrtc_util::Error> {
        Ok(self.socket.connect(addr).await?)
    }

    async fn recv(&self, buf: &mut [u8]) -> Result<usize, webrtc_util::Error> {
        Ok(self.recv_from(buf).await?.0)
    }

    async fn recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr), webrtc_util::Error> {
        loop {
            let (length, peer) = self.socket.recv_from(buf).await?;
            if self.allows(peer) {
                return Ok((length, peer));
            }
        }
    }

    async fn send(&self, buf: &[u8]) -> Result<usize, webrtc_util::Error> {
        Ok(self.socket.send(buf).await?)
    }

    async fn send_to(&self, buf: &[u8], target: SocketAddr) -> Result<usize, webrtc_util::Error> {
        if !self.allows(target) {
            return Ok(buf.len());
        }
        Ok(self.socket.send_to(buf, target).await?)
    }

    fn local_addr(&self) -> Result<SocketAddr, webrtc_util::Error> {
        Ok(self.socket.local_addr()?)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    async fn close(&self) -> Result<(), webrtc_util::Error> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// Whether an address is a public one, rather than of this machine or its network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(ip) => is_public_v4(ip),
            None => {
                let head = ip.segments()[0];
                let unique_local = head & 0xfe00 == 0xfc00;
                let link_local = head & 0xffc0 == 0xfe80;
                !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || unique_local || link_local)
            }
        },
    }
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 one.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return Some(v4);
    }
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(v4(high, low)),
        _ => None,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let reserved = a == 0 || a >= 240;
    !(ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || shared
        || reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_own_network_are_not_public_in_any_spelling() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(!is_public(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["192.0.2.7", "8.8.8.8", "2001:db8::1", "64:ff9b::808:808"] {
            assert!(is_public(outside.parse().expect("an address")), "{outside}");
        }
    }
}
