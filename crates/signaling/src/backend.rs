//! Addresses of a backend: a REST base and a socket base, which may be two hosts.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

/// The two addresses of a backend, as discovery or the user gave them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// e.g. `http://shop.example:8000/api/v2`.
    pub rest: Url,
    /// Scheme, host and port of the Socket.IO server.
    pub socket: Url,
    /// Usually `/socket.io/`.
    pub socket_path: String,
    /// People a call has room for, where the server says that it is more than the dialect counts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u8>,
}

/// Why an address cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AddressError {
    #[error("{text:?} is not an address")]
    Unreadable { text: String, source: url::ParseError },
    #[error("{text:?} is not a web address")]
    NotWeb { text: String },
    #[error("{text:?} is not a path")]
    NotAPath { text: String },
}

/// Path of a Socket.IO server that says nothing else.
pub(crate) const SOCKET_PATH: &str = "/socket.io/";

/// Of a call, whatever a server says.
const MAX_SEATS: u8 = 32;

impl Backend {
    /// A backend at bases the user typed.
    ///
    /// # Errors
    /// One of them is not a web address.
    pub fn manual(rest: &str, socket: &str) -> Result<Self, AddressError> {
        let mut socket = address(socket)?;
        let socket_path = match socket.path() {
            "" | "/" => SOCKET_PATH.to_owned(),
            path => path.to_owned(),
        };
        socket.set_path("/");
        Ok(Self { rest: address(rest)?, socket, socket_path, seats: None })
    }

    /// Seats of a call, by the server's word; a dialect of calls of two knows no others.
    pub(crate) fn seats(&self, usual: u8) -> u8 {
        let told = self.seats.filter(|_| usual > 2);
        told.map_or(usual, |told| told.clamp(2, MAX_SEATS))
    }

    /// The address the Socket.IO client opens.
    pub(crate) fn socket_address(&self) -> Url {
        let mut address = self.socket.clone();
        address.set_path(&self.socket_path);
        address
    }
}

/// Reads what a person typed. Without a scheme it is https, but http for this machine and private
/// networks, where certificates are rare.
pub(crate) fn address(text: &str) -> Result<Url, AddressError> {
    let text = text.trim();
    let unreadable = |source| AddressError::Unreadable { text: text.to_owned(), source };
    let url = if text.contains("://") {
        Url::parse(text).map_err(unreadable)?
    } else {
        let secure = Url::parse(&format!("https://{text}")).map_err(unreadable)?;
        if is_private(&secure) { Url::parse(&format!("http://{text}")).map_err(unreadable)? } else { secure }
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(AddressError::NotWeb { text: text.to_owned() });
    }
    Ok(url)
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_https_and_a_private_address_http() {
        assert_eq!(address("shop.example").unwrap().as_str(), "https://shop.example/");
        assert_eq!(address(" localhost:8000 ").unwrap().as_str(), "http://localhost:8000/");
        assert_eq!(address("192.168.1.7:8000/api/v2").unwrap().as_str(), "http://192.168.1.7:8000/api/v2");
        assert_eq!(address("http://shop.example").unwrap().scheme(), "http");
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        assert!(matches!(address("ftp://shop.example"), Err(AddressError::NotWeb { .. })));
        assert!(matches!(address("file:///etc/passwd"), Err(AddressError::NotWeb { .. })));
        assert!(address("").is_err());
        assert!(address("two words").is_err());
    }

    #[test]
    fn a_server_may_say_that_calls_have_more_seats() {
        let told = |seats| Backend { seats, ..Backend::manual("h:8000", "h:8000").unwrap() };
        assert_eq!([told(None), told(Some(16)), told(Some(255))].map(|one| one.seats(8)), [8, 16, 32]);
        assert_eq!(told(Some(16)).seats(2), 2, "calls of two stay calls of two");
    }

    #[test]
    fn a_socket_base_may_name_its_path() {
        let plain = Backend::manual("h:8000/api/v2", "http://h:4000").unwrap();
        assert_eq!(plain.socket_address().as_str(), "http://h:4000/socket.io/");
        let own = Backend::manual("h:8000/api/v2", "http://h:4000/rt/").unwrap();
        assert_eq!(own.socket_address().as_str(), "http://h:4000/rt/");
    }
}
