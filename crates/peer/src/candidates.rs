//! Remote ICE candidates: which are usable, and how many.
//!
//! A description comes from a stranger, and every candidate in it is an address that we send to. So
//! their number is limited for each set of ICE credentials, wherever they come from.

use std::collections::HashSet;
use std::net::IpAddr;

use bellwire_call::IceCandidate;
use rtc::ice::candidate::unmarshal_candidate;

use crate::description::text::SessionText;
use crate::description::transport;

const MAX_CANDIDATE_BYTES: usize = 1024;
/// Remote candidates for one set of ICE credentials.
pub(crate) const MAX_REMOTE_CANDIDATES: usize = 50;
/// Pairs of them with our own addresses (RFC 8445 6.1.2.5).
const MAX_CANDIDATE_PAIRS: usize = 100;

/// A candidate that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidCandidate;

/// Without `a=` and `candidate:`, which the connection does not always expect.
pub(crate) fn bare(candidate: &str) -> &str {
    let bare = candidate.trim();
    let bare = bare.strip_prefix("a=").unwrap_or(bare);
    bare.strip_prefix("candidate:").unwrap_or(bare).trim()
}

/// Whether the connection can make use of a candidate.
pub(crate) fn usable(candidate: &str) -> Result<bool, InvalidCandidate> {
    if candidate.len() > MAX_CANDIDATE_BYTES {
        return Err(InvalidCandidate);
    }
    let bare = bare(candidate);
    if bare.is_empty() {
        // End of candidates.
        return Ok(false);
    }
    let words: Vec<&str> = bare.split_ascii_whitespace().collect();
    // Names hidden by mDNS are not resolved: the other side's checks tell us its address.
    if words.get(4).is_some_and(|address| address.to_ascii_lowercase().ends_with(".local")) {
        return Ok(false);
    }
    // RTCP travels with RTP (RFC 5761), so a second component leads nowhere.
    let first = words.get(1) == Some(&"1");
    unmarshal_candidate(bare).map(|_| first).map_err(|_| InvalidCandidate)
}

/// Whether a candidate belongs to a description with this ufrag; one that does not say belongs to any.
pub(crate) fn belongs(candidate: &IceCandidate, ufrag: &str) -> bool {
    candidate.username_fragment.as_deref().is_none_or(|of| of.is_empty() || of == ufrag)
}

/// Those in the description itself that belong to the transport used.
pub(crate) fn described(session: &SessionText, bundled: &[usize], ufrag: &str) -> Vec<String> {
    let ours = bundled
        .iter()
        .filter_map(|at| session.media.get(*at))
        .filter(|media| transport::inherited(media, session, "ice-ufrag").is_none_or(|of| of == ufrag));
    let mut list: Vec<String> = Vec::new();
    for candidate in ours.flat_map(|media| media.attributes.all("candidate")) {
        if usable(candidate) == Ok(true) && !list.iter().any(|known| known == bare(candidate)) {
            list.push(bare(candidate).to_owned());
        }
    }
    list
}

/// How many more candidates of one set of credentials may be used.
#[derive(Clone, Debug, Default)]
pub(crate) struct CandidateBudget {
    seen: HashSet<String>,
    pairs: usize,
}

impl CandidateBudget {
    /// Whether one more may be used. One already seen costs nothing, but is of no use either.
    pub(crate) fn admit(&mut self, candidate: &str, own: &[IpAddr]) -> bool {
        let words: Vec<&str> = bare(candidate).split_ascii_whitespace().collect();
        let (Some(protocol), Some(address), Some(port)) = (words.get(2), words.get(4), words.get(5)) else {
            return false;
        };
        let key = format!("{protocol} {address} {port}").to_ascii_lowercase();
        let same_family =
            |own: &&IpAddr| address.parse::<IpAddr>().is_ok_and(|a| a.is_ipv4() == own.is_ipv4());
        let pairs = own.iter().filter(same_family).count().max(1);
        if self.seen.contains(&key)
            || self.seen.len() >= MAX_REMOTE_CANDIDATES
            || self.pairs + pairs > MAX_CANDIDATE_PAIRS
        {
            return false;
        }
        self.pairs += pairs;
        self.seen.insert(key)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn host(n: usize) -> String {
        format!("candidate:{n} 1 udp 2130706431 192.0.2.{} {} typ host", n % 250, 1000 + n)
    }

    #[test]
    fn candidates_are_told_apart() {
        assert_eq!(usable("candidate:1 1 udp 2130706431 192.0.2.1 9 typ host"), Ok(true));
        assert_eq!(usable("candidate:1 2 udp 2130706431 192.0.2.1 9 typ host"), Ok(false));
        assert_eq!(usable("candidate:1 1 udp 5 8f3c.local 9 typ host"), Ok(false));
        assert_eq!(usable(""), Ok(false));
        assert_eq!(usable("candidate:what"), Err(InvalidCandidate));
        assert_eq!(usable(&"x".repeat(5_000)), Err(InvalidCandidate));
    }

    #[test]
    fn fifty_are_used_and_the_same_one_once() {
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let mut allowance = CandidateBudget::default();
        assert!(allowance.admit(&host(1), &own));
        assert!(!allowance.admit(&host(1), &own));
        let admitted = (2..1_000).filter(|n| allowance.admit(&host(*n), &own)).count();
        assert_eq!(admitted, MAX_REMOTE_CANDIDATES - 1);
    }

    #[test]
    fn many_addresses_of_our_own_leave_room_for_fewer() {
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST); 4];
        let mut allowance = CandidateBudget::default();
        let admitted = (0..1_000).filter(|n| allowance.admit(&host(*n), &own)).count();
        assert_eq!(admitted, 25);
        let other_family = [IpAddr::V6(Ipv6Addr::LOCALHOST); 8];
        let mut allowance = CandidateBudget::default();
        assert_eq!(
            (0..1_000).filter(|n| allowance.admit(&host(*n), &other_family)).count(),
            MAX_REMOTE_CANDIDATES
        );
    }
}
