//! Reserved TCP port: a free loopback port that stays with a test while its server is down.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A bound socket that does not listen. While the server of the test is down, connections are refused and
/// the system gives the port to no other program; a server that sets `SO_REUSEADDR`, as servers do, can
/// listen on it. That is so on Linux; elsewhere two sockets cannot share a port, so none is kept.
#[derive(Debug)]
pub(crate) struct ReservedPort {
    address: SocketAddr,
    _socket: Option<TcpSocket>,
}

impl ReservedPort {
    /// # Errors
    /// Where no port is free.
    pub(crate) fn new() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket.local_addr()?;
        Ok(Self { address, _socket: cfg!(target_os = "linux").then_some(socket) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_server_comes_and_goes_and_no_other_program_gets_the_port() -> io::Result<()> {
        let port = ReservedPort::new()?;
        for _ in 0..2 {
            // The standard library sets SO_REUSEADDR, as Node and tokio do.
            let server = TcpListener::bind(port.address())?;
            drop(std::net::TcpStream::connect(port.address())?);
            drop(server);
            let refused = std::net::TcpStream::connect(port.address()).expect_err("nothing listens");
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            let other = TcpSocket::new_v4()?;
            assert!(other.bind(port.address()).is_err(), "another program took it");
        }
        Ok(())
    }
}
