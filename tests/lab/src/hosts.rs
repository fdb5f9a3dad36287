//! Hosts: the programs of a call in their namespaces.

mod bellwire;
mod chromium;
mod program;
mod server;

pub(crate) use self::bellwire::{Bellwire, Media, Who};
pub(crate) use self::chromium::{Chromium, Plan};
pub(crate) use self::server::Server;
