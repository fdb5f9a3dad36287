//! Devices: which there are, which the user chose, and testing them outside a call. Opening and running them
//! is the business of `bellwire-media`, the words are those of the UI.

pub(crate) mod controller;
mod device_test;
mod discovery;
mod found;
mod ringer;
pub(crate) mod settings;
pub(crate) mod share_sources;
pub(crate) mod snapshot;
