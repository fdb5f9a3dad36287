//! The id of storefront and its configuration defaults.

use std::time::Duration;

use bellwire_dialects::storefront::ENTRY;

use crate::backend::Backend;
use crate::config::{Defaults, ListenerOption};

pub(crate) const BACKEND: Backend = Backend::of(&ENTRY);

pub(crate) const DEFAULTS: Defaults = Defaults {
    listener: ListenerOption {
        option: "storefront-rest",
        alias: Some("rest"),
        env: "BELLWIRE_STOREFRONT_REST",
        help: "REST listener of storefront",
        port: 8000,
    },
    socket_listener: Some(ListenerOption {
        option: "storefront-socket",
        alias: Some("socket"),
        env: "BELLWIRE_STOREFRONT_SOCKET",
        help: "Socket.IO listener of storefront",
        port: 4000,
    }),
    ring_timeout: Duration::from_secs(45),
    // So that a single client cannot take the whole server.
    request_limit: 9000,
    settings: &[],
};
