//! Tests of two engines with a real server between them.

mod afterwards;
mod bad_input;
mod comeback;
mod devices;
mod flows;
mod group;
#[cfg(target_os = "linux")]
mod group_cut;
mod group_engine;
mod lab;
mod media;
mod outage;
mod suite;
