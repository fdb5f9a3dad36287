//! Tests of two engines with a real server between them.

mod afterwards;
mod bad_input;
mod comeback;
mod devices;
mod flows;
mod group;
mod group_engine;
mod lab;
mod media;
mod outage;
mod suite;
