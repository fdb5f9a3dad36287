//! ICE server names resolved to addresses before the connection sees them.
//!
//! The connection looks names up inside its driver, where a slow DNS server would stall connectivity
//! checks and media. Names that cannot be resolved in time are left out. Relays spoken to over TCP or TLS
//! get an alias instead, see [`crate::relay_streams`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtc::peer_connection::configuration::RTCIceServer;

use crate::config::IceServer;
use crate::relay_streams::{StreamRelay, StreamRelays};

/// How long one name may take.
pub(crate) const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// More than this from one backend is a mistake or an attack.
const MAX_URLS: usize = 16;

/// `scheme:host[:port][?query]` taken apart (RFC 7064, RFC 7065).
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    query: Option<&'a str>,
}

impl Address<'_> {
    fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.scheme.ends_with('s') { 5349 } else { 3478 })
    }
}

fn parse(url: &str) -> Option<Address<'_>> {
    let (scheme, rest) = url.split_once(':')?;
    if !matches!(scheme, "stun" | "stuns" | "turn" | "turns") {
        return None;
    }
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (host, port) = if let Some(rest) = rest.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        (host, tail.strip_prefix(':'))
    } else {
        match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        }
    };
    if host.is_empty() {
        return None;
    }
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    Some(Address { scheme, host, port, query })
}

fn with_ip(address: &Address<'_>, ip: IpAddr) -> String {
    let host = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let port = address.port_or_default();
    let query = address.query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{}:{host}:{port}{query}", address.scheme)
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
    Tls,
}

/// `None`: not possible. STUN over a stream tells of no UDP mapping, and DTLS to a relay is hardly offered.
fn transport(address: &Address<'_>) -> Option<Transport> {
    let named = address
        .query
        .map(|query| query.split('&').find_map(|part| part.strip_prefix("transport=")).unwrap_or_default());
    match (address.scheme, named) {
        ("stun", _) | ("turn", None | Some("" | "udp")) => Some(Transport::Udp),
        ("turn", Some("tcp")) => Some(Transport::Tcp),
        // Over TCP unless it says otherwise (RFC 7065 3.1).
        ("turns", None | Some("" | "tcp")) => Some(Transport::Tls),
        _ => None,
    }
}

/// The URL that the connection gets: of the server itself, or of the alias of one reached over a stream.
fn as_known(address: &Address<'_>, ips: &[IpAddr], relays: &StreamRelays) -> Vec<String> {
    let tls = match transport(address) {
        None => return Vec::new(),
        Some(Transport::Udp) => return ips.iter().map(|ip| with_ip(address, *ip)).collect(),
        Some(Transport::Tcp) => false,
        Some(Transport::Tls) => true,
    };
    let addresses = ips.iter().map(|ip| SocketAddr::new(*ip, address.port_or_default())).collect();
    let alias = relays.alias(StreamRelay { host: address.host.to_owned(), tls, addresses });
    alias.map(|alias| format!("turn:{alias}:3478?transport=udp")).into_iter().collect()
}

fn server(of: &IceServer, urls: Vec<String>) -> Option<RTCIceServer> {
    let usable = !urls.is_empty();
    usable.then(|| RTCIceServer { urls, username: of.username.clone(), credential: of.credential.clone() })
}

/// The servers given by address, which need no lookup; `None` if a name has to be looked up.
pub(crate) fn without_lookup(servers: &[IceServer], relays: &StreamRelays) -> Option<Vec<RTCIceServer>> {
    let mut done = Vec::new();
    for given in servers {
        let mut urls = Vec::new();
        for address in given.urls.iter().filter_map(|url| usable(url)) {
            urls.extend(as_known(&address, &[address.host.parse().ok()?], relays));
        }
        done.extend(server(given, urls));
    }
    Some(done)
}

/// Looks every name up, all at once; takes at most [`LOOKUP_TIMEOUT`].
pub(crate) async fn resolve(servers: Vec<IceServer>, relays: &Arc<StreamRelays>) -> Vec<RTCIceServer> {
    let mut lookups = tokio::task::JoinSet::new();
    let urls = servers.iter().enumerate().flat_map(|(at, s)| s.urls.iter().map(move |url| (at, url.clone())));
    for (at, url) in urls.take(MAX_URLS) {
        let relays = Arc::clone(relays);
        lookups.spawn(async move { (at, look_up(&url, &relays).await) });
    }
    let mut found: Vec<Vec<String>> = vec![Vec::new(); servers.len()];
    while let Some(done) = lookups.join_next().await {
        if let Ok((at, urls)) = done
            && let Some(slot) = found.get_mut(at)
        {
            slot.extend(urls);
        }
    }
    servers.iter().zip(found).filter_map(|(s, urls)| server(s, urls)).collect()
}

fn usable(url: &str) -> Option<Address<'_>> {
    let address = parse(url).filter(|address| transport(address).is_some());
    if address.is_none() {
        tracing::debug!("an ice server address is not usable");
    }
    address
}

async fn look_up(url: &str, relays: &StreamRelays) -> Vec<String> {
    let Some(address) = usable(url) else { return Vec::new() };
    let port = address.port_or_default();
    let lookup = tokio::time::timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((address.host, port))).await;
    let Ok(Ok(addresses)) = lookup else {
        tracing::debug!("an ice server name cannot be resolved");
        return Vec::new();
    };
    // One of each family: more of the same only multiply the requests.
    let ips: Vec<IpAddr> = addresses.map(|a| a.ip()).collect();
    let v4 = ips.iter().find(|ip| ip.is_ipv4());
    let v6 = ips.iter().find(|ip| ip.is_ipv6());
    let ips: Vec<IpAddr> = v4.into_iter().chain(v6).copied().collect();
    as_known(&address, &ips, relays)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(urls: &[&str]) -> IceServer {
        IceServer { urls: urls.iter().map(|u| (*u).to_owned()).collect(), ..Default::default() }
    }

    fn urls(servers: &[RTCIceServer]) -> Vec<&str> {
        servers.iter().flat_map(|s| s.urls.iter().map(String::as_str)).collect()
    }

    #[test]
    fn addresses_are_taken_apart() {
        let full =
            Address { scheme: "turn", host: "a.example", port: Some(99), query: Some("transport=udp") };
        assert_eq!(parse("turn:a.example:99?transport=udp"), Some(full));
        let v6 = Address { scheme: "stun", host: "2001:db8::1", port: None, query: None };
        assert_eq!(parse("stun:[2001:db8::1]"), Some(v6));
        for bad in ["", "stun", "stun:", "http:x", "stun:h:port", "stun:[::1", "stun:h:70000"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_need_no_lookup_and_get_the_default_port() {
        let servers = [given(&["stun:192.0.2.1", "turn:[2001:db8::1]:99?transport=udp"])];
        let done = without_lookup(&servers, &StreamRelays::default()).expect("no names");
        assert_eq!(urls(&done), ["stun:192.0.2.1:3478", "turn:[2001:db8::1]:99?transport=udp"]);
        assert!(without_lookup(&[given(&["stun:stun.example"])], &StreamRelays::default()).is_none());
    }

    #[test]
    fn relays_spoken_to_over_tcp_and_tls_get_aliases() {
        let relays = StreamRelays::default();
        let servers = [given(&[
            "turns:192.0.2.1",
            "turn:[2001:db8::1]?transport=tcp",
            "turns:192.0.2.1?transport=tcp",
        ])];
        let done = without_lookup(&servers, &relays).expect("no names");
        let alias = |at: usize| format!("turn:{at}.relay.invalid:3478?transport=udp");
        assert_eq!(urls(&done), [alias(0), alias(1), alias(0)]);
        let reached = |at: usize| relays.look_up(&format!("{at}.relay.invalid:3478")).expect("known");
        assert!(reached(0).iter().all(SocketAddr::is_ipv4) && reached(1).iter().all(SocketAddr::is_ipv6));
    }

    #[test]
    fn what_cannot_be_spoken_or_read_is_left_out() {
        let servers = [given(&[
            "turns:192.0.2.1?transport=udp",
            "stuns:192.0.2.1",
            "turn:192.0.2.1?transport=sctp",
            "nonsense",
        ])];
        assert!(without_lookup(&servers, &StreamRelays::default()).expect("nothing to look up").is_empty());
    }
}
