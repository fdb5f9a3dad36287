//! The id of dealerdesk and its configuration defaults.

use std::time::Duration;

use bellwire_dialects::dealerdesk::ENTRY;

use crate::backend::Backend;
use crate::config::{Defaults, ListenerOption};

pub(crate) const BACKEND: Backend = Backend::of(&ENTRY);

pub(crate) const DEFAULTS: Defaults = Defaults {
    listener: ListenerOption {
        option: "dealerdesk",
        alias: None,
        env: "BELLWIRE_DEALERDESK",
        help: "Listener of dealerdesk",
        port: 8089,
    },
    socket_listener: None,
    ring_timeout: Duration::from_secs(30),
    // So that a single client cannot take the whole server.
    request_limit: 9000,
    settings: &[],
};
