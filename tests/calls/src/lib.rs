//! Support of the end-to-end tests: a real server, clients with real engines, and what they see and hear. No
//! fakes: every call goes through sockets, codecs and threads.
#![forbid(unsafe_code)]

pub mod accounts;
mod client;
pub mod deployed;
pub mod deployed_accounts;
mod janus;
#[cfg(target_os = "linux")]
mod network;
mod raw_socket;
mod reserved_port;
mod screen;
mod server;
pub mod sound;

pub use accounts::{Login, TestAccounts};
pub use bellwire_server::PairFigures;
pub use client::{SCREEN, SHARED, Setup, TestClient};
pub use deployed::{Deployed, Page, records, seen};
pub use deployed_accounts::DeployedAccounts;
pub use janus::Janus;
#[cfg(target_os = "linux")]
pub use network::{RemoteHost, in_own_network};
pub use raw_socket::RawSocket;
pub use screen::{Screen, TestScreens};
pub use server::{CUSTOMER, OTHER_CUSTOMER, PASSWORD, SELLER, TestServer, asset, in_repository};

use std::time::Duration;

/// Longer than anything takes on a slow, busy machine; a test that waits this long has failed.
pub const WAIT_LIMIT: Duration = Duration::from_secs(60);
