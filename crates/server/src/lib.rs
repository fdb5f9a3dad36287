//! The server: the call backends on one hub, with storage and a relay. Nothing of a client is in here.
//!
//! ```text
//!  REST ────┐                 ┌─► store (SQLite)
//!           ├─► calls (rules) ┤
//!  sockets ─┤                 └─► hub (who is told what) ─► sockets
//!           └───────────────────►
//! ```
#![forbid(unsafe_code)]

mod app;
mod auth;
mod calls;
mod clock;
mod config;
mod demo;
mod discovery;
mod error;
mod hub;
mod limits;
mod relay;
mod state;
mod store;
mod storefront;
mod switchboard;

pub use app::{App, StartError};
pub use auth::HashError;
pub use config::{Config, Database, Limits, Mode, TurnConfig};
pub use demo::{DEMO_CUSTOMER, DEMO_CUSTOMER_ID, DEMO_PASSWORD, DEMO_SELLER, DEMO_SELLER_ID, DemoError};
pub use relay::RelayError;
pub use store::StoreError;
pub use store::sqlite::OpenError;
