//! The server as its clients see it: real sockets on loopback, one server per test.

mod access;
mod calls;
mod clinic;
mod connections;
mod dealerdesk;
mod failing_disk;
mod hearth;
mod hostile;
mod lists;
mod logging;
mod malformed;
mod marketplace;
mod matrix;
mod metrics;
mod openapi;
mod relay;
mod schemathesis;
mod sign_ins;
mod sockets;
mod storage;
mod support;
