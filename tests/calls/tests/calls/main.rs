//! Two engines and a real server between them.

mod bad_input;
mod flows;
mod media;
mod outage;
mod suite;
