//! Single lines of a description that negotiation goes by.

use crate::Sdp;

/// The session id of the `o=` line (RFC 8866).
pub(super) fn session(description: &Sdp) -> Option<String> {
    attribute(description, "o=")?.split_ascii_whitespace().nth(1).map(str::to_owned)
}

/// The first `a=ice-ufrag` line (RFC 8839).
pub(super) fn ufrag(description: &Sdp) -> Option<String> {
    attribute(description, "a=ice-ufrag:").map(str::to_owned)
}

pub(super) fn attribute<'a>(description: &'a Sdp, name: &str) -> Option<&'a str> {
    description.sdp.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim)
}
