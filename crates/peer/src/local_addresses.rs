//! Local addresses that a connection binds.
//!
//! One socket per address rather than a wildcard: a host candidate needs a real address. Looked up
//! each time it is asked, because the sockets are bound anew at every ICE restart and the machine
//! may have moved to another network by then.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::{io, vec};

use rtc::shared::ifaces::ifaces;

/// More sockets than this help no call and multiply the connectivity checks.
const MAX_ADDRESSES: usize = 8;

/// Yields the addresses to bind, port 0.
#[derive(Clone, Debug)]
pub(crate) struct LocalAddresses {
    pub(crate) fixed: Option<Vec<IpAddr>>,
}

impl ToSocketAddrs for LocalAddresses {
    type Iter = vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        let addresses = match &self.fixed {
            Some(fixed) => fixed.clone(),
            None => usable(),
        };
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect::<Vec<_>>().into_iter())
    }
}

/// The addresses of this machine that another one may reach; loopback if there is no other.
pub fn usable() -> Vec<IpAddr> {
    let found = match ifaces() {
        Ok(interfaces) => interfaces.into_iter().filter_map(|i| i.addr.map(|a| a.ip())).collect(),
        Err(error) => {
            tracing::warn!(%error, "cannot list network interfaces");
            Vec::new()
        }
    };
    choose(found, |ip| UdpSocket::bind(SocketAddr::new(ip, 0)).is_ok())
}

fn choose(found: Vec<IpAddr>, bindable: impl Fn(IpAddr) -> bool) -> Vec<IpAddr> {
    let mut chosen: Vec<IpAddr> = Vec::new();
    for ip in found {
        if reachable(ip) && !chosen.contains(&ip) && bindable(ip) {
            chosen.push(ip);
        }
    }
    // IPv4 first: where sockets are scarce it connects more people.
    chosen.sort_by_key(IpAddr::is_ipv6);
    chosen.truncate(MAX_ADDRESSES);
    if chosen.is_empty() {
        chosen.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    chosen
}

fn reachable(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || link_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().filter_map(|s| s.parse().ok()).collect()
    }

    #[test]
    fn loopback_is_the_last_resort() {
        assert_eq!(choose(ips(&["127.0.0.1", "::1", "fe80::1"]), |_| true), ips(&["127.0.0.1"]));
    }

    #[test]
    fn real_addresses_are_kept_once_with_ipv4_first() {
        let found = ips(&["127.0.0.1", "2001:db8::5", "192.168.1.7", "192.168.1.7", "169.254.3.3"]);
        assert_eq!(choose(found, |_| true), ips(&["192.168.1.7", "2001:db8::5"]));
    }

    #[test]
    fn addresses_that_cannot_be_bound_are_left_out() {
        let found = ips(&["10.0.0.1", "10.0.0.2"]);
        assert_eq!(choose(found, |ip| ip.to_string() == "10.0.0.2"), ips(&["10.0.0.2"]));
    }
}
