//! Sessions against real servers, certificates and proxies.
#![allow(clippy::wildcard_enum_match_arm, reason = "events that are not waited for")]

mod clinic;
mod dealerdesk;
mod deployed;
mod hearth;
mod marketplace;
mod network;
mod proxy;
mod support;
mod transports;
