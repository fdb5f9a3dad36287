//! The id of marketplace and its configuration defaults.

use std::time::Duration;

use bellwire_dialects::marketplace::ENTRY;

use crate::backend::Backend;
use crate::config::{Defaults, ListenerOption};

pub(crate) const BACKEND: Backend = Backend::of(&ENTRY);

pub(crate) const DEFAULTS: Defaults = Defaults {
    listener: ListenerOption {
        option: "marketplace",
        alias: None,
        env: "BELLWIRE_MARKETPLACE",
        help: "Listener of marketplace",
        port: 5000,
    },
    socket_listener: None,
    ring_timeout: Duration::from_secs(45),
    // As documented.
    request_limit: 100,
    settings: &[],
};
