//! Options of the relays: the own one, and those that others run.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bellwire_server::{ExternalRelays, TurnConfig};
use clap::Args;

use super::secrets::secret;

#[derive(Debug, Args)]
pub(super) struct TurnOptions {
    /// Address the relay is reached at from outside; switches the relay on
    #[arg(long, env = "BELLWIRE_TURN_PUBLIC_IP")]
    turn_public_ip: Option<IpAddr>,
    /// Where the relay listens (UDP)
    #[arg(long, env = "BELLWIRE_TURN_LISTEN", default_value = "0.0.0.0:3478")]
    turn_listen: SocketAddr,
    /// Relay that others run, named to clients beside the own one or instead, as
    /// turn:HOST:PORT?transport=udp or turns:HOST:PORT?transport=tcp (may be repeated)
    #[arg(long = "turn-url", env = "BELLWIRE_TURN_URL", value_name = "URL", value_delimiter = ',', value_parser = relay_url)]
    turn_url: Vec<String>,
    /// Secret that credentials of the relays are made with: coturn's static-auth-secret
    #[arg(long, env = "BELLWIRE_TURN_SECRET", hide_env_values = true)]
    turn_secret: Option<String>,
    /// File with that secret; under systemd the credential turn-secret does as well
    #[arg(long, env = "BELLWIRE_TURN_SECRET_FILE", value_name = "FILE")]
    turn_secret_file: Option<PathBuf>,
    #[arg(long, env = "BELLWIRE_TURN_REALM", default_value = "bellwire")]
    turn_realm: String,
    /// Relay to private and loopback peers too
    #[arg(long, env = "BELLWIRE_TURN_ALLOW_PRIVATE")]
    turn_allow_private: bool,
    /// Ports of relayed sockets, as FIRST-LAST; any the system gives when not given
    #[arg(long, env = "BELLWIRE_TURN_PORTS", value_name = "RANGE", value_parser = ports)]
    turn_ports: Option<RangeInclusive<u16>>,
    /// Relayed sockets open at a time, of all users
    #[arg(long, env = "BELLWIRE_TURN_ALLOCATIONS", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    turn_allocations: u32,
    /// Addresses one user may relay from at a time
    #[arg(long, env = "BELLWIRE_TURN_ALLOCATIONS_PER_USER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    turn_allocations_per_user: u32,
}

impl TurnOptions {
    /// The own relay, and those of others. `credentials`: the folder of systemd's credentials.
    pub(super) fn config(
        &self,
        demo: bool,
        credentials: Option<&Path>,
    ) -> anyhow::Result<(Option<TurnConfig>, Option<ExternalRelays>)> {
        let (given, file) = (self.turn_secret.as_ref(), self.turn_secret_file.as_ref());
        let secret = secret(given, file, "turn-secret", credentials)?;
        let common = |from: TurnConfig| -> anyhow::Result<TurnConfig> {
            Ok(TurnConfig {
                secret: secret.clone(),
                realm: self.turn_realm.clone(),
                ports: self.turn_ports.clone(),
                allocations: usize::try_from(self.turn_allocations)?,
                allocations_per_user: usize::try_from(self.turn_allocations_per_user)?,
                ..from
            })
        };
        let own = match self.turn_public_ip {
            Some(public_ip) => {
                ensure!(
                    !public_ip.is_unspecified(),
                    "--turn-public-ip must be an address that clients can reach"
                );
                Some(common(TurnConfig {
                    listen: self.turn_listen,
                    public_ip,
                    allow_private_peers: self.turn_allow_private,
                    ..TurnConfig::default()
                })?)
            }
            None if demo => Some(common(TurnConfig {
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, self.turn_listen.port())),
                ..TurnConfig::loopback()
            })?),
            None => None,
        };
        if self.turn_url.is_empty() {
            return Ok((own, None));
        }
        let secret = secret.context("--turn-url needs the relay's secret: --turn-secret-file")?;
        let credential_ttl = TurnConfig::default().credential_ttl;
        Ok((own, Some(ExternalRelays { urls: self.turn_url.clone(), secret, credential_ttl })))
    }
}

/// A URI of RFC 7065.
fn relay_url(text: &str) -> Result<String, String> {
    let wrong = || "write turn:HOST[:PORT][?transport=udp|tcp], or turns:...".to_owned();
    let (scheme, rest) = text.split_once(':').ok_or_else(wrong)?;
    let (host, transport) = match rest.split_once("?transport=") {
        Some((host, transport)) => (host, Some(transport)),
        None => (rest, None),
    };
    let good = matches!(scheme, "turn" | "turns")
        && matches!(transport, None | Some("udp" | "tcp"))
        && http_authority(host).is_some();
    if good { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// A host with an optional port, and nothing else.
fn http_authority(text: &str) -> Option<axum::http::uri::Authority> {
    let authority: axum::http::uri::Authority = text.parse().ok()?;
    let bare = !text.contains('@') && !authority.host().is_empty();
    let port_is_good = authority.port().is_none_or(|port| port.as_u16() > 0);
    (bare && port_is_good).then_some(authority)
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || "write FIRST-LAST, from 1 to 65535".to_owned();
    let (first, last) = text.split_once('-').ok_or_else(wrong)?;
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong);
    let (first, last) = (port(first)?, port(last)?);
    if first > last { Err(wrong()) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        options: TurnOptions,
    }

    type Relays = (Option<TurnConfig>, Option<ExternalRelays>);

    fn config(arguments: &[&str]) -> anyhow::Result<Relays> {
        Alone::try_parse_from(std::iter::once(&"server").chain(arguments))?.options.config(false, None)
    }

    #[test]
    fn relays_of_others_are_named_beside_the_own_one_or_instead() {
        let urls = "turn:relay.example:3478?transport=udp,turns:relay.example:443?transport=tcp";
        let given = ["--turn-url", urls, "--turn-url", "turn:[2001:db8::1]", "--turn-secret", "hidden"];
        let (own, others) = config(&given).expect("a configuration");
        assert!(own.is_none());
        let others = others.expect("some");
        assert_eq!(others.urls.len(), 3);
        assert!(!format!("{others:?}").contains("hidden"));
        let both = [&given[..], &["--turn-public-ip", "192.0.2.1"]].concat();
        assert!(matches!(config(&both), Ok((Some(_), Some(_)))));
        assert!(config(&given[..2]).is_err(), "no secret");
        for wrong in
            ["relay.example", "stun:a", "turn:", "turn:a?transport=sctp", "turn:a:0", "turn:u@a", "turn:a/b"]
        {
            assert!(config(&["--turn-url", wrong, "--turn-secret", "s"]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_own_relay_keeps_to_its_ports_and_quotas() {
        let own = ["--turn-public-ip", "192.0.2.1"];
        let usual = config(&own).expect("a configuration").0.expect("a relay");
        assert_eq!((usual.ports, usual.allocations, usual.allocations_per_user), (None, 1024, 8));
        let given =
            ["--turn-ports", "50000-50100", "--turn-allocations", "5", "--turn-allocations-per-user", "2"];
        let given = config(&[&own[..], &given].concat()).expect("a configuration").0.expect("a relay");
        assert_eq!(
            (given.ports, given.allocations, given.allocations_per_user),
            (Some(50_000..=50_100), 5, 2)
        );
        for wrong in ["50000", "0-1", "2-1", "1-65536", "a-b"] {
            assert!(config(&[&own[..], &["--turn-ports", wrong]].concat()).is_err(), "{wrong}");
        }
        assert!(config(&["--turn-public-ip", "0.0.0.0"]).is_err());
    }
}
