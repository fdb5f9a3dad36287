//! The server: the call backends on one hub, with storage and a relay. Nothing of a client is in here.
#![forbid(unsafe_code)]

mod app;
mod config;

pub use app::{App, StartError};
pub use config::{Config, Database, Limits, Mode, TurnConfig};
