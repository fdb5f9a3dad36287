//! Emulated network: two hosts in namespaces of their own, joined by a link, and their way to the server.

mod emulator;
mod forward;
mod namespace;

pub(crate) use self::emulator::Emulator;
pub(crate) use self::forward::Forward;
pub(crate) use self::namespace::{Namespace, enter_own_user_namespace, why_not};

/// Address of the first host, the caller's.
pub(crate) const CALLER: &str = "10.78.0.1/24";
/// What the first host's address changes to.
pub(crate) const CALLER_LATER: &str = "10.78.0.77/24";
/// Address of the second host.
pub(crate) const CALLEE: &str = "10.78.0.2/24";
/// Interface of the link in both namespaces.
pub(crate) const INTERFACE: &str = "link0";
