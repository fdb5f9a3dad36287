//! UDP sockets of the relay: with buffers that outlast a moment in which nobody reads, and within a range of
//! ports that a firewall can open.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tracing::debug;

/// A socket with so many bytes of buffer each way, as far as the system gives them.
pub(super) async fn bind(addr: SocketAddr, buffer: usize) -> Result<UdpSocket> {
    let socket = UdpSocket::bind(addr).await?;
    let system = SockRef::from(&socket);
    for set in [system.set_recv_buffer_size(buffer), system.set_send_buffer_size(buffer)] {
        if let Err(error) = set {
            debug!(%error, buffer, "A relay's socket keeps the usual buffer");
        }
    }
    Ok(socket)
}

/// The same on a free port of a range. Where it begins to look is not to be guessed (RFC 6056, 3.3.1).
pub(super) async fn bind_in(ip: IpAddr, ports: &RangeInclusive<u16>, buffer: usize) -> Result<UdpSocket> {
    let first = rand::random_range(ports.clone());
    for port in (first..=*ports.end()).chain(*ports.start()..first) {
        match bind(SocketAddr::new(ip, port), buffer).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            done => return done,
        }
    }
    Err(Error::new(ErrorKind::AddrInUse, "every port of the relay is in use"))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn every_port_of_the_range_is_found_and_no_other() {
        // Whoever else has one of these ports has it for the whole test.
        let free = bind(SocketAddr::new(HERE, 0), 4096).await.expect("a port");
        let end = free.local_addr().expect("an address").port();
        drop(free);
        let ports = end.saturating_sub(3)..=end;
        let mut held = Vec::new();
        while let Ok(socket) = bind_in(HERE, &ports, 4096).await {
            let port = socket.local_addr().expect("an address").port();
            assert!(ports.contains(&port), "{port}");
            held.push(socket);
            assert!(held.len() <= 4, "more sockets than ports");
        }
        assert!(!held.is_empty());
        held.pop();
        assert!(bind_in(HERE, &ports, 4096).await.is_ok(), "one is free again");
    }

    #[tokio::test]
    async fn a_socket_has_a_larger_buffer_than_usual() {
        let usual = UdpSocket::bind((HERE, 0)).await.expect("a port");
        let usual = SockRef::from(&usual).recv_buffer_size().expect("a size");
        let larger = bind(SocketAddr::new(HERE, 0), 4 << 20).await.expect("a port");
        let given = SockRef::from(&larger).recv_buffer_size().expect("a size");
        assert!(given >= usual, "{given}, usually {usual}");
    }
}
