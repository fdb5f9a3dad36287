//! The id of clinic and its configuration defaults.

use std::time::Duration;

use bellwire_dialects::clinic::ENTRY;

use crate::backend::Backend;
use crate::config::{Defaults, ListenerOption};

pub(crate) const BACKEND: Backend = Backend::of(&ENTRY);

pub(crate) const DEFAULTS: Defaults = Defaults {
    listener: ListenerOption {
        option: "clinic",
        alias: None,
        env: "BELLWIRE_CLINIC",
        help: "Listener of clinic",
        port: 3001,
    },
    socket_listener: None,
    // An appointment is entered, it does not ring.
    ring_timeout: Duration::ZERO,
    // So that a single client cannot take the whole server.
    request_limit: 9000,
    settings: &[],
};
