//! The log filter: what may be written to a log.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::FilterFn;

/// What is written when nothing else is asked for.
pub const DEFAULT_FILTER: &str = "info";

/// Lets through what a log may have, whatever the rest of its filter says. Libraries write what passes
/// through them from `DEBUG` on (handshakes with their tokens, messages, bound values), so that only our
/// own code is heard there: it names no token, password or message at any level.
#[must_use]
pub fn safe_to_log() -> FilterFn {
    FilterFn::new(is_safe)
}

fn is_safe(line: &Metadata<'_>) -> bool {
    let target = line.target();
    let ours = target == "bellwire_server" || target.starts_with("bellwire_server::");
    // The relay's libraries write the addresses of clients at INFO.
    let telling = ["turn", "webrtc_util", "stun"]
        .iter()
        .any(|name| target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")));
    ours || *line.level() <= if telling { Level::WARN } else { Level::INFO }
}
