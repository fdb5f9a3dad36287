//! The log filter: what may be written to a log.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::FilterFn;

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
    ours || *line.level() <= Level::INFO
}
