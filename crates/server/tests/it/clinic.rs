//! Clinic as its clients see it.

mod appointments;
mod compat;
pub(crate) mod people;
mod rooms;
mod signing_in;
mod storage;
