//! The local call history: one record per call, over all accounts, stored on this machine. It joins what this
//! phone saw with what the backends remember. It places no calls and fetches nothing.
//!
//! ```text
//!  PhoneView ─► Recorder ─► LocalCall ─► newest per call waits ─┐
//!                                                               ├─► one writer task ─► SQLite
//!  pages of a backend's history ─► BackendCall ─► asked, waits ─┘        │
//!  list, count, seen, delete ◄───────────────────────────────────────────┘
//! ```
#![forbid(unsafe_code)]

mod log;
mod members;
mod outcome;
mod record;
mod recorder;
mod store;
mod timestamp;
mod writer;

pub use log::{CallLog, LogError, Problem};
pub use outcome::Outcome;
pub use record::{Account, AccountRef, BackendCall, Counts, Filter, LocalCall, Page, Record};
pub use recorder::Recorder;
