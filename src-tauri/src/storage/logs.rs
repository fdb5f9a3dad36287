//! Logging: to the terminal, and to one file a day in the data folder that a user can send to support. Names,
//! addresses and tokens are redacted.

mod redact;
mod support;
mod writer;

pub(crate) use support::support_text;
pub(crate) use writer::start;
