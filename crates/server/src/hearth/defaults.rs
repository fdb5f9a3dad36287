//! The id of hearth and its configuration defaults.

use std::time::Duration;

use bellwire_dialects::hearth::ENTRY;

use crate::backend::Backend;
use crate::config::{Defaults, ListenerOption, Setting};

pub(crate) const BACKEND: Backend = Backend::of(&ENTRY);

pub(crate) const DEFAULTS: Defaults = Defaults {
    listener: ListenerOption {
        option: "hearth",
        alias: None,
        env: "BELLWIRE_HEARTH",
        help: "Listener of hearth",
        port: 3000,
    },
    socket_listener: None,
    ring_timeout: Duration::from_secs(60),
    // As documented.
    request_limit: 100,
    settings: &[CALL_TIMEOUT, MAX_PARTICIPANTS],
};

/// How long a session may be without activity before it is ended, in seconds.
pub(crate) const CALL_TIMEOUT: Setting = Setting {
    option: "call-timeout-minutes",
    env: "CALL_TIMEOUT_MINUTES",
    help: "Minutes a hearth session may be without activity",
    unit: 60,
    default: 60,
    least: 1,
    most: 1440,
};

/// Participants whose programs can be connected to each other, as documented. An engine carries more.
pub(crate) const CONNECTED: u32 = 8;

/// Participants of a group session.
pub(crate) const MAX_PARTICIPANTS: Setting = Setting {
    option: "max-call-participants",
    env: "MAX_CALL_PARTICIPANTS",
    help: "Participants of a hearth group session",
    unit: 1,
    default: 8,
    least: 2,
    most: 32,
};
