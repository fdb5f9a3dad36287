//! The server: five call backends, each on its own listener, over one database and one relay. Nothing of
//! a client is in here. How a backend is written: `runtime.rs`.
//!
//! ```text
//!             ┌ storefront ┐   each:  REST ────┐                 ┌─► its tables
//!             │ dealerdesk │                   ├─► rules ────────┤
//!  listeners ─┤ marketplace├─►        sockets ─┤                 └─► its hub ─► its sockets
//!             │ hearth     │                   └───────────────────►
//!             └ clinic     ┘   ServerContext: configuration, database, passwords, tokens, relay
//! ```
#![forbid(unsafe_code)]

mod admin;
mod app;
mod auth;
mod backend;
mod clinic;
mod clock;
mod config;
mod context;
mod dealerdesk;
mod demo;
mod directory;
mod discovery;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod hearth;
mod hub_actor;
mod limits;
mod listener;
mod logging;
mod marketplace;
mod metrics;
mod monitoring;
mod occupancy;
mod openapi;
mod passwords;
mod presence;
mod readiness;
mod registry;
mod relay;
mod reply;
mod request;
mod retention;
mod runtime;
mod sign_ins;
mod socket;
mod store;
mod storefront;
mod throttle;
mod timers;
mod tls;
mod usage;

pub use admin::{
    AccountRow, Admin, AdminError, FileFormat, ImportSummary, NewPerson, Password, Removal, RowRefusal, Tally,
};
pub use app::App;
pub use backend::Backend;
pub use config::{
    BackendConfig, Config, ConnectionLimits, Database, Defaults, ExternalRelays, GroupEngineConfig,
    JanusConfig, Limits, ListenerOption, Mode, PublicBases, Setting, TlsConfig, TurnConfig,
};
pub use demo::{DEMO_PASSWORD, DemoError};
pub use listener::raise_descriptor_limit;
pub use logging::{DEFAULT_FILTER, safe_to_log};
pub use passwords::HashError;
pub use registry::backends;
pub use relay::RelayError;
pub use runtime::{BackendInfo, StartError};
pub use store::{OpenError, StoreError};
pub use storefront::{DEMO_CUSTOMER, DEMO_CUSTOMER_ID, DEMO_SELLER, DEMO_SELLER_ID};
pub use tls::TlsError;
pub use usage::{CallUsage, Figures, HourUsage, PairFigures, PersonUsage, Usage};
